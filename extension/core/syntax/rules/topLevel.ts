import type { Draft } from '../draft.ts';
import { Context, isTypeWord, K } from '../kinds.ts';
import { maskArguments } from './arguments.ts';
import { declaration } from './declarations.ts';
import { functionHead } from './functionHeads.ts';
import { declareByMacro, endInvocation } from './invocations.ts';

/** The start of an item at the top level. */
export function topLevel(draft: Draft, from: number): void {
  const { kind, next, role } = draft;
  const marked = unknownAttributes(draft, from);
  if (marked) {
    draft.annotate(from, marked);
    topLevel(draft, marked);
    return;
  }
  if (kind[from] === K.typedef && dropTypedefArguments(draft, from)) return;
  let name = from;
  while (kind[name] === K.storage || kind[name] === K.qualifier) name = next[name]!;
  const first = kind[name] === K.identifier ? draft.callEnd(name) : 0;
  const pointer = kind[next[next[name]!]!] === K.star && kind[next[next[next[name]!]!]!] === K.identifier;
  if (!first || pointer) {
    declaration(draft, from, Context.top);
    return;
  }
  const open = next[name]!;
  // NAME(a)(b): the item ends after the second pair.
  const second = next[first]!;
  const close = kind[second] === K.open && draft.mate[second] ? draft.mate[second]! : first;
  const after = next[close]!;
  const k = kind[after]!;
  if (k === K.semicolon) {
    draft.drop(from, name); // static DEFINE_MUTEX(x);
    role[open] = Context.call;
    dropStatements(draft, open);
  } else if (k === K.openBrace) functionHead(draft, name, close);
  else if (k === K.equals || k === K.openIndex) declareByMacro(draft, name);
  else if (k === K.identifier && (kind[next[after]!] === K.equals || kind[next[after]!] === K.semicolon)) {
    draft.drop(open, after); // TYPE(args) name;
  } else if (beginsItem(k)) {
    draft.drop(from, name);
    dropStatements(draft, open);
    const sameLine = k !== K.none && k !== K.directive && !draft.breaksLine(draft.stop[close]!, draft.start[after]!);
    if (sameLine) draft.annotate(name, after);
    else {
      if (close !== first) draft.drop(second, after);
      endInvocation(draft, name);
    }
  } else if (k !== K.star && k !== K.comma) declaration(draft, from, Context.top);
}

/**
 * Attributes that no table names, before a declaration: `__failure __msg("…")`. Only where the last of them has arguments,
 * which a type has not, and a whole declaration follows. Gives where that begins, or 0.
 */
function unknownAttributes(draft: Draft, from: number): number {
  const { kind, next } = draft;
  let end = 0;
  for (let at = from; kind[at] === K.identifier && /^__[a-z]/.test(draft.word(at)); ) {
    const close = draft.callEnd(at);
    at = next[close || at]!;
    if (close) end = at;
  }
  if (!end) return 0;
  const k = kind[end]!;
  const declares = isTypeWord(k) || k === K.storage || k === K.qualifier || (k === K.identifier && !draft.callEnd(end));
  const second = kind[next[end]!];
  const goesOn = second === K.identifier || second === K.star || (second !== undefined && isTypeWord(second));
  return declares && goesOn ? end : 0;
}

function beginsItem(k: number): boolean {
  return (
    k === K.none ||
    k === K.directive ||
    k === K.closeBrace ||
    k === K.identifier ||
    isTypeWord(k) ||
    k === K.storage ||
    k === K.typedef ||
    k === K.control ||
    k === K.assembly
  );
}

/** `typedef MACRO(args) name;` */
function dropTypedefArguments(draft: Draft, from: number): boolean {
  const { kind, next } = draft;
  const name = next[from]!;
  const close = kind[name] === K.identifier ? draft.callEnd(name) : 0;
  const open = next[name]!;
  if (!close || kind[next[open]!] === K.star) return false;
  const k = kind[next[close]!];
  if (k !== K.identifier && k !== K.star) return false;
  draft.drop(open, next[close]!);
  return true;
}

/** Arguments that hold statements are the text of a body: none of them is an expression. */
function dropStatements(draft: Draft, open: number): void {
  const statements = draft.contains(open, k => k === K.semicolon || k === K.jump || k === K.control);
  if (statements) draft.drop(draft.next[open]!, draft.mate[open]!);
  else maskArguments(draft, open, true);
}
