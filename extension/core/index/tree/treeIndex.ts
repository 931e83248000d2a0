import type { CallSite, NameIndex } from '../names.ts';
import { type Batch, contentHash, IndexData, offsetOf, type Stamp, segmentOf } from './data.ts';
import { FileLexer } from './lexer.ts';
import { Listed, type Postings, placed, postings, postingsOf } from './postings.ts';
import { CallFlag, KIND_SHIFT, LINE_MASK, RecordFlag, RecordKind, recordLength } from './records.ts';
import { PADDING } from './scanner.ts';
import { NameSearch } from './search.ts';
import { type IndexSymbol, SymbolReader } from './symbols.ts';

/** A call of a function or macro, or of a member of that name. */
export interface CallLine extends CallSite {
  readonly line: number;
  /** The caller is a macro: whoever uses it calls. */
  readonly macro: boolean;
}

export interface Callee {
  readonly name: string;
  readonly line: number;
  /** `x->name(…)`: a function that is stored in such a field (`TreeIndex.stored`). */
  readonly member: boolean;
}

/** How many of each there are, in all files of an index. */
export interface IndexCounts {
  readonly files: number;
  readonly functions: number;
  readonly macros: number;
  readonly types: number;
  readonly fields: number;
  readonly enumerators: number;
  readonly variables: number;
  readonly prototypes: number;
  readonly exports: number;
  readonly includes: number;
  readonly calls: number;
  readonly stores: number;
  /** Different identifiers and texts. */
  readonly names: number;
}

/** So many changed files are looked through one by one before the lists are made anew. */
const MOST_PENDING = 64;

/**
 * Names of a whole kernel tree, or of some of its folders: what defines them, who calls them, what is stored where.
 * Purely lexical: every #if variant is there, with its conditions; nothing is expanded.
 *
 * Files are put in with `add` or, by the thousands, with `addBatch`; then the lists that queries need are made on the
 * first query of a kind (about a second for a whole tree) and kept up to date as files change.
 */
export class TreeIndex implements NameIndex {
  private lists: (Postings | undefined)[] = [];
  /** Numbers of the files that were added after the lists were made. */
  private readonly pending = new Set<number>();
  private readonly lexer: FileLexer;
  private readonly reader: SymbolReader;
  private readonly finder: NameSearch;
  /** Answers of `definers`: an analysis asks for the same names again and again. Forgotten when a file changes. */
  private readonly offering = new Map<string, readonly string[]>();
  /** Ids of names that are functions, prototypes or macros. */
  private callable: Uint8Array | undefined;

  constructor(readonly data = new IndexData()) {
    this.lexer = new FileLexer(data.names);
    this.reader = new SymbolReader(data);
    this.finder = new NameSearch(data.names);
    this.lists[Listed.definitions] = data.definitions;
  }

  /** Reads a file, in place of what was known of it. `stamp`: what its folder says of it; else of no time at all. */
  add(path: string, bytes: Uint8Array, stamp?: Stamp): void {
    const padded = new Uint8Array(bytes.length + PADDING);
    padded.set(bytes);
    const length = this.lexer.lex(padded, bytes.length);
    const { words } = this.lexer.records;
    const known = stamp ?? { size: bytes.length, modified: 0, hash: contentHash(bytes, bytes.length) };
    // No list points to what is pending, so that an edit takes the place of the one before it.
    const before = this.data.numberOf(path);
    const mayOverwrite = before !== undefined && this.pending.has(before);
    if (before !== undefined) this.pending.delete(before);
    this.added([this.data.addFile(path, known, words.subarray(0, length), mayOverwrite)]);
  }

  addBatch(batch: Batch): void {
    this.added(this.data.add(batch));
  }

  /** @returns whether it was in the index */
  remove(path: string): boolean {
    const number = this.data.numberOf(path);
    if (number !== undefined) this.pending.delete(number);
    this.offering.clear();
    return this.data.remove(path);
  }

  has(path: string): boolean {
    return this.data.file(path) !== undefined;
  }

  /** Every file, by path. */
  paths(): readonly string[] {
    return [...this.data.paths()].sort();
  }

  definers(name: string): readonly string[] {
    let found = this.offering.get(name);
    if (!found) this.offering.set(name, (found = this.findDefiners(name)));
    return found;
  }

  private findDefiners(name: string): readonly string[] {
    const offered = (ref: number): boolean => {
      const word = this.words(ref)[offsetOf(ref) + 1]!;
      if (word >>> KIND_SHIFT > RecordKind.macro) return false;
      const isStatic = ((word >>> 24) & RecordFlag.static) !== 0;
      if (word >>> KIND_SHIFT === RecordKind.function && !isStatic) return true;
      return !this.data.files[this.reader.fileAt(ref)!]!.path.endsWith('.c');
    };
    return this.filesOf(this.refs(Listed.definitions, name).filter(offered));
  }

