import { readFileSync } from 'node:fs';
import { contentHash } from '../core/index/tree/data.ts';
import type { TreeIndex } from '../core/index/tree/treeIndex.ts';
import { keptAnswer } from '../worker/answers/answers.ts';
import type { Wanted } from './checkFiles.ts';
import { type Checked, type CheckTreeOptions, checkTree } from './checkTree.ts';

/** `checkTree`, or what it gave the last time where nothing that it read has changed since. */
export function keptCheck(
  { root, tree, files }: Wanted,
  index: TreeIndex,
  cache: string,
  how: CheckTreeOptions,
  notice: (file: string, message: string) => void,
): Promise<Checked> {
  return keptAnswer({
    cache,
    root,
    tree,
    index,
    question: ['check', programHash(), how.function ?? '', ...files],
    answer: (read, names) => checkTree(read, files, { ...how, index: names }),
    // What could not be read may be readable the next time, without any change of its content.
    isWhole: checked => !checked.stopped && checked.failed.length === 0 && tree.unread.size === 0,
    notice,
  });
}

let program: string | undefined;

/** Tells this program from any other version of it: another one may find other things in the same source. */
function programHash(): string {
  if (program === undefined) {
    const bytes = readFileSync(__filename);
    program = String(contentHash(bytes, bytes.length));
  }
  return program;
}
