import { lexerNames } from './lexer.ts';
import type { NameTable } from './nameTable.ts';
import type { Postings } from './postings.ts';
import { KIND_SHIFT, RecordKind, recordLength } from './records.ts';

/** What is known of a file's content when it was read: unchanged while size, time and, in doubt, hash are. */
export interface Stamp {
  readonly size: number;
  /** Milliseconds. */
  readonly modified: number;
  /** Of the content (`contentHash`). */
  readonly hash: number;
}

/** A file of the index and where its records stand. */
export interface IndexedFile extends Stamp {
  readonly path: string;
  readonly segment: number;
  /** In words of the segment. */
  readonly offset: number;
  readonly length: number;
}

/** What one run of a lexer over some files gives: records whose ids are of a table of its own. */
export interface Batch {
  readonly files: readonly (Stamp & { readonly path: string; readonly offset: number; readonly length: number })[];
  readonly words: Uint32Array;
  /** `NameTable.dump` of the table. */
  readonly names: Uint8Array;
  readonly lengths: Uint16Array;
}

/** A place of a record: its segment, and 22 bits of offset in it. */
export const SEGMENT_BITS = 22;
/** Words of a segment, at most. A file with more records than that is not indexed. */
export const SEGMENT_WORDS = 1 << SEGMENT_BITS;
const OFFSET_MASK = SEGMENT_WORDS - 1;
/** A place has ten bits for its segment; some are left for what comes before the next look. */
const MOST_SEGMENTS = 900;
/** A segment that single files are added to. */
const TAIL_WORDS = 1 << 18;

/** All records of an index, its files and its names. Queries are asked of a TreeIndex, which owns one of these. */
export class IndexData {
  readonly names: NameTable;
  readonly segments: Uint32Array[] = [];
  /** Files by number; undefined: replaced or gone. */
  readonly files: (IndexedFile | undefined)[] = [];
  private readonly numbers = new Map<string, number>();
  /** The segment that single files are added to, and how much of it is used. */
  private tail = -1;
  private tailUsed = 0;

  /** `definitions`: what its cache has kept of these lists, true until a file is added. */
  constructor(
    names = lexerNames(),
    readonly definitions?: Postings,
  ) {
    this.names = names;
  }

  file(path: string): IndexedFile | undefined {
    const number = this.numbers.get(path);
    return number === undefined ? undefined : this.files[number];
  }

  numberOf(path: string): number | undefined {
    return this.numbers.get(path);
  }

  /** Paths of all files. */
  paths(): IterableIterator<string> {
    return this.numbers.keys();
  }

  get size(): number {
    return this.numbers.size;
  }

  /** Takes a batch over: its words become a segment, rewritten in place to ids of `names`. */
  add(batch: Batch): number[] {
    const ids = this.names.merge(batch.names, batch.lengths);
    for (const file of batch.files) renumber(batch.words, file.offset, file.offset + file.length, ids);
    const segment = this.segments.push(batch.words) - 1;
    return batch.files.map(file => this.put({ ...file, segment }));
  }

  /**
   * Takes over the records of one file whose ids are of `names` already; they are copied.
   *
   * @param mayOverwrite nobody points to the records that the file has had
   */
  addFile(path: string, { size, modified, hash }: Stamp, words: Uint32Array, mayOverwrite = false): number {
    const old = this.file(path);
    if (mayOverwrite && old && old.segment === this.tail && old.offset + old.length === this.tailUsed) {
      this.tailUsed = old.offset;
    }
    if (this.tail < 0 || this.tailUsed + words.length > this.segments[this.tail]!.length) {
      this.tail = this.segments.push(new Uint32Array(Math.max(TAIL_WORDS, words.length))) - 1;
      this.tailUsed = 0;
    }
    this.segments[this.tail]!.set(words, this.tailUsed);
    const at = { segment: this.tail, offset: this.tailUsed, length: words.length };
    this.tailUsed += words.length;
    return this.put({ path, size, modified, hash, ...at });
  }