  /** Functions and macros that call `name`, or are another name for it; `x->name()` does not count. */
  callers(name: string): readonly CallSite[] {
    const id = this.data.names.find(name);
    const found: { file: string; function: string }[] = [];
    for (const { file, ref } of this.inOrder(this.refs(Listed.calls, name))) {
      const words = this.words(ref);
      const at = offsetOf(ref);
      if (calls(words, at, id)) found.push({ file, function: this.data.names.text(words[at]!) });
    }
    return unique(found, site => `${site.file}\0${site.function}`);
  }

  /** Every line that calls `name`; with `member`, every `x->name(…)`. */
  callersOf(name: string, member = false): readonly CallLine[] {
    const id = this.data.names.find(name);
    const found: CallLine[] = [];
    for (const { file, ref } of this.inOrder(this.refs(Listed.calls, name))) {
      const caller = this.data.names.text(this.words(ref)[offsetOf(ref)]!);
      const macro = this.kind(ref) !== RecordKind.function;
      for (const line of this.linesOf(ref, id, member)) found.push({ file, function: caller, line, macro });
    }
    return found;
  }

  stored(field: string): readonly string[] {
    const callable = (this.callable ??= this.findCallable());
    const { names } = this.data;
    const values = new Set<number>();
    for (const ref of this.refs(Listed.stores, field)) values.add(this.words(ref)[offsetOf(ref) + 2]!);
    return [...values]
      .filter(id => callable[id] === 1)
      .map(id => names.text(id))
      .sort();
  }

  /** Calls in the bodies of all variants of a function or macro of a file, in order of line. */
  callees(file: string, name: string): readonly Callee[] {
    const number = this.data.numberOf(file);
    const id = this.data.names.find(name);
    if (number === undefined || id < 0) return [];
    return postingsOf(this.data, number, Listed.definitions, id)
      .filter(ref => this.kind(ref) <= RecordKind.bodyMacro)
      .flatMap(ref => this.callsOf(ref))
      .sort((a, b) => a.line - b.line)
      .map(call => ({ name: this.data.names.text(call.id), line: call.line, member: call.member }));
  }

  /** All that defines or declares `name`, exports of it too, by path and line. */
  symbols(name: string): readonly IndexSymbol[] {
    return this.inOrder(this.refs(Listed.definitions, name)).flatMap(({ number, ref }) => {
      const symbol = this.reader.at(number, offsetOf(ref));
      return symbol ? [symbol] : [];
    });
  }

  /** What a file defines, in order of line. */
  outlineOf(file: string): readonly IndexSymbol[] {
    const number = this.data.numberOf(file);
    return number === undefined ? [] : this.reader.all(number);
  }

  /** Files that `file` includes, as it names them, in order of line. */
  includesOf(file: string): readonly { readonly path: string; readonly quoted: boolean; readonly line: number }[] {
    const known = this.data.file(file);
    if (!known) return [];
    const words = this.data.wordsOf(known);
    const found: { path: string; quoted: boolean; line: number }[] = [];
    for (let at = 0; at < words.length; at += recordLength(words, at)) {
      const word = words[at + 1]!;
      if (word >>> KIND_SHIFT !== RecordKind.include) continue;
      const quoted = ((word >>> 24) & 7) === RecordFlag.quoted;
      found.push({ path: this.data.names.text(words[at]!), quoted, line: word & LINE_MASK });
    }
    return found;
  }

  /**
   * Symbols whose name has the characters of `query` in that order, best first: the name itself, names that begin with
   * it, then where words begin and runs are long. Fields, prototypes and exports are left out.
   */
  search(query: string, limit = 100): readonly IndexSymbol[] {
    const definitions = this.list(Listed.definitions);
    const found: IndexSymbol[] = [];
    for (const { id } of this.finder.best(query, limit, id => this.worth(definitions, id))) {
      for (const symbol of this.symbols(this.data.names.text(id))) {
        if (/^(?:field|prototype|declaration|export)$/.test(symbol.kind)) continue;
        if (found.push(symbol) >= limit) return found;
      }
    }
    return found;
  }

  counts(): IndexCounts {
    const by = new Float64Array(32);
    let calls = 0;
    for (const file of this.data.files) {
      if (!file) continue;
      const words = this.data.segments[file.segment]!;
      for (let at = file.offset; at < file.offset + file.length; ) {
        const kind = words[at + 1]! >>> KIND_SHIFT;
        if (kind !== RecordKind.function || (words[at + 1]! & (RecordFlag.more << 24)) === 0) by[kind]!++;
        if (kind <= RecordKind.bodyMacro) calls += words[at + 3]!;
        at += recordLength(words, at);
      }
    }
    const of = (...kinds: number[]): number => kinds.reduce((sum, kind) => sum + by[kind]!, 0);
    const k = RecordKind;
    return {
      files: this.data.size,
      functions: of(k.function),
      macros: of(k.functionMacro, k.bodyMacro, k.macro),
      types: of(k.struct, k.union, k.enum, k.typedef),
      fields: of(k.field),
      enumerators: of(k.enumerator),
      variables: of(k.variable),
      prototypes: of(k.prototype, k.declaration),
      exports: of(k.export),
      includes: of(k.include),
      calls,
      stores: of(k.store),
      names: this.data.names.count,
    };
  }

