import { relative, resolve } from 'node:path';
import { ContractAnalyser } from '../core/locks/contracts.ts';
import { HeldByCallers } from '../core/locks/heldByCallers.ts';
import { type Colors, contractText } from '../core/report/contractText.ts';
import type { ContractsDocument, FunctionContract } from '../core/report/documents.ts';
import { loopMacros } from '../core/syntax/idioms.ts';
import { decodeSource } from '../core/text/decode.ts';
import { InputError, readingError } from '../core/text/source.ts';
import { cacheFolder } from '../worker/keptFiles.ts';
import { checkIndex } from './checkIndex.ts';
import { DiskTree, folder, treeAround } from './diskTree.ts';
import { type Outcome, ran } from './outcome.ts';

export interface ContractsOptions {
  readonly function?: string;
  readonly tree?: string;
  readonly json?: boolean;
  /** Follow calls anywhere in the tree, and say what callers hold. */
  readonly index?: boolean;
}

/** `lockstep contracts PATH… [--function F]`: what to print. */
export async function contracts(
  paths: readonly string[],
  options: ContractsOptions,
  signal: AbortSignal,
  colors?: Colors,
): Promise<Outcome> {
  const analysers = new Map<string, { analyser: ContractAnalyser; tree: DiskTree; callers?: HeldByCallers }>();
  const found: FunctionContract[] = [];
  for (const path of paths) {
    const root = await folder(options.tree ?? (await treeAround(path)));
    let known = analysers.get(root);
    if (!known) {
      const tree = new DiskTree(root);
      const format = await tree.read('.clang-format');
      const loops = format ? loopMacros(new TextDecoder().decode(format)) : [];
      const index = options.index ? await checkIndex(root, signal, () => {}, cacheFolder()) : undefined;
      if (options.index && !index) return { text: '', status: 2, problem: 'stopped' };
      const analyser = new ContractAnalyser(tree, { loops, ...(index ? { index } : {}) });
      known = { analyser, tree, ...(index ? { callers: new HeldByCallers(analyser, index) } : {}) };
      analysers.set(root, known);
    }
    const file = relative(root, resolve(path));
    if (file.startsWith('..'))
      throw new InputError(`${path}: it is not inside the tree ${root}; name its tree with --tree`, { file: path });
    const { analyser, tree, callers } = known;
    // Says what is wrong with a binary or the like before anything is analysed.
    decodeSource(await tree.require(file), file);
    try {
      if (callers) found.push(...(await analyser.contractsWithCallers(file, callers, options.function)));
      else if (options.function !== undefined) found.push(await analyser.requireContract(file, options.function));
      else {
        const { functions } = await analyser.contracts(file);
        if (functions.length === 0)
          throw new InputError(`${file}: no function is defined there; name a file of C functions`, { file });
        found.push(...functions);
      }
    } catch (error) {
      throw readingError(error, file);
    }
  }
  const document: ContractsDocument = { version: 1, functions: found };
  const text = options.json
    ? `${JSON.stringify(document, null, 2)}\n`
    : `${found.map(c => contractText(c, colors)).join('\n\n')}\n`;
  return ran(text, ...[...analysers.values()].map(known => known.tree));
}
