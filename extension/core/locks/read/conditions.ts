import type { Expr } from '../expr.ts';
import type { Block, GraphBuilder } from '../graph.ts';
import type { BodyOptions } from './options.ts';
import { Kind, type Tokens } from './tokens.ts';
import { isCast } from './types.ts';

/** What conditions need of the reader of expressions: it stands at the token `i`. */
interface Reader {
  i: number;
  readonly tokens: Tokens;
  readonly scope: { readonly options: BodyOptions };
  comma(): Expr;
  binary(least: number): Expr;
}

export const ASSIGN = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);

/** Evaluates the tokens up to `end` as a condition, and ends the current block with branches to `yes` and `no`. */
export function readCondition(e: Reader, graph: GraphBuilder, yes: Block, no: Block, end: number): void {
  new Condition(e, graph).or(yes, no, end);
  e.i = end;
}

class Condition {
  constructor(
    private readonly e: Reader,
    private readonly graph: GraphBuilder,
  ) {}

  or(yes: Block, no: Block, end: number): void {
    if (this.notOfConditions(end)) {
      this.graph.branch(this.e.comma(), yes, no);
      return;
    }
    for (;;) {
      const bar = this.find('||', end);
      if (bar < 0) {
        this.and(yes, no, end);
        return;
      }
      const next = this.graph.block();
      this.and(yes, next, bar);
      this.e.i = bar + 1;
      this.graph.start(next);
    }
  }

  private and(yes: Block, no: Block, end: number): void {
    for (;;) {
      const both = this.find('&&', end);
      if (both < 0 || both === this.e.i) {
        this.not(yes, no, end);
        return;
      }
      const next = this.graph.block();
      this.not(next, no, both);
      this.e.i = both + 1;
      this.graph.start(next);
    }
  }

  private not(yes: Block, no: Block, end: number): void {
    const { text, match, kind } = this.e.tokens;
    let [a, b] = [yes, no];
    let k = this.e.i;
    while (text[k] === '!') {
      [a, b] = [b, a];
      k++;
    }
    let open = k;
    if (kind[k] === Kind.Name && text[k + 1] === '(' && this.e.scope.options.isTransparent(text[k]!)) open = k + 1;
    if (
      text[open] === '(' &&
      text[open + 1] !== '{' &&
      match[open] === end - 1 &&
      !(open === k && isCast(this.e.tokens, open))
    ) {
      this.e.i = open + 1;
      // Only the first argument of WARN_ON and the like is the condition.
      const comma = open > k ? this.find(',', end - 1) : -1;
      this.or(a, b, comma < 0 ? end - 1 : comma);
      this.e.i = end;
      return;
    }
    this.graph.branch(this.e.binary(3), yes, no);
    this.e.i = end;
  }

  /** Whether the tokens up to `end` have what binds weaker than `||` at their own level. */
  private notOfConditions(end: number): boolean {
    const { text, match } = this.e.tokens;
    for (let k = this.e.i; k < end; k++) {
      if (match[k]! > k) {
        k = match[k]!;
        continue;
      }
      const t = text[k]!;
      if (t === '?' || t === ',' || ASSIGN.has(t)) return true;
    }
    return false;
  }

  private find(mark: string, end: number): number {
    const { text, match } = this.e.tokens;
    for (let k = this.e.i; k < end; k++) {
      if (match[k]! > k) k = match[k]!;
      else if (text[k] === mark) return k;
    }
    return -1;
  }
}
