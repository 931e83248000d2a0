import type { Draft } from '../draft.ts';
import { K } from '../kinds.ts';

/** A name in an enumeration: `X(a, b),` keeps the name, other words before the enumerator go. Token is the name. */
export function enumerator(draft: Draft, name: number): void {
  const { kind, next } = draft;
  const close = draft.callEnd(name);
  if (close) {
    const after = kind[next[close]!];
    const single = after === K.comma || after === K.closeBrace || after === K.equals;
    draft.drop(single ? next[name]! : name, next[close]!);
  } else if (kind[next[name]!] === K.identifier) draft.dropOne(name);
}

/** An element of an initialiser: invocations that bring their own comma go. Token is a name after `{` or `,`. */
export function element(draft: Draft, name: number): void {
  const { kind, next, start, stop } = draft;
  const close = draft.callEnd(name);
  if (!close) {
    if (kind[next[name]!] === K.identifier) draft.dropOne(name);
    return;
  }
  const after = next[close]!;
  const k = kind[after];
  const operand = k === K.identifier || k === K.openBrace || k === K.string || k === K.number;
  const designator = (k === K.dot || k === K.openIndex) && draft.breaksLine(stop[close]!, start[after]!);
  if (operand || designator) draft.drop(name, after);
}
