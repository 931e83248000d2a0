import type { Expr } from '../expr.ts';
import type { Expressions } from './expressions.ts';
import { Kind } from './tokens.ts';
import { isAttribute, isTypeWord } from './types.ts';

/**
 * Reads a declaration up to its semicolon: enters what it declares into `locals`, with the type that it begins with
 * (`struct page`, `pte_t`), and evaluates the initialisers. `freed` is told of `variable __free(name)`.
 */
export function readDeclaration(
  e: Expressions,
  locals: Map<string, string>,
  freed: (name: string, variable: Expr) => void,
): void {
  const { tokens } = e;
  const { text, kind, match } = tokens;
  const first = e.i;
  const type = text[e.i] === 'struct' || text[e.i] === 'union' || text[e.i] === 'enum';
  // The words of the type: the last name before a mark is what is declared.
  let k = e.i;
  let typeName = '';
  while (kind[k] === Kind.Name) {
    const word = text[k]!;
    if (text[k + 1] === '(' && (word === 'typeof' || word === '__typeof__' || isAttribute(word))) {
      k = match[k + 1]! + 1;
      continue;
    }
    if (text[k + 1] === '{') {
      // A type defined here.
      k = match[k + 1]! + 1;
      continue;
    }
    if (kind[k + 1] !== Kind.Name && text[k + 1] !== '*' && text[k + 1] !== '(') break;
    if (isTypeWord(word) || isAttribute(word)) {
      if ((word === 'struct' || word === 'union') && kind[k + 1] === Kind.Name) {
        typeName = `${word} ${text[k + 1]}`;
        k++;
      }
    } else if (typeName === '') typeName = word;
    else if (text[k + 1] === '(') break;
    k++;
  }
  if (type && text[k] === '{') k = match[k]! + 1;
  e.i = k > first ? k : first + 1;
  for (;;) {
    while (
      text[e.i] === '*' ||
      (kind[e.i] === Kind.Name && (isTypeWord(text[e.i]!) || (isAttribute(text[e.i]!) && text[e.i + 1] !== '(')))
    )
      e.i++;
    let name: string | undefined;
    if (text[e.i] === '(') {
      // `(*name)(…)`
      const close = match[e.i]!;
      for (let j = e.i + 1; j < close; j++) {
        if (kind[j] === Kind.Name) {
          name = text[j];
          break;
        }
      }
      e.i = close + 1;
    } else if (kind[e.i] === Kind.Name) {
      name = text[e.i];
      e.i++;
    }
    const at = tokens.at[Math.max(first, e.i - 1)]!;
    const isFunction = text[e.i] === '(';
    let free: string | undefined;
    while (text[e.i] === '[' || text[e.i] === '(' || kind[e.i] === Kind.Name) {
      if (text[e.i] === '__free' && text[e.i + 1] === '(') free = text[e.i + 2];
      if (match[e.i]! > e.i) e.i = match[e.i]! + 1;
      else e.i++;
    }
    if (text[e.i] === ':') while (e.i < tokens.count && text[e.i] !== ',' && text[e.i] !== ';') e.i++;
    if (name !== undefined && !(isFunction && text[e.i] !== '=')) locals.set(name, typeName);
    if (text[e.i] === '=' && name !== undefined) {
      e.i++;
      const place = e.name(name);
      if (e.peek() === '{') e.initialiser(place);
      else e.set(place, e.assignment(), at);
    }
    if (free !== undefined && name !== undefined) freed(free, e.name(name));
    if (text[e.i] !== ',') return;
    e.i++;
  }
}