  private added(numbers: readonly number[]): void {
    for (const number of numbers) this.pending.add(number);
    this.offering.clear();
    if (this.data.crowded) {
      this.data.compact();
      this.reader.forget();
      this.forgetLists();
    } else if (this.pending.size > MOST_PENDING) this.forgetLists();
    if (!this.callable) return;
    if (this.callable.length < this.data.names.count) {
      const grown = new Uint8Array(this.data.names.count + (this.data.names.count >> 3));
      grown.set(this.callable);
      this.callable = grown;
    }
    for (const number of numbers) this.markCallable(number, this.callable);
  }

  private forgetLists(): void {
    this.lists = [];
    this.pending.clear();
  }

  private list(what: Listed): Postings {
    const made = this.lists[what];
    if (made) return made;
    // What is pending for the other lists would be in this one twice unless all begin together.
    if (this.pending.size > 0) this.forgetLists();
    return (this.lists[what] = postings(placed(this.data), this.data.names.count, what));
  }

  private refs(what: Listed, name: string): number[] {
    const id = this.data.names.find(name);
    if (id < 0) return [];
    const { starts, refs } = this.list(what);
    const found = id + 1 < starts.length ? [...refs.subarray(starts[id]!, starts[id + 1]!)] : [];
    const live = found.filter(ref => this.reader.fileAt(ref) !== undefined);
    for (const number of this.pending) live.push(...postingsOf(this.data, number, what, id));
    return live;
  }

  private words(ref: number): Uint32Array {
    return this.data.segments[segmentOf(ref)]!;
  }

  private kind(ref: number): number {
    return this.words(ref)[offsetOf(ref) + 1]! >>> KIND_SHIFT;
  }

  /** The lines of the function or macro at `ref` that call `id`. */
  private linesOf(ref: number, id: number, member: boolean): number[] {
    const words = this.words(ref);
    const at = offsetOf(ref);
    const lines: number[] = [];
    for (let call = at + 4; call < at + recordLength(words, at); call += 2) {
      const line = words[call + 1]!;
      if (words[call] === id && ((line & CallFlag.member) !== 0) === member) lines.push(line & LINE_MASK);
    }
    return lines;
  }

  private callsOf(ref: number): { id: number; line: number; member: boolean }[] {
    const words = this.words(ref);
    const at = offsetOf(ref);
    const calls: { id: number; line: number; member: boolean }[] = [];
    for (let call = at + 4; call < at + recordLength(words, at); call += 2) {
      const line = words[call + 1]!;
      calls.push({ id: words[call]!, line: line & LINE_MASK, member: (line & CallFlag.member) !== 0 });
    }
    return calls;
  }

  private inOrder(refs: readonly number[]): { file: string; number: number; ref: number }[] {
    const { files } = this.data;
    return refs
      .map(ref => ({ number: this.reader.fileAt(ref)!, ref }))
      .map(({ number, ref }) => ({ file: files[number]!.path, number, ref }))
      .sort((a, b) => (a.file === b.file ? a.ref - b.ref : a.file < b.file ? -1 : 1));
  }

  private filesOf(refs: readonly number[]): string[] {
    return [...new Set(refs.map(ref => this.data.files[this.reader.fileAt(ref)!]!.path))].sort();
  }

  /** Whether a name defines anything that a search should show. */
  private worth({ starts, refs }: Postings, id: number): boolean {
    if (id + 1 >= starts.length) return this.pending.size > 0;
    for (let i = starts[id]!; i < starts[id + 1]!; i++) {
      const kind = this.kind(refs[i]!);
      if (kind < RecordKind.prototype && kind !== RecordKind.field) return true;
    }
    return this.pending.size > 0;
  }

  private findCallable(): Uint8Array {
    const callable = new Uint8Array(this.data.names.count);
    for (let number = 0; number < this.data.files.length; number++) this.markCallable(number, callable);
    return callable;
  }

  private markCallable(number: number, callable: Uint8Array): void {
    const file = this.data.files[number];
    if (!file) return;
    const words = this.data.segments[file.segment]!;
    for (let at = file.offset; at < file.offset + file.length; at += recordLength(words, at)) {
      const kind = words[at + 1]! >>> KIND_SHIFT;
      if (kind <= RecordKind.bodyMacro || kind === RecordKind.prototype) callable[words[at]!] = 1;
    }
  }
}

/** Whether the function or macro at `at` calls `id`, not through a member. */
function calls(words: Uint32Array, at: number, id: number): boolean {
  const end = at + recordLength(words, at);
  for (let call = at + 4; call < end; call += 2) {
    if (words[call] === id && (words[call + 1]! & CallFlag.member) === 0) return true;
  }
  return false;
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter(item => {
    const k = key(item);
    if (seen.has(k)) return false;
    seen.add(k);
    return true;
  });
}
