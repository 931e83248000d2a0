import { braceContext } from './brackets.ts';
import type { Draft } from './draft.ts';
import { Context, isClosing, isOpening, K } from './kinds.ts';
import { maskArguments, maskOffsetof } from './rules/arguments.ts';
import { parameters } from './rules/declarations.ts';
import { element, enumerator } from './rules/lists.ts';
import { endDoLoop } from './rules/loops.ts';
import { member } from './rules/members.ts';
import { statement } from './rules/statements.ts';
import { topLevel } from './rules/topLevel.ts';

/**
 * Walks the tokens once with the context that each stands in, and applies the rules of that context.
 *
 * A rule changes tokens from the one it is given on, never before it; so what was walked is what the parser will see.
 */
export function applyStructure(draft: Draft): void {
  new Walk(draft).run();
}

class Walk {
  readonly #contexts: number[] = [Context.top];

  constructor(readonly draft: Draft) {}

  run(): void {
    const { kind, next, prev } = this.draft;
    let token = next[0]!;
    while (token !== this.draft.end) {
      const before = prev[token]!;
      if (kind[token] !== K.directive) this.#applyRules(token);
      // Rules may have dropped the token: go on after what came before it.
      if (next[before] === token) {
        this.#enter(token);
        token = next[token]!;
      } else token = next[before]!;
    }
  }

  get #context(): number {
    return this.#contexts.at(-1)!;
  }

  #applyRules(token: number): void {
    const { draft } = this;
    const { kind, prev } = draft;
    const context = this.#context;
    const k = kind[token]!;
    const before = kind[prev[token]!]!;
    if (context === Context.top || context === Context.block || context === Context.members) {
      if (k === K.semicolon || k === K.openBrace || isClosing(k) || !this.#atStart(token, context)) return;
      if (context === Context.top) topLevel(draft, token);
      else if (context === Context.block) statement(draft, token);
      else member(draft, token);
    } else if (k === K.identifier) {
      const first = before === K.openBrace || before === K.comma;
      if (context === Context.enumerators && (first || before === K.close)) enumerator(draft, token);
      else if (context === Context.initialiser && first) element(draft, token);
    }
  }

  /** Whether a statement, item or member begins at a token. */
  #atStart(token: number, context: number): boolean {
    const { kind, prev, role, mate } = this.draft;
    const before = prev[token]!;
    const k = kind[before]!;
    if (k === K.close) {
      const open = mate[before]!;
      if (!open) return false;
      return kind[prev[open]!] === K.control || role[open] === Context.statement;
    }
    return (
      k === K.none ||
      k === K.semicolon ||
      k === K.openBrace ||
      k === K.closeBrace ||
      k === K.directive ||
      k === K.else ||
      k === K.do ||
      (k === K.colon && context !== Context.members)
    );
  }

  /** Takes note of a token that stays: brackets change the context. */
  #enter(token: number): void {
    const { draft } = this;
    const { kind, next, prev, role, mate, start, stop } = draft;
    const contexts = this.#contexts;
    const k = kind[token]!;
    const before = kind[prev[token]!]!;
    if (isOpening(k)) {
      const entered =
        k === K.open
          ? this.#parentheses(token, before)
          : k === K.openIndex
            ? Context.index
            : braceContext(draft, token, this.#context);
      role[token] = entered;
      if (mate[token]) contexts.push(entered === Context.statement ? Context.call : entered);
    } else if (isClosing(k)) {
      if (!mate[token] || contexts.length === 1) return;
      const left = contexts.pop();
      if (left === Context.members || left === Context.enumerators) kind[token] = K.aggregateEnd;
    } else if (k === K.andAnd) {
      // &&label: as &label
      const operand =
        before === K.open ||
        before === K.comma ||
        before === K.equals ||
        before === K.openBrace ||
        before === K.question ||
        before === K.colon ||
        before === K.openIndex ||
        before === K.jump;
      if (operand) draft.put(start[token]!, ' ');
    } else if (k === K.do) endDoLoop(draft, token);
    else if (k === K.goto && kind[next[token]!] === K.star) draft.dropOne(next[token]!);
    else if (k === K.ellipsis && this.#context === Context.block)
      draft.put(start[token]!, ' | '.slice(0, stop[token]! - start[token]!));
  }

  /** Settles what parentheses hold and applies the rules for it. */
  #parentheses(open: number, before: number): number {
    const { draft } = this;
    let role = draft.role[open]!;
    if (!role) {
      const previous = draft.prev[open]!;
      const follows = before === K.close ? draft.role[draft.mate[previous]!] : 0;
      if (before === K.control) role = Context.control;
      else if (before === K.identifier) role = this.#context === Context.parameters ? Context.parameters : Context.call;
      else role = follows === Context.parameters ? Context.parameters : Context.expression;
    }
    if (before === K.offsetof) maskOffsetof(draft, open);
    else if (role === Context.call) maskArguments(draft, open, before !== K.control);
    else if (role === Context.parameters) parameters(draft, open);
    return role;
  }
}
