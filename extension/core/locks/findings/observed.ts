import type { Effect } from '../effects.ts';
import { type Expr, lockKey } from '../expr.ts';
import type { Flow } from '../flow.ts';
import type { CallStep, Graph, Step } from '../graph.ts';
import type { Observer } from '../observer.ts';
import type { Exit } from '../outcomes.ts';
import type { Definition } from '../scan.ts';
import type { State } from '../state.ts';
import type { Sleep, Summary } from '../summary.ts';

/** Locks held while something happens, and what happens. */
export interface Seen<T> {
  readonly held: readonly Effect[];
  readonly gone: ReadonlyMap<Expr, Effect>;
  readonly released: readonly Effect[];
  readonly doubt: boolean;
  readonly what: T;
}

/** What a step does to locks, in all states together. */
export interface StepLocks {
  readonly acquires: readonly Effect[];
  readonly releases: readonly Effect[];
  /** A callee lets these go and takes them again. */
  readonly retakes: readonly Effect[];
}

/** The control flow of a function, with what its steps do to locks. */
export interface Relocking {
  readonly graph: Graph;
  readonly locking: ReadonlyMap<Step, StepLocks>;
  /** What the functions that a step calls are known to do; a step that is missing calls what could not be followed. */
  readonly callees: ReadonlyMap<Step, readonly Summary[]>;
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
  /** Of a function that takes a lock again which it has let go. */
  readonly relocking: Relocking | undefined;
  /** Fields stored to while a lock of a class is held: `class field`. */
  readonly stores: ReadonlySet<string>;
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
  const callees = new Map<CallStep, readonly Summary[]>();
  const stores = new Set<string>();
  const locking = new Map<Step, { acquires: Effect[]; releases: Effect[]; retakes: Effect[] }>();
  let current: Step | undefined;
  const note = (what: 'acquires' | 'releases' | 'retakes', effect: Effect) => {
    if (!current) return;
    let step = locking.get(current);
    if (!step) locking.set(current, (step = { acquires: [], releases: [], retakes: [] }));
    if (!step[what].some(e => sameLock(e.expr, effect.expr))) step[what].push(effect);
  };
  const observer: Observer = {
    step: (state, step) => {
      current = step;
      if (step.op === 'call' && state.held.some(e => e.entry.irq === 'off')) calledOff.add(step.name);
      if (step.op === 'set' && step.place.k === 'field' && state.held.length)
        for (const { lockClass } of state.held) if (lockClass) stores.add(`${lockClass} ${step.place.name}`);
    },
    acquire: (state, effect, failing, passing = false) => {
      acquires.push(seen(state, { effect, failing, passing }));
      if (!failing && !passing) note('acquires', effect);
    },
    release: (state, effect, held) => {
      releases.push(seen(state, { effect, held }));
      note('releases', effect);
    },
    sleep: (state, sleep) => sleeps.push(seen(state, sleep)),
    require: (state, effect) => {
      requires.push(seen(state, effect));
      // Owed by a callee that lets it go: when no release is told of, it has been taken again by the end.
      if (effect.via.length && effect.entry.effect === 'release') note('retakes', effect);
    },
    callee: (step, summaries) => void callees.set(step, summaries),
  };
  if (!flow.isIdle) flow.observe(observer);
  return {
    definition,
    summary,
    acquires,
    releases,
    sleeps,
    requires,
    exits: flow.ways(),
    calls: new Set(flow.graph.calls),
    calledOff,
    relocking: takesAgain(locking.values()) ? { graph: flow.graph, locking, callees } : undefined,
    stores,
  };
}

export const sameLock = (a: Expr, b: Expr): boolean => lockKey(a) === lockKey(b);

/** Whether some lock is let go, and taken at two places or within a callee that lets it go. */
function takesAgain(steps: Iterable<StepLocks>): boolean {
  const released = new Set<Expr>();
  const taken = new Map<Expr, number>();
  for (const { acquires, releases, retakes } of steps) {
    if (retakes.length && !releases.length) return true;
    for (const e of releases) released.add(lockKey(e.expr));
    for (const e of acquires) taken.set(lockKey(e.expr), (taken.get(lockKey(e.expr)) ?? 0) + 1);
  }
  for (const [key, times] of taken) if (times > 1 && released.has(key)) return true;
  return false;
}
