import { InputError } from '../text/source.ts';

export interface LitmusToken {
  readonly text: string;
  readonly line: number;
  /** Offset in the text. */
  readonly start: number;
}

const TOKEN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"[^"\n]*"|\w+|\/\\|\\\/|&&|\|\||==|!=|<=|>=|<<|>>|[-+*/%&|^~!<>=(){}[\],;:.]/y;

/**
 * The words of a litmus test without its comments. `(*` begins one outside the threads' bodies only: within them it is
 * how a pointer is dereferenced. Throws InputError at a character that no litmus test has.
 */
export function litmusTokens(file: string, text: string): LitmusToken[] {
  const tokens: LitmusToken[] = [];
  let line = 1;
  let depth = 0;
  let bodies = 0;
  let arguments_ = 0;
  const count = (piece: string): void => {
    line += piece.split('\n').length - 1;
  };
  for (let at = 0; at < text.length; ) {
    // The first braces hold the initial values; a thread's parameters and body are C.
    const inC = (depth > 0 && bodies > 0) || arguments_ > 0;
    if (!inC && text.startsWith('(*', at)) {
      const end = text.indexOf('*)', at + 2);
      if (end < 0)
        throw new InputError(`${file}:${line}: the comment begun there is not ended; add *)`, { file, line });
      count(text.slice(at, end));
      at = end + 2;
      continue;
    }
    TOKEN.lastIndex = at;
    const piece = TOKEN.exec(text)?.[0];
    if (piece === undefined)
      throw new InputError(`${file}:${line}: ${JSON.stringify(text[at])} means nothing in a litmus test; remove it`, {
        file,
        line,
      });
    if (!/^(\s|\/\/|\/\*|")/.test(piece)) {
      if (piece === '(' && (arguments_ > 0 || /^P\d+$/.test(tokens.at(-1)?.text ?? ''))) arguments_++;
      else if (piece === ')' && arguments_ > 0) arguments_--;
      else if (piece === '{') depth++;
      else if (piece === '}' && --depth === 0) bodies++;
      tokens.push({ text: piece, line, start: at });
    }
    count(piece);
    at += piece.length;
  }
  return tokens;
}
