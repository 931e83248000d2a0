import type { Draft } from '../draft.ts';
import { Context, K } from '../kinds.ts';

/** Blanks attribute macros and records them as annotations; `typeof (x)` becomes the type name `typeof`. */
export function maskAttributes(draft: Draft): void {
  const { kind, next, prev, role, mate } = draft;
  for (let token = next[0]!; token !== draft.end; ) {
    const following = next[token]!;
    const k = kind[token]!;
    let resume = following;
    if (
      k === K.attribute ||
      (k === K.identifier && draft.ownAttributes.size > 0 && draft.ownAttributes.has(draft.word(token)))
    ) {
      if (isPlainName(draft, token)) kind[token] = K.identifier;
      else {
        const close = draft.callEnd(token);
        resume = close && next[following] === close ? next[close]! : following;
        draft.annotate(token, resume);
      }
    } else if (k === K.attributeWithArguments) {
      const close = draft.callEnd(token);
      if (!close || isMember(kind[prev[token]!]!)) kind[token] = K.identifier;
      else {
        resume = next[close]!;
        draft.annotate(token, resume);
      }
    } else if (k === K.typeof && draft.callEnd(token)) {
      resume = next[draft.callEnd(token)]!;
      draft.drop(following, resume);
    } else if (k === K.assembly) resume = maskAssembly(draft, token);
    else if (k === K.alignof && kind[following] === K.open) {
      // As a call, its operand may be an expression as well as a type.
      draft.put(draft.start[token]!, 'x');
      kind[token] = K.identifier;
    } else if (k === K.aggregate && kind[following] === K.identifier) maskTagArguments(draft, following);
    token = resume;
  }

  /** `struct NAME(args) { … }`: the arguments build the tag. */
  function maskTagArguments(target: Draft, tag: number): void {
    const open = next[tag]!;
    if (kind[open] !== K.open || !mate[open] || kind[next[open]!] === K.star) return;
    const after = next[mate[open]!]!;
    const k = kind[after];
    if (k === K.identifier || k === K.openBrace || k === K.star) target.drop(open, after);
  }

  /** `asm volatile("…" : …)` becomes `asm ("")`, a name for assembly goes. Returns the token to go on with. */
  function maskAssembly(target: Draft, token: number): number {
    let open = next[token]!;
    while (kind[open] !== K.open) {
      const k = kind[open];
      const modifier =
        k === K.qualifier ||
        k === K.storage ||
        k === K.goto ||
        (k === K.identifier && /^_*(?:volatile|inline|goto)_*$/.test(target.word(open)));
      if (!modifier) return next[token]!;
      open = next[open]!;
    }
    const close = mate[open]!;
    if (!close) return next[token]!;
    const after = next[close]!;
    const before = prev[token]!;
    const label =
      kind[before] === K.identifier ||
      kind[before] === K.closeIndex ||
      (kind[before] === K.close && kind[prev[mate[before]!]!] !== K.control);
    if (label) {
      target.drop(token, after);
      return after;
    }
    target.drop(next[token]!, open);
    const inside = target.stop[open]!;
    const end = target.start[close]!;
    target.drop(next[open]!, close);
    target.blank(inside, end);
    // The grammar wants the word itself and a string: the first two neighbouring blanks take one.
    target.blank(target.start[token]!, target.stop[token]!);
    target.put(target.start[token]!, 'asm');
    for (let at = inside; at + 1 < end; at++) {
      if (target.units[at] === 32 && target.units[at + 1] === 32) {
        target.put(at, '""');
        break;
      }
    }
    role[open] = Context.expression;
    return after;
  }
}

const isMember = (before: number): boolean => before === K.dot || before === K.arrow;

/** The name of a member, a label or a tag that happens to be that of an attribute. */
function isPlainName(draft: Draft, token: number): boolean {
  const before = draft.kind[draft.prev[token]!]!;
  if (isMember(before) || before === K.goto) return true;
  return before === K.aggregate && draft.kind[draft.next[token]!] !== K.identifier;
}
