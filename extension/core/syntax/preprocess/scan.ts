import type { CToken } from '../token.ts';

/** Token kinds in arrays. */
export const Kind = { id: 1, num: 2, str: 3, chr: 4, punct: 5 } as const;
const NAMES: readonly CToken['kind'][] = ['punct', 'id', 'num', 'str', 'chr', 'punct'];

export interface ScannedDirective {
  /** `define`, `if`, … */
  readonly word: string;
  /** Offset of `#`, of what follows the word, and of the end of the logical line. */
  readonly start: number;
  readonly rest: number;
  readonly end: number;
  /** Index of the first token after it. */
  readonly token: number;
}

/** A file's tokens as arrays (a file is some thousand tokens; a translation unit is a million). */
export class Scanned {
  count = 0;
  kinds = new Uint8Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  readonly directives: ScannedDirective[] = [];
  private lines: Int32Array | undefined;

  constructor(
    readonly text: string,
    readonly file: string,
  ) {}

  push(kind: number, start: number, end: number): void {
    if (this.count === this.kinds.length) this.grow(Math.max(256, this.count * 2));
    this.kinds[this.count] = kind;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  /** Gives back what `push` took in advance. */
  trim(): void {
    this.grow(this.count);
  }

  private grow(size: number): void {
    const keep = Math.min(size, this.count);
    const kinds = new Uint8Array(size);
    const starts = new Int32Array(size);
    const ends = new Int32Array(size);
    kinds.set(this.kinds.subarray(0, keep));
    starts.set(this.starts.subarray(0, keep));
    ends.set(this.ends.subarray(0, keep));
    this.kinds = kinds;
    this.starts = starts;
    this.ends = ends;
  }

  textOf(i: number): string {
    return this.text.slice(this.starts[i], this.ends[i]);
  }

  /** 1-based line of an offset. */
  lineAt(offset: number): number {
    if (!this.lines) {
      const lines = [0];
      for (let i = this.text.indexOf('\n'); i >= 0; i = this.text.indexOf('\n', i + 1)) lines.push(i + 1);
      this.lines = Int32Array.from(lines);
    }
    let low = 0;
    let high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  columnAt(offset: number): number {
    return (
      offset - (this.lines ? this.lines[this.lineAt(offset) - 1]! : this.text.lastIndexOf('\n', offset - 1) + 1) + 1
    );
  }

  token(i: number): CToken {
    const start = this.starts[i]!;
    const before = this.text.charCodeAt(start - 1);
    return {
      kind: NAMES[this.kinds[i]!]!,
      text: this.textOf(i),
      file: this.file,
      line: this.lineAt(start),
      column: this.columnAt(start),
      space: start > 0 && (before <= 32 || before === 47),
    };
  }

  /** The tokens between two offsets that are no directive's (a macro body, an #if expression). */
  within(from: number, to: number): CToken[] {
    const part = new Scanned(this.text, this.file);
    part.lines = this.lines;
    scanInto(part, from, to, false);
    const out: CToken[] = [];
    for (let i = 0; i < part.count; i++) out.push(part.token(i));
    this.lines ??= part.lines;
    return out;
  }
}

/** Cuts C into tokens and directives. Never throws: what is no C becomes punctuators. */
export function scan(text: string, file: string): Scanned {
  const out = new Scanned(text, file);
  scanInto(out, 0, text.length, true);
  out.trim();
  return out;
}

const startsName = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 36 || c > 127;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;

function scanInto(out: Scanned, from: number, to: number, directives: boolean): void {
  const { text } = out;
  let i = from;
  let lineStart = true;
  while (i < to) {
    const c = text.charCodeAt(i);
    if (c === 10) {
      lineStart = true;
      i++;
    } else if (c <= 32) i++;
    else if (c === 92 && /^\\[ \t]*\r?\n/.test(text.slice(i, i + 8))) i = text.indexOf('\n', i) + 1;
    else if (c === 47 && text.charCodeAt(i + 1) === 42) i = blockEnd(text, i);
    else if (c === 47 && text.charCodeAt(i + 1) === 47) i = lineEnd(text, i);
    else if (c === 35 && lineStart && directives) {
      i = directive(out, i);
      lineStart = true;
    } else {
      lineStart = false;
      const start = i;
      if (startsName(c)) {
        do i++;
        while (i < to && (startsName(text.charCodeAt(i)) || isDigit(text.charCodeAt(i))));
        const q = text.charCodeAt(i);
        if ((q === 34 || q === 39) && i - start <= 2 && /^(L|u|U|u8)$/.test(text.slice(start, i))) {
          i = literalEnd(text, i, to);
          out.push(q === 34 ? Kind.str : Kind.chr, start, i);
        } else out.push(Kind.id, start, i);
      } else if (isDigit(c) || (c === 46 && isDigit(text.charCodeAt(i + 1)))) {
        for (i++; i < to; i++) {
          const d = text.charCodeAt(i);
          const sign =
            (d === 43 || d === 45) && /[eEpP]/.test(text[i - 1]!) && !/^0[xX][^pP]*$/.test(text.slice(start, i));
          if (!(startsName(d) || isDigit(d) || d === 46 || sign)) break;
        }
        out.push(Kind.num, start, i);
      } else if (c === 34 || c === 39) {
        i = literalEnd(text, i, to);
        out.push(c === 34 ? Kind.str : Kind.chr, start, i);
      } else {
        i += punctuatorLength(text, i, c);
        out.push(Kind.punct, start, Math.min(i, to));
      }
    }
  }
}

function punctuatorLength(text: string, i: number, c: number): number {
  const d = text.charCodeAt(i + 1);
  if (c === 46) return d === 46 && text.charCodeAt(i + 2) === 46 ? 3 : 1;
  if (c === 60 || c === 62) {
    if (d === c) return text.charCodeAt(i + 2) === 61 ? 3 : 2;
    return d === 61 ? 2 : 1;
  }
  if (c === 45 && d === 62) return 2;
  if (c === d && (c === 43 || c === 45 || c === 38 || c === 124 || c === 35)) return 2;
  if (d === 61 && '=!+-*/%&|^'.includes(text[i]!)) return 2;
  return 1;
}

function literalEnd(text: string, i: number, to: number): number {
  const quote = text.charCodeAt(i);
  for (i++; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) i++;
    else if (c === quote) return i + 1;
    else if (c === 10) return i;
  }
  return to;
}

function blockEnd(text: string, i: number): number {
  const end = text.indexOf('*/', i + 2);
  return end < 0 ? text.length : end + 2;
}

function lineEnd(text: string, i: number): number {
  for (;;) {
    const end = text.indexOf('\n', i);
    if (end < 0) return text.length;
    const last = text.charCodeAt(end - 1) === 13 ? end - 2 : end - 1;
    if (text.charCodeAt(last) !== 92) return end;
    i = end + 1;
  }
}

const WORD = /[ \t]*([a-z_]+)/y;

function directive(out: Scanned, start: number): number {
  const { text } = out;
  WORD.lastIndex = start + 1;
  const word = WORD.exec(text)?.[1] ?? '';
  const rest = word === '' ? start + 1 : WORD.lastIndex;
  let i = rest;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 10) {
      const last = text.charCodeAt(i - 1) === 13 ? i - 2 : i - 1;
      if (text.charCodeAt(last) !== 92) break;
      i++;
    } else if (c === 47 && text.charCodeAt(i + 1) === 42) i = blockEnd(text, i);
    else if (c === 47 && text.charCodeAt(i + 1) === 47) i = lineEnd(text, i);
    else if ((c === 34 || c === 39) && word !== 'error' && word !== 'warning')
      i = Math.max(i + 1, literalEnd(text, i, text.length));
    else i++;
  }
  out.directives.push({ word, start, rest, end: i, token: out.count });
  return i;
}
