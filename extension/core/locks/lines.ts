import type { Scanned } from './scan.ts';

/** A part of a text, both ends included, that stands so many characters further on in a later version of it. */
export interface Moved {
  readonly start: number;
  readonly end: number;
  readonly by: number;
}

/**
 * Offsets to lines, made once per scanned file. Of a file that has been edited since, what was worked out from unchanged
 * parts is kept: their places are told as they are now.
 */
export class LineStarts {
  private static readonly all = new WeakMap<Scanned, LineStarts>();
  /** How often places have moved: what was made of them before is out of date. */
  static moves = 0;
  private readonly starts: number[] = [0];
  private now: LineStarts | undefined;
  private parts: readonly Moved[] = [];

  /** `parts` of a text, in order, stand in a later one; of what is in none of them, places stay as they were. */
  static move(file: Scanned, to: Scanned, parts: readonly Moved[]): void {
    const lines = LineStarts.of(file);
    lines.now = LineStarts.of(to);
    lines.parts = parts;
    LineStarts.moves++;
  }

  static of(file: Scanned): LineStarts {
    let lines = LineStarts.all.get(file);
    if (!lines) LineStarts.all.set(file, (lines = new LineStarts(file.text)));
    return lines;
  }

  private constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  /** 1-based line and column. */
  position(offset: number): { line: number; column: number } {
    const part = this.now && this.partAt(offset);
    if (part) return this.now!.position(offset + part.by);
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.starts[low]! + 1 };
  }

  private partAt(offset: number): Moved | undefined {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    const part = this.parts[low];
    return part && part.start <= offset && offset <= part.end ? part : undefined;
  }
}
