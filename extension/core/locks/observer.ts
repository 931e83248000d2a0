import type { LockMode } from '../report/documents.ts';
import type { Effect } from './effects.ts';
import type { CallStep, Step } from './graph.ts';
import type { State } from './state.ts';
import type { Sleep, Summary } from './summary.ts';

/** Told what happens at each step in each state, once nothing changes any more. `state` is the one before. */
export interface Observer {
  /** `failing`: it may also not be taken. `passing`: a callee takes it, and lets it go again. */
  acquire?(state: State, effect: Effect, failing: boolean, passing?: boolean): void;
  /** `held`: what is let go; undefined: nothing that is known to be held. */
  release?(state: State, effect: Effect, held: Effect | undefined): void;
  sleep?(state: State, sleep: Sleep): void;
  require?(state: State, effect: Effect, mode: LockMode | undefined): void;
  step?(state: State, step: Step): void;
  /** What a call that can be followed may come to. */
  callee?(step: CallStep, summaries: readonly Summary[]): void;
}

/** Held set before one step. `ways`: one for each combination that can be held there. */
export interface Point {
  readonly at: number;
  readonly ways: readonly (readonly Effect[])[];
}

/** The held sets before every step of a flow that has run. */
export function points(flow: { observe(observer: Observer): void }): Point[] {
  const at = new Map<number, (readonly Effect[])[]>();
  flow.observe({
    step: (state, step) => {
      const ways = at.get(step.at);
      if (ways) ways.push(state.held);
      else at.set(step.at, [state.held]);
    },
  });
  return [...at].map(([offset, ways]) => ({ at: offset, ways })).sort((a, b) => a.at - b.at);
}
