import { applyPatch, reversePatch, type StructuredPatch } from 'diff';
import { InputError, type SourceTree } from '../text/source.ts';
import { type FilePatch, readPatch } from './parse.ts';

/**
 * A tree as a patch leaves it: in memory, nothing is written. Files that the patch does not touch are the tree's own.
 *
 * Hunks are placed as patch(1) does without fuzz: every context line must be there, at the stated line or elsewhere.
 *
 * @param label names the patch in messages
 * @returns the tree, and the paths that differ
 * @throws InputError naming the file and the hunk that does not apply
 */
export async function patchedTree(
  tree: SourceTree,
  patch: string,
  label: string,
): Promise<{ tree: SourceTree; files: readonly string[] }> {
  const changed = new Map<string, string | undefined>();
  const text = async (path: string): Promise<string | undefined> => {
    if (changed.has(path)) return changed.get(path);
    const bytes = await tree.read(path);
    return bytes && new TextDecoder().decode(bytes);
  };
  for (const file of readPatch(patch, label)) {
    const { from, to } = file;
    const before = from === undefined ? '' : await text(from);
    if (before === undefined)
      throw new InputError(`${label}: ${from} is not in ${tree.label}; is it a patch against another version?`, {
        file: from!,
      });
    if (from === undefined && to !== undefined && (await text(to)) !== undefined)
      throw new InputError(`${label}: ${to} is new in it, but ${tree.label} has that file already`, { file: to });
    const after = applied(before, file, label);
    if (from !== undefined && from !== to && !file.patch.isCopy) changed.set(from, undefined);
    if (to !== undefined) changed.set(to, after);
  }
  return { tree: new Overlay(tree, changed, label), files: [...changed.keys()] };
}

function applied(before: string, file: FilePatch, label: string): string {
  const { patch } = file;
  const after = applyPatch(before, patch);
  if (after !== false) return after;
  const path = (file.from ?? file.to)!;
  // The first hunk that stops the hunks up to it from applying is the one to name.
  const first = patch.hunks.findIndex((_, i) => !applies(before, { ...patch, hunks: patch.hunks.slice(0, i + 1) }));
  const hunk = file.headers[first] ?? `hunk ${first + 1}`;
  const [line] = /\d+/.exec(hunk) ?? ['1'];
  const reversed = reversePatch({ ...patch, hunks: [patch.hunks[first]!] });
  const why = applies(before, reversed)
    ? 'the tree has that change already'
    : 'its context is not in that file; is it a patch against another version?';
  throw new InputError(`${label}: ${path}: ${hunk} does not apply: ${why}`, { file: path, line: Number(line) });
}

const applies = (text: string, patch: StructuredPatch): boolean => applyPatch(text, patch) !== false;

class Overlay implements SourceTree {
  readonly label: string;

  /** `changed`: new text by path; undefined: the file is gone. */
  constructor(
    private readonly base: SourceTree,
    private readonly changed: ReadonlyMap<string, string | undefined>,
    patch: string,
  ) {
    this.label = `${base.label} + ${patch}`;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    if (!this.changed.has(path)) return this.base.read(path);
    const text = this.changed.get(path);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    const listed = await this.base.list(path);
    const folder = path === '' || path === '.' ? '' : `${path.replace(/\/$/, '')}/`;
    const names = new Set(listed);
    for (const [file, text] of this.changed) {
      if (!file.startsWith(folder)) continue;
      const rest = file.slice(folder.length);
      const slash = rest.indexOf('/');
      if (text === undefined) names.delete(rest);
      else names.add(slash < 0 ? rest : rest.slice(0, slash + 1));
    }
    return listed === undefined && names.size === 0 ? undefined : [...names];
  }
}
