import type { NameTable } from './nameTable.ts';

/** Classes of bytes. Letters and digits come last: `>= letter` is "goes on a name". */
export const Class = { other: 0, newline: 1, quote: 2, slash: 3, open: 4, close: 5, letter: 6, digit: 7 } as const;

export const classes = new Uint8Array(256);
for (let c = 0; c < 128; c++) {
  if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 36) classes[c] = Class.letter;
  else if (c >= 48 && c <= 57) classes[c] = Class.digit;
}
classes[10] = Class.newline;
classes[34] = Class.quote;
classes[39] = Class.quote;
classes[47] = Class.slash;
classes[123] = Class.open;
classes[125] = Class.close;

/** Zero bytes that must follow a file's own in its buffer: looking ahead then needs no bounds. */
export const PADDING = 8;

/**
 * Bytes and the line that we are on. Every method that moves over newlines counts them in `line`; positions are offsets
 * into `bytes`, of which the first `size` are the file.
 */
export class Scanner {
  protected bytes: Uint8Array = new Uint8Array(PADDING);
  protected size = 0;
  protected line = 1;

  constructor(readonly names: NameTable) {}

  /** After the closing mark of a comment that begins at `from`. */
  protected skipComment(from: number): number {
    const { bytes, size } = this;
    for (let i = from + 2; i < size; i++) {
      const c = bytes[i]!;
      if (c === 10) this.line++;
      else if (c === 42 && bytes[i + 1] === 47) return i + 2;
    }
    return size;
  }

  /** At the newline that ends a `//` comment. */
  protected skipLineComment(from: number): number {
    const { bytes, size } = this;
    let i = from;
    while (i < size && (bytes[i] !== 10 || this.continued(i))) {
      if (bytes[i] === 10) this.line++;
      i++;
    }
    return i;
  }

  /** After the closing quote of a string or character; at the newline when there is none. */
  protected skipQuoted(from: number): number {
    const { bytes, size } = this;
    const quote = bytes[from];
    for (let i = from + 1; i < size; i++) {
      const c = bytes[i]!;
      if (c === 92) {
        i++;
        if (bytes[i] === 10) this.line++;
        else if (bytes[i] === 13 && bytes[i + 1] === 10) {
          i++;
          this.line++;
        }
      } else if (c === quote) return i + 1;
      else if (c === 10) return i;
    }
    return size;
  }

  /** Whether a backslash stands before the newline at `i`. */
  protected continued(i: number): boolean {
    const { bytes } = this;
    const before = bytes[i - 1];
    return before === 92 || (before === 13 && bytes[i - 2] === 92);
  }

  /** At the newline that ends a directive: continued lines and comments belong to it. */
  protected endOfDirective(from: number): number {
    const { bytes, size } = this;
    let i = from;
    while (i < size) {
      const c = bytes[i]!;
      if (c === 10) {
        if (!this.continued(i)) return i;
        this.line++;
      } else if (c === 47 && bytes[i + 1] === 42) {
        i = this.skipComment(i);
        continue;
      } else if (c === 47 && bytes[i + 1] === 47) return this.skipLineComment(i);
      i++;
    }
    return size;
  }

  /** Past blanks of one line, and continued lines (which are not counted: for looking ahead only). */
  protected blanks(from: number): number {
    const { bytes } = this;
    let i = from;
    for (;;) {
      const c = bytes[i];
      if (c === 32 || c === 9) i++;
      else if (c === 92 && bytes[i + 1] === 10) i += 2;
      else return i;
    }
  }

  /** Past blanks, newlines and comments, without counting lines: for looking ahead only. */
  protected ahead(from: number): number {
    const { bytes, size } = this;
    let i = from;
    while (i < size) {
      const c = bytes[i]!;
      if (c === 32 || c === 9 || c === 10 || c === 13) i++;
      else if (c === 92 && (bytes[i + 1] === 10 || bytes[i + 1] === 13)) i++;
      else if (c === 47 && bytes[i + 1] === 42) {
        i += 2;
        while (i < size && !(bytes[i] === 42 && bytes[i + 1] === 47)) i++;
        i += 2;
      } else break;
    }
    return i;
  }

  /** The end of the name that begins at `from`; `from` itself when none does. */
  protected nameEnd(from: number): number {
    const { bytes } = this;
    let i = from;
    if (classes[bytes[i]!]! !== Class.letter) return i;
    do i++;
    while (classes[bytes[i]!]! >= Class.letter);
    return i;
  }

  /** Whether the bytes at `from` are `word` (ASCII). */
  protected is(word: string, from: number): boolean {
    for (let i = 0; i < word.length; i++) if (this.bytes[from + i] !== word.charCodeAt(i)) return false;
    return true;
  }

  protected slice(from: number, to: number): string {
    let text = '';
    for (let i = from; i < to; i++) text += String.fromCharCode(this.bytes[i]!);
    return text;
  }
}
