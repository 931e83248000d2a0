import type { VerdictDocument, Violation } from '../report/documents.ts';
import { InputError } from '../text/source.ts';
import type { Versions } from '../translate/versions.ts';
import { Exploration, type ExploreOptions } from './dpor/explore.ts';
import { ScenarioExecutions } from './executions.ts';
import { type Found, keyOf, raced, verdictOf, warned } from './found.ts';
import { type PausedExploration, requireSame } from './paused.ts';
import { ScheduleRecord } from './schedule.ts';
import { shortened } from './shortest.ts';
import { type ScenarioRequest, Simulation, STEP_LIMIT } from './simulate.ts';
import { exploreWeakly } from './weak/verdict.ts';

export interface ExploreLimits {
  /** Executions after which it is given up; none if not given. */
  readonly executions?: number;
  /** Seconds after which it is given up, between two executions; none if not given. */
  readonly seconds?: number;
  /** At most so many switches from a thread that could have gone on; the verdict says that it is not about all then. */
  readonly preemptions?: number;
  /** `weak`: under the kernel's memory model; the simulation has to be one that tracks dependencies. `sc` if not given. */
  readonly memory?: 'sc' | 'weak';
  /** Where to go on, of the same program. */
  readonly resume?: PausedExploration;
  /** Called when it ends before all is explored: what `resume` takes. */
  readonly paused?: (exploration: PausedExploration) => void;
  /** Ends it as soon as there is a violation of which this is true. */
  readonly until?: (violation: Violation) => boolean;
  readonly signal?: AbortSignal;
  /**
   * Called now and then with the number of executions so far, an estimate of the share that they are, 0 to 1, and how many
   * violations were found.
   */
  readonly progress?: (executions: number, share: number, violations: number) => void;
}

export interface ExploreRequest extends ScenarioRequest, ExploreLimits {}

type Draft = { -readonly [P in keyof Violation]: Violation[P] };

/** Milliseconds between two looks at the world outside, about: who cancels is answered at once, and hears of progress. */
const SLICE = 40;

/**
 * Runs a scenario in every order of its threads' steps that makes a difference, under sequential consistency, and says what
 * went wrong in any: an INVARIANT, a bug of the run, a warning of the kernel's own
 * checks, a data race, a deadlock.
 *
 * What it does not look for: lock order, stale TLB entries. A bug ends the execution that has it; races and warnings do not.
 *
 * @throws InputError as `Simulation.load` does, and for a SETUP that does not come to its end
 */
export async function exploreScenario(request: ExploreRequest): Promise<VerdictDocument> {
  return exploreSimulation(await Simulation.load({ ...request, tracks: request.memory === 'weak' }), request);
}

