import idioms from '../../../grammars/idioms.json';
import { K } from './kinds.ts';

/** What the normaliser knows of kernel C besides its grammar: grammars/idioms.json and one tree's loop macros. */
export interface IdiomTables {
  /** The kind (kinds.ts) of every word that is more than a name. */
  readonly words: ReadonlyMap<string, number>;
  /** Names that head a loop: ForEachMacros of the tree's .clang-format. */
  readonly loops: ReadonlySet<string>;
  /** Names that head a loop in any tree. */
  readonly loopPattern: RegExp;
  /** Function-head macros whose arguments after the first are pairs of type and parameter: SYSCALL_DEFINE3. */
  readonly pairs: RegExp;
  /** Declaring macros whose second argument is the name: DEFINE_PER_CPU. */
  readonly nameIsSecond: RegExp;
  /** Macros around struct members → the number of arguments before the members. */
  readonly memberGroups: ReadonlyMap<string, number>;
  /** Directive lines that are false, and true, in every configuration. */
  readonly never: readonly RegExp[];
  readonly always: readonly RegExp[];
}

const shared = {
  words: wordKinds(),
  loopPattern: new RegExp(idioms.loopPattern, 'i'),
  pairs: new RegExp(idioms.functionMacros.pairs),
  nameIsSecond: new RegExp(idioms.nameIsSecond),
  memberGroups: new Map(
    Object.entries(idioms.memberGroups).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  ),
  never: idioms.conditions.never.map(pattern => new RegExp(pattern)),
  always: idioms.conditions.always.map(pattern => new RegExp(pattern)),
};

function wordKinds(): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  for (const name of idioms.attributes) words.set(name, K.attribute);
  for (const name of idioms.attributesWithArguments) words.set(name, K.attributeWithArguments);
  for (const [kind, names] of Object.entries(idioms.words)) {
    for (const name of names) words.set(name, K[kind as keyof typeof idioms.words]);
  }
  return words;
}

/** The tables of grammars/ with the ForEachMacros names of a tree. */
export function idiomTables(loops: readonly string[] = []): IdiomTables {
  return { ...shared, loops: new Set(loops) };
}

/** The ForEachMacros names of a tree's .clang-format. */
export function loopMacros(clangFormat: string): string[] {
  const names: string[] = [];
  let inList = false;
  for (const line of clangFormat.split('\n')) {
    if (/^\S/.test(line)) inList = line.startsWith('ForEachMacros:');
    const item = inList ? /^\s+-\s+'?([A-Za-z_]\w*)'?\s*$/.exec(line) : null;
    if (item) names.push(item[1]!);
  }
  return names;
}
