import type { StaleRead, VerdictDocument, Violation, WriteAt } from '../../report/documents.ts';
import { InputError } from '../../text/source.ts';
import type { ExploreLimits } from '../explorer.ts';
import { type Found, keyOf, raced, verdictOf, warned } from '../found.ts';
import { type Simulation, STEP_LIMIT } from '../simulate.ts';
import { type WeakEnd, WeakExecutions } from './executions.ts';
import type { Event } from './graph.ts';

/** Milliseconds between two looks at the world outside. */
const SLICE = 40;

type Draft = { -readonly [P in keyof Violation]: Violation[P] };

/**
 * Runs a scenario in every way that the kernel's memory model allows, load buffering excepted: an execution in which a read reads
 * what comes of it is not run, though the model may allow it.
 *
 * @throws InputError for a SETUP that does not come to its end, and for accesses of mixed size
 */
export async function exploreWeakly(simulation: Simulation, request: ExploreLimits): Promise<VerdictDocument> {
  const { scenario, label, patchLabel } = simulation;
  if (request.preemptions !== undefined)
    throw new InputError('there are no preemptions to count under weak memory; leave the bound out');
  const executions = new WeakExecutions(simulation, STEP_LIMIT);
  executions.start();
  const { failed } = executions.begun;
  if (failed)
    throw new InputError(`${scenario.file}: SETUP: ${failed.message ?? failed.kind}`, { file: scenario.file });
  const { signal, seconds = Number.POSITIVE_INFINITY, executions: most = Number.POSITIVE_INFINITY } = request;
  const due = Date.now() + seconds * 1000;
  const violations = new Map<string, Draft>();
  const { sharing, memory } = executions;
  let done = 0;
  let stopped: string | undefined;
  let afterViolation = false;
  let looked = performance.now();
  while (memory.left > 0 && stopped === undefined) {
    const end = executions.next();
    if (sharing.grown) {
      // Threads share more than was known: what has been run may have left out reads of that.
      sharing.grown = false;
      violations.clear();
      done = 0;
      executions.blocked = executions.steps = 0;
      executions.start();
      continue;
    }
    if (end !== undefined) {
      done++;
      afterViolation ||= end === 'stopped';
      for (const found of foundIn(executions, end)) note(violations, found, executions);
    }
    if (request.until && [...violations.values()].some(request.until)) stopped = 'what was asked for was found';
    else if (done >= most) stopped = `given up after ${most}`;
    if (performance.now() - looked < SLICE) continue;
    looked = performance.now();
    // Nobody knows how many graphs will come of those that are put aside.
    request.progress?.(done, 0, violations.size);
    await new Promise(resolve => setTimeout(resolve, 0));
    if (signal?.aborted) stopped = 'cancelled';
    else if (Date.now() > due) stopped = `given up after ${seconds} s`;
  }
  const complete = memory.left === 0 && !afterViolation;
  if (afterViolation && stopped === undefined) stopped = 'what comes after a violation was not run';
  return {
    version: 1,
    scenario: scenario.title,
    scenarioFile: scenario.file,
    source: label,
    ...(patchLabel === undefined ? {} : { patch: patchLabel }),
    memory: 'weak',
    threads: scenario.threads.map(({ name }) => ({ name })),
    executions: done,
    blocked: executions.blocked,
    steps: executions.steps,
    complete,
    ...(complete || stopped === undefined ? {} : { stopped }),
    violations: [...violations.values()],
    unmodelled: executions.sink.unmodelledCalls(),
  };
}

const foundIn = (executions: WeakExecutions, end: WeakEnd): Found[] => [
  ...(executions.races ?? raced(executions)),
  ...warned(executions),
  ...verdictOf(executions, end),
];

/** Of each way to go wrong the execution with the fewest reads of old values is kept, then that with the fewest events. */
function note(violations: Map<string, Draft>, found: Found, executions: WeakExecutions): void {
  const reads = staleReads(executions);
  const steps = executions.memory.graph.size;
  const key = keyOf(found);
  const known = violations.get(key);
  if (known) known.executions++;
  const before = known?.reads?.length ?? Number.POSITIVE_INFINITY;
  if (known && (before < reads.length || (before === reads.length && known.steps <= steps))) return;
  violations.set(key, { ...found, steps, switches: 0, reads, executions: known?.executions ?? 1 });
}

/** Reads of an execution that do not see a write although their thread has seen a later one of the same thread, or has made it itself. */
function staleReads({ memory, begun }: WeakExecutions): StaleRead[] {
  const { graph } = memory;
  const at = ({ thread, function: name, file, line }: Event): WriteAt => ({
    thread: begun.threads[thread]!.name,
    function: name,
    file,
    line,
  });
  const found: StaleRead[] = [];
  for (const events of graph.threads)
    for (const read of events) {
      if (read.kind !== 'read' || read.lock) continue;
      const from = graph.from.get(read)!;
      const writes = graph.writes(read.location);
      const newer = writes.slice(writes.indexOf(from) + 1).filter(w => w.thread !== read.thread);
      for (const missed of newer) {
        const seen = events
          .slice(0, read.index)
          .map(e => graph.from.get(e))
          .find(w => w !== undefined && w.thread === missed.thread && w.index > missed.index);
        if (!seen) continue;
        found.push({
          ...at(read),
          location: begun.machine.nameOf(Math.floor(read.location)),
          value: `0x${from.value.toString(16)}`,
          missed: at(missed),
          seen: at(seen),
        });
        break;
      }
    }
  return found;
}
