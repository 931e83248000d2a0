import { type IndexData, type IndexedFile, offsetOf, segmentOf } from './data.ts';
import { KIND_SHIFT, LINE_MASK, RecordFlag, RecordKind, recordLength } from './records.ts';

export type SymbolKind =
  | 'function'
  | 'macro'
  | 'struct'
  | 'union'
  | 'enum'
  | 'field'
  | 'enumerator'
  | 'typedef'
  | 'variable'
  | 'prototype'
  | 'declaration'
  | 'export';

/** Something that a file defines or declares. Lines are 1-based. */
export interface IndexSymbol {
  readonly name: string;
  readonly kind: SymbolKind;
  readonly file: string;
  /** Of the name. */
  readonly line: number;
  /** Of functions: where their head begins, at most 255 lines before the name. */
  readonly beginLine: number;
  /** Of functions, structs, unions, enums and macros with calls; else the name's line. */
  readonly endLine: number;
  readonly static: boolean;
  /** Macros: with parameters. */
  readonly functionLike: boolean;
  /** The struct, union or enum of a field or enumerator; '' for one without a tag. */
  readonly container: string | undefined;
  /** Variables: the macro that makes or initialises them, `DEFINE_SPINLOCK`, `__MUTEX_INITIALIZER`. */
  readonly initialiser: string | undefined;
  /** Variables: the last word of their type, `spinlock_t`, `list_head`. */
  readonly type: string | undefined;
  /** Fields: a pointer to a function. */
  readonly functionPointer: boolean;
  /** The #if conditions that it stands under, outermost first. */
  readonly conditions: readonly string[];
}

const KINDS: Readonly<Record<number, SymbolKind>> = {
  [RecordKind.function]: 'function',
  [RecordKind.functionMacro]: 'macro',
  [RecordKind.bodyMacro]: 'macro',
  [RecordKind.macro]: 'macro',
  [RecordKind.struct]: 'struct',
  [RecordKind.union]: 'union',
  [RecordKind.enum]: 'enum',
  [RecordKind.field]: 'field',
  [RecordKind.enumerator]: 'enumerator',
  [RecordKind.typedef]: 'typedef',
  [RecordKind.variable]: 'variable',
  [RecordKind.prototype]: 'prototype',
  [RecordKind.declaration]: 'declaration',
  [RecordKind.export]: 'export',
};

/** So many files that came last are looked through one by one. */
const MOST_UNSORTED = 256;

const holds = (file: IndexedFile | undefined, ref: number): boolean =>
  file !== undefined &&
  file.segment === segmentOf(ref) &&
  offsetOf(ref) >= file.offset &&
  offsetOf(ref) < file.offset + file.length;

interface Region {
  readonly condition: string;
  readonly from: number;
  readonly to: number;
}

/** Makes symbols of records. */
export class SymbolReader {
  /** Numbers of the files with records, by where these stand; made anew when files have come. */
  private order: Uint32Array = new Uint32Array(0);
  private refs: Float64Array = new Float64Array(0);
  private made = -1;

  constructor(private readonly data: IndexData) {}

  /** Records stand elsewhere now. */
  forget(): void {
    this.made = -1;
  }

