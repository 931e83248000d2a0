import type { Draft } from '../draft.ts';
import { Context, K } from '../kinds.ts';

/**
 * `NAME(first, …) {` at the top level is a function head. `SYSCALL_DEFINE3(read, int, fd, …)` becomes
 * `SYSCALL_DEFINE3 read( int  fd, …)`; of other macros the first argument becomes the function's name.
 *
 * @param close the `)` before the `{`; not that of `name`'s own parentheses in `NAME(a)(b) {`
 */
export function functionHead(draft: Draft, name: number, close: number): void {
  const { kind, next, prev, role, mate, start } = draft;
  const open = next[name]!;
  const end = mate[open]!;
  const body = next[close]!;
  role[body] = Context.block;
  const spans = draft.split(open);
  const [from, to] = spans[0]!;
  const simple = next[from] === to && (kind[from] === K.identifier || kind[from] === K.type) && end === close;
  if (!simple) {
    // A name cut in two is a type and a name: `FIXTURE    (   )` is taken for `F XTURE(   )`.
    draft.drop(next[open]!, end);
    role[open] = Context.parameters;
    if (draft.stop[name]! - start[name]! >= 3) draft.put(start[name]! + 1, ' ');
    return;
  }
  kind[name] = K.type;
  draft.dropOne(open);
  if (spans.length === 1) {
    draft.dropOne(end);
    return;
  }
  // The first comma opens the parameters.
  draft.put(start[to]!, '(');
  kind[to] = K.open;
  role[to] = Context.parameters;
  mate[to] = end;
  mate[end] = to;
  if (!draft.tables.pairs.test(draft.word(name))) {
    draft.drop(next[to]!, end);
    return;
  }
  for (let at = 1; at + 1 < spans.length; at += 2) {
    const comma = spans[at]![1];
    if (prev[comma] !== to) draft.dropOne(comma);
  }
}
