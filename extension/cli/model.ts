import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { primitives } from '../core/kernel/table.ts';
import { InputError, readingError } from '../core/text/source.ts';
import { modelOf } from '../core/translate/model.ts';
import { DiskTree, folder } from './diskTree.ts';
import { type Outcome, ran, withUnread } from './outcome.ts';

export interface ModelOptions {
  readonly tree?: string;
  readonly file?: string;
  readonly map?: boolean;
  readonly json?: boolean;
}

/** `lockstep model FUNCTION --tree DIR [--file F]`: the TypeScript that runs in the function's place. */
export async function model(name: string, options: ModelOptions): Promise<Outcome> {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new InputError(`"${name}" is no name of a C function`);
  const primitive = primitives.get(name);
  if (primitive)
    throw new InputError(
      `${name} has no model: it is a primitive, \`${primitive.signature}\` for what ${primitive.standsFor} has`,
    );
  const root = await folder(options.tree ?? '.');
  const tree = new DiskTree(root);
  const file = options.file === undefined ? await definingFile(root, name) : inTree(root, options.file);
  await tree.require(file);
  const document = await modelOf(tree, file, name, primitives).catch((thrown: unknown) => {
    const error = readingError(thrown, file);
    // A header seldom includes all that it needs.
    if (!(error instanceof InputError) || options.file !== undefined || !file.endsWith('.h'))
      throw withUnread(error, tree);
    throw new InputError(`${error.message}; ${file} may need what stands before it: name a .c file with --file`, {
      file,
    });
  });
  if (options.json) return ran(`${JSON.stringify(document, null, 2)}\n`, tree);
  if (!options.map) return ran(document.typescript, tree);
  const cLine = new Map(document.map);
  const lines = document.typescript.trimEnd().split('\n');
  return ran(`${lines.map((l, i) => `${String(cLine.get(i + 1) ?? '').padStart(6)}  ${l}`).join('\n')}\n`, tree);
}

function inTree(root: string, file: string): string {
  for (const from of [root, '.']) {
    const path = relative(root, resolve(from, file));
    if (!path.startsWith('..')) return path.split(sep).join('/');
  }
  throw new InputError(`${file}: it is not inside the tree ${root}; name its tree with --tree`, { file });
}

/** Folders of a kernel tree that hold no code of the kernel's own. */
const ASIDE = new Set(['Documentation', 'tools', 'samples', 'scripts', 'LICENSES', 'usr', 'rust']);

/**
 * The one .c file (or header, for an inline function) that defines a function. Lines that begin a definition are searched
 * for, kernel style: the name at the beginning of a line or after its type, no semicolon after its parameters.
 */
async function definingFile(root: string, name: string): Promise<string> {
  const found: string[] = [];
  const wanted = Buffer.from(name);
  const head = new RegExp(`^(?![ \\t#*/])[^\\n;={}]*\\b${name}\\s*\\([^;{}]*\\)[^;{}()]*\\{`, 'm');
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    await Promise.all(
      entries.map(async e => {
        const path = folder === '' ? e.name : `${folder}/${e.name}`;
        if (e.isDirectory()) {
          if (!e.name.startsWith('.') && !(folder === '' && ASIDE.has(e.name)) && !otherArchitecture(path))
            await visit(path);
        } else if (e.isFile() && /\.[ch]$/.test(e.name)) {
          const bytes = await readFile(join(root, path)).catch(() => undefined);
          if (bytes?.includes(wanted) && head.test(bytes.toString('latin1'))) found.push(path);
        }
      }),
    );
  };
  await visit('');
  found.sort();
  const sources = found.filter(f => f.endsWith('.c'));
  const best = sources.length > 0 ? sources : found;
  if (best.length === 1) return best[0]!;
  if (best.length === 0)
    throw new InputError(`no function ${name} is defined in ${root}; name the kernel tree with --tree`);
  const listed = best.slice(0, 5).join(', ');
  const more = best.length > 5 ? ` and ${best.length - 5} more` : '';
  throw new InputError(`${name} is defined in ${listed}${more}; choose one with --file`);
}

/** The stated configuration is x86-64. */
const otherArchitecture = (path: string): boolean => /^arch\/(?!x86$|x86\/)/.test(path);
