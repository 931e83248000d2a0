import { type Expr, lockKey } from '../expr.ts';
import type { Flow } from '../flow.ts';
import type { Exit } from '../outcomes.ts';
import type { Definition } from '../scan.ts';
import type { Effect, State } from '../state.ts';
import type { Sleep, Summary } from '../summary.ts';

/** Locks held while something happens, and what happens. */
export interface Seen<T> {
  readonly held: readonly Effect[];
  readonly gone: ReadonlyMap<Expr, Effect>;
  readonly released: readonly Effect[];
  readonly doubt: boolean;
  readonly what: T;
}

/** Everything that happens to locks in one function, in every state, once the analysis has settled. */
export interface Observed {
  readonly definition: Definition;
  readonly summary: Summary;
  readonly acquires: readonly Seen<{ readonly effect: Effect; readonly failing: boolean; readonly passing: boolean }>[];
  readonly releases: readonly Seen<{ readonly effect: Effect; readonly held: Effect | undefined }>[];
  readonly sleeps: readonly Seen<Sleep>[];
  readonly requires: readonly Seen<Effect>[];
  readonly exits: readonly Exit[];
  /** Names that are called, and those that are called with interrupts off. */
  readonly calls: ReadonlySet<string>;
  readonly calledOff: ReadonlySet<string>;
}

/** What a function does, state by state. `flow` has run. */
export function observe(summary: Summary, flow: Flow): Observed {
  const { definition } = summary;
  const acquires: Seen<{ effect: Effect; failing: boolean; passing: boolean }>[] = [];
  const releases: Seen<{ effect: Effect; held: Effect | undefined }>[] = [];
  const sleeps: Seen<Sleep>[] = [];
  const requires: Seen<Effect>[] = [];
  const seen = <T>(state: State, what: T): Seen<T> => ({
    held: state.held,
    gone: state.gone,
    released: state.released,
    doubt: state.doubt,
    what,
  });
  const calledOff = new Set<string>();
  flow.observe({
    step: (state, step) => {
      if (step.op === 'call' && state.held.some(e => e.entry.irq === 'off')) calledOff.add(step.name);
    },
    acquire: (state, effect, failing, passing = false) => acquires.push(seen(state, { effect, failing, passing })),
    release: (state, effect, held) => releases.push(seen(state, { effect, held })),
    sleep: (state, sleep) => sleeps.push(seen(state, sleep)),
    require: (state, effect) => requires.push(seen(state, effect)),
  });
  return {
    definition,
    summary,
    acquires,
    releases,
    sleeps,
    requires,
    exits: flow.ways(),
    calls: flow.calls(),
    calledOff,
  };
}

export const sameLock = (a: Expr, b: Expr): boolean => lockKey(a) === lockKey(b);
