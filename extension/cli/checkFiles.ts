import { stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { InputError } from '../core/text/source.ts';
import { DiskTree, folder, treeAround } from './diskTree.ts';

/** The tree that a command line is about, and the files in it. */
export interface Wanted {
  readonly root: string;
  readonly tree: DiskTree;
  /** C files in the order given; those of a folder by path. Each once. */
  readonly files: readonly string[];
  /** Whether any path was named: without, all that a patch touches counts. */
  readonly named: boolean;
  /** Whether a folder was named. */
  readonly hasFolder: boolean;
  /** Folders among these that could not be listed, one line each. */
  readonly failed: readonly string[];
  /** The files of a check of a patch: those named (where any are), and those that it touches among them. */
  within(touched: ReadonlySet<string>): readonly string[];
}

/**
 * Finds the files that paths stand for: a file for itself, a folder for every .c file below it (links to folders are not
 * followed).
 *
 * @param optional paths may be missing
 * @throws InputError: no such file, nothing to check below a folder, files of two trees
 */
export async function subjectFiles(
  paths: readonly string[],
  treeOption: string | undefined,
  optional: boolean,
): Promise<Wanted> {
  if (paths.length === 0 && !optional) throw new InputError('no path is given; name C files or folders of them');
  const kinds = await Promise.all(paths.map(kindOf));
  const root = await rootOf(paths, kinds, treeOption);
  const tree = new DiskTree(root);
  const files = new Set<string>();
  const folders: string[] = [];
  for (const [i, path] of paths.entries()) {
    const inTree = relative(root, resolve(path)).split(sep).join('/');
    if (inTree === '..' || inTree.startsWith('../'))
      throw new InputError(`${path}: it is not inside the tree ${root}; name its tree with --tree`, { file: path });
    if (kinds[i] === 'folder') {
      const below = await cFilesBelow(tree, inTree);
      const why = tree.unread.get(inTree === '' ? '.' : inTree);
      if (why !== undefined) throw new InputError(`${path}: ${why}`, { file: path });
      if (below.length === 0 && !optional)
        throw new InputError(`${path}: there is no .c file below this folder`, { file: path });
      folders.push(inTree === '' ? '' : `${inTree}/`);
      for (const file of below) files.add(file);
    } else {
      if (kinds[i] === undefined && !optional)
        throw new InputError(`${path}: no such file or folder; name C files or folders of them`, { file: path });
      files.add(inTree);
    }
  }
  const list = [...files];
  const failed = [...tree.unread].map(([path, why]) => `${path}: ${why}`);
  const within = (touched: ReadonlySet<string>): readonly string[] => {
    const sources = [...touched].filter(f => /\.[ch]$/.test(f));
    if (paths.length === 0) return sources.sort();
    return [...new Set([...list, ...sources.filter(f => folders.some(folder => f.startsWith(folder)))])];
  };
  return { root, tree, files: list, named: paths.length > 0, hasFolder: kinds.includes('folder'), failed, within };
}

type PathKind = 'file' | 'folder' | undefined;

const kindOf = (path: string): Promise<PathKind> =>
  stat(path).then(
    s => (s.isDirectory() ? 'folder' : 'file'),
    // Whether it is there cannot be told: reading it says why.
    (error: NodeJS.ErrnoException) => (error.code === 'EACCES' ? 'file' : undefined),
  );

async function rootOf(
  paths: readonly string[],
  kinds: readonly PathKind[],
  treeOption: string | undefined,
): Promise<string> {
  if (treeOption !== undefined) return folder(treeOption);
  if (paths.length === 0) return treeAround(join('.', 'x'));
  // The tree around a folder may be the folder itself.
  const roots = await Promise.all(paths.map((p, i) => treeAround(kinds[i] === 'folder' ? join(p, 'x') : p)));
  const other = roots.findIndex(r => r !== roots[0]);
  if (other > 0)
    throw new InputError(
      `${paths[0]} is in the tree ${roots[0]}, ${paths[other]} in ${roots[other]}; check one tree at a time, or name one with --tree`,
      { file: paths[other]! },
    );
  return roots[0]!;
}

async function cFilesBelow(tree: DiskTree, folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (at: string): Promise<void> => {
    for (const name of (await tree.list(at === '' ? '.' : at)) ?? []) {
      if (name.startsWith('.')) continue;
      const path = at === '' ? name : `${at}/${name}`;
      if (name.endsWith('/')) await visit(path.slice(0, -1));
      else if (name.endsWith('.c')) found.push(path);
    }
  };
  await visit(folder);
  // By folder and name, as a person reads a tree.
  return found.sort();
}
