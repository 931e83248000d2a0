import { LineTable } from '../text/lines.ts';
import { InputError } from '../text/source.ts';

/** A JSON value that knows where it stands, for messages about files that people write. 1-based. */
export type JsonNode = { readonly line: number; readonly column: number } & (
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'other'; readonly value: number | boolean | null }
);

/**
 * Parses JSON. Of members of the same name the last one counts, as for JSON.parse.
 *
 * @throws InputError `file:line: …` at the first character that does not belong
 */
export function parseJson(text: string, file: string): JsonNode {
  return new JsonReader(text, file).whole();
}

const SPACE = /[ \t\r\n\uFEFF]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*"/uy;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** Deeper than anything that is meant: no stack is worth a file of brackets. */
const DEEPEST = 100;

class JsonReader {
  private at = 0;
  private readonly lines: LineTable;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {
    this.lines = new LineTable(text);
  }

  whole(): JsonNode {
    const node = this.value(0);
    if (this.peek() !== '') throw this.wrong('nothing may follow the closing bracket');
    return node;
  }

  private value(depth: number): JsonNode {
    if (depth > DEEPEST) throw this.wrong(`brackets are nested more than ${DEEPEST} deep`);
    const first = this.peek();
    const place = this.lines.position(this.at);
    if (first === '{') {
      const members = new Map<string, JsonNode>();
      this.list('}', () => {
        const name = this.string('a name in double quotes is expected');
        if (this.peek() !== ':') throw this.wrong(`a colon is expected after "${name}"`);
        this.at++;
        members.set(name, this.value(depth + 1));
      });
      return { ...place, kind: 'object', members };
    }
    if (first === '[') {
      const items: JsonNode[] = [];
      this.list(']', () => items.push(this.value(depth + 1)));
      return { ...place, kind: 'array', items };
    }
    if (first === '"') return { ...place, kind: 'string', text: this.string('this text is not closed on its line') };
    const other = this.take(OTHER);
    if (other === undefined) throw this.wrong('a value is expected: a text in double quotes, a list or an object');
    return { ...place, kind: 'other', value: JSON.parse(other) as number | boolean | null };
  }

  /** `[ one, one ]`: `this.at` is at the opening bracket. */
  private list(close: string, one: () => void): void {
    this.at++;
    if (this.peek() === close) this.at++;
    else
      for (;;) {
        one();
        const mark = this.peek();
        if (mark !== ',' && mark !== close) throw this.wrong(`a comma or ${close} is expected`);
        this.at++;
        if (mark === close) return;
      }
  }

  private string(otherwise: string): string {
    this.peek();
    const found = this.take(STRING);
    if (found === undefined) throw this.wrong(otherwise);
    return JSON.parse(found) as string;
  }

  private peek(): string {
    this.take(SPACE);
    return this.text[this.at] ?? '';
  }

  private take(what: RegExp): string | undefined {
    what.lastIndex = this.at;
    const found = what.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private wrong(what: string): InputError {
    const { line, column } = this.lines.position(this.at);
    const seen = this.at < this.text.length ? '' : ' where the file ends';
    return new InputError(`${this.file}:${line}: not valid JSON${seen}: ${what}`, { file: this.file, line, column });
  }
}
