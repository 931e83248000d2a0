import type { CToken } from '../../syntax/token.ts';
import { InputError } from '../../text/source.ts';

/** C that cannot be read: which construct, and where. Costs the function or type it stands in, and nothing else. */
export class CReadError extends InputError {
  constructor(
    /** Without the place: `this construct …`. */
    readonly reason: string,
    file: string,
    line: number,
  ) {
    super(`${file}:${line}: ${reason}`, { file, line });
  }
}

/** A place in expanded tokens. `line` is always a line of `file`, the file that the tokens' function stands in. */
export class Cursor {
  #at = 0;
  readonly #lines: Int32Array;

  constructor(
    readonly tokens: readonly CToken[],
    readonly file: string,
  ) {
    this.#lines = new Int32Array(tokens.length + 1);
    let line = tokens.find(t => t.file === file)?.line ?? tokens[0]?.line ?? 1;
    tokens.forEach((token, i) => {
      if (token.file === file) line = token.line;
      this.#lines[i] = line;
    });
    this.#lines[tokens.length] = line;
  }

  get line(): number {
    return this.#lines[this.#at]!;
  }
  get position(): number {
    return this.#at;
  }
  set position(at: number) {
    this.#at = at;
  }
  get atEnd(): boolean {
    return this.#at >= this.tokens.length;
  }
  /** The token `ahead` of the next one; undefined past the end. */
  peek(ahead = 0): CToken | undefined {
    return this.tokens[this.#at + ahead];
  }
  /** Whether the next token is this punctuator or word. */
  is(text: string, ahead = 0): boolean {
    const token = this.tokens[this.#at + ahead];
    return token !== undefined && token.text === text && token.kind !== 'str' && token.kind !== 'chr';
  }
  isName(ahead = 0): boolean {
    return this.tokens[this.#at + ahead]?.kind === 'id';
  }
  next(): CToken {
    const token = this.tokens[this.#at];
    if (!token) this.fail('the text ends here, in the middle of a construct');
    this.#at++;
    return token;
  }
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }
  expect(text: string): CToken {
    if (!this.is(text)) this.fail(`\`${text}\` is expected where \`${this.peek()?.text ?? 'the end'}\` stands`);
    return this.next();
  }
  name(): string {
    if (!this.isName()) this.fail(`a name is expected where \`${this.peek()?.text ?? 'the end'}\` stands`);
    return this.next().text;
  }
  /** Past a bracketed group whose opening bracket is next; gives the tokens inside. */
  group(): readonly CToken[] {
    const start = this.#at + 1;
    let depth = 0;
    do {
      const { kind, text } = this.next();
      if (kind !== 'punct') continue;
      if (text === '(' || text === '[' || text === '{') depth++;
      else if (text === ')' || text === ']' || text === '}') depth--;
    } while (depth > 0);
    return this.tokens.slice(start, this.#at - 1);
  }

  fail(reason: string): never {
    const token = this.tokens[Math.min(this.#at, this.tokens.length - 1)];
    throw new CReadError(reason, token?.file ?? this.file, token?.line ?? this.line);
  }
}
