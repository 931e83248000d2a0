import type { Scanned } from './scan.ts';

/** Offsets to lines, made once per scanned file. */
export class LineStarts {
  private static readonly all = new WeakMap<Scanned, LineStarts>();
  private readonly starts: number[] = [0];

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
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.starts[low]! + 1 };
  }
}
