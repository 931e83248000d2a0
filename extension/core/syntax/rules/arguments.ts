import type { Draft } from '../draft.ts';
import { Context, isClosing, isOpening, isStatementWord, K } from '../kinds.ts';

/**
 * Makes the arguments of an invocation expressions, as the grammar wants them: of a type (`struct page *`) or a piece of
 * a statement one name stays, empty arguments lose their comma. `{ … }` with statements may stay, except in a loop's head.
 */
export function maskArguments(draft: Draft, open: number, blocksAllowed: boolean): void {
  const { next, prev, mate } = draft;
  const close = mate[open]!;
  if (!close || next[open] === close) return;
  const spans = draft.split(open);
  for (const [from, to] of spans) {
    if (from !== to) maskArgument(draft, from, to, blocksAllowed);
    else if (spans.length > 1) {
      const comma = draft.kind[to] === K.comma ? to : prev[to]!;
      if (draft.kind[comma] === K.comma) draft.dropOne(comma);
    }
  }
}

function maskArgument(draft: Draft, start: number, to: number, blocksAllowed: boolean): void {
  const { kind, next, prev, mate, role } = draft;
  let from = start;
  if (next[from] === to) {
    maskWord(draft, from);
    return;
  }
  const k = kind[from]!;
  const typeFirst = k === K.aggregate || k === K.type || k === K.qualifier || k === K.storage || k === K.typedef;
  if (typeFirst || isStatementWord(k) || k === K.openIndex) {
    keepOneName(draft, from, to);
    return;
  }
  if (k === K.openBrace) {
    const whole = mate[from] !== 0 && next[mate[from]!] === to;
    if (!blocksAllowed || !whole) {
      keepOneName(draft, from, to);
      return;
    }
    role[from] = Context.block;
    if (!draft.contains(from, inner => inner === K.semicolon)) draft.drop(next[from]!, mate[from]!);
    return;
  }
  if (k === K.assembly) return;
  if (k === K.andAnd) return; // &&label: the structural pass sees to it
  if (k === K.typeof) {
    draft.drop(next[from]!, to);
    return;
  }
  if (k === K.dot) {
    from = next[from]!;
    draft.dropOne(start);
  }
  while (kind[prev[to]!] === K.star && prev[to] !== from) draft.dropOne(prev[to]!); // type_t *
  if (next[from] === to) return;
  maskPieces(draft, from, to);
}

/** An argument that is a single word or punctuator. */
function maskWord(draft: Draft, token: number): void {
  const k = draft.kind[token]!;
  if (k === K.identifier || k === K.number || k === K.string || k === K.character || k === K.directive) return;
  const letters = k > K.directive && k < K.arrow;
  const start = draft.start[token]!;
  if (letters) draft.put(start, '_');
  else draft.put(start, '_'.repeat(draft.stop[token]! - start));
  draft.kind[token] = K.identifier;
}

/** An argument that may be no expression: statements, or operands without an operator between them. */
function maskPieces(draft: Draft, from: number, to: number): void {
  const { kind, next, prev, mate, units, start } = draft;
  let strings = false;
  let semicolons = false;
  let questions = 0;
  for (let token = from; token !== to; token = next[token]!) {
    const k = kind[token]!;
    if (k === K.question) questions++;
    else if (k === K.colon && --questions < 0) {
      // Operands of assembly: "=a" (x) : "memory"
      if (token === from) keepOneName(draft, from, to);
      else draft.drop(token, to);
      return;
    }
    if (k === K.string) strings = true;
    else if (k === K.semicolon) semicolons = true;
    const typeInside = k === K.aggregate || k === K.qualifier || (k === K.type && token !== from);
    let broken = typeInside || isStatementWord(k) || (next[token] === to && isInfix(k));
    if (k === K.openIndex && token !== from && isInfix(kind[prev[token]!]!)) broken = true; // %[operand]
    if (k === K.openBrace) {
      const cast = kind[prev[token]!] === K.close ? mate[prev[token]!]! : 0;
      broken = !cast || kind[prev[cast]!] === K.identifier;
    } else if ((k === K.identifier || k === K.number) && token !== from && endsOperand(draft, prev[token]!)) {
      // A name before f("…") is a prefix of the macro kind; the call says more.
      const close = draft.callEnd(token);
      const prefix =
        kind[prev[token]!] === K.identifier && close !== 0 && draft.contains(next[token]!, inner => inner === K.string);
      if (prefix && prev[token] !== from) draft.dropOne(prev[token]!);
      else broken = true;
    }
    if (broken) {
      if (strings && !semicolons) keepOnly(draft, from, to, K.string);
      else keepOneName(draft, from, to);
      return;
    }
    if (isOpening(k)) token = draft.across(token);
  }
  if (!semicolons) return;
  for (let token = from; token !== to; ) {
    const after = next[token]!;
    if (kind[token] === K.semicolon) {
      if (after === to || token === from || kind[after] === K.semicolon || kind[after] === K.comma)
        draft.dropOne(token);
      else {
        units[start[token]!] = K.comma;
        kind[token] = K.comma;
      }
      token = after;
    } else token = next[draft.across(token)]!;
  }
}

/** An operator that needs an operand after it; `++` and `--` do not. */
function isInfix(k: number): boolean {
  const word = k >= K.identifier && k < K.arrow;
  return k !== K.operator && !word && !isClosing(k) && k !== K.semicolon && k !== K.aggregateEnd && k !== K.ellipsis;
}

/** Whether an operand ends here, so that another one cannot follow. */
function endsOperand(draft: Draft, token: number): boolean {
  const { kind, prev, mate } = draft;
  const k = kind[token];
  if (k === K.identifier || k === K.number || k === K.closeIndex || k === K.closeBrace) return true;
  return k === K.close && mate[token] !== 0 && kind[prev[mate[token]!]!] === K.identifier;
}

/** Reduces tokens to their first name; without one, to an underscore in their place. */
export function keepOneName(draft: Draft, from: number, to: number): void {
  const { kind, next } = draft;
  for (let token = from; token !== to; token = next[token]!) {
    if (kind[token] === K.identifier) {
      keepOnly(draft, from, to, K.identifier);
      return;
    }
  }
  const first = from;
  draft.drop(next[first]!, to);
  draft.blank(draft.start[first]!, draft.stop[first]!);
  draft.put(draft.start[first]!, '_');
  draft.stop[first] = draft.start[first]! + 1;
  draft.kind[first] = K.identifier;
  draft.mate[first] = 0;
}

/** Drops all but the first token of a kind, which the caller knows to be there. */
function keepOnly(draft: Draft, from: number, to: number, wanted: number): void {
  let token = from;
  while (draft.kind[token] !== wanted) token = draft.next[token]!;
  draft.drop(draft.next[token]!, to);
  draft.drop(from, token);
}

/** `offsetof(struct s, a.b[i])` → `offsetof(struct s, a     )`: the grammar takes one member name. */
export function maskOffsetof(draft: Draft, open: number): void {
  if (!draft.mate[open]) return;
  const [, member, ...rest] = draft.split(open);
  if (!member) return;
  const [from, to] = member;
  if (from !== to && draft.next[from] !== to) keepOneName(draft, from, to);
  const last = rest.at(-1);
  if (last) draft.drop(to, last[1]);
}
