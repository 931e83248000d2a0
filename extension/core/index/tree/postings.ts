import type { IndexData } from './data.ts';
import { refOf } from './data.ts';
import { KIND_SHIFT, RecordKind, recordLength } from './records.ts';

/** For each name id the places of some records, in order of the segments. */
export interface Postings {
  readonly starts: Uint32Array;
  readonly refs: Uint32Array;
}

/** What a posting list is made for: what defines a name, the functions that call it, the stores to a field of that name. */
export const Listed = { definitions: 0, calls: 1, stores: 2 } as const;
export type Listed = (typeof Listed)[keyof typeof Listed];

const isDefinition = (kind: number): boolean => kind <= RecordKind.export;
const hasCalls = (kind: number): boolean => kind <= RecordKind.bodyMacro;

/** Records of a file, and where they are said to be. */
export interface Placed {
  /** Begins with the file's first record. */
  readonly words: Uint32Array;
  readonly segment: number;
  readonly offset: number;
}

export const placed = (data: IndexData): Placed[] =>
  data.files.flatMap(file => (file ? [{ words: data.wordsOf(file), segment: file.segment, offset: file.offset }] : []));

/** Counting sort over the records of some files, of so many names: two passes, no comparison. */
export function postings(files: readonly Placed[], names: number, what: Listed): Postings {
  const starts = new Uint32Array(names + 1);
  each(files, names, what, id => {
    starts[id]!++;
  });
  let sum = 0;
  for (let id = 0; id < starts.length; id++) {
    const count = starts[id]!;
    starts[id] = sum;
    sum += count;
  }
  const refs = new Uint32Array(sum);
  const next = starts.slice();
  each(files, names, what, (id, ref) => {
    refs[next[id]!++] = ref;
  });
  return { starts, refs };
}

/** Every (name, record) of some files; a function that calls a name twice is told once. */
function each(files: readonly Placed[], names: number, what: Listed, tell: (id: number, ref: number) => void): void {
  const seen = what === Listed.calls ? new Uint32Array(names) : undefined;
  let serial = 0;
  for (const { words, segment, offset } of files) {
    for (let at = 0; at < words.length; ) {
      const kind = words[at + 1]! >>> KIND_SHIFT;
      const length = recordLength(words, at);
      const ref = refOf(segment, offset + at);
      if (what === Listed.definitions) {
        if (isDefinition(kind)) tell(words[at]!, ref);
      } else if (what === Listed.stores) {
        if (kind === RecordKind.store) tell(words[at]!, ref);
      } else if (hasCalls(kind)) {
        serial++;
        for (let call = at + 4; call < at + length; call += 2) {
          const id = words[call]!;
          if (seen![id] === serial) continue;
          seen![id] = serial;
          tell(id, ref);
        }
      }
      at += length;
    }
  }
}

/** The records of one file that `what` lists under `id`, as `postings` would. */
export function postingsOf(data: IndexData, number: number, what: Listed, id: number): number[] {
  const file = data.files[number];
  const found: number[] = [];
  if (!file) return found;
  const words = data.segments[file.segment]!;
  const end = file.offset + file.length;
  for (let at = file.offset; at < end; ) {
    const kind = words[at + 1]! >>> KIND_SHIFT;
    const length = recordLength(words, at);
    if (what === Listed.definitions) {
      if (isDefinition(kind) && words[at] === id) found.push(refOf(file.segment, at));
    } else if (what === Listed.stores) {
      if (kind === RecordKind.store && words[at] === id) found.push(refOf(file.segment, at));
    } else if (hasCalls(kind)) {
      for (let call = at + 4; call < at + length; call += 2)
        if (words[call] === id) {
          found.push(refOf(file.segment, at));
          break;
        }
    }
    at += length;
  }
  return found;
}
