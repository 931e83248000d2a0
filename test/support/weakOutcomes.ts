import { Simulation, STEP_LIMIT } from '../../extension/core/explore/simulate.ts';
import { WeakExecutions } from '../../extension/core/explore/weak/executions.ts';
import { tree } from './everySchedule.ts';

export interface WeakOutcomes {
  readonly outcomes: Map<string, number>;
  readonly executions: number;
  readonly blocked: number;
  readonly deadlocks: number;
  /** Complete graphs that came twice. */
  readonly twice: number;
}

/** All executions of a scenario under weak memory: the values of some globals at the end, and in how many executions they are that. */
export async function weakOutcomes(text: string, globals: readonly string[]): Promise<WeakOutcomes> {
  const simulation = await Simulation.load({ tree, scenario: 's.scenario.c', scenarioText: text, tracks: true });
  return outcomesOf(simulation, globals);
}

export function outcomesOf(simulation: Simulation, globals: readonly string[]): WeakOutcomes {
  const executions = new WeakExecutions(simulation, STEP_LIMIT);
  const { sharing, memory } = executions;
  for (;;) {
    const outcomes = new Map<string, number>();
    const seen = new Set<string>();
    const found = { outcomes, executions: 0, blocked: 0, deadlocks: 0, twice: 0 };
    sharing.grown = false;
    executions.start();
    while (memory.left > 0 && !sharing.grown) {
      const end = executions.next();
      if (sharing.grown) break;
      if (end === undefined) {
        found.blocked++;
        continue;
      }
      const shape = JSON.stringify([
        memory.graph.threads.map(t => t.map(e => [e.kind, e.location, place(memory.graph.from.get(e))])),
        [...memory.graph.coherence].sort((a, b) => a[0] - b[0]).map(([, w]) => w.map(place)),
      ]);
      if (seen.has(shape)) found.twice++;
      seen.add(shape);
      found.executions++;
      if (end !== 'done') found.deadlocks++;
      const { machine, addressOf } = executions.begun;
      const values = globals.map(name => `${name}=${machine.memory.read(addressOf(name)!, 'i32')}`);
      const key = end === 'done' ? values.join(' ') : `${end} ${executions.end?.message ?? ''}`;
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    }
    if (!sharing.grown) return found;
  }
}

const place = (e: { thread: number; index: number } | undefined): string => (e ? `${e.thread}.${e.index}` : '');
