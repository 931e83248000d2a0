import type { Effect } from './effects.ts';
import type { Expr, Owner } from './expr.ts';
import type { Definition } from './scan.ts';

/** What an argument, or memory through one, must have been: one of `mask` (values.ts). */
export interface Guard {
  readonly expr: Expr;
  readonly mask: number;
}

/** One way a function can leave: what it holds and let go, and what is then known of its value and its arguments. */
export interface Outcome {
  readonly held: readonly Effect[];
  readonly released: readonly Effect[];
  /** Mask of `values.ts` of the value returned. */
  readonly ret: number;
  readonly value: Expr | undefined;
  readonly writes: readonly { readonly place: Expr; readonly value: Expr | undefined }[];
  /** Only when these hold of the arguments. */
  readonly guards: readonly Guard[];
}

export interface Sleep {
  readonly effect: Effect;
  /** Sleeps only if this gfp mask allows it. */
  readonly gfp: Expr | undefined;
  /** Locks of the caller's that have been let go when it sleeps. */
  readonly dropped: readonly Expr[];
  /** Only when these hold of the arguments: `if (can_wait) wait()`. */
  readonly guards?: readonly Guard[] | undefined;
}

/** Taken while another is held. */
export interface Order {
  readonly first: Effect;
  readonly second: Effect;
}

export interface ExitPoint {
  readonly at: number;
  readonly kind: 'return' | 'end' | 'noreturn';
  /** One for each way of getting here that differs in locks; `ret`: mask of the value returned. */
  readonly ways: readonly {
    readonly held: readonly Effect[];
    readonly released: readonly Effect[];
    readonly ret: number;
  }[];
}

/** What a function does to locks, in terms of its own parameters. */
export interface Summary {
  readonly definition: Definition;
  readonly owner: Owner;
  readonly outcomes: readonly Outcome[];
  readonly takes: readonly Effect[];
  readonly requires: readonly Effect[];
  /** What the CPU must be in: `context` entries that nothing taken here meets. */
  readonly needs: readonly Effect[];
  readonly sleeps: readonly Sleep[];
  readonly primitives: readonly string[];
  readonly unknown: readonly string[];
  readonly exits: readonly ExitPoint[];
  readonly orders: readonly Order[];
  /** Fields of memory that it, or what it calls, stores to; undefined: any. */
  readonly modifies: ReadonlySet<string> | undefined;
  /** It does nothing that a caller could tell, but for the value it returns. */
  readonly plain: boolean;
}

/** A summary of something that does nothing to locks and returns anything. */
export function emptySummary(definition: Definition, owner: Owner, unknown: readonly string[]): Summary {
  return {
    definition,
    owner,
    outcomes: [{ held: [], released: [], ret: 7, value: undefined, writes: [], guards: [] }],
    takes: [],
    requires: [],
    needs: [],
    sleeps: [],
    primitives: [],
    unknown,
    exits: [],
    orders: [],
    modifies: undefined,
    plain: false,
  };
}

/** Equal summaries: the fixpoint over recursion has been reached. */
export function fingerprint(s: Summary): string {
  const one = (e: Effect) => `${e.expr.id}${e.mode}${e.maybe}`;
  return [
    s.outcomes.map(o => `${o.held.map(one)}|${o.released.map(one)}|${o.ret}`).join(';'),
    s.takes.length,
    s.requires.map(one),
    s.sleeps.length > 0,
    s.unknown.length,
    s.modifies?.size,
  ].join('#');
}

/** Whether a function was seen to take, or let go, any lock: where calls were not followed far enough, it may seem to do nothing. */
export const does = ({ outcomes }: Summary, effect: string): boolean =>
  outcomes.some(o => (effect === 'acquire' ? o.held : o.released).length > 0);
