import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import { calleesIn, callersIn, symbolOf } from '../core/locks/callSites.ts';
import type { ContractAnalyser } from '../core/locks/contracts.ts';
import { localDeclaration } from '../core/locks/localNames.ts';
import type { NameAt } from '../editor/engine.ts';

/**
 * Where a name is defined: a local or parameter of the function it stands in, else a function or macro that the file
 * can mean by it. Several answers are #if variants.
 */
export async function definitionsOf(
  analyser: ContractAnalyser,
  { file, name, offset, text }: NameAt,
): Promise<readonly SymbolAt[]> {
  const analysis = await analyser.analysis(file, text);
  const before = analysis.root.text.slice(0, offset).trimEnd();
  if (before.endsWith('.') || before.endsWith('->')) return [];
  const around = analysis.functions().find(d => d.start <= offset && offset < d.end);
  const local = around && localDeclaration(around, name, offset);
  if (local) return [{ ...local, name, kind: 'variable' }];
  return (await analysis.definitions(name)).map(symbolOf);
}

/** Calls of `name` in one file. */
export async function callersInFile(
  analyser: ContractAnalyser,
  file: string,
  name: string,
  text?: string,
): Promise<readonly CallsOf[]> {
  return callersIn((await analyser.analysis(file, text)).root, name);
}

/** What a function of a file calls by name and where that is defined; names defined nowhere at hand are left out. */
export async function calleesOf(
  analyser: ContractAnalyser,
  file: string,
  name: string,
  text?: string,
): Promise<readonly CallsOf[]> {
  const analysis = await analyser.analysis(file, text);
  const out: CallsOf[] = [];
  for (const definition of analysis.functions()) {
    if (definition.name !== name) continue;
    for (const [callee, at] of calleesIn(definition)) {
      const [found] = await analysis.definitions(callee);
      if (found) out.push({ symbol: symbolOf(found), at });
    }
  }
  return out;
}
