import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import type { FunctionContract, LockFact } from '../../extension/core/report/documents.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';

/** A tree of files given as text. */
export function textTree(files: Readonly<Record<string, string>>): SourceTree {
  return {
    label: 'test tree',
    read: async path => (path in files ? new TextEncoder().encode(files[path]) : undefined),
    list: async folder => {
      const names = Object.keys(files)
        .filter(path => path.startsWith(`${folder}/`))
        .map(path => path.slice(folder.length + 1))
        .filter(name => !name.includes('/'));
      return names.length ? names : undefined;
    },
  };
}

export async function analyserOf(files: Readonly<Record<string, string>>): Promise<ContractAnalyser> {
  return new ContractAnalyser(textTree(files), { loops: ['list_for_each_entry'] });
}

/** The contract of the function `f` of a file with this text. */
export async function contractOf(
  text: string,
  others: Readonly<Record<string, string>> = {},
): Promise<FunctionContract> {
  return (await analyserOf({ ...others, 'mm/a.c': text })).requireContract('mm/a.c', 'f');
}

/** `&a->lock write 3`, with `?` in front when it is so only on some paths. */
export const brief = (facts: readonly LockFact[]): string[] =>
  facts.map(fact => `${fact.maybe ? '?' : ''}${fact.lock} ${fact.mode} ${fact.line}`);
