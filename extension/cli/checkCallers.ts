import type { TreeIndex } from '../core/index/tree/treeIndex.ts';
import { ContractAnalyser } from '../core/locks/contracts.ts';
import type { FunctionContract, LockFact, RelatedPlace } from '../core/report/documents.ts';
import { InputError, type SourceTree } from '../core/text/source.ts';
import { loopsOf } from './checkTree.ts';

/** Files of callers that are checked for one patch; a helper that all of the kernel calls would be all of the kernel. */
const MOST_FILES = 200;

/** What a function does to locks, by name, without the lines where it does so. */
export type Effects = ReadonlyMap<string, { readonly effect: string; readonly at: RelatedPlace }>;

/** The effects of the functions of some files. What is no C source has none: the check itself says what is wrong with it. */
export async function effectsOf(tree: SourceTree, files: readonly string[], index: TreeIndex): Promise<Effects> {
  const analyser = new ContractAnalyser(tree, { loops: await loopsOf(tree), index });
  const found = new Map<string, { effect: string; at: RelatedPlace }>();
  for (const file of files) {
    if (!(await tree.read(file))) continue;
    const { functions } = await analyser.contracts(file).catch((error: unknown) => {
      if (error instanceof InputError) return { functions: [] };
      throw error;
    });
    // A static function of another file has nothing to do with callers elsewhere.
    for (const f of functions)
      if (index.definers(f.name).includes(file))
        found.set(f.name, { effect: effectOf(f), at: { file, line: f.line, column: f.column, message: '' } });
  }
  return found;
}

function effectOf({ requires, acquires, releases, takes, maySleep, exits }: FunctionContract): string {
  const locks = (facts: readonly LockFact[]): string[] =>
    [...new Set(facts.map(f => `${f.lock} ${f.mode}${f.maybe ? '?' : ''}`))].sort();
  return JSON.stringify([
    locks(requires),
    locks(acquires),
    locks(releases),
    locks(takes),
    maySleep,
    [...new Set(exits.map(e => JSON.stringify([e.kind, locks(e.held), locks(e.released)])))].sort(),
  ]);
}

/**
 * Files that call a function whose effect on locks is another after a change, in order of path.
 *
 * @param index of the tree on either side of the change
 */
export function callersOfChanged(
  before: Effects,
  after: Effects,
  index: TreeIndex,
): { readonly files: readonly string[]; readonly notices: readonly RelatedPlace[] } {
  const files = new Set<string>();
  const notices: RelatedPlace[] = [];
  for (const [name, { effect, at }] of after) {
    const was = before.get(name);
    if (!was || was.effect === effect) continue;
    const callers = [...new Set(index.callers(name).map(c => c.file))].filter(f => f.endsWith('.c'));
    const left = callers.filter(f => !files.has(f));
    if (files.size + left.length > MOST_FILES)
      notices.push({
        ...at,
        message: `${name}() now does other things to locks; its ${left.length} callers' files are too many and were not checked`,
      });
    else for (const f of left) files.add(f);
  }
  return { files: [...files].sort(), notices };
}
