/**
 * Where the lines of a text begin.
 *
 * A line ends at `\n`; a `\r` before it belongs to the line, as it does for tree-sitter. Lines and columns are 1-based,
 * columns and offsets count UTF-16 units.
 */
export class LineTable {
  readonly #starts: Uint32Array;
  readonly #length: number;

  constructor(text: string) {
    let count = 1;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
    const starts = new Uint32Array(count);
    let line = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts[++line] = at + 1;
    this.#starts = starts;
    this.#length = text.length;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The line that holds `offset`; offsets outside the text count as its ends. */
  line(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  position(offset: number): { line: number; column: number } {
    const inside = Math.max(0, Math.min(offset, this.#length));
    const line = this.line(inside);
    return { line, column: inside - this.#starts[line - 1]! + 1 };
  }

  /** The offset of the first unit of a line; the end of the text for a line past the last. */
  start(line: number): number {
    if (line <= 1) return 0;
    return line > this.count ? this.#length : this.#starts[line - 1]!;
  }

  /** The offset of a position; a column past the end of its line is the end of that line. */
  offset(line: number, column: number): number {
    const start = this.start(line);
    const end = line < this.count ? this.start(line + 1) - 1 : this.#length;
    return Math.min(start + Math.max(0, column - 1), Math.max(start, end));
  }
}
