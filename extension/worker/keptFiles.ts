import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writevSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { codeOf, messageOf } from './systemErrors.ts';

/** Where Lockstep keeps what it can make again. */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');

/** Sixteen hexadecimal digits that stand for a text in a file's name. */
export const hashName = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** In a tree's folder of the cache: where the tree is. */
const TREE = 'tree';

/**
 * Writes a file of the cache, `cache/<kind>/<tree>/<name>`: whole or not at all, whatever other processes write or read
 * meanwhile. Files that nobody will ask for again go: of trees that are no longer there, and all but the last `most` of this
 * one with the same ending.
 *
 * @param parts its bytes
 * @param root the tree's folder
 * @returns why it could not, if so
 */
export function writeKept(file: string, parts: Iterable<Uint8Array>, root: string, most: number): string | undefined {
  const folder = dirname(file);
  const temporary = temporaryFor(file);
  try {
    makeFolder(folder);
    sweep(folder);
    const descriptor = openSync(temporary, 'wx');
    try {
      for (const part of parts) {
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
    tidy(folder, file, root, most);
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
function tidy(folder: string, written: string, root: string, most: number): void {
  try {
    const told = join(folder, TREE);
    if (!existsSync(told) || readFileSync(told, 'utf8') !== root) {
      // Renamed into its place: another process that finds half a path in it would take the tree for gone.
      const temporary = temporaryFor(told);
      writeFileSync(temporary, root);
      renameSync(temporary, told);
    }
    forgetOld(folder, written, most);
  } catch {
    // The cache itself is there.
  }
}

function forgetOld(folder: string, written: string, most: number): void {
  const kept = readdirSync(folder)
    .filter(name => name.endsWith(extname(written)) && join(folder, name) !== written)
    .map(name => ({ name, at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of kept.slice(most - 1)) rmSync(join(folder, name), { force: true });
  const all = join(folder, '..');
  for (const name of readdirSync(all)) {
    const told = join(all, name, TREE);
    const tree = existsSync(told) ? readFileSync(told, 'utf8') : '';
    if (tree !== '' && !existsSync(tree)) rmSync(join(all, name), { recursive: true });
  }
}
