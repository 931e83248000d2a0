import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTree } from '../../../extension/cli/diskTree.ts';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { loopMacros } from '../../../extension/core/syntax/idioms.ts';
import { openIndex } from '../../../extension/worker/indexStore.ts';
import { cacheFolder } from '../../../extension/worker/keptFiles.ts';
import type { Checker } from './judge.ts';

/** Makes analysers of a tree that have read nothing yet; undefined while the analyser gives no findings. */
export async function lockstep(root: string): Promise<(() => Checker) | undefined> {
  const { index } = await openIndex({ root, cache: cacheFolder(), threads: 0 });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  const make = (): object => new ContractAnalyser(new DiskTree(root), { loops, index });
  return isChecker(make()) ? () => make() as Checker : undefined;
}

const isChecker = (analyser: object): analyser is Checker =>
  'findings' in analyser && typeof analyser.findings === 'function';
