import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { InputError, type SourceTree } from '../core/text/source.ts';

/** A tree on disk. Nothing outside its root is read, not through `..` and not through links. */
export class DiskTree implements SourceTree {
  readonly label: string;
  private real: Promise<string> | undefined;

  constructor(
    readonly root: string,
    label = root,
  ) {
    this.label = label;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const at = await this.inside(path);
    if (at === undefined) return undefined;
    try {
      return new Uint8Array(await readFile(at));
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    const at = await this.inside(path);
    if (at === undefined) return undefined;
    try {
      const entries = await readdir(at, { withFileTypes: true });
      return entries.map(e => (e.isDirectory() ? `${e.name}/` : e.name));
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  /** The real path, or undefined when there is none or it lies outside. */
  private async inside(path: string): Promise<string | undefined> {
    this.real ??= realpath(this.root);
    const root = await this.real;
    try {
      const at = await realpath(join(root, path));
      return at === root || at.startsWith(root + sep) ? at : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

const isAbsence = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'].includes(String(error.code));

/** @throws InputError for what is no folder */
export async function folder(path: string): Promise<string> {
  const is = await stat(path).then(
    s => s.isDirectory(),
    () => false,
  );
  if (!is) throw new InputError(`--tree ${path}: no such folder; name the top of a kernel tree`, { file: path });
  return resolve(path);
}

/** The kernel tree around a file: the nearest folder above it with Kbuild and include/linux, else the file's own folder. */
export async function treeAround(file: string): Promise<string> {
  const own = dirname(resolve(file));
  const exists = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );
  for (let dir = own; ; dir = dirname(dir)) {
    if ((await exists(join(dir, 'Kbuild'))) && (await exists(join(dir, 'include/linux')))) return dir;
    if (dirname(dir) === dir) return own;
  }
}