/** The same of a scenario that is loaded; as often as one likes. */
export async function exploreSimulation(simulation: Simulation, request: ExploreLimits): Promise<VerdictDocument> {
  if (request.memory === 'weak') return exploreWeakly(simulation, request);
  const { scenario, label, patchLabel } = simulation;
  const executions = new ScenarioExecutions(simulation, STEP_LIMIT);
  executions.restart();
  const { failed } = executions.begun;
  if (failed)
    throw new InputError(`${scenario.file}: SETUP: ${failed.message ?? failed.kind}`, { file: scenario.file });
  const { versions } = simulation;
  const { resume, preemptions } = request;
  if (resume) requireSame(resume, versions, preemptions);
  const violations = new Map((resume?.violations ?? []).map(v => [keyOf(v), { ...v } as Draft]));
  const witnesses = new Map((resume?.witnesses ?? []).map(([key, threads]) => [key, Int32Array.from(threads)]));
  const { signal, seconds = Number.POSITIVE_INFINITY, executions: more = Number.POSITIVE_INFINITY } = request;
  const due = Date.now() + seconds * 1000;
  const { sharing } = executions;
  const options: ExploreOptions = {
    ...(preemptions === undefined ? {} : { preemptionBound: preemptions }),
    onExecution: (end, schedule, length) => {
      if (sharing.grown) return false;
      for (const found of [...raced(executions), ...warned(executions), ...verdictOf(executions, end)])
        if (note(violations, found, { schedule, length, fine: executions.fine, versions }))
          witnesses.set(keyOf(found), schedule.slice(0, length));
      return !(request.until && [...violations.values()].some(request.until));
    },
  };
  if (resume) sharing.load(resume.sharing);
  let exploration = new Exploration(executions, options, resume?.exploration);
  const most = exploration.explored.executions + more;
  let stopped: string | undefined;
  // How many steps a slice has is found out: they cost from one microsecond to some hundred.
  let steps = 100;
  while (!exploration.finished && stopped === undefined) {
    const began = performance.now();
    exploration.run({ steps, executions: most - exploration.explored.executions });
    const took = performance.now() - began;
    if (took < SLICE / 2) steps *= 2;
    else if (took > SLICE * 2) steps = Math.max(1, steps >> 1);
    if (sharing.grown) {
      // Threads share more than was known: what has been explored may have left out orders of that.
      sharing.grown = false;
      violations.clear();
      witnesses.clear();
      exploration = new Exploration(executions, options);
    }
    const { executions: done } = exploration.explored;
    request.progress?.(done, exploration.progress, violations.size);
    await new Promise(resolve => setTimeout(resolve, 0));
    if (exploration.finished) break;
    if (signal?.aborted) stopped = 'cancelled';
    else if (done >= most) stopped = `given up after ${more}`;
    else if (Date.now() > due) stopped = `given up after ${seconds} s`;
  }
  const { explored: result } = exploration;
  if (!exploration.finished)
    request.paused?.({
      version: 1,
      paused: 'exploration',
      scenario: scenario.file,
      versions,
      ...(preemptions === undefined ? {} : { preemptions }),
      violations: [...violations.values()],
      witnesses: [...witnesses].map(([key, threads]) => [key, [...threads]]),
      exploration: exploration.save(),
      sharing: sharing.save(),
    });
  if (!result.complete)
    stopped ??= result.bounded
      ? `with at most ${request.preemptions} preemptions`
      : 'what comes after a violation was not run';
  return {
    version: 1,
    scenario: scenario.title,
    scenarioFile: scenario.file,
    source: label,
    ...(patchLabel === undefined ? {} : { patch: patchLabel }),
    memory: 'sc',
    threads: scenario.threads.map(({ name }) => ({ name })),
    executions: result.executions,
    blocked: result.blocked,
    steps: result.steps,
    complete: result.complete,
    ...(stopped === undefined ? {} : { stopped }),
    violations: [...violations].map(([key, v]) => shorten(v, executions, witnesses.get(key)!)),
    unmodelled: executions.sink.unmodelledCalls(),
  };
}

interface Witness {
  readonly schedule: Int32Array;
  readonly length: number;
  /** How many steps each of these is in a run by itself. */
  readonly fine: readonly number[];
  readonly versions: Versions;
}

/**
 * Of each way to go wrong, by what and where, the execution with the fewest switches is kept, then with the fewest steps.
 *
 * @returns whether this one is
 */
function note(violations: Map<string, Draft>, found: Found, { schedule, length, fine, versions }: Witness): boolean {
  const key = keyOf(found);
  const record = new ScheduleRecord();
  for (let i = 0; i < length; i++) record.took(schedule[i]!, fine[i]);
  const switches = record.choices.length / 2 - 1;
  const known = violations.get(key);
  if (known) known.executions++;
  if (known && (known.switches < switches || (known.switches === switches && known.steps <= length))) return false;
  violations.set(key, {
    ...found,
    steps: length,
    switches,
    schedule: record.schedule({ kind: 'explicit', choices: record.choices }, versions),
    executions: known?.executions ?? 1,
  });
  return true;
}

/** Leaves out of a witness what it does without. */
function shorten(violation: Violation, executions: ScenarioExecutions, schedule: Int32Array): Violation {
  const shorter = shortened(executions, keyOf(violation), schedule);
  if (!shorter) return violation;
  const { choices, steps, cut, found } = shorter;
  const ends = cut ? { ends: `${found.invariant}: ${found.message}` } : {};
  return {
    ...violation,
    ...{ message: found.message, steps, switches: choices.length / 2 - 1 },
    schedule: { ...violation.schedule!, choices, ...ends },
  };
}
