import type { Expressions } from './expressions.ts';
import { Kind, type Tokens } from './tokens.ts';

/**
 * Evaluates what a loop macro is called with, from the reader's token up to `close`, once for every round: a variable of
 * this function that is passed by name may be another one each time.
 */
export function loopArguments(e: Expressions, close: number): void {
  const { params, locals } = e.scope;
  const { text, kind, match, at } = e.tokens;
  for (let k = e.i + 2; k < close; k++) {
    const name = text[k]!;
    const isFirst = text[k - 1] === '(';
    const isWhole = kind[k] === Kind.Name && /^[(,]$/.test(text[k - 1]!) && /^[,)]$/.test(text[k + 1]!);
    const isCursor = isFirst
      ? locals.has(name) || (params.has(name) && !goesOver(e, close))
      : locals.has(name) && !isGiven(e.tokens, name, k);
    if (isWhole && isCursor) e.set(e.name(name), undefined, at[k]!);
    else if (match[k]! > k && kind[k - 1] === Kind.Name && text[k - 2] !== '.' && text[k - 2] !== '->') {
      e.i = k - 1;
      const saved = k;
      e.assignment();
      k = Math.max(saved, Math.min(e.i, close) - 1);
    } else if (match[k]! > k) k = match[k]!;
  }
}

/**
 * Whether a loop with a parameter as its first argument goes over that: a local without a value comes after it, which is what it
 * goes with (`mptcp_for_each_subflow(msk, subflow)`). Macros for lists have what they go with first.
 */
function goesOver(e: Expressions, close: number): boolean {
  const { text, kind } = e.tokens;
  if (/list_for_each/.test(text[e.i]!)) return false;
  for (let k = e.i + 4; k < close; k++) {
    const isWhole = kind[k] === Kind.Name && text[k - 1] === ',' && /^[,)]$/.test(text[k + 1]!);
    if (isWhole && e.scope.locals.has(text[k]!) && !isGiven(e.tokens, text[k]!, k)) return true;
  }
  return false;
}

/**
 * Whether a local has been given a value before the token `end`, other than nothing at all: it is what the loop goes over
 * (`for_each_ggtt_vma(vma, obj)`), not what it goes with.
 */
function isGiven({ text, kind }: Tokens, name: string, end: number): boolean {
  for (let k = 1; k + 1 < end; k++) {
    if (text[k] !== name || text[k + 1] !== '=' || /^(?:->|\.)$/.test(text[k - 1]!)) continue;
    const value = text[k + 2]!;
    if (kind[k + 2] === Kind.Name ? value !== 'NULL' : value === '&' || value === '(') return true;
  }
  return false;
}
