import { aggregateContext } from '../brackets.ts';
import type { Draft } from '../draft.ts';
import { Context, isTypeWord, K } from '../kinds.ts';

/**
 * The head of a declaration that begins at a token: attributes of unknown names go, and what the parentheses after the
 * declared name hold is settled.
 */
export function declaration(draft: Draft, from: number, context: number): void {
  const { kind, next, prev, role, mate } = draft;
  let token = from;
  let named = false;
  for (;;) {
    const k = kind[token]!;
    if (k === K.aggregate) {
      const aggregate = token;
      token = next[token]!;
      if (kind[token] === K.identifier) token = next[token]!;
      if (kind[token] === K.openBrace && mate[token]) {
        // The members come first; what follows their `}` is looked at there.
        role[token] = aggregateContext(draft, aggregate);
        dropSurplusNames(draft, from, token);
        return;
      }
      if (kind[token] === K.colon && context !== Context.members) token = next[token]!;
    } else if (isSpecifier(k)) {
      named ||= k === K.identifier;
      token = next[token]!;
    } else break;
  }
  const k = kind[token]!;
  if (k === K.openIndex && named) dropAfterArray(draft, token);
  if (k === K.open && context === Context.members && token !== from && isBitfieldMacro(draft, token)) {
    draft.drop(token, next[mate[token]!]!);
    return;
  }
  const ends = k === K.equals || k === K.semicolon || k === K.openIndex || k === K.comma || k === K.colon;
  if (ends || k === K.open) dropSurplusNames(draft, from, token);
  if (k !== K.open || token === from || !mate[token]) return;
  if (kind[prev[token]!] === K.identifier) declarator(draft, from, token, context);
  else {
    role[token] = Context.parameters;
    const second = next[mate[token]!]!;
    if (kind[second] === K.open) role[second] = Context.parameters;
    const after = kind[second] === K.open && mate[second] ? next[mate[second]!]! : second;
    if (kind[after] === K.openBrace && context === Context.top) role[after] = Context.block;
  }
}

function isSpecifier(k: number): boolean {
  return (
    k === K.identifier ||
    k === K.type ||
    k === K.qualifier ||
    k === K.storage ||
    k === K.star ||
    k === K.typedef ||
    k === K.typeof
  );
}

/** `name(parameters) attributes {`: token is the `(`. */
function declarator(draft: Draft, from: number, open: number, context: number): void {
  const { kind, next, role, mate } = draft;
  if (context === Context.block) {
    const declares = isTypeWord(kind[from]!) || kind[from] === K.storage || kind[next[from]!] === K.star;
    if (!declares || kind[next[mate[open]!]!] !== K.semicolon) return;
  }
  let last = open;
  role[last] = Context.parameters;
  while (kind[next[mate[last]!]!] === K.open && mate[next[mate[last]!]!]) {
    last = next[mate[last]!]!;
    role[last] = Context.parameters;
  }
  const after = next[mate[last]!]!;
  let token = after;
  while (kind[token] === K.identifier) token = next[draft.callEnd(token) || token]!;
  const k = kind[token];
  if (k === K.openBrace || k === K.semicolon || k === K.comma) {
    while (draft.next[mate[last]!] !== token) {
      const name = draft.next[mate[last]!]!;
      draft.annotate(name, next[draft.callEnd(name) || name]!);
    }
    if (k === K.openBrace && context === Context.top) role[token] = Context.block;
  }
}

/** `int a[2] ATTRIBUTE = …`: token is the first `[`. */
function dropAfterArray(draft: Draft, open: number): void {
  const { kind, next, mate } = draft;
  let token = open;
  while (kind[token] === K.openIndex && mate[token]) token = next[mate[token]!]!;
  const from = token;
  while (kind[token] === K.identifier) token = next[draft.callEnd(token) || token]!;
  const k = kind[token];
  if (k === K.equals || k === K.semicolon || k === K.comma) draft.drop(from, token);
}

/** `u32 FIELDS(a : 1, b : 2);` among members. */
function isBitfieldMacro(draft: Draft, open: number): boolean {
  const { kind, next, prev, mate } = draft;
  return (
    kind[prev[open]!] === K.identifier &&
    mate[open] !== 0 &&
    kind[next[mate[open]!]!] === K.semicolon &&
    draft.contains(open, k => k === K.colon)
  );
}

/**
 * Among the words of a declaration, before what ends them: one type and one name stay, attributes whose names no table
 * knows go and are recorded.
 */
export function dropSurplusNames(draft: Draft, from: number, to: number): void {
  const { kind, next } = draft;
  let typed = false;
  const names: number[] = [];
  for (let token = from; token !== to; token = next[token]!) {
    const k = kind[token];
    if (k === K.aggregate) {
      typed = true;
      if (next[token] !== to && kind[next[token]!] === K.identifier) token = next[token]!;
    } else if (k === K.type || k === K.typeof) typed = true;
    else if (k === K.identifier) names.push(token);
  }
  names.pop(); // the declared name
  if (names.length === 0) return;
  const type = typed ? 0 : (names.find(token => looksLikeType(draft.word(token))) ?? names[0]!);
  for (const token of names) if (token !== type) draft.annotate(token, next[token]!);
}

function looksLikeType(word: string): boolean {
  return word.endsWith('_t') || !/^__[a-z]|^[A-Z][A-Z0-9_]+$/.test(word);
}

/** Parameters: surplus names in each; a parameter made by a macro (`int ARGS(x)`) loses it. */
export function parameters(draft: Draft, open: number): void {
  const { kind, next, prev } = draft;
  if (!draft.mate[open]) return;
  for (const [from, to] of draft.split(open)) {
    let token = from;
    let length = 0;
    while (token !== to && (isSpecifier(kind[token]!) || kind[token] === K.aggregate)) {
      token = next[token]!;
      length++;
    }
    if (length < 2) continue;
    if (token === to || kind[token] === K.openIndex) dropSurplusNames(draft, from, token);
    else if (kind[token] === K.open && next[draft.mate[token]!] === to) {
      const name = prev[token]!;
      if (kind[name] !== K.identifier || kind[prev[name]!] !== K.identifier || length < 3) continue;
      draft.drop(name, to);
      dropSurplusNames(draft, from, to);
    }
  }
}
