import { braceContext, endsTopLevel } from './brackets.ts';
import { continuesName, withoutComments } from './characters.ts';
import type { Draft } from './draft.ts';
import { Context, Directive, isClosing, isOpening, K } from './kinds.ts';

/** Nested deeper, conditionals are ignored: no source does that, and the work per token stays bounded. */
const deepest = 48;

/**
 * Makes the `#if`s of a text such that the grammar takes them.
 *
 * Around whole items or statements they stay, as alternatives, with a condition that always parses. Where a branch holds
 * only a part of a statement or expression, the first branch stays and the others are blanked; so are branches that no
 * configuration takes, and include guards.
 */
export function resolveConditionals(draft: Draft): void {
  const groups = groupDirectives(draft);
  if (groups.size === 0) return;
  dropSettled(draft, groups);
  new Resolver(draft, groups).walk(draft.next[0]!, draft.end);
}

/** First directive → all directives of its group, the `#endif` last. Directives without a partner are dropped. */
function groupDirectives(draft: Draft): Map<number, number[]> {
  const { kind, role, next } = draft;
  const groups = new Map<number, number[]>();
  const open: number[][] = [];
  for (let token = next[0]!; token !== draft.end; token = next[token]!) {
    if (kind[token] !== K.directive) continue;
    const group = open.at(-1);
    if (role[token]! <= Directive.ifndef) open.push([token]);
    else if (!group) draft.dropOne(token);
    else {
      group.push(token);
      if (role[token] !== Directive.endif) continue;
      open.pop();
      if (open.length < deepest) groups.set(group[0]!, group);
      else for (const directive of group) draft.dropOne(directive);
    }
  }
  for (const directive of open.flat()) draft.dropOne(directive);
  return groups;
}

/** Include guards go, and branches that no configuration takes: before it is asked what the rest of a branch holds. */
function dropSettled(draft: Draft, groups: ReadonlyMap<number, readonly number[]>): void {
  const { kind, next, prev } = draft;
  for (let token = next[0]!; token !== draft.end; ) {
    const before = prev[token]!;
    const group = kind[token] === K.directive ? groups.get(token) : undefined;
    const kept = group ? settledBranch(draft, group) : undefined;
    if (group && kept !== undefined) {
      keepOnly(draft, group, kept);
      token = next[before]!;
    } else token = next[token]!;
  }
}

/** The branch that every configuration takes. With an #elif after what is false, its branch stands for those that remain. */
function settledBranch(draft: Draft, group: readonly number[]): number | undefined {
  const condition = withoutComments(draft.word(group[0]!)).replace(/\s+/g, ' ').trim();
  const guard =
    /^# ?(?:ifndef|if ?!defined)/.test(condition) &&
    group.length === 2 &&
    draft.prev[group[0]!] === 0 &&
    draft.next[group[1]!] === draft.end;
  if (guard || draft.tables.always.some(pattern => pattern.test(condition))) return 0;
  return draft.tables.never.some(pattern => pattern.test(condition)) ? 1 : undefined;
}

/** Drops the directives of a group and all its branches but one. */
function keepOnly(draft: Draft, group: readonly number[], kept: number): void {
  for (let branch = 0; branch + 1 < group.length; branch++) {
    if (branch === kept) continue;
    const from = group[branch]!;
    const to = group[branch + 1]!;
    draft.inactive.push([draft.stop[from]!, draft.start[to]!]);
    draft.drop(draft.next[from]!, to);
  }
  for (const directive of group) draft.dropOne(directive);
}

class Resolver {
  readonly #contexts: number[] = [Context.top];

  constructor(
    readonly draft: Draft,
    readonly groups: ReadonlyMap<number, readonly number[]>,
  ) {}

  walk(from: number, to: number): void {
    const { kind, next } = this.draft;
    const contexts = this.#contexts;
    let token = from;
    while (token !== to) {
      const k = kind[token]!;
      const group = k === K.directive ? this.groups.get(token) : undefined;
      if (group) {
        const after = next[group.at(-1)!]!;
        this.#resolve(group);
        token = after;
        continue;
      }
      if (k === K.openBrace) contexts.push(braceContext(this.draft, token, this.#context));
      else if (isOpening(k)) contexts.push(Context.expression);
      else if (k === K.closeBrace && endsTopLevel(this.draft, token)) contexts.length = 1;
      else if (isClosing(k) && contexts.length > 1) contexts.pop();
      token = next[token]!;
    }
  }

  get #context(): number {
    return this.#contexts.at(-1)!;
  }

  #resolve(group: readonly number[]): void {
    const { draft } = this;
    if (!this.#holdsWholes(group)) {
      // The tokens of the branch may be rewritten while walked; the ends around it stay.
      const before = draft.prev[group[0]!]!;
      const after = draft.next[group.at(-1)!]!;
      keepOnly(draft, group, 0);
      this.walk(draft.next[before]!, after);
    } else {
      const depth = this.#contexts.length;
      for (const directive of group) simplify(draft, directive);
      for (let branch = 0; branch + 1 < group.length; branch++) {
        this.walk(draft.next[group[branch]!]!, group[branch + 1]!);
        this.#contexts.length = Math.min(depth, this.#contexts.length);
      }
    }
  }

