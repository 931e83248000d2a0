import type { FunctionContract } from '../report/documents.ts';
import type { ContractAnalyser } from './contracts.ts';
import { documentOf } from './document.ts';

/**
 * The contract of what a name stands for in a file: a function that the file defines, or one that it can call (of a
 * header, or of another .c file of the tree). Undefined when the name is no function's.
 *
 * @param text stands in for the file's bytes; throws InputError when there is no such file
 */
export async function reachableContract(
  analyser: ContractAnalyser,
  file: string,
  name: string,
  text?: string,
): Promise<FunctionContract | undefined> {
  const analysis = await analyser.analysis(file, text);
  const own = analysis.functions().find(d => d.name === name);
  if (own) return documentOf(await analysis.summary(own));
  const [found] = (await analysis.definitions(name)).filter(d => d.kind === 'function');
  if (!found) return undefined;
  // In a header names mean what they mean to this file; in another .c file, what they mean there.
  if (!found.source.file.endsWith('.c')) return documentOf(await analysis.summary(found));
  return analyser.contractOf(found.source.file, name);
}
