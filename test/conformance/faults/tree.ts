import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSource } from '../../../extension/core/text/decode.ts';
import { InputError } from '../../../extension/core/text/source.ts';

/** Folders of a kernel tree that functions are chosen from: what runs in a kernel, arch code aside. */
export const FOLDERS = [
  'block',
  'crypto',
  'drivers',
  'fs',
  'io_uring',
  'ipc',
  'kernel',
  'lib',
  'mm',
  'net',
  'security',
  'sound',
  'virt',
];

/** The .c files of a tree below these folders, by path. */
export function sourceFiles(root: string, folders: readonly string[] = FOLDERS): string[] {
  const present = folders.filter(f => existsSync(join(root, f)));
  if (present.length === 0) return [];
  const { stdout } = spawnSync('find', [...present, '-name', '*.c', '-type', 'f'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return stdout.split('\n').filter(Boolean).sort();
}

/** Reads a file for `select`: passed over when it speaks of no lock, or cannot be decoded. */
export function lockingText(root: string, file: string): string | undefined {
  const bytes = readFileSync(join(root, file));
  if (!bytes.includes('_lock') && !bytes.includes('down_write')) return undefined;
  try {
    return decodeSource(new Uint8Array(bytes), file);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