  /** The number of the file whose record stands there; undefined when it is no longer in the index. */
  fileAt(ref: number): number | undefined {
    const { files } = this.data;
    if (this.made < 0 || files.length - this.made > MOST_UNSORTED) this.sort();
    for (let number = files.length - 1; number >= this.made; number--) if (holds(files[number], ref)) return number;
    let low = 0;
    let high = this.refs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.refs[middle]! <= ref) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const number = this.order[low - 1]!;
    return holds(files[number], ref) ? number : undefined;
  }

  /** The symbol whose record is at `offset` of its segment. */
  at(number: number, offset: number): IndexSymbol | undefined {
    const file = this.data.files[number];
    if (!file) return undefined;
    const words = this.data.segments[file.segment]!;
    return this.read(number, offset, this.regions(number), this.containerOf(words, file.offset, offset));
  }

  /** All symbols of a file, by line. */
  all(number: number): IndexSymbol[] {
    const file = this.data.files[number];
    if (!file) return [];
    const words = this.data.segments[file.segment]!;
    const regions = this.regions(number);
    const found: IndexSymbol[] = [];
    const containers: number[] = [];
    for (let at = file.offset; at < file.offset + file.length; at += recordLength(words, at)) {
      const kind = words[at + 1]! >>> KIND_SHIFT;
      let container: number | undefined;
      if (kind === RecordKind.field || kind === RecordKind.enumerator) {
        container = innermost(words, containers, words[at + 1]! & LINE_MASK, kind);
      }
      const symbol = this.read(number, at, regions, container);
      if (symbol && (symbol.name !== '' || symbol.kind === 'struct')) found.push(symbol);
      if (kind >= RecordKind.struct && kind <= RecordKind.enum) containers.push(at);
    }
    return found.filter(s => s.name !== '').sort((a, b) => a.line - b.line);
  }

  private read(number: number, at: number, regions: readonly Region[], container: number | undefined) {
    const file = this.data.files[number]!;
    const words = this.data.segments[file.segment]!;
    const { names } = this.data;
    const word = words[at + 1]!;
    const code = word >>> KIND_SHIFT;
    const kind = KINDS[code];
    const flags = (word >>> 24) & 7;
    if (!kind || (code === RecordKind.function && (flags & RecordFlag.more) !== 0)) return undefined;
    const line = word & LINE_MASK;
    const ranged = code <= RecordKind.bodyMacro || (code >= RecordKind.struct && code <= RecordKind.enum);
    const isVariable = code === RecordKind.variable;
    const id = (index: number): string | undefined =>
      isVariable && words[at + index]! > 0 ? names.text(words[at + index]!) : undefined;
    const symbol: IndexSymbol = {
      name: names.text(words[at]!),
      kind,
      file: file.path,
      line,
      beginLine: code <= RecordKind.bodyMacro ? line - (words[at + 2]! >>> 24) : line,
      endLine: ranged ? words[at + 2]! & LINE_MASK : line,
      static:
        (code === RecordKind.function || code === RecordKind.prototype || isVariable) &&
        (flags & RecordFlag.static) !== 0,
      functionLike: code === RecordKind.functionMacro,
      container: container === undefined ? undefined : names.text(words[container]!),
      initialiser: id(2),
      type: id(3),
      functionPointer: code === RecordKind.field && (flags & RecordFlag.pointer) !== 0,
      conditions: regions.filter(r => r.from < line && line < r.to).map(r => r.condition),
    };
    return symbol;
  }

  private containerOf(words: Uint32Array, from: number, offset: number): number | undefined {
    const kind = words[offset + 1]! >>> KIND_SHIFT;
    if (kind !== RecordKind.field && kind !== RecordKind.enumerator) return undefined;
    const containers: number[] = [];
    for (let at = from; at < offset; at += recordLength(words, at)) {
      const k = words[at + 1]! >>> KIND_SHIFT;
      if (k >= RecordKind.struct && k <= RecordKind.enum) containers.push(at);
    }
    return innermost(words, containers, words[offset + 1]! & LINE_MASK, kind);
  }

  private regions(number: number): Region[] {
    const file = this.data.files[number]!;
    const words = this.data.segments[file.segment]!;
    const found: Region[] = [];
    for (let at = file.offset; at < file.offset + file.length; at += recordLength(words, at)) {
      if (words[at + 1]! >>> KIND_SHIFT !== RecordKind.region) continue;
      const from = words[at + 1]! & LINE_MASK;
      found.push({ condition: this.data.names.text(words[at]!), from, to: words[at + 2]! });
    }
    return found.sort((a, b) => a.from - b.from || b.to - a.to);
  }

  private sort(): void {
    const { files } = this.data;
    const numbers = files.flatMap((file, number) => (file && file.length > 0 ? [number] : []));
    const ref = (number: number): number => files[number]!.segment * 2 ** 22 + files[number]!.offset;
    numbers.sort((a, b) => ref(a) - ref(b));
    this.order = Uint32Array.from(numbers);
    this.refs = Float64Array.from(numbers, ref);
    this.made = files.length;
  }
}

/** The last begun struct, union or enum whose lines have `line`; one with a tag before one without. */
function innermost(words: Uint32Array, containers: readonly number[], line: number, kind: number): number | undefined {
  let unnamed: number | undefined;
  for (let i = containers.length - 1; i >= 0; i--) {
    const at = containers[i]!;
    const isEnum = words[at + 1]! >>> KIND_SHIFT === RecordKind.enum;
    if (isEnum !== (kind === RecordKind.enumerator)) continue;
    const begin = words[at + 1]! & LINE_MASK;
    const end = words[at + 2]!;
    // What follows the closing brace on its line, `} name;`, is a member of the struct around.
    if (begin > line || end < line || (end === line && begin < line)) continue;
    if (words[at] !== 0) return at;
    unnamed ??= at;
  }
  return unnamed;
}
