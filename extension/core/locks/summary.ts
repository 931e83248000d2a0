import type { Expr } from './expr.ts';
import type { Definition } from './scan.ts';
import type { Effect } from './state.ts';

/** One way a function can leave: what it holds and let go, and what is then known of its value and its arguments. */
export interface Outcome {
  readonly held: readonly Effect[];
  readonly released: readonly Effect[];
  /** Mask of `values.ts` of the value returned. */
  readonly ret: number;
  readonly value: Expr | undefined;
  readonly writes: readonly { readonly place: Expr; readonly value: Expr | undefined }[];
  /** Only when these hold of the arguments. */
  readonly guards: readonly { readonly expr: Expr; readonly mask: number }[];
}

export interface Sleep {
  readonly effect: Effect;
  /** Sleeps only if this gfp mask allows it. */
  readonly gfp: Expr | undefined;
}

export interface ExitPoint {
  readonly at: number;
  readonly kind: 'return' | 'end' | 'noreturn';
  /** One for each way of getting here that differs in locks. */
  readonly ways: readonly { readonly held: readonly Effect[]; readonly released: readonly Effect[] }[];
}

/** What a function does to locks, in terms of its own parameters. */
export interface Summary {
  readonly definition: Definition;
  readonly outcomes: readonly Outcome[];
  readonly takes: readonly Effect[];
  readonly requires: readonly Effect[];
  readonly sleeps: readonly Sleep[];
  readonly primitives: readonly string[];
  readonly unknown: readonly string[];
  readonly exits: readonly ExitPoint[];
}

/** Identity of a definition: scopes its locals. */
export const ownerOf = (d: Definition): string => `${d.source.file}:${d.start}`;

/** A summary of something that does nothing to locks and returns anything. */
export function emptySummary(definition: Definition, unknown: readonly string[]): Summary {
  return {
    definition,
    outcomes: [{ held: [], released: [], ret: 7, value: undefined, writes: [], guards: [] }],
    takes: [],
    requires: [],
    sleeps: [],
    primitives: [],
    unknown,
    exits: [],
  };
}

/** Equal summaries: the fixpoint over recursion has been reached. */
export function fingerprint(s: Summary): string {
  const one = (e: Effect) => `${JSON.stringify(e.expr)}${e.mode}${e.maybe}`;
  return [
    s.outcomes.map(o => `${o.held.map(one)}|${o.released.map(one)}|${o.ret}`).join(';'),
    s.takes.map(one),
    s.requires.map(one),
    s.sleeps.length > 0,
    s.unknown,
    s.primitives,
  ].join('#');
}
