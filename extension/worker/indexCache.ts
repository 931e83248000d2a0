import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writevSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { decode, encode } from '../core/index/tree/codec.ts';
import type { IndexData } from '../core/index/tree/data.ts';
import { codeOf, messageOf } from './systemErrors.ts';

/** Where Lockstep keeps what it can make again. */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');

/** The file that keeps the index of some folders of a tree: the paths are told by hashes, since they may be long. */
export function cacheFile(cache: string, root: string, folders: readonly string[]): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
  const name = folders.includes('') ? 'all' : hash([...folders].sort().join('\0'));
  return join(cache, 'index', hash(root), `${name}.index`);
}

/** What a cache holds, or why it holds nothing that can be used; undefined: there is none yet. */
export function readCache(file: string): IndexData | string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    return /^(?:ENOENT|ENOTDIR)$/.test(codeOf(error)) ? undefined : `it cannot be read (${messageOf(error)})`;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size > 0x7fffffff) return 'it is too large';
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const got = readSync(descriptor, bytes, at, Math.min(size - at, 1 << 26), null);
      if (got === 0) return 'it is cut short';
      at += got;
    }
    return decode(bytes);
  } catch (error) {
    return `it cannot be read (${messageOf(error)})`;
  } finally {
    closeSync(descriptor);
  }
}

/** Choices of folders of one tree whose indexes are kept. */
const MOST_KEPT = 6;
/** In a tree's folder of the cache: where the tree is. */
const TREE = 'tree';

/**
 * Writes a cache: whole or not at all, whatever other processes write or read meanwhile. Caches that nobody will ask for
 * again go: of trees that are no longer there, and all but the last few of this one.
 *
 * @param root the tree's folder
 * @returns why it could not, if so
 */
export function writeCache(file: string, data: IndexData, root: string): string | undefined {
  const folder = join(file, '..');
  const temporary = temporaryFor(file);
  try {
    makeFolder(folder);
    sweep(folder);
    const descriptor = openSync(temporary, 'wx');
    try {
      for (const part of encode(data)) {
        for (let at = 0; at < part.length; ) {
          const written = writevSync(descriptor, [part.subarray(at, at + (1 << 26))]);
          if (written === 0) throw new Error('nothing more could be written');
          at += written;
        }
      }
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    tidy(folder, file, root);
    return undefined;
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // The message below says what is wrong with the folder.
    }
    return messageOf(error);
  }
}

/**
 * A folder and those above it. Not by mkdirSync's `recursive`: where a file system answers ENOENT although the folder above is
 * there (/proc does), that never comes back.
 */
function makeFolder(path: string, again = true): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    const above = dirname(path);
    if (codeOf(error) !== 'ENOENT' || above === path || !again) throw error;
    makeFolder(above);
    makeFolder(path, false);
  }
}

const temporaryFor = (file: string): string => `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;

/** Parts that a process left behind which was ended while it wrote. */
function sweep(folder: string): void {
  const old = Date.now() - 3600_000;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.tmp')) continue;
    const at = statSync(join(folder, name), { throwIfNoEntry: false });
    if (at && at.mtimeMs < old) rmSync(join(folder, name), { force: true });
  }
}

/** What is old stays when another process is at it too: the next one will find it. */
function tidy(folder: string, written: string, root: string): void {
  try {
    const told = join(folder, TREE);
    if (!existsSync(told) || readFileSync(told, 'utf8') !== root) {
      // Renamed into its place: another process that finds half a path in it would take the tree for gone.
      const temporary = temporaryFor(told);
      writeFileSync(temporary, root);
      renameSync(temporary, told);
    }
    forgetOld(folder, written);
  } catch {
    // The cache itself is there.
  }
}

function forgetOld(folder: string, written: string): void {
  const kept = readdirSync(folder)
    .filter(name => name.endsWith('.index') && join(folder, name) !== written)
    .map(name => ({ name, at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of kept.slice(MOST_KEPT - 1)) rmSync(join(folder, name), { force: true });
  const all = join(folder, '..');
  for (const name of readdirSync(all)) {
    const told = join(all, name, TREE);
    const tree = existsSync(told) ? readFileSync(told, 'utf8') : '';
    if (tree !== '' && !existsSync(tree)) rmSync(join(all, name), { recursive: true });
  }
}
