import type { Draft } from '../draft.ts';
import { Context, isTypeWord, K } from '../kinds.ts';
import { maskArguments } from './arguments.ts';

/** `MODULE_LICENSE("GPL")` without its `;` gets one, in the white space after it or in place of arguments. */
export function endInvocation(draft: Draft, name: number): void {
  const { next, mate, role } = draft;
  const open = next[name]!;
  role[open] = Context.statement;
  maskArguments(draft, open, true);
  const close = mate[open]!;
  const offset = freeSpace(draft, draft.stop[close]!, draft.start[next[close]!]!);
  if (offset >= 0) {
    draft.put(offset, ';');
    return;
  }
  const last = draft.split(open).at(-1)!;
  if (next[open] === close) {
    draft.drop(name, next[close]!);
    return;
  }
  // Without the argument its comma has to go too.
  const comma = draft.prev[last[0]]!;
  const from = comma === open ? last[0] : comma;
  const start = draft.start[from]!;
  draft.drop(from, close);
  draft.blank(start, draft.stop[close]!);
  draft.put(start, ')');
  draft.put(draft.stop[close]! - 1, ';');
}

/** A blank between two tokens that no comment holds, or -1. */
function freeSpace(draft: Draft, from: number, to: number): number {
  const { units } = draft;
  for (let at = from; at < to && units[at] !== 47; at++) if (units[at] === 32 || units[at] === 9) return at;
  const last = units[to - 1];
  return to > from && (last === 32 || last === 9) ? to - 1 : -1;
}

/** `DEFINE_PER_CPU(int, x) = …` → `DEFINE_PER_CPU      x  = …`: a declaration of x. */
export function declareByMacro(draft: Draft, name: number): void {
  const { kind, next, prev, mate } = draft;
  const open = next[name]!;
  const close = mate[open]!;
  const spans = draft.split(open);
  const isName = ([from, to]: readonly [number, number]) => kind[from] === K.identifier && next[from] === to;
  let chosen = 0;
  if (spans.length > 1) {
    const [from, to] = spans[0]!;
    const typed = isTypeWord(kind[from]!) || kind[prev[to]!] === K.star;
    if (typed || draft.tables.nameIsSecond.test(draft.word(name))) chosen = 1;
    else if (!isName(spans[0]!)) chosen = Math.max(0, spans.findIndex(isName));
  }
  const [from, to] = spans[chosen]!;
  let id = from;
  while (id !== to && kind[id] !== K.identifier) id = next[id]!;
  if (id === to) {
    draft.drop(open, next[close]!);
    return;
  }
  let after = next[id]!;
  while (kind[after] === K.openIndex && mate[after]) after = next[mate[after]!]!;
  draft.drop(after, next[close]!);
  draft.drop(open, id);
}
