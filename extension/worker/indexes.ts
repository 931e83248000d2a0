import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TreeIndex } from '../core/index/tree/treeIndex.ts';
import type { IndexAnswer, IndexAsk, Progress } from '../editor/engine.ts';
import { aborted } from './errors.ts';
import { openIndex, refreshIndex } from './indexStore.ts';
import { cacheFolder } from './keptFiles.ts';

/** Notices that an answer carries; the rest is only counted. */
const MOST_NOTICES = 20;
/** Threads beside this one: an editor is not to take the whole machine. */
const THREADS = 1;

interface Kept {
  readonly index: TreeIndex;
  readonly folders: Set<string>;
}

/**
 * The indexes of trees, each of some folders. The folders of the settings come from the cache; folders of files that are
 * opened are added to what is there.
 */
export class Indexes {
  readonly #kept = new Map<string, Kept>();
  #last: Promise<unknown> = Promise.resolve();

  of(key: string): TreeIndex | undefined {
    return this.#kept.get(key)?.index;
  }

  /** One after another. Rejects with AbortError when stopped; what was read by then is not used. */
  open(key: string, ask: IndexAsk, signal?: AbortSignal, progress?: Progress): Promise<IndexAnswer> {
    const next = this.#last.then(() => this.#open(key, ask, signal, progress));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #open(key: string, ask: IndexAsk, signal?: AbortSignal, progress?: Progress): Promise<IndexAnswer> {
    const began = performance.now();
    const { root } = ask;
    const there = (folders: readonly string[]) => folders.filter(folder => existsSync(join(root, folder)));
    const notices: string[] = [];
    const request = {
      root,
      threads: THREADS,
      threadFile: join(__dirname, 'indexer.cjs'),
      notice: ({ file, message }: { file: string; message: string }) => void notices.push(`${file}: ${message}`),
      progress: (done: number, total: number) => progress?.(total ? Math.floor((1000 * done) / total) : 0),
      ...(signal ? { signal } : {}),
    };
    const folders = there(ask.folders.map(folder => folder.replace(/^(?:\.\/)+|^\.$/, '')));
    let kept = this.#kept.get(key);
    let changed = false;
    if (kept && ask.again) {
      const wanted = [...folders, ...there(ask.extra)];
      if (!wanted.length) {
        this.#kept.delete(key);
        return { changed: true, files: 0, functions: 0, seconds: 0, notices };
      }
      const all = new Set([...kept.folders, ...wanted].filter(folder => existsSync(join(root, folder))));
      const refreshed = await refreshIndex(kept.index, { ...request, folders: [...all] });
      if (!refreshed.complete || signal?.aborted) throw aborted();
      kept = { index: kept.index, folders: all };
      changed = refreshed.changed || refreshed.removed > 0;
    }
    if (!kept && folders.length) {
      const opened = await openIndex({ ...request, folders, cache: cacheFolder() });
      if (!opened.complete || signal?.aborted) throw aborted();
      kept = { index: opened.index, folders: new Set(folders) };
      changed = true;
    }
    const more = [...folders, ...there(ask.extra)].filter(folder => !kept || !isWithin(folder, kept.folders));
    if (more.length) {
      const all = new Set([...(kept?.folders ?? []), ...more]);
      const index = kept?.index ?? new TreeIndex();
      const refreshed = await refreshIndex(index, { ...request, folders: [...all] });
      if (!refreshed.complete || signal?.aborted) throw aborted();
      kept = { index, folders: all };
      changed = true;
    }
    if (!kept) return { changed, files: 0, functions: 0, seconds: 0, notices: [] };
    this.#kept.set(key, kept);
    if (!changed) return { changed, files: kept.index.data.size, functions: 0, seconds: 0, notices: [] };
    const { files, functions } = kept.index.counts();
    const rest = notices.length - MOST_NOTICES;
    return {
      changed,
      files,
      functions,
      seconds: (performance.now() - began) / 1000,
      notices: rest > 0 ? [...notices.slice(0, MOST_NOTICES), `and ${rest} more such`] : notices,
    };
  }

  /** A file's new content; undefined: it is gone. Files of folders that are not indexed stay out. */
  changed(key: string, file: string, bytes: Uint8Array | undefined): void {
    const kept = this.#kept.get(key);
    if (!kept || !isWithin(file, kept.folders)) return;
    if (bytes) kept.index.add(file, bytes);
    else kept.index.remove(file);
  }
}

function isWithin(path: string, folders: ReadonlySet<string>): boolean {
  for (const folder of folders) if (folder === '' || path === folder || path.startsWith(`${folder}/`)) return true;
  return false;
}
