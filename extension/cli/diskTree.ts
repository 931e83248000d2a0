import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { LARGEST_FILE } from '../core/index/tree/job.ts';
import { InputError, type SourceTree } from '../core/text/source.ts';
import { codeOf, messageOf } from '../worker/systemErrors.ts';

/**
 * A tree on disk. Nothing outside its root is read, not through `..` and not through links, and nothing but regular files: a
 * pipe or a device would keep the reader waiting for ever.
 *
 * What is there and cannot be read counts as not there, and `unread` tells of it, so that one header costs only itself.
 */
export class DiskTree implements SourceTree {
  readonly label: string;
  /** Paths that could not be read or listed so far, and why. */
  readonly unread = new Map<string, string>();
  private real: Promise<string> | undefined;

  constructor(
    readonly root: string,
    label = root,
  ) {
    this.label = label;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const got = await this.look(path);
    if (got instanceof Uint8Array) return got;
    if (got.trouble) this.unread.set(path, got.why);
    return undefined;
  }

  /** @throws InputError that says why there is no such file to be read */
  async require(path: string): Promise<Uint8Array> {
    const got = await this.look(path);
    if (got instanceof Uint8Array) return got;
    throw new InputError(`${path}: ${got.why}`, { file: path });
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    try {
      const at = await this.inside(path);
      if (typeof at !== 'string') return undefined;
      const entries = await readdir(at, { withFileTypes: true });
      // A link is listed as a file: whether it leads to one, reading tells.
      return entries
        .filter(e => e.isDirectory() || e.isFile() || e.isSymbolicLink())
        .map(e => (e.isDirectory() ? `${e.name}/` : e.name));
    } catch (error) {
      if (!isAbsence(error)) this.unread.set(path, `the folder cannot be listed (${messageOf(error)})`);
      return undefined;
    }
  }

  private async look(path: string): Promise<Uint8Array | Unread> {
    try {
      const at = await this.inside(path);
      return typeof at === 'string' ? await regularFile(at) : at;
    } catch (error) {
      if (isAbsence(error)) return { why: `no such file in ${this.root}`, trouble: false };
      return { why: `it cannot be read (${messageOf(error)})`, trouble: true };
    }
  }

  /** The real path, unless that lies outside. */
  private async inside(path: string): Promise<string | Unread> {
    this.real ??= realpath(this.root);
    const root = await this.real;
    const named = join(root, path);
    const at = await realpath(named);
    if (at === root || at.startsWith(root + sep)) return at;
    // An #include may climb out of the tree; a link in it that does is worth a word.
    const trouble = named.startsWith(root + sep);
    return { why: `it leads to ${at}, outside of the tree ${this.root}; name that tree with --tree`, trouble };
  }
}

interface Unread {
  readonly why: string;
  /** It should have been possible; otherwise there is just no such file. */
  readonly trouble: boolean;
}

async function regularFile(path: string): Promise<Uint8Array | Unread> {
  // A pipe opens at once that way, and is then seen to be none of ours.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const is = await file.stat();
    if (is.isDirectory()) return { why: 'it is a folder; name a .c or .h file', trouble: false };
    if (!is.isFile()) return { why: 'it is no regular file (a pipe or a device); name a .c or .h file', trouble: true };
    if (is.size > LARGEST_FILE) {
      const most = LARGEST_FILE >> 20;
      return { why: `${Math.round(is.size / 1048576)} MiB is more than the ${most} that are read`, trouble: true };
    }
    // What is written to it meanwhile is not waited for.
    const bytes = new Uint8Array(is.size);
    let size = 0;
    while (size < bytes.length) {
      const { bytesRead } = await file.read(bytes, size, bytes.length - size);
      if (bytesRead === 0) break;
      size += bytesRead;
    }
    return bytes.subarray(0, size);
  } finally {
    await file.close();
  }
}

const isAbsence = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'].includes(codeOf(error));

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
