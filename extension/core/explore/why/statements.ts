import { type Scanned, scan } from '../../syntax/preprocess/scan.ts';

/** A piece of C, by its offsets in the text. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** A statement of a function's body. */
export interface Statement extends Piece {
  readonly kind: 'simple' | 'if' | 'loop' | 'block' | 'declaration';
  /** What stands in the brackets of `if (…)` or `while (…)`. */
  readonly condition?: Piece;
  readonly children: readonly Statement[];
}

/** A function, or whatever else stands at the top of a file. */
export interface TopLevel extends Piece {
  readonly body: readonly Statement[];
  /** Of a function: from its opening bracket to its closing one. */
  readonly braces?: Piece;
}

const CONTROL = /^(?:if|for|while|switch)$/;
/** Words that only a declaration begins with. */
const DECLARES =
  /^(?:struct|union|enum|const|static|unsigned|signed|int|long|short|char|bool|void|u8|u16|u32|u64|s32|s64)$/;

/**
 * A C file taken apart into statements, by brackets and semicolons alone: nothing is preprocessed, so that each statement is
 * where it is in the text.
 */
export function statementsOf(text: string, file: string): TopLevel[] {
  return new Splitter(scan(text, file)).file();
}

class Splitter {
  private at = 0;

  constructor(private readonly tokens: Scanned) {}

  file(): TopLevel[] {
    const found: TopLevel[] = [];
    while (this.at < this.tokens.count) {
      const first = this.at;
      let last = '';
      while (this.at < this.tokens.count) {
        const word = this.word();
        if (word === '{' && last === ')') break;
        if (word === '{' || word === '(' || word === '[') this.skipBrackets();
        else this.at++;
        last = word === '(' ? ')' : word;
        if (word === ';') break;
      }
      const open = this.at;
      if (this.at >= this.tokens.count || this.word() !== '{') {
        found.push({ ...this.piece(first, this.at), body: [] });
        continue;
      }
      this.at++;
      const body = this.block();
      found.push({ ...this.piece(first, this.at), body, braces: this.piece(open, this.at) });
    }
    return found;
  }

  /** Statements up to the closing bracket, which is taken too. */
  private block(): Statement[] {
    const found: Statement[] = [];
    while (this.at < this.tokens.count && this.word() !== '}') found.push(this.statement());
    this.at++;
    return found;
  }

  private statement(): Statement {
    const first = this.at;
    const word = this.word();
    if (word === '{') {
      this.at++;
      return { kind: 'block', children: this.block(), ...this.piece(first, this.at) };
    }
    if (CONTROL.test(word) || (this.at + 1 < this.tokens.count && /for_?each/.test(word) && this.word(1) === '(')) {
      this.at++;
      const open = this.at;
      if (this.word() === '(') this.skipBrackets();
      const condition = this.piece(open + 1, this.at - 1);
      const children = [this.statement()];
      if (word === 'if' && this.word() === 'else') {
        this.at++;
        children.push(this.statement());
      }
      const plain = word === 'if' || word === 'while';
      return {
        kind: word === 'if' ? 'if' : 'loop',
        ...(plain ? { condition } : {}),
        children,
        ...this.piece(first, this.at),
      };
    }
    if (word === 'do') {
      this.at++;
      const children = [this.statement()];
      this.simple();
      return { kind: 'loop', children, ...this.piece(first, this.at) };
    }
    this.simple();
    const isDeclaration = DECLARES.test(word) || (this.isName(first) && this.isName(first + 1));
    return { kind: isDeclaration ? 'declaration' : 'simple', children: [], ...this.piece(first, this.at) };
  }

  /** Up to and with the semicolon, or the colon of a label. */
  private simple(): void {
    const first = this.at;
    while (this.at < this.tokens.count) {
      const word = this.word();
      if (word === '}') return;
      if (word === '(' || word === '[' || word === '{') this.skipBrackets();
      else this.at++;
      if (word === ';' || (word === ':' && this.at === first + 2)) return;
    }
  }

  private skipBrackets(): void {
    let depth = 0;
    while (this.at < this.tokens.count) {
      const word = this.word();
      this.at++;
      if (word === '(' || word === '[' || word === '{') depth++;
      else if (word === ')' || word === ']' || word === '}') depth--;
      if (depth === 0) return;
    }
  }

  private word(ahead = 0): string {
    return this.at + ahead < this.tokens.count ? this.tokens.textOf(this.at + ahead) : '';
  }

  private isName(token: number): boolean {
    return token < this.tokens.count && /^[A-Za-z_]\w*$/.test(this.tokens.textOf(token)) && !this.isReturn(token);
  }

  private isReturn(token: number): boolean {
    return /^(?:return|goto|break|continue|case|default|sizeof)$/.test(this.tokens.textOf(token));
  }

  private piece(first: number, after: number): Piece {
    const { tokens } = this;
    const last = Math.min(after, tokens.count) - 1;
    if (last < first)
      return { from: tokens.starts[first] ?? tokens.text.length, to: tokens.starts[first] ?? tokens.text.length };
    return { from: tokens.starts[first]!, to: tokens.ends[last]! };
  }
}
