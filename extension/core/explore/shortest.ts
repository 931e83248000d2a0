import { Touches } from './dpor/executable.ts';
import { Path } from './dpor/path.ts';
import type { ScenarioExecutions } from './executions.ts';
import { type Found, keyOf, raced, verdictOf, warned } from './found.ts';
import { ScheduleRecord } from './schedule.ts';

/** A witness that has been shortened. */
export interface Shortened {
  /** Steps that are left, and switches between threads. */
  readonly steps: number;
  /** Threads and their steps as a run takes them, run-length coded. */
  readonly choices: readonly number[];
  /** The run ends with the last step, since what goes wrong has gone wrong by then. */
  readonly cut: boolean;
  readonly found: Found;
}

/** Steps of an execution above which it is left as it is: finding out which of them depend on which is quadratic. */
const MOST = 4000;
/** Ways to order steps that are tried. */
const TRIES = 2000;

/**
 * The shortest execution that goes wrong in the same way as one that is known, among those that are made of its steps in an
 * order of the same class: what does not happen before the fault is left out, and the rest is put in an order with few switches.
 * It is run before it is given.
 *
 * @param key of the violation (found.ts)
 * @param schedule threads of the known execution's steps, in their order
 * @returns undefined when the known execution does not go wrong again, or is too long
 */
export function shortened(executions: ScenarioExecutions, key: string, schedule: Int32Array): Shortened | undefined {
  if (schedule.length > MOST) return undefined;
  const path = new Path(executions.threads);
  const known = runAlong(executions, key, schedule, path);
  if (!known) return undefined;
  const order = fewestSwitches(path, known.cut ? past(path, path.length - 1) : all(path.length));
  const again = runAlong(
    executions,
    key,
    Int32Array.from(order, e => path.thread[e]!),
  );
  if (!again) return undefined;
  const record = new ScheduleRecord();
  order.slice(0, again.steps).forEach((e, i) => {
    // A race is there with the access itself, which is the first thing that its step does.
    const isRace = again.cut && i === again.steps - 1 && again.found.invariant === 'data race';
    record.took(path.thread[e]!, isRace ? 1 : executions.fine[i]);
  });
  return { ...again, choices: record.choices };
}

interface Outcome {
  readonly found: Found;
  readonly steps: number;
  readonly cut: boolean;
}

/** Runs along a schedule until it goes wrong in this way: by a step, or when all threads have come to their end. */
function runAlong(executions: ScenarioExecutions, key: string, schedule: Int32Array, path?: Path): Outcome | undefined {
  const touches = new Touches();
  const isIt = (found: Found): boolean => keyOf(found) === key;
  executions.restart();
  for (const [i, thread] of schedule.entries()) {
    if (!executions.isEnabled(thread)) return undefined;
    touches.clear();
    const goesOn = executions.step(thread, touches);
    path?.push(thread, touches);
    if (path) clock(path, i);
    const found = [...raced(executions), ...warned(executions)].find(isIt);
    if (found) return { found, steps: i + 1, cut: true };
    if (goesOn) continue;
    const stopped = verdictOf(executions, 'stopped').find(isIt);
    return stopped && { found: stopped, steps: i + 1, cut: false };
  }
  const { threads } = executions;
  const isDone = Array.from({ length: threads }, (_, t) => executions.isDone(t)).every(Boolean);
  if (!isDone && Array.from({ length: threads }, (_, t) => executions.isEnabled(t)).some(Boolean)) return undefined;
  const found = verdictOf(executions, isDone ? 'done' : 'blocked').find(isIt);
  return found && { found, steps: schedule.length, cut: false };
}

/** Fills in what happens before an event that was just added: what comes before it in its thread, and what it depends on. */
function clock(path: Path, event: number): void {
  const { threads } = path;
  const at = event * threads;
  const join = (other: number): void => {
    for (let t = 0; t < threads; t++)
      path.clock[at + t] = Math.max(path.clock[at + t]!, path.clock[other * threads + t]!);
  };
  path.clock.fill(0, at, at + threads);
  if (path.before[event]! >= 0) join(path.before[event]!);
  for (let earlier = event - 1; earlier >= 0; earlier--)
    if (!path.isAfter(event, earlier) && path.conflict(earlier, event)) join(earlier);
  path.clock[at + path.thread[event]!] = path.index[event]!;
}

const all = (length: number): number[] => Array.from({ length }, (_, e) => e);

/** The events that happen before one, and that one. */
const past = (path: Path, event: number): number[] => all(event + 1).filter(e => path.isAfter(event, e));

/**
 * Events in an order that keeps what happens before what, with few switches between threads: the fewest, as far as
 * `TRIES` ways to go on after a switch let it be found.
 */
function fewestSwitches(path: Path, events: readonly number[]): number[] {
  const { threads } = path;
  const lists: number[][] = Array.from({ length: threads }, () => []);
  for (const e of events) lists[path.thread[e]!]!.push(e);
  const done = new Array<number>(threads).fill(0);
  const order: number[] = [];
  let best: number[] = [...events];
  let fewest = switchesIn(path, best);
  let tries = 0;
  const isReady = (e: number): boolean =>
    done.every((count, t) => t === path.thread[e] || count >= path.clock[e * threads + t]!);
  const go = (last: number, switches: number): void => {
    if (switches >= fewest || tries++ > TRIES) return;
    if (order.length === events.length) {
      best = [...order];
      fewest = switches;
      return;
    }
    for (let t = 0; t < threads; t++) {
      if (t === last) continue;
      const begun = done[t]!;
      const list = lists[t]!;
      while (done[t]! < list.length && isReady(list[done[t]!]!)) order.push(list[done[t]++]!);
      if (done[t]! > begun) go(t, switches + (last < 0 ? 0 : 1));
      order.length -= done[t]! - begun;
      done[t] = begun;
    }
  };
  go(-1, 0);
  return best;
}

const switchesIn = (path: Path, events: readonly number[]): number =>
  events.filter((e, i) => i > 0 && path.thread[e] !== path.thread[events[i - 1]!]).length;
