import type { Draft } from '../draft.ts';
import { Context, K } from '../kinds.ts';

export function isLoopName(draft: Draft, token: number): boolean {
  const word = draft.word(token);
  return draft.tables.loops.has(word) || draft.ownLoops.has(word) || draft.tables.loopPattern.test(word);
}

/**
 * `list_for_each_entry(a, b, c)` → `for(;;             a, b, c)`: a loop whose step holds the arguments.
 *
 * A name too short for that becomes `if`; of one letter, the invocation goes.
 */
export function makeFor(draft: Draft, name: number): void {
  const { kind, role, next, mate } = draft;
  const open = next[name]!;
  const from = draft.start[name]!;
  const to = draft.start[open]!;
  role[open] = Context.call;
  kind[name] = K.control;
  // A line may end in a CR alone: it stays as a newline does.
  if (to - from >= 5 && !/[\r\n]/.test(draft.text.slice(from, to))) {
    draft.blank(from, to + 1);
    draft.put(from, 'for(;;');
  } else if (draft.stop[name]! - from >= 2 && next[open] !== mate[open]) {
    draft.blank(from, draft.stop[name]!);
    draft.put(from, 'if');
  } else draft.drop(name, next[mate[open]!]!);
}

/** `scoped_guard(mutex, &lock) {` → `while       (mutex, &lock) {`: a block with a head. */
export function makeWhile(draft: Draft, name: number): void {
  const { kind, role, next, mate } = draft;
  const open = next[name]!;
  const from = draft.start[name]!;
  const to = draft.stop[name]!;
  if (next[open] === mate[open] || to - from < 5) {
    makeFor(draft, name);
    return;
  }
  role[open] = Context.call;
  kind[name] = K.control;
  draft.blank(from, to);
  draft.put(from, 'while');
}

/** `do { … } while_each_thread(g, p);`: the macro stands for the `while (…)`. Token is the `do`. */
export function endDoLoop(draft: Draft, token: number): void {
  const { kind, next, mate } = draft;
  const body = next[token]!;
  if (kind[body] !== K.openBrace || !mate[body]) return;
  const name = next[mate[body]!]!;
  if (kind[name] !== K.identifier || draft.stop[name]! - draft.start[name]! < 5) return;
  const close = draft.callEnd(name);
  if (close && kind[next[close]!] === K.semicolon) makeWhile(draft, name);
}
