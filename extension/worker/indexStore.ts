import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Notice } from '../core/index/tree/job.ts';
import { type Refreshed, refresh } from '../core/index/tree/refresh.ts';
import { TreeIndex } from '../core/index/tree/treeIndex.ts';
import { InputError } from '../core/text/source.ts';
import { cacheFile, readCache, writeCache } from './indexCache.ts';
import { listSources } from './indexFiles.ts';
import { IndexPool } from './indexPool.ts';

export interface IndexRequest {
  /** The tree's folder. */
  readonly root: string;
  /** Folders of it to be indexed; none: all. */
  readonly folders?: readonly string[];
  /** Where caches are kept (`cacheFolder()`); undefined: nothing is kept. */
  readonly cache?: string;
  /** At most so many threads besides this one; default: as many as there are processors. 0: none. */
  readonly threads?: number;
  /** The program of such a thread: indexer.cjs beside the bundle; without it this thread does all. */
  readonly threadFile?: string;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
  readonly notice?: (notice: Notice) => void;
}

export interface OpenedIndex extends Refreshed {
  readonly index: TreeIndex;
  /** It began with what a cache held. */
  readonly fromCache: boolean;
  /** Up to where it went: the cache's file, when there is one now. */
  readonly cacheFile: string | undefined;
}

/**
 * The index of a tree, up to date: from its cache where there is one that can be trusted, and everything else read. The
 * cache is written again when something has changed, and the work is done to the end.
 *
 * @throws InputError when the tree or one of `folders` cannot be listed
 */
export async function openIndex(request: IndexRequest): Promise<OpenedIndex> {
  const notice = request.notice ?? (() => {});
  const root = realRoot(request.root);
  const folders = cleanFolders(request.folders ?? []);
  const file = request.cache === undefined ? undefined : cacheFile(request.cache, root, folders);
  const kept = file === undefined ? undefined : readCache(file);
  if (typeof kept === 'string') notice({ file: file!, message: `the cached index is made anew: ${kept}` });
  const index = new TreeIndex(typeof kept === 'object' ? kept : undefined);
  const refreshed = await refreshIndex(index, { ...request, root, folders });
  let stored = typeof kept === 'object' ? file : undefined;
  if (file !== undefined && refreshed.complete && (refreshed.changed || kept === undefined)) {
    const why = writeCache(file, index.data, root);
    if (why === undefined) stored = file;
    else notice({ file, message: `the index is not cached: ${why}` });
  }
  return { ...refreshed, index, fromCache: typeof kept === 'object', cacheFile: stored };
}

/** Brings an index that is at hand up to date with the tree. */
export async function refreshIndex(index: TreeIndex, request: IndexRequest): Promise<Refreshed> {
  const root = realRoot(request.root);
  const folders = cleanFolders(request.folders ?? []);
  const pool = new IndexPool(root, request.threads ?? availableParallelism(), request.threadFile);
  try {
    return await refresh(
      index,
      {
        list: (notice, signal) => listSources(root, folders, notice, signal),
        begin: bytes => pool.begin(bytes),
        lex: files => pool.lex(files),
      },
      request,
    );
  } finally {
    await pool.close();
  }
}

/** @throws InputError when there is no such folder */
function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch {
    throw new InputError(`${root}: no such folder; name the top of a kernel tree`, { file: root });
  }
}

/** Paths below the tree without `./` and trailing slashes; ['']: all of it. */
function cleanFolders(folders: readonly string[]): string[] {
  const clean = folders.map(given => {
    const path = join('/', given).slice(1).replace(/\/+$/, '');
    if (/(?:^|\/)\.\.(?:\/|$)/.test(given)) {
      throw new InputError(`${given}: a folder of the tree is needed, as a path below it`, { file: given });
    }
    return path;
  });
  return clean.length === 0 || clean.includes('') ? [''] : [...new Set(clean)].sort();
}
