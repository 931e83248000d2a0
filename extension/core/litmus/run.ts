import { Simulation, STEP_LIMIT } from '../explore/simulate.ts';
import { couldBuffer } from '../explore/weak/buffering.ts';
import { WeakExecutions } from '../explore/weak/executions.ts';
import type { LitmusDocument } from '../report/documents.ts';
import { InputError, type SourceTree } from '../text/source.ts';
import { isThread, litmusScenario, satisfies, type Verdict } from './litmus.ts';

export type LitmusResult = LitmusDocument['tests'][number];

/** What is in no file: a test says all that it needs. */
const NOTHING: SourceTree = { label: 'litmus', list: async () => undefined, read: async () => undefined };

/**
 * Runs a litmus test as a scenario, in every execution that the kernel's memory model allows but for load buffering, and says
 * whether its question is answered by none, some or all of them.
 */
export async function runLitmus(file: string, text: string, signal?: AbortSignal): Promise<LitmusResult> {
  const began = performance.now();
  const done = (rest: Partial<LitmusResult>): LitmusResult => ({
    ...{ name: file, file, positive: 0, negative: 0, states: 0, flags: [] },
    ...rest,
    seconds: Math.round(performance.now() - began) / 1000,
  });
  try {
    const test = litmusScenario(file, text);
    const simulation = await Simulation.load({
      tree: NOTHING,
      scenario: file,
      scenarioText: test.scenario,
      tracks: true,
    });
    const unread = simulation.program.functions.find(f => isThread(f.name) && f.failure !== undefined);
    if (unread) return done({ name: test.name, error: unread.failure! });
    const executions = new WeakExecutions(simulation, STEP_LIMIT);
    const watched = [...new Set(namesIn(test.condition).concat(test.filter ? namesIn(test.filter) : []))];
    for (;;) {
      let positive = 0;
      let negative = 0;
      const states = new Set<string>();
      const flags = new Set<string>();
      executions.sharing.grown = false;
      executions.start();
      while (executions.memory.left > 0 && !executions.sharing.grown) {
        if (signal?.aborted) return done({ name: test.name, error: 'cancelled' });
        const end = executions.next();
        if (end === undefined || executions.sharing.grown) continue;
        if (end !== 'done') {
          flags.add(end === 'blocked' ? 'deadlock' : (executions.end?.message ?? end));
          continue;
        }
        if (executions.races?.length) flags.add('data-race');
        if (couldBuffer(executions.memory.graph)) flags.add('load-buffering-left-out');
        const state = stateOf(executions, simulation, test.watched);
        if (test.filter && !satisfies(test.filter, state.value, state.address)) continue;
        states.add(watched.map(name => `${name}=${state.value(name)}`).join(' '));
        if (satisfies(test.condition, state.value, state.address)) positive++;
        else negative++;
      }
      if (executions.sharing.grown) continue;
      for (const { function: name } of executions.sink.unmodelledCalls()) flags.add(`unmodelled ${name}()`);
      const verdict: Verdict = positive === 0 ? 'Never' : negative === 0 ? 'Always' : 'Sometimes';
      return done({
        ...{ name: test.name, verdict, positive, negative, states: states.size, flags: [...flags].sort() },
        ...(test.expected ? { expected: test.expected } : {}),
      });
    }
  } catch (error) {
    if (error instanceof InputError) return done({ error: error.message });
    throw error;
  }
}

/** Values at the end, by the names of the question. */
function stateOf({ begun }: WeakExecutions, simulation: Simulation, watched: ReadonlyMap<string, string>) {
  const { memory } = begun.machine;
  const global = (name: string) => {
    const id = watched.get(name);
    return id === undefined ? undefined : simulation.program.globals.find(g => g.name === id);
  };
  const address = (location: string): bigint => {
    const found = global(location);
    return found ? BigInt(begun.addressOf(found.name)!) : -1n;
  };
  const value = (name: string): bigint => {
    const found = global(name);
    // What no thread touches is not in the program, and stays what it was.
    if (!found) return 0n;
    const p = begun.addressOf(found.name)!;
    return found.type.kind === 'pointer' ||
      /64|long|unsigned long/.test(String(found.type.kind === 'int' ? found.type.scalar : ''))
      ? memory.read(p, 'i64')
      : BigInt(memory.read(p, 'i32'));
  };
  return { value, address };
}

function namesIn(condition: Parameters<typeof satisfies>[0]): string[] {
  switch (condition.kind) {
    case 'is':
      return [condition.thread === undefined ? condition.name : `${condition.thread}:${condition.name}`];
    case 'not':
      return namesIn(condition.of);
    case 'true':
      return [];
    default:
      return [...namesIn(condition.left), ...namesIn(condition.right)];
  }
}