  /** The same content with another time. @returns whether it was another */
  restamp(path: string, modified: number): boolean {
    const number = this.numbers.get(path);
    const file = number === undefined ? undefined : this.files[number];
    if (number === undefined || !file || file.modified === modified) return false;
    this.files[number] = { ...file, modified };
    return true;
  }

  remove(path: string): boolean {
    const number = this.numbers.get(path);
    if (number === undefined) return false;
    this.files[number] = undefined;
    this.numbers.delete(path);
    return true;
  }

  /** Used by the codec: a file whose records are in a segment already. */
  put(file: IndexedFile): number {
    this.remove(file.path);
    const number = this.files.push(file) - 1;
    this.numbers.set(file.path, number);
    return number;
  }

  /** Too many segments for places to tell apart, or more words that no file uses than such as are used. */
  get crowded(): boolean {
    if (this.segments.length > MOST_SEGMENTS) return true;
    const all = this.segments.reduce((sum, segment) => sum + segment.length, 0);
    if (all < 2 * SEGMENT_WORDS) return false;
    let live = 0;
    for (const file of this.files) live += file?.length ?? 0;
    return all > 2 * live + SEGMENT_WORDS;
  }

  /** Puts the records of all files together anew. Places of records are others then; numbers of files are not. */
  compact(): void {
    const old = [...this.segments];
    this.segments.length = 0;
    this.tail = -1;
    let segment = new Uint32Array(0);
    let used = 0;
    let left = this.files.reduce((sum, file) => sum + (file?.length ?? 0), 0);
    for (let number = 0; number < this.files.length; number++) {
      const file = this.files[number];
      if (!file) continue;
      if (this.segments.length === 0 || used + file.length > segment.length) {
        segment = new Uint32Array(Math.max(file.length, Math.min(left, SEGMENT_WORDS >> 1)));
        this.segments.push(segment);
        used = 0;
      }
      segment.set(old[file.segment]!.subarray(file.offset, file.offset + file.length), used);
      this.files[number] = { ...file, segment: this.segments.length - 1, offset: used };
      used += file.length;
      left -= file.length;
    }
  }

  wordsOf(file: IndexedFile): Uint32Array {
    return this.segments[file.segment]!.subarray(file.offset, file.offset + file.length);
  }
}

export const refOf = (segment: number, offset: number): number => ((segment << SEGMENT_BITS) | offset) >>> 0;
export const segmentOf = (ref: number): number => ref >>> SEGMENT_BITS;
export const offsetOf = (ref: number): number => ref & OFFSET_MASK;

/** Replaces every id of the records in [from, to) by `ids[id]`. */
function renumber(words: Uint32Array, from: number, to: number, ids: Uint32Array): void {
  for (let at = from; at < to; ) {
    const length = recordLength(words, at);
    words[at] = ids[words[at]!]!;
    switch (words[at + 1]! >>> KIND_SHIFT) {
      case RecordKind.function:
      case RecordKind.functionMacro:
      case RecordKind.bodyMacro:
        for (let call = at + 4; call < at + length; call += 2) words[call] = ids[words[call]!]!;
        break;
      case RecordKind.variable:
        words[at + 2] = ids[words[at + 2]!]!;
        words[at + 3] = ids[words[at + 3]!]!;
        break;
      case RecordKind.store:
      case RecordKind.invocation:
        words[at + 2] = ids[words[at + 2]!]!;
        break;
    }
    at += length;
  }
}

/** A number of 53 bits that tells contents apart (two different 32-bit hashes; no defence against an adversary). */
export function contentHash(bytes: Uint8Array, size: number): number {
  let a = 0x811c9dc5 ^ size;
  let b = 0x9e3779b9;
  const whole = size & ~3;
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ (word + (a >>> 15)), 0x85ebca6b);
  }
  for (let i = whole; i < size; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193);
    b = Math.imul(b ^ bytes[i]!, 0x85ebca6b);
  }
  return (a >>> 0) * 0x200000 + ((b ^ (b >>> 13)) & 0x1fffff);
}
