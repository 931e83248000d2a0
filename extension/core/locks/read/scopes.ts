import { type Expr, num } from '../expr.ts';
import type { GraphBuilder } from '../graph.ts';
import type { Expressions } from './expressions.ts';

/** A call that is made when control leaves a scope. */
export interface Cleanup {
  readonly call: string;
  readonly args: readonly Expr[];
  /** Only when this holds. */
  readonly when?: Expr;
}

interface Scope {
  /** Token indices of its brackets. */
  readonly from: number;
  readonly to: number;
  /** `index`: the token that it was deferred at. */
  readonly cleanups: (Cleanup & { readonly index: number })[];
}

/** The scopes that reading is in, and what each cleans up when it is left, by whatever way. */
export class Scopes {
  private readonly scopes: Scope[] = [];

  constructor(
    private readonly e: Expressions,
    private readonly graph: GraphBuilder,
  ) {}

  get depth(): number {
    return this.scopes.length;
  }

  open(from: number, to: number): void {
    this.scopes.push({ from, to, cleanups: [] });
  }

  /** Control comes to the end of the innermost scope. */
  close(at: number): void {
    this.clean(this.scopes.length - 1, -1, at);
    this.scopes.pop();
  }

  /** Cleans up when the innermost scope is left. False at file level. */
  defer(cleanup: Cleanup): boolean {
    this.scopes.at(-1)?.cleanups.push({ ...cleanup, index: this.e.i });
    return this.scopes.length > 0;
  }

  /**
   * Makes the calls of the scopes from number `depth` inwards, innermost first. They stand at the end of the statement that
   * leaves, so that at its beginning is what was before; gives that place, or `at` when there is nothing to do.
   */
  leave(depth: number, at: number): number {
    if (this.scopes.slice(depth).every(scope => scope.cleanups.length === 0)) return at;
    const end = this.endOfStatement(at);
    if (end !== at) this.e.set(this.e.temp(), num(0), at);
    this.clean(depth, -1, end);
    return end;
  }

  /** The semicolon of the `return`, `goto`, … that reading is at; else `at`. */
  private endOfStatement(at: number): number {
    const { text, at: offsets } = this.e.tokens;
    for (let i = this.e.i; i < this.e.i + 3; i++) if (text[i] === ';') return offsets[i]!;
    return at;
  }

  /** Makes the calls of the scopes from number `depth` inwards that were deferred after a token. */
  private clean(depth: number, since: number, at: number): void {
    for (let i = this.scopes.length - 1; i >= depth; i--) {
      for (const { call, args, when, index } of this.scopes[i]!.cleanups.toReversed()) {
        if (index < since) continue;
        if (!when) {
          this.e.direct(call, args, at);
          continue;
        }
        const [yes, after] = [this.graph.block(), this.graph.block()];
        this.graph.branch(when, yes, after);
        this.graph.start(yes);
        this.e.direct(call, args, at);
        this.graph.start(after);
      }
    }
  }

  /** Leaves the scopes that the label `name` is not in; of those that it is in, what has been declared since. */
  leaveFor(name: string, at: number): void {
    if (this.scopes.every(scope => scope.cleanups.length === 0)) return;
    const target = this.labelAt(name);
    const outermost = this.scopes.findIndex(scope => target < scope.from || target > scope.to);
    const inside = outermost < 0 ? this.scopes.length : outermost;
    this.leave(inside, at);
    const left = this.scopes.splice(inside);
    this.clean(0, target, this.endOfStatement(at));
    this.scopes.push(...left);
  }

  private labelAt(name: string): number {
    const { text, count } = this.e.tokens;
    for (let i = 0; i < count; i++) {
      const before = text[i - 1];
      if (text[i] === name && text[i + 1] === ':' && before !== '?' && before !== 'case' && before !== 'goto') return i;
    }
    return count;
  }
}
