import type { FileEntry, JobFile, JobResult, Notice } from './job.ts';
import type { TreeIndex } from './treeIndex.ts';

/** What a refresh needs of the world: the list of files, and somebody who reads and lexes them. */
export interface IndexWorld {
  /** Every .c and .h file of the folders in question. Rejects when the tree itself cannot be listed. */
  list(notice: (notice: Notice) => void, signal?: AbortSignal): Promise<readonly FileEntry[]>;
  /** How many jobs should be under way at once. `bytes`: of all files to be read. */
  begin(bytes: number): number;
  lex(files: readonly JobFile[]): Promise<JobResult>;
}

export interface RefreshOptions {
  readonly signal?: AbortSignal;
  /** Bytes read so far and of all files that have to be read. */
  readonly progress?: (done: number, total: number) => void;
  readonly notice?: (notice: Notice) => void;
}

export interface Refreshed {
  /** Files of the tree. */
  readonly files: number;
  /** Of these read now, and found to be as they were. */
  readonly read: number;
  readonly same: number;
  readonly removed: number;
  readonly bytes: number;
  /** False when it was stopped: what was read by then is in the index. */
  readonly complete: boolean;
  /** The index is not as it was before: a cache of it is out of date. */
  readonly changed: boolean;
}

/** Bytes of files that make a job: small ones where there is little to read, since then this thread reads it. */
const JOB_BYTES = 8 << 20;
const SMALL_JOB_BYTES = 2 << 20;
const MUCH = 64 << 20;
const JOB_FILES = 2000;

/** Brings an index up to date with its tree: files are read again when their size or time is not what it was. */
export async function refresh(index: TreeIndex, world: IndexWorld, options: RefreshOptions = {}): Promise<Refreshed> {
  const { signal, progress } = options;
  const notice = options.notice ?? (() => {});
  const { data } = index;
  const entries = await world.list(notice, signal);
  let removed = 0;
  if (!signal?.aborted) {
    const present = new Set(entries.map(e => e.path));
    for (const path of [...data.paths()]) {
      if (present.has(path)) continue;
      index.remove(path);
      removed++;
    }
  }
  const stale: JobFile[] = [];
  let total = 0;
  for (const entry of entries) {
    const known = data.file(entry.path);
    if (known && known.size === entry.size && known.modified === entry.modified) continue;
    stale.push(known ? { ...entry, hash: known.hash } : entry);
    total += entry.size;
  }
  let bytes = 0;
  let same = 0;
  let read = 0;
  let changed = removed > 0;
  const jobs = split(stale, total < MUCH ? SMALL_JOB_BYTES : JOB_BYTES);
  const parallel = jobs.length > 0 ? Math.max(1, world.begin(total)) : 0;
  const take = async (): Promise<void> => {
    for (let job = jobs.shift(); job && !signal?.aborted; job = jobs.shift()) {
      const result = await world.lex(job);
      for (const n of result.notices) notice(n);
      for (const { path, modified } of result.same) changed = data.restamp(path, modified) || changed;
      if (result.batch.files.length > 0) {
        index.addBatch(result.batch);
        changed = true;
      }
      const lost = new Set(result.notices.map(n => n.file));
      for (const { path } of result.batch.files) lost.delete(path);
      // What could not be read at all is not what it was.
      for (const path of lost) changed = index.remove(path) || changed;
      same += result.same.length;
      read += job.length;
      bytes += job.reduce((sum, file) => sum + file.size, 0);
      progress?.(bytes, total);
    }
  };
  await Promise.all(Array.from({ length: parallel }, take));
  return {
    files: entries.length,
    ...{ read, same, removed, bytes },
    complete: !signal?.aborted,
    changed,
  };
}

/** Jobs of about `most` bytes, in order of path: neighbours share names. */
function split(files: readonly JobFile[], most: number): JobFile[][] {
  const jobs: JobFile[][] = [];
  let job: JobFile[] = [];
  let bytes = 0;
  for (const file of files) {
    job.push(file);
    bytes += file.size;
    if (bytes < most && job.length < JOB_FILES) continue;
    jobs.push(job);
    job = [];
    bytes = 0;
  }
  if (job.length > 0) jobs.push(job);
  return jobs;
}
