import { Members } from './members.ts';
import { NameTable } from './nameTable.ts';
import { RecordFlag, RecordKind } from './records.ts';
import { Class, classes, PADDING } from './scanner.ts';
import { Mode } from './state.ts';
import { RESERVED, Word } from './words.ts';

/** How far the `?` and `:` of a stored choice are looked for. In bytes. */
const FARTHEST_CHOICE = 300;

/** A table of names that a lexer can use. */
export const lexerNames = (): NameTable => new NameTable(RESERVED);

/**
 * Reads a file's bytes and writes what it defines, calls and stores as records (records.ts). It knows no configuration:
 * every #if branch is read except what `#if 0` leaves out. Any bytes are accepted; what is no C gives no or odd records.
 */
export class FileLexer extends Members {
  /**
   * @param bytes the file, with PADDING zero bytes after its `size`
   * @returns how many words of `records` are the file's
   */
  lex(bytes: Uint8Array, size: number): number {
    if (bytes.length < size + PADDING) throw new RangeError('the buffer needs zero bytes after the file');
    this.bytes = bytes;
    this.size = size;
    this.byColumn = false;
    this.odd = false;
    this.pass();
    if (this.odd) {
      // Braces do not balance (macros or #ifs have some of them). Kernel style has the outer ones in column 0.
      this.byColumn = true;
      this.pass();
    }
    return this.records.length;
  }

  private pass(): void {
    this.beginFile();
    this.state.mode = Mode.top;
    this.state.depth = 0;
    this.state.written = -1;
    this.state.fresh();
    this.openVariants.length = 0;
    this.otherHeads.length = 0;
    this.blocks = 0;
    let i = 0;
    if (this.bytes[0] === 0xef && this.bytes[1] === 0xbb) i = 3;
    const start = this.blanks(i);
    if (this.bytes[start] === 35) i = this.directive(start);
    while (i < this.size) {
      switch (this.state.mode) {
        case Mode.top:
          i = this.top(i);
          break;
        case Mode.members:
          i = this.members(i);
          break;
        default:
          i = this.body(i, this.state.mode === Mode.body);
      }
    }
    if (this.state.mode === Mode.body) {
      this.odd = true;
      this.endFunction(this.line);
    } else this.endDeclaration();
    this.endFile();
  }

  /** A function's body (then calls count) or a file-level initialiser, up to its end or to an #else that leaves it. */
  private body(from: number, isFunction: boolean): number {
    const { bytes, size, names } = this;
    const { mode } = this.state;
    const { byColumn } = this;
    let i = from;
    while (i < size) {
      const c = bytes[i]!;
      switch (classes[c]) {
        case Class.letter: {
          const start = i;
          do i++;
          while (classes[bytes[i]!]! >= Class.letter);
          let after = i;
          while (bytes[after] === 32 || bytes[after] === 9) after++;
          let next = bytes[after];
          // Arguments on the next line; rare, but a call.
          if (next === 10 && isFunction) next = bytes[this.ahead(after)] === 40 ? 40 : 10;
          if (next === 40) {
            if (isFunction) {
              const id = names.take(bytes, start, i);
              if (id > Word.lastAttribute) this.call(id, this.line, this.isMember(start));
            }
          } else if (next === 61 && bytes[after + 1] !== 61 && this.isMember(start)) {
            this.store(start, i, after + 1);
          }
          break;
        }
        case Class.digit:
          do i++;
          while (classes[bytes[i]!]! >= Class.letter || bytes[i] === 46);
          break;
        case Class.newline:
          this.line++;
          i++;
          while (bytes[i] === 32 || bytes[i] === 9) i++;
          if (bytes[i] === 35) {
            i = this.directive(i);
            if (this.state.mode !== mode) return i;
          }
          break;
        case Class.quote:
          i = this.skipQuoted(i);
          break;
        case Class.slash:
          if (bytes[i + 1] === 42) i = this.skipComment(i);
          else if (bytes[i + 1] === 47) i = this.skipLineComment(i);
          else i++;
          break;
        case Class.open:
          this.state.depth++;
          i++;
          break;
        case Class.close: {
          const { state } = this;
          const outer = i === 0 || bytes[i - 1] === 10;
          state.depth--;
          i++;
          const done =
            byColumn && (isFunction ? state.outerBrace || this.line > state.functionLine : false)
              ? outer || (!state.outerBrace && state.depth <= 0)
              : state.depth <= 0;
          if (!done) break;
          state.mode = Mode.top;
          state.depth = 0;
          if (isFunction) this.endFunction(this.line);
          return i;
        }
        default:
          i++;
      }
    }
    return i;
  }

  /** `.f = g`, `x->f = g`: remembered when g is a name, perhaps in brackets or an argument of a macro; also `c ? g : h`. */
  private store(from: number, to: number, value: number): void {
    if (this.storeOf(from, to, value)) return;
    const { bytes } = this;
    let nested = 0;
    let chosen = false;
    for (let i = value; i < Math.min(value + FARTHEST_CHOICE, this.size); i++) {
      const c = bytes[i]!;
      if (c === 40) nested++;
      else if (c === 41) nested--;
      if (nested < 0 || c === 59 || c === 123 || c === 125 || (c === 44 && nested === 0)) return;
      if (nested > 0 || !(c === 63 || (c === 58 && chosen))) continue;
      chosen = true;
      this.storeOf(from, to, i + 1);
    }
  }

  /** @returns whether a name stands at `value`, and nothing else */
  private storeOf(from: number, to: number, value: number): boolean {
    const { bytes, names } = this;
    let i = this.ahead(value);
    if (bytes[i] === 38) i = this.ahead(i + 1);
    while (bytes[i] === 40) {
      const open = i;
      let nested = 0;
      for (; bytes[i] !== 10 && bytes[i] !== 59 && i < this.size; i++) {
        if (bytes[i] === 40) nested++;
        else if (bytes[i] === 41 && --nested === 0) break;
      }
      if (bytes[i] !== 41) return false;
      i = this.ahead(i + 1);
      // Something follows a cast; a value in brackets ends with them.
      const more = bytes[i] === 38 || bytes[i] === 40 || this.nameEnd(i) > i;
      if (!more) i = this.ahead(open + 1);
      if (bytes[i] === 38) i++;
      if (!more) break;
    }
    let start = i;
    let end = this.nameEnd(i);
    if (end === start) return false;
    i = this.ahead(end);
    if (bytes[i] === 40) {
      start = this.ahead(i + 1);
      if (bytes[start] === 38) start++;
      end = this.nameEnd(start);
      if (end === start) return false;
      i = this.ahead(end);
      if (bytes[i] !== 41) return false;
      i = this.ahead(i + 1);
    }
    const next = bytes[i];
    // `,` `;` `}` `)`, the `:` of a choice, or a directive after the last initialiser
    if (next !== 44 && next !== 59 && next !== 125 && next !== 41 && next !== 58 && next !== 35) return false;
    // Functions have a small letter: constants are what most members are set to.
    let small = false;
    for (let k = start; k < end && !small; k++) small = bytes[k]! >= 97;
    if (!small) return true;
    const id = names.take(bytes, start, end);
    if (id <= Word.last) return true;
    const before = bytes[from - 2]!;
    const initialiser = bytes[from - 1] === 46 && classes[before]! < Class.letter && before !== 93 && before !== 41;
    const flags = initialiser ? RecordFlag.initialiser : 0;
    this.records.head(RecordKind.store, flags, names.take(bytes, from, to), this.line);
    this.records.add(id);
    return true;
  }
}
