import type { Draft } from '../draft.ts';
import { Context, isTypeWord, K } from '../kinds.ts';
import { declaration } from './declarations.ts';
import { declareByMacro } from './invocations.ts';

/** The start of a struct or union member. */
export function member(draft: Draft, from: number): void {
  const { kind, next } = draft;
  let name = from;
  while (kind[name] === K.qualifier || kind[name] === K.storage) name = next[name]!;
  const close = kind[name] === K.identifier ? draft.callEnd(name) : 0;
  if (close) {
    memberMacro(draft, name, close);
    return;
  }
  if (kind[from] === K.identifier && kind[next[from]!] === K.closeBrace) {
    draft.dropOne(from);
    return;
  }
  dropUnnamedBitfields(draft, from);
  declaration(draft, from, Context.members);
}

function memberMacro(draft: Draft, name: number, close: number): void {
  const { kind, next } = draft;
  const open = next[name]!;
  const after = next[close]!;
  const k = kind[after];
  if (kind[next[open]!] === K.star && k === K.open) return; // type (*callback)(…)
  if (draft.contains(open, inner => inner === K.semicolon)) memberGroup(draft, name, close);
  else if (k === K.semicolon) declareByMacro(draft, name);
  else if (k === K.star) draft.drop(open, after);
  else if (k === K.identifier) {
    const then = kind[next[after]!];
    const declared = then === K.semicolon || then === K.openIndex || then === K.colon || then === K.comma;
    draft.drop(declared ? open : name, after);
  } else draft.drop(name, after);
}

/** `struct_group(name, members…);` → its members. */
function memberGroup(draft: Draft, name: number, close: number): void {
  const { kind, next } = draft;
  const open = next[name]!;
  const before = draft.tables.memberGroups.get(draft.word(name)) ?? 1;
  const spans = draft.split(open);
  const members = spans[Math.min(before, spans.length - 1)]!;
  const after = next[close]!;
  draft.drop(close, kind[after] === K.semicolon ? next[after]! : after);
  draft.drop(name, members[0] === close ? draft.next[draft.prev[close]!]! : members[0]);
}

/** `u32 a:1, :7, b;`: the grammar takes no bit-field without a name, except alone. */
function dropUnnamedBitfields(draft: Draft, from: number): void {
  const { kind, next, prev } = draft;
  let token = from;
  while (isTypeWord(kind[token]!) || kind[token] === K.identifier || kind[token] === K.storage) token = next[token]!;
  for (let steps = 0; steps < 256; steps++) {
    const k = kind[token];
    if (k === K.semicolon || k === K.none || k === K.openBrace || k === K.closeBrace) return;
    const before = kind[prev[token]!]!;
    const unnamed = k === K.colon && (before === K.comma || prev[token] === from || isTypeWord(before));
    if (!unnamed) {
      token = next[token]!;
      continue;
    }
    let end = next[token]!;
    while (kind[end] !== K.comma && kind[end] !== K.semicolon && kind[end] !== K.closeBrace && kind[end] !== K.none) {
      end = next[end]!;
    }
    draft.drop(before === K.comma ? prev[token]! : token, end);
    token = end;
  }
}
