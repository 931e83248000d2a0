import type { Draft } from './draft.ts';
import { Context, isClosing, isOpening, K } from './kinds.ts';

const opening = new Map<number, number>([
  [K.close, K.open],
  [K.closeIndex, K.openIndex],
  [K.closeBrace, K.openBrace],
]);

/** Whether a `}` ends a top-level item for certain: in the first column, with nothing after it that goes on. */
export function endsTopLevel(draft: Draft, token: number): boolean {
  if (!draft.columnZero || !draft.inFirstColumn(token)) return false;
  const after = draft.kind[draft.next[token]!];
  return after !== K.closeBrace && after !== K.comma && after !== K.close && after !== K.semicolon;
}

/**
 * Pairs brackets. In one pass over the text whatever it holds: a closing bracket without its partner is passed over, and
 * a `}` closes what was left open inside its `{`.
 *
 * @returns how many braces found no partner, and those that a `}` in the first column overrode.
 */
export function pairBrackets(draft: Draft): { unpaired: number; orphans: number[] } {
  const { kind, mate, next } = draft;
  const stack: number[] = [];
  const braces: number[] = []; // places in `stack` that hold a `{`
  const orphans: number[] = [];
  let unpaired = 0;
  const pair = (place: number, token: number) => {
    const open = stack[place]!;
    stack.length = place;
    while (braces.length && braces.at(-1)! >= place) braces.pop();
    mate[open] = token;
    mate[token] = open;
  };
  for (let token = next[0]!; token !== draft.end; token = next[token]!) {
    mate[token] = 0;
    const k = kind[token]!;
    if (isOpening(k)) {
      if (k === K.openBrace) braces.push(stack.length);
      stack.push(token);
    } else if (k === K.closeBrace) {
      if (braces.length === 0) unpaired++;
      else if (endsTopLevel(draft, token)) {
        for (const place of braces.slice(1)) orphans.push(stack[place]!);
        pair(braces[0]!, token);
      } else pair(braces.at(-1)!, token);
    } else if (isClosing(k)) {
      const top = stack.length - 1;
      const wanted = opening.get(k);
      if (top >= 0 && kind[stack[top]!] === wanted) pair(top, token);
      else if (top >= 1 && kind[stack[top - 1]!] === wanted && kind[stack[top]!] !== K.openBrace) pair(top - 1, token);
    }
  }
  return { unpaired: unpaired + braces.length, orphans };
}

/** What the braces after a token's context hold. Right only when the tokens before it were seen with their contexts. */
export function braceContext(draft: Draft, token: number, context: number): number {
  const { kind, prev, role, mate } = draft;
  if (role[token]) return role[token]!;
  const before = prev[token]!;
  const k = kind[before]!;
  if (context === Context.initialiser) return k === K.open ? Context.block : Context.initialiser;
  if (k === K.equals || k === K.closeIndex || k === K.comma) return Context.initialiser;
  if (k === K.open) return Context.block;
  if (k === K.aggregate) return aggregateContext(draft, before);
  if (k === K.identifier || k === K.type) {
    if (kind[prev[before]!] === K.aggregate) return aggregateContext(draft, prev[before]!);
    if (k === K.type && kind[prev[before]!] === K.colon) return Context.enumerators;
  }
  if (k === K.close && mate[before]) {
    const parentheses = mate[before]!;
    const introduced = kind[prev[parentheses]!]!;
    const known = role[parentheses] || (isCast(introduced) ? Context.expression : Context.call);
    if (known !== Context.expression) return context === Context.members ? Context.members : Context.block;
    if (context !== Context.top) return Context.initialiser;
    return introduced === K.equals || introduced === K.ampersand ? Context.initialiser : Context.block;
  }
  if (k === K.string && context === Context.top) return Context.top; // extern "C" {
  return context === Context.expression || context === Context.call ? Context.initialiser : Context.block;
}

export function aggregateContext(draft: Draft, aggregate: number): number {
  return draft.word(aggregate) === 'enum' ? Context.enumerators : Context.members;
}

/** Whether parentheses after this kind of token can be those of a compound literal. */
function isCast(before: number): boolean {
  const names = before === K.identifier || before === K.control || before === K.type || before === K.qualifier;
  return !(names || before === K.close || before === K.assembly || before === K.storage || before === K.aggregate);
}
