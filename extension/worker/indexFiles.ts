import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type FileEntry, LARGEST_FILE, type Notice, type ReadInto, roomFor } from '../core/index/tree/job.ts';
import { InputError } from '../core/text/source.ts';
import { messageOf } from './systemErrors.ts';

/** Deeper than this is no source tree but a mistake. */
const DEEPEST = 64;
/** The thread is given to others after so many folders: listing them one by one is four times cheaper than at once. */
const FOLDERS_A_TURN = 50;

/**
 * Every .c and .h file below some folders of a tree ('' is all of it), by path. Links are not followed: what they lead to
 * inside of the tree is listed by itself, what lies outside is not of the tree, and no loop is possible. Names that begin
 * with a dot are left out.
 *
 * @throws InputError when one of `folders` cannot be listed
 */
export async function listSources(
  root: string,
  folders: readonly string[],
  notice: (notice: Notice) => void,
  signal?: AbortSignal,
): Promise<FileEntry[]> {
  const found = new Map<string, FileEntry>();
  const waiting = folders.map(path => ({ path, depth: 0 }));
  let looked = 0;
  for (let next = waiting.pop(); next && !signal?.aborted; next = waiting.pop()) {
    if (++looked % FOLDERS_A_TURN === 0) await turn();
    const { path, depth } = next;
    let entries: Dirent[];
    try {
      entries = readdirSync(join(root, path), { withFileTypes: true });
    } catch (error) {
      const why = messageOf(error);
      if (depth === 0) throw new InputError(`${join(root, path)}: it cannot be listed (${why})`, { file: path });
      notice({ file: path, message: `left out: the folder cannot be listed (${why})` });
      continue;
    }
    for (const entry of entries) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      const below = path === '' ? name : `${path}/${name}`;
      if (entry.isDirectory()) {
        if (depth < DEEPEST) waiting.push({ path: below, depth: depth + 1 });
        else notice({ file: below, message: `left out: deeper than ${DEEPEST} folders` });
      } else if (entry.isFile() && (name.endsWith('.c') || name.endsWith('.h'))) {
        if (name.includes('\ufffd')) {
          notice({ file: below, message: 'left out: its name is no UTF-8' });
          continue;
        }
        let at: Stats | undefined;
        try {
          // A file that is gone by now is one that was never there.
          at = lstatSync(join(root, below), { throwIfNoEntry: false });
        } catch (error) {
          notice({ file: below, message: `left out: it cannot be read (${messageOf(error)})` });
        }
        if (at?.isFile()) found.set(below, { path: below, size: at.size, modified: at.mtimeMs });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads files of a tree into a buffer that is used again and again; a larger one when a file needs it. */
export function fileReader(root: string): ReadInto {
  return (path, into) => {
    // It was a regular file when it was listed. What took its place may be a pipe, which is not waited for.
    const descriptor = openSync(join(root, path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!fstatSync(descriptor).isFile()) throw new Error('it is no regular file any more');
      let bytes = into;
      let size = 0;
      for (;;) {
        // What grows while it is read is read to where it ends then; its time tells the next refresh.
        if (roomFor(size) >= bytes.length) {
          const larger = new Uint8Array(bytes.length * 2);
          larger.set(bytes.subarray(0, size));
          bytes = larger;
        }
        const got = readSync(descriptor, bytes, size, bytes.length - roomFor(size), null);
        if (got === 0) break;
        size += got;
        if (size > LARGEST_FILE) throw new Error(`it has grown to more than ${LARGEST_FILE >> 20} MiB`);
      }
      bytes.fill(0, size, roomFor(size));
      return { bytes, size };
    } finally {
      closeSync(descriptor);
    }
  };
}
