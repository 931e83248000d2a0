import type { CallSite, NameIndex } from '../../core/index/names.ts';
import { contentHash } from '../../core/index/tree/data.ts';
import type { TreeIndex } from '../../core/index/tree/treeIndex.ts';
import type { SourceTree } from '../../core/text/source.ts';

/** All that an answer was worked out from: while it stays the same, so does the answer. */
export interface Inputs {
  /** `sumOf` the index; while that is the same, what it answered is. */
  readonly index: number;
  /** Paths that were read, and the `contentHash` of each; −1: there was no such file. */
  readonly files: readonly string[];
  readonly contents: readonly number[];
  /** Folders that were listed, and a hash of their names; −1: no such folder. */
  readonly folders: readonly string[];
  readonly lists: readonly number[];
  /** What the index was asked: `d`efiners, `c`allers or `s`tored with a name, and a hash of the answer. */
  readonly questions: readonly string[];
  readonly answers: readonly number[];
}

/** A tree and its index that remember what they were asked for. */
export class Recording {
  private readonly contents = new Map<string, number>();
  private readonly lists = new Map<string, number>();
  private readonly answers = new Map<string, number>();
  readonly tree: SourceTree;
  readonly index: NameIndex;
  private readonly sum: number;
  /** A file was read twice and was not the same: nothing can be said of when the answer holds. */
  private moved = false;

  constructor(tree: SourceTree, index: TreeIndex) {
    this.sum = sumOf(index);
    this.tree = {
      label: tree.label,
      read: async path => {
        const bytes = await tree.read(path);
        this.put(this.contents, path, bytes ? contentHash(bytes, bytes.length) : -1);
        return bytes;
      },
      list: async path => {
        const names = await tree.list(path);
        this.put(this.lists, path, names ? hashOf(names) : -1);
        return names;
      },
    };
    this.index = {
      definers: name => this.asked(`d${name}`, index.definers(name), plain),
      callers: name => this.asked(`c${name}`, index.callers(name), sites),
      stored: field => this.asked(`s${field}`, index.stored(field), plain),
    };
  }

  /** What was asked so far; undefined when the tree changed meanwhile. */
  inputs(): Inputs | undefined {
    if (this.moved) return undefined;
    return {
      index: this.sum,
      files: [...this.contents.keys()],
      contents: [...this.contents.values()],
      folders: [...this.lists.keys()],
      lists: [...this.lists.values()],
      questions: [...this.answers.keys()],
      answers: [...this.answers.values()],
    };
  }

  private put(map: Map<string, number>, key: string, value: number): void {
    if ((map.get(key) ?? value) !== value) this.moved = true;
    map.set(key, value);
  }

  private asked<T>(question: string, answer: readonly T[], text: (answer: readonly T[]) => readonly string[]) {
    if (!this.answers.has(question)) this.answers.set(question, hashOf(text(answer)));
    return answer;
  }
}

/**
 * Whether a tree and its index, which is up to date with it, are still as they were. What the index knows the contents of is
 * not read for that.
 */
export async function areStillSo(inputs: Inputs, tree: SourceTree, index: TreeIndex): Promise<boolean> {
  for (const [i, path] of inputs.files.entries()) {
    const known = index.data.file(path)?.hash;
    if (known !== undefined) {
      if (known !== inputs.contents[i]) return false;
      continue;
    }
    const bytes = await tree.read(path);
    if ((bytes ? contentHash(bytes, bytes.length) : -1) !== inputs.contents[i]) return false;
  }
  for (const [i, path] of inputs.folders.entries()) {
    const names = await tree.list(path);
    if ((names ? hashOf(names) : -1) !== inputs.lists[i]) return false;
  }
  return sumOf(index) === inputs.index || inputs.questions.every((q, i) => answerTo(index, q) === inputs.answers[i]);
}

function answerTo(index: NameIndex, question: string): number {
  const name = question.slice(1);
  if (question[0] === 'd') return hashOf(index.definers(name));
  return question[0] === 'c' ? hashOf(sites(index.callers(name))) : hashOf(index.stored(name));
}

const plain = (names: readonly string[]): readonly string[] => names;
const sites = (calls: readonly CallSite[]): readonly string[] => calls.map(c => `${c.file}\0${c.function}`);

const encoder = new TextEncoder();

function hashOf(names: readonly string[]): number {
  const bytes = encoder.encode(names.join('\0'));
  return contentHash(bytes, bytes.length);
}

/** A number that stands for the paths and contents of all files of an index, in whatever order they came. */
function sumOf(index: TreeIndex): number {
  let sum = 0;
  let mixed = 0;
  for (const path of index.data.paths()) {
    const { hash } = index.data.file(path)!;
    let own = 0;
    for (let i = 0; i < path.length; i++) own = Math.imul(own ^ path.charCodeAt(i), 0x01000193);
    own = Math.imul(own ^ (hash & 0x7fffffff), 0x85ebca6b) ^ Math.floor(hash / 0x80000000);
    sum = (sum + own) | 0;
    mixed = (mixed + Math.imul(own ^ (own >>> 15), 0x9e3779b1)) | 0;
  }
  return (sum >>> 0) * 0x200000 + ((mixed ^ (mixed >>> 13)) & 0x1fffff);
}
