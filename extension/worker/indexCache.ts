import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode } from '../core/index/tree/codec.ts';
import type { IndexData } from '../core/index/tree/data.ts';
import { hashName, writeKept } from './keptFiles.ts';
import { codeOf, messageOf } from './systemErrors.ts';

/** Choices of folders of one tree whose indexes are kept. */
const MOST_KEPT = 6;

/** The file that keeps the index of some folders of a tree: the paths are told by hashes, since they may be long. */
export function cacheFile(cache: string, root: string, folders: readonly string[]): string {
  const name = folders.includes('') ? 'all' : hashName([...folders].sort().join('\0'));
  return join(cache, 'index', hashName(root), `${name}.index`);
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

/** Writes a cache, as `writeKept` does: whole or not at all. */
export const writeCache = (file: string, data: IndexData, root: string): string | undefined =>
  writeKept(file, encode(data), root, MOST_KEPT);
