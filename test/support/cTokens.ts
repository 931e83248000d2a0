/** A token of C as the standard cuts it, or a whole directive with its continued lines. */
export interface OwnToken {
  readonly kind: 'word' | 'number' | 'literal' | 'punctuator' | 'directive';
  readonly text: string;
  /** UTF-16 offset. */
  readonly start: number;
}

const comment = '\\/\\*[\\s\\S]*?(?:\\*\\/|$)|\\/\\/(?:\\\\\\r?\\n|[^\\n])*';
const literal = `(?:u8|[LuU])?(?:"(?:\\\\[\\s\\S]|[^"\\\\\\n])*"?|'(?:\\\\[\\s\\S]|[^'\\\\\\n])*'?)`;
/** Within a directive comments go over lines and quotes hide them, but an apostrophe alone (`#error don't`) is text. */
const directive = `#(?:\\/\\*[\\s\\S]*?\\*\\/|\\/\\/(?:\\\\\\r?\\n|[^\\n])*|\\\\\\r?\\n|"(?:\\\\[^\\n]|[^"\\\\\\n])*"|'(?:\\\\[^\\n]|[^'\\\\\\n])*'|[^\\n])*`;
const token = new RegExp(
  [
    `(?<comment>${comment})`,
    `(?<literal>${literal})`,
    '(?<word>[\\p{L}_$][\\p{L}\\p{N}_$]*)',
    '(?<number>\\.?\\d(?:[eEpP][+-]|[\\w.])*)',
    '(?<punctuator>\\.\\.\\.|->|<<=|>>=|\\+\\+|--|&&|\\|\\||<<|>>|[-+*/%&|^=!<>]=|[^\\s\\w\\\\])',
  ].join('|'),
  'uy',
);
const whole = new RegExp(directive, 'uy');

/**
 * Cuts a text into tokens, apart from the product's lexers on purpose: what these say is compared with what the product
 * makes of the same text. Regular expressions alone, no tables.
 */
export function ownTokens(text: string): OwnToken[] {
  const out: OwnToken[] = [];
  let lineStart = true;
  for (let at = 0; at < text.length; ) {
    const c = text[at]!;
    if (c === '\n') lineStart = true;
    if (/\s/.test(c) || c === '\\') {
      at++;
      continue;
    }
    if (c === '#' && lineStart) {
      whole.lastIndex = at;
      const found = whole.exec(text)![0];
      out.push({ kind: 'directive', text: found, start: at });
      at += found.length;
      continue;
    }
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) {
      at++;
      continue;
    }
    const { comment: _comment, ...kinds } = match.groups!;
    const kind = Object.keys(kinds).find(k => kinds[k] !== undefined) as OwnToken['kind'] | undefined;
    if (kind) {
      out.push({ kind, text: match[0], start: at });
      lineStart = false;
    }
    at += match[0].length;
  }
  return out;
}
