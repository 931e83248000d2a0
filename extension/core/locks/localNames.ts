import { LineStarts } from './lines.ts';
import { Kind, tokenize } from './read/tokens.ts';
import { isDeclaration } from './read/types.ts';
import type { Definition } from './scan.ts';

/**
 * Where the function that has `offset` in it declares `name`, a parameter or a local of its own: the last declaration
 * before the offset. Undefined when the name is none of the function's.
 */
export function localDeclaration(
  definition: Definition,
  name: string,
  offset: number,
): { readonly file: string; readonly line: number; readonly column: number } | undefined {
  const { source, nameStart, end } = definition;
  const tokens = tokenize(source.text, nameStart, end, source.blanks);
  let found: number | undefined;
  let statement = 0;
  let depth = 0;
  let isBody = false;
  for (let i = 0; i < tokens.count && tokens.at[i]! <= offset; i++) {
    const text = tokens.text[i]!;
    if (tokens.at[i] === definition.bodyStart) isBody = true;
    if (text === ';' || text === '{' || text === '}' || (text === '(' && tokens.text[i - 1] === 'for')) {
      statement = i + 1;
      depth = 0;
    } else if (text === '(' || text === '[') depth++;
    else if (text === ')' || text === ']') depth--;
    else if (text === name && tokens.kind[i] === Kind.Name) {
      const before = tokens.text[i - 1] ?? '';
      // `void (*name)(int)` stands one bracket deep.
      const isDeclarator =
        (depth === 0 && DECLARATOR.test(before)) || (depth === 1 && before === '*' && tokens.text[i - 2] === '(');
      if (isBody) {
        if (isDeclarator && i > statement && isDeclaration(tokens, statement)) found = tokens.at[i];
      } else if (i > 0 && definition.params?.includes(name)) found = tokens.at[i];
    }
  }
  return found === undefined ? undefined : { file: source.file, ...LineStarts.of(source).position(found) };
}

/** What stands before the name in a declarator: a type's last word, but not `struct`, whose tag may be called alike. */
const DECLARATOR = /^(?:[*,]|(?!(?:struct|union|enum|goto|return)$)[A-Za-z_]\w*)$/;
