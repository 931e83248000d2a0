import { type Expr, op } from '../expr.ts';
import type { Tokens } from './tokens.ts';

interface Reader {
  i: number;
  readonly tokens: Tokens;
  endOfOperand(from: number, atColon: boolean): number;
  assignment(): Expr;
}

/**
 * `_Generic(x, type: a, type: b)`, with the reader at its name: the first of the values. Kernel macros (`page_folio()`) give
 * the same for every type, but for its qualifiers.
 */
export function readGeneric(e: Reader): Expr {
  const { text, match } = e.tokens;
  const close = match[e.i + 1]!;
  e.i = e.endOfOperand(e.i + 2, false) + 1;
  while (e.i < close && text[e.i] !== ':') e.i = (match[e.i]! > e.i ? match[e.i]! : e.i) + 1;
  e.i++;
  const value = e.i < close ? e.assignment() : op('literal');
  e.i = close + 1;
  return value;
}
