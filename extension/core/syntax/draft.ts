import type { IdiomTables } from './idioms.ts';
import { K } from './kinds.ts';
import type { Marked } from './normalise.ts';

/** Tokens from `from` up to, without, `to`. */
export type Span = readonly [from: number, to: number];

const space = 32;
const newline = 10;
const carriageReturn = 13;

/**
 * A text while it is rewritten: its units, and its tokens as a doubly linked list.
 *
 * Tokens are numbers. 0 stands before the first and `end` after the last; both have kind `none`, so that looking past
 * either end is safe. Dropping tokens unlinks them: whoever looks ahead sees only what the parser will see.
 * Invariants: `units` never changes length, no newline in it is ever overwritten, and from a bracket with a mate its mate can
 * be reached: whoever goes from one to the other gets there.
 */
export class Draft {
  readonly units: Uint16Array;
  kind: Uint8Array;
  /** Directive, or Context of what stands between brackets; 0 when not known. */
  role: Uint8Array;
  /** Offsets into the text. */
  start: Int32Array;
  stop: Int32Array;
  next: Int32Array;
  prev: Int32Array;
  /** The other bracket of a pair, or 0. */
  mate: Int32Array;
  end = 1;
  readonly annotations: Marked[] = [];
  readonly inactive: [number, number][] = [];
  readonly defines: (Marked & { readonly functionLike: boolean })[] = [];
  /** Names that the text itself defines as attributes or as loop heads. */
  readonly ownAttributes = new Set<string>();
  readonly ownLoops = new Set<string>();

  constructor(
    readonly text: string,
    readonly tables: IdiomTables,
    /** Braces do not balance: take a `}` in the first column for the end of a top-level item. */
    readonly columnZero: boolean,
  ) {
    const units = new Uint16Array(text.length);
    for (let at = 0; at < units.length; at++) units[at] = text.charCodeAt(at);
    this.units = units;
    const room = (text.length >> 2) + 16;
    this.kind = new Uint8Array(room);
    this.role = new Uint8Array(room);
    this.start = new Int32Array(room);
    this.stop = new Int32Array(room);
    this.next = new Int32Array(room);
    this.prev = new Int32Array(room);
    this.mate = new Int32Array(room);
  }

  /** Appends a token; only the lexer does. */
  push(kind: number, start: number, stop: number, role = 0): void {
    const token = this.end++;
    if (this.end >= this.kind.length) this.#grow();
    this.kind[token] = kind;
    this.role[token] = role;
    this.start[token] = start;
    this.stop[token] = stop;
    this.next[token] = token + 1;
    this.prev[token] = token - 1;
  }

  /** Links the ends after the last token was pushed. */
  finish(): void {
    this.next[0] = 1;
    this.prev[this.end] = this.end - 1;
    this.next[this.end] = this.end;
    this.start[this.end] = this.stop[this.end] = this.text.length;
  }

  /** The original text of a token. */
  word(token: number): string {
    return this.text.slice(this.start[token], this.stop[token]);
  }

  /** Overwrites with spaces, newlines excepted. */
  blank(from: number, to: number): void {
    const units = this.units;
    for (let at = from; at < to; at++) {
      if (units[at] !== newline && units[at] !== carriageReturn) units[at] = space;
    }
  }

  /** Writes ASCII over the units at an offset; the caller knows that no newline is there. */
  put(offset: number, ascii: string): void {
    for (let at = 0; at < ascii.length; at++) this.units[offset + at] = ascii.charCodeAt(at);
  }

  /** Blanks and unlinks tokens, with what stands between them. `to` stays. */
  drop(from: number, to: number): void {
    if (from === to) return;
    const before = this.prev[from]!;
    for (let token = from; token < to; token = this.next[token]!) {
      const mate = this.mate[token]!;
      if (mate && (mate < from || mate >= to)) this.mate[mate] = 0;
    }
    this.blank(this.start[from]!, this.stop[this.prev[to]!]!);
    this.next[before] = to;
    this.prev[to] = before;
  }

  dropOne(token: number): void {
    this.drop(token, this.next[token]!);
  }

  /** Records tokens as an attribute named by the first of them, and drops them. */
  annotate(from: number, to: number): void {
    if (from === to) return;
    this.annotations.push({
      name: this.word(from),
      start: this.start[from]!,
      end: this.stop[this.prev[to]!]!,
    });
    this.drop(from, to);
  }

  /** The `)` that closes after an identifier's `(`, or 0: token is the identifier. */
  callEnd(token: number): number {
    const open = this.next[token]!;
    return this.kind[open] === K.open ? this.mate[open]! : 0;
  }

  /** The comma-separated spans inside a pair of brackets; an empty one has from === to. At least one. */
  split(open: number): Span[] {
    const close = this.mate[open]!;
    const spans: Span[] = [];
    let from = this.next[open]!;
    for (let token = from; token !== close; token = this.next[token]!) {
      if (this.kind[token] === K.comma) {
        spans.push([from, token]);
        from = this.next[token]!;
      } else token = this.across(token);
    }
    spans.push([from, close]);
    return spans;
  }

  /** The mate of an opening bracket that has one, else the token itself. */
  across(token: number): number {
    const mate = this.mate[token]!;
    return Math.max(mate, token);
  }

  /** Whether a kind occurs strictly between brackets, at any depth. */
  contains(open: number, test: (kind: number) => boolean): boolean {
    const close = this.mate[open]!;
    for (let token = this.next[open]!; token !== close; token = this.next[token]!) {
      if (test(this.kind[token]!)) return true;
    }
    return false;
  }

  /** Whether a newline stands between two offsets. */
  breaksLine(from: number, to: number): boolean {
    const at = this.text.indexOf('\n', from);
    return at >= 0 && at < to;
  }

  /** Columns of white space that the line of an offset begins with, tabs at 8. */
  indent(offset: number): number {
    let at = offset > 0 ? this.text.lastIndexOf('\n', offset - 1) + 1 : 0;
    let columns = 0;
    for (; ; at++) {
      const unit = this.text.charCodeAt(at);
      if (unit === 9) columns += 8 - (columns % 8);
      else if (unit === space) columns++;
      else return columns;
    }
  }

  inFirstColumn(token: number): boolean {
    const start = this.start[token]!;
    return start === 0 || this.text.charCodeAt(start - 1) === newline;
  }

  result(): string {
    const parts: string[] = [];
    for (let at = 0; at < this.units.length; at += 8192) {
      parts.push(String.fromCharCode.apply(null, this.units.subarray(at, at + 8192) as unknown as number[]));
    }
    return parts.join('');
  }

  #grow(): void {
    const room = this.kind.length * 2;
    const bytes = (old: Uint8Array) => {
      const larger = new Uint8Array(room);
      larger.set(old);
      return larger;
    };
    const ints = (old: Int32Array) => {
      const larger = new Int32Array(room);
      larger.set(old);
      return larger;
    };
    this.kind = bytes(this.kind);
    this.role = bytes(this.role);
    this.start = ints(this.start);
    this.stop = ints(this.stop);
    this.next = ints(this.next);
    this.prev = ints(this.prev);
    this.mate = ints(this.mate);
  }
}
