import { join } from 'node:path';
import type { Notice } from '../core/index/tree/job.ts';
import type { TreeIndex } from '../core/index/tree/treeIndex.ts';
import type { SourceTree } from '../core/text/source.ts';
import { openIndex } from '../worker/indexStore.ts';

/**
 * The index of a whole tree, for a check that follows calls anywhere in it; undefined when it was stopped. It is cached, as
 * `lockstep index` does, so that only the first check of a tree waits for it.
 *
 * @param cache where caches are kept (`cacheFolder()`); undefined: nothing is kept
 * @param notice is told what is not in it, and why it could not be cached
 */
export async function checkIndex(
  root: string,
  signal: AbortSignal,
  notice: (notice: Notice) => void,
  cache: string | undefined,
): Promise<TreeIndex | undefined> {
  const { stderr } = process;
  let shown = 0;
  try {
    const opened = await openIndex({
      root,
      ...(cache === undefined ? {} : { cache }),
      threadFile: join(__dirname, 'indexer.cjs'),
      signal,
      notice,
      progress: (done, total) => {
        if (!stderr.isTTY || Date.now() - shown < 100) return;
        shown = Date.now();
        stderr.write(`\r\x1b[Kreading the tree, ${Math.round((100 * done) / Math.max(1, total))} %, Ctrl-C stops`);
      },
    });
    return opened.complete ? opened.index : undefined;
  } finally {
    if (shown) stderr.write('\r\x1b[K');
  }
}

/** Brings an index from a tree to a patched view of it. The cache on disk stays what it is. */
export async function patchIndex(index: TreeIndex, patched: SourceTree, touched: Iterable<string>): Promise<void> {
  for (const file of touched) {
    if (!/\.[ch]$/.test(file)) continue;
    const bytes = await patched.read(file);
    if (bytes) index.add(file, bytes);
    else index.remove(file);
  }
}
