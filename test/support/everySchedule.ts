import { Touches } from '../../extension/core/explore/dpor/executable.ts';
import { Exploration } from '../../extension/core/explore/dpor/explore.ts';
import { ScenarioExecutions } from '../../extension/core/explore/executions.ts';
import { Simulation } from '../../extension/core/explore/simulate.ts';
import { DATA } from '../../extension/core/machine/layout.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import { HEADER } from './scenarioPrograms.ts';

export const tree: SourceTree = {
  label: 'test',
  list: async () => undefined,
  read: async path => (path === 'include/linux/spinlock.h' ? new TextEncoder().encode(HEADER) : undefined),
};

/** What came of a scenario: a word for each way that it can end. */
export interface Outcomes {
  readonly ends: ReadonlySet<string>;
  /** Some execution ended with a bug: what comes after it is in no execution. */
  readonly bugs: boolean;
  readonly executions: number;
  readonly redundant: number;
}

export const load = (text: string): Promise<Simulation> =>
  Simulation.load({ tree, scenario: 'random.scenario.c', scenarioText: text });

/** Bytes that hold the globals of such a scenario. */
const GLOBALS = 256;

function endOf(run: ScenarioExecutions): string {
  if (run.end) return `${run.end.kind} ${run.end.message}`;
  const { memory } = run.begun.machine;
  const done = Array.from({ length: run.threads }, (_, t) => (run.isDone(t) ? 'd' : 'b')).join('');
  return `${done} ${Buffer.from(memory.readBytes(DATA, GLOBALS)).toString('hex')}`;
}

/** By exploration: one execution of each class, memory that is not shared left out. */
export function explored(simulation: Simulation): Outcomes {
  const run = new ScenarioExecutions(simulation, 10_000);
  for (;;) {
    const ends = new Set<string>();
    const exploration = new Exploration(run, {
      onExecution: () => {
        if (!run.sharing.grown) ends.add(endOf(run));
        return !run.sharing.grown;
      },
    });
    exploration.run();
    const { executions, stopped, blocked } = exploration.explored;
    if (!run.sharing.grown) return { ends, bugs: stopped > 0, executions, redundant: blocked };
    run.sharing.grown = false;
  }
}

/** By every schedule there is, each access being a step; undefined: there are more than `most`. */
export function enumerated(simulation: Simulation, most: number): Outcomes | undefined {
  const run = new ScenarioExecutions(simulation, 10_000, true);
  const touches = new Touches();
  const ends = new Set<string>();
  let executions = 0;
  let bugs = false;
  /** Threads chosen, and of each choice those that are left. */
  const chosen: number[] = [];
  const left: number[][] = [];
  do {
    run.restart();
    let going = true;
    for (let i = 0; going; i++) {
      if (i === chosen.length) {
        const enabled = Array.from({ length: run.threads }, (_, t) => t).filter(t => run.isEnabled(t));
        if (enabled.length === 0) break;
        chosen.push(enabled[0]!);
        left.push(enabled.slice(1));
      }
      touches.clear();
      going = run.step(chosen[i]!, touches);
    }
    if (++executions > most) return undefined;
    bugs ||= run.end !== undefined;
    ends.add(endOf(run));
    while (left.length > 0 && left.at(-1)!.length === 0) {
      left.pop();
      chosen.pop();
    }
    if (left.length > 0) chosen[chosen.length - 1] = left.at(-1)!.shift()!;
  } while (left.length > 0);
  return { ends, bugs, executions, redundant: 0 };
}
