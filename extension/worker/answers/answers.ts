import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NameIndex } from '../../core/index/names.ts';
import { contentHash } from '../../core/index/tree/data.ts';
import type { TreeIndex } from '../../core/index/tree/treeIndex.ts';
import type { SourceTree } from '../../core/text/source.ts';
import { hashName, writeKept } from '../keptFiles.ts';
import { codeOf, messageOf } from '../systemErrors.ts';
import { areStillSo, type Inputs, Recording } from './inputs.ts';

/** Of one tree: so many answers are kept, the last ones. */
const MOST_KEPT = 24;
/** Changes with the form of what is written. */
const FORMAT = 'lockstep answer 1';

export interface AnswerRequest<T> {
  /** Where caches are kept (`cacheFolder()`). */
  readonly cache: string;
  /** The tree's folder. */
  readonly root: string;
  readonly tree: SourceTree;
  /** Of that tree, and up to date with it. */
  readonly index: TreeIndex;
  /** What is asked, and which program asks: words that no other question has together. */
  readonly question: readonly string[];
  /** Works it out, from nothing but what it is given; the answer is of JSON's types. */
  readonly answer: (tree: SourceTree, index: NameIndex) => Promise<T>;
  /** Whether it may be given again: one that was stopped half way may not. */
  readonly isWhole: (answer: T) => boolean;
  /** Is told why a kept answer is of no use although nothing has changed, and why this one was not kept. */
  readonly notice: (file: string, message: string) => void;
}

/**
 * Gives the answer that was kept of the last time, as long as every file, folder and list of names that it was worked out from
 * is the same today; works it out otherwise, and keeps it.
 */
export async function keptAnswer<T>(request: AnswerRequest<T>): Promise<T> {
  const { tree, index, notice } = request;
  const file = join(
    request.cache,
    'answers',
    hashName(request.root),
    `${hashName(request.question.join('\0'))}.answer`,
  );
  const kept = readKept<T>(file, request.question);
  if (typeof kept === 'string') notice(file, `the answer kept there is worked out anew: ${kept}`);
  else if (kept && (await areStillSo(kept.inputs, tree, index))) return kept.answer;
  const recording = new Recording(tree, index);
  const answer = await request.answer(recording.tree, recording.index);
  const inputs = request.isWhole(answer) ? recording.inputs() : undefined;
  if (inputs) {
    const why = writeKept(file, encode({ question: request.question, inputs, answer }), request.root, MOST_KEPT);
    if (why !== undefined) notice(file, `the answer is not kept: ${why}`);
  }
  return answer;
}

interface Kept<T> {
  readonly question: readonly string[];
  readonly inputs: Inputs;
  readonly answer: T;
}

/** A line with the format and a hash of all that follows it; then JSON. */
function encode<T>(kept: Kept<T>): Uint8Array[] {
  const body = new TextEncoder().encode(JSON.stringify(kept));
  return [new TextEncoder().encode(`${FORMAT} ${contentHash(body, body.length)}\n`), body];
}

/** What is kept, or why it is of no use; undefined: nothing yet. */
function readKept<T>(file: string, question: readonly string[]): Kept<T> | string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return /^(?:ENOENT|ENOTDIR)$/.test(codeOf(error)) ? undefined : `it cannot be read (${messageOf(error)})`;
  }
  const end = bytes.indexOf(10);
  const [, format, hash] = /^(.*) (\d+)$/.exec(new TextDecoder().decode(bytes.subarray(0, Math.max(0, end)))) ?? [];
  if (format !== FORMAT) return 'it is of another version, or no answer at all';
  const body = bytes.subarray(end + 1);
  if (contentHash(body, body.length) !== Number(hash)) return 'it is damaged (its checksum is another)';
  const kept = JSON.parse(new TextDecoder().decode(body)) as Kept<T>;
  // Two questions with one name: neither is served with the other's answer.
  return kept.question.join('\0') === question.join('\0') ? kept : undefined;
}