  /** Whether the group stands where items or statements do and each branch holds only whole ones. */
  #holdsWholes(group: readonly number[]): boolean {
    const { kind, prev } = this.draft;
    const context = this.#context;
    if (context !== Context.top && context !== Context.block && context !== Context.members) return false;
    const before = prev[group[0]!]!;
    const k = kind[before]!;
    const boundary =
      k === K.none ||
      k === K.semicolon ||
      k === K.openBrace ||
      k === K.closeBrace ||
      k === K.directive ||
      (k === K.colon && context === Context.block && this.#endsCase(before)) ||
      (k === K.close && context === Context.top);
    if (!boundary) return false;
    const after = this.#kindAfter(group.at(-1)!);
    if (after === K.else) return false;
    for (let branch = 0; branch + 1 < group.length; branch++) {
      if (!this.#isWhole(group[branch]!, group[branch + 1]!, after)) return false;
    }
    return true;
  }

  /** The kind of the next token that is no directive. */
  #kindAfter(token: number): number {
    const { kind, next } = this.draft;
    let after = next[token]!;
    while (kind[after] === K.directive) after = next[after]!;
    return kind[after]!;
  }

  /** Whether a branch, given by the directives around it, holds only whole items or statements. */
  #isWhole(from: number, to: number, after: number): boolean {
    const { kind, next, prev } = this.draft;
    const context = this.#context;
    let depth = 0;
    let first = K.none as number;
    let last = 0;
    const skip: number[] = [];
    for (let token = next[from]!; token !== to; token = next[token]!) {
      const k = kind[token]!;
      if (k === K.directive) {
        // Of a nested group the first branch tells the balance: jump from its end to the #endif.
        const group = this.groups.get(token);
        if (group) skip.push(group.at(-1)!);
        else if (skip.length) token = skip.pop()!;
        continue;
      }
      if (first === K.none) {
        first = k;
        if (k === K.openBrace && context === Context.top && kind[prev[from]!] === K.close) return false;
      }
      if (isOpening(k)) depth++;
      else if (isClosing(k) && --depth < 0) return false;
      if (depth > 0 && k === K.closeBrace && endsTopLevel(this.draft, token)) depth = 0;
      last = token;
    }
    if (depth !== 0) return false;
    if (first === K.none) return true;
    if (first === K.else) return false;
    const k = kind[last];
    if (k === K.semicolon) return true;
    if (k === K.closeBrace) {
      return after !== K.semicolon && after !== K.comma && after !== K.equals && after !== K.operator;
    }
    return k === K.colon && context === Context.block && after !== K.none && this.#endsCase(last);
  }

  /** Whether a `:` is that of a `case` or `default`. */
  #endsCase(colon: number): boolean {
    const { kind, prev } = this.draft;
    let token = prev[colon]!;
    for (let steps = 0; steps < 24; steps++, token = prev[token]!) {
      const k = kind[token];
      if (k === K.case) return true;
      if (k === K.none || k === K.semicolon || k === K.openBrace || k === K.closeBrace || k === K.colon) return false;
    }
    return false;
  }
}

/** Leaves of a directive what the grammar always takes: `#if 1`, `#ifdef NAME`, `#else`. The original keeps the rest. */
function simplify(draft: Draft, token: number): void {
  const { units } = draft;
  const end = draft.stop[token]!;
  const role = draft.role[token]!;
  const skipSpace = (from: number): number => {
    let at = from;
    while (at < end && (units[at] === 32 || units[at] === 9)) at++;
    return at;
  };
  const skipName = (from: number): number => {
    let at = from;
    while (at < end && continuesName(units[at]!)) at++;
    return at;
  };
  const afterWord = skipName(skipSpace(draft.start[token]! + 1));
  if (role === Directive.if || role === Directive.elif) {
    draft.blank(afterWord, end);
    const room = afterWord + 1 < end && units[afterWord + 1] === 32 && units[afterWord] === 32;
    if (room) draft.put(afterWord + 1, '1');
  } else if (role === Directive.else || role === Directive.endif) draft.blank(afterWord, end);
  else draft.blank(skipName(skipSpace(afterWord)), end);
}
