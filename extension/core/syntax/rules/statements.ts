import type { Draft } from '../draft.ts';
import { Context, isStatementWord, isTypeWord, K } from '../kinds.ts';
import { declaration } from './declarations.ts';
import { declareByMacro, endInvocation } from './invocations.ts';
import { isLoopName, makeFor, makeWhile } from './loops.ts';

/** The start of a statement or declaration in a block. */
export function statement(draft: Draft, from: number): void {
  const { kind, next } = draft;
  const k = kind[from]!;
  if (k === K.identifier) {
    const close = draft.callEnd(from);
    if (close) invocation(draft, from, close);
    else namedStatement(draft, from);
  } else if (k === K.storage || k === K.qualifier) {
    let name = from;
    while (kind[name] === K.storage || kind[name] === K.qualifier) name = next[name]!;
    const close = kind[name] === K.identifier ? draft.callEnd(name) : 0;
    const after = kind[next[close]!];
    if (!close || kind[next[next[name]!]!] === K.star) declaration(draft, from, Context.block);
    else if (after === K.semicolon)
      draft.drop(from, name); // static DEFINE_MUTEX(x);
    else if (after === K.equals || after === K.openIndex) declareByMacro(draft, name);
    else if (after === K.identifier) draft.drop(next[name]!, next[close]!);
    else declaration(draft, from, Context.block);
  } else if (isTypeWord(k) || k === K.typeof) declaration(draft, from, Context.block);
}

/** A name that no `(` follows. */
function namedStatement(draft: Draft, name: number): void {
  const { kind, next } = draft;
  const after = next[name]!;
  const k = kind[after]!;
  const macroLike = /^_*[A-Z]/.test(draft.word(name));
  const begins = k === K.identifier || isStatementWord(k) || k === K.closeBrace || isTypeWord(k);
  if (macroLike && begins && draft.breaksLine(draft.stop[name]!, draft.start[after]!)) draft.dropOne(name);
  else if (k === K.identifier || isTypeWord(k)) declaration(draft, name, Context.block);
  else if (k === K.star && kind[next[after]!] === K.identifier && kind[next[next[after]!]!] === K.identifier) {
    declaration(draft, name, Context.block); // type *ATTRIBUTE name
  }
}

/** `NAME(…)` at the start of a statement: what follows tells a call from a loop, a guard, or a declaration. */
function invocation(draft: Draft, name: number, close: number): void {
  const { kind, next } = draft;
  const after = next[close]!;
  const k = kind[after]!;
  if (k === K.openBrace) {
    if (isLoopName(draft, name)) makeFor(draft, name);
    else makeWhile(draft, name);
  } else if (k === K.semicolon) {
    // A loop without a body. By the tree's own list only: functions are called …for_each… too.
    if (draft.tables.loops.has(draft.word(name))) makeFor(draft, name);
  } else if (k === K.equals) {
    if (kind[next[after]!] === K.openBrace) declareByMacro(draft, name);
  } else if (k === K.open && isLoopName(draft, name) && isFurtherIn(draft, name, close)) makeFor(draft, name);
  else if (goesOn(k)) return;
  else if (isLoopName(draft, name) && k !== K.closeBrace && k !== K.else) makeFor(draft, name);
  else if (k === K.star || k === K.operator) prefixAfterHead(draft, name, close);
  else if (beginsStatement(k)) beforeStatement(draft, name, close);
}

/** What follows an invocation inside a larger expression. */
function goesOn(k: number): boolean {
  return (
    k === K.dot ||
    k === K.arrow ||
    k === K.comma ||
    k === K.close ||
    k === K.andAnd ||
    k === K.openIndex ||
    k === K.open ||
    k === K.question ||
    k === K.colon ||
    k === K.ampersand
  );
}

function beginsStatement(k: number): boolean {
  return (
    k === K.identifier ||
    isStatementWord(k) ||
    isTypeWord(k) ||
    k === K.storage ||
    k === K.closeBrace ||
    k === K.directive ||
    k === K.typeof ||
    k === K.assembly
  );
}

/** An operator on the next line, further in, is a prefix of the statement that a loop repeats; else it is infix. */
function prefixAfterHead(draft: Draft, name: number, close: number): void {
  const { kind, next } = draft;
  const after = next[close]!;
  const word = draft.word(after);
  const prefix = kind[after] === K.star || ((word === '++' || word === '--') && kind[next[after]!] === K.identifier);
  if (prefix && isFurtherIn(draft, name, close)) makeWhile(draft, name);
}

/** What follows an invocation stands on another line and further to the right, as what a loop repeats does. */
function isFurtherIn(draft: Draft, name: number, close: number): boolean {
  const { next, start, stop } = draft;
  const after = start[next[close]!]!;
  return draft.breaksLine(stop[close]!, after) && draft.indent(after) > draft.indent(start[name]!);
}

/** A statement follows: by the layout the invocation heads it, is a part of it, or lacks its own `;`. */
function beforeStatement(draft: Draft, name: number, close: number): void {
  const { kind, next, start, stop } = draft;
  const after = next[close]!;
  const k = kind[after]!;
  const heads = k !== K.closeBrace && k !== K.directive && k !== K.else && k !== K.case;
  if (heads && !draft.breaksLine(stop[close]!, start[after]!)) {
    const then = kind[next[after]!];
    const declares = then === K.semicolon || then === K.equals || then === K.comma || then === K.openIndex;
    if (k === K.identifier && declares) draft.drop(next[name]!, after);
    else if (k === K.identifier && then === K.open) draft.drop(name, after);
    else makeFor(draft, name);
  } else if (heads && isFurtherIn(draft, name, close)) makeFor(draft, name);
  else endInvocation(draft, name);
}
