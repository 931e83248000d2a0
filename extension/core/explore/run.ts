import type { Running } from '../machine/abi.ts';
import type { Machine } from '../machine/machine.ts';
import { Stop } from '../machine/stop.ts';
import type { MachineThread } from '../machine/thread.ts';
import type { TraceDocument } from '../report/documents.ts';
import { InputError } from '../text/source.ts';
import { ScheduleRecord, type Scheduler } from './schedule.ts';
import type { Place } from './script.ts';

export type End = Omit<TraceDocument['end'], 'steps'>;

/** What a thread runs, on itself. A body that never reaches a visible step is a plain function. */
export type Body = (k: MachineThread) => unknown;

interface Runner {
  readonly k: MachineThread;
  readonly body: Body;
  readonly line: number;
  steps: Running | undefined;
  done: boolean;
}

export interface ThreadPart {
  readonly name: string;
  readonly body: Body;
  /** Where the scenario has it. */
  readonly file: string;
  readonly line: number;
}

/**
 * One run of threads under a schedule, step by step.
 *
 * A step is one choice of the scheduler: the chosen thread takes the visible step that it stands before and goes on to
 * just before its next one. Its first step leads it from its start to its first visible step.
 */
export class Run {
  readonly record = new ScheduleRecord();
  steps = 0;
  private readonly runners: readonly Runner[];
  private end: End | undefined;

  constructor(
    private readonly machine: Machine,
    parts: readonly ThreadPart[],
    private readonly scheduler: Scheduler,
    private readonly stepLimit: number,
  ) {
    this.runners = parts.map((part, i) => {
      const k = machine.thread(part.name, i);
      k.home = part;
      return { k, body: part.body, line: part.line, steps: undefined, done: false };
    });
  }

  /** Takes up to `steps` steps. Gives how the run ended, or undefined when it has not. */
  advance(steps: number): End | undefined {
    const enabled: number[] = [];
    for (let i = 0; i < steps && this.end === undefined; i++) {
      const { over } = this.scheduler;
      if (over !== undefined) {
        this.end = { kind: 'violation', message: over };
        break;
      }
      enabled.length = 0;
      for (const { k, done } of this.runners)
        if (!done && (k.pending?.enabled === undefined || k.pending.enabled())) enabled.push(k.index);
      if (enabled.length === 0) this.end = this.nobody();
      else if (this.steps >= this.stepLimit) this.end = this.limit(enabled);
      else {
        const chosen = this.scheduler.pick(enabled, this.where);
        this.record.took(chosen);
        this.steps++;
        this.end = this.take(this.runners[chosen]!);
      }
    }
    return this.end;
  }

  private readonly where = (thread: number): Place | 'start' | 'end' => {
    const { k, done } = this.runners[thread]!;
    const { function: fn, pending } = k;
    if (done) return 'end';
    return fn && pending ? { file: fn.file, line: pending.line, function: fn.name } : 'start';
  };

  private take(runner: Runner): End | undefined {
    const { k } = runner;
    try {
      if (runner.steps === undefined) {
        this.machine.sink.note(k, 'start', runner.line, k.name);
        const begun = runner.body(k);
        if (isRunning(begun)) runner.steps = begun;
        else runner.done = true;
      }
      k.pending = undefined;
      if (runner.steps?.next().done) runner.done = true;
    } catch (error) {
      return ended(error, k);
    }
    if (runner.done) this.machine.sink.note(k, 'exit', runner.line, k.name);
    return undefined;
  }

  private nobody(): End {
    const waiting = this.runners.filter(r => !r.done).map(r => r.k);
    if (waiting.length === 0) return { kind: 'finished' };
    return { kind: 'deadlock', message: this.machine.locks.whoWaits(waiting).join('; ') };
  }

  private limit(enabled: readonly number[]): End {
    const where = enabled.map(t => standsAt(this.runners[t]!.k)).join('; ');
    return { kind: 'limit', message: `not finished after ${this.stepLimit} steps: ${where}. ${LIMIT}` };
  }
}

const LIMIT = 'An endless loop, or the step limit is too low';
const standsAt = (k: MachineThread): string =>
  `${k.name} is in ${k.function?.name ?? 'its start'} at ${k.function?.file ?? ''}:${k.pending?.line ?? 0}`;

/**
 * Runs one body to its end with nobody beside it: SETUP, INVARIANT, FINALLY.
 *
 * @returns what the body returned, or how it ended instead
 */
export function runAlone(
  machine: Machine,
  name: string,
  body: Body,
  stepLimit: number,
): { value: unknown } | { end: End } {
  const k = machine.thread(name, -1);
  try {
    const begun = body(k);
    if (!isRunning(begun)) return { value: begun };
    for (let step = begun.next(), steps = 0; ; step = begun.next(), steps++) {
      if (step.done) return { value: step.value };
      if (steps >= stepLimit)
        return { end: { kind: 'limit', message: `not finished after ${stepLimit} steps: ${standsAt(k)}. ${LIMIT}` } };
      if (k.pending?.enabled && !k.pending.enabled())
        return { end: { kind: 'deadlock', message: machine.locks.whoWaits([k]).join('; ') } };
      k.pending = undefined;
    }
  } catch (error) {
    return { end: ended(error, k) };
  }
}

/** How a thread's step has ended the run. Throws what is no end of a run but a fault of the model. */
export function ended(error: unknown, k: MachineThread): End {
  if (error instanceof Stop) {
    const { file, line } = error.at;
    const at = file && !error.message.startsWith(file) ? `${file}:${line}: ` : '';
    return { kind: error.kind, message: `${at}${error.message}` };
  }
  if (error instanceof InputError) throw error;
  const fn = k.function;
  const at = fn ? `${fn.file}:${k.pending?.line ?? fn.line}: in ${fn.name}: ` : '';
  // JavaScript's own stack ends before the kernel's does, but for one reason only.
  if (error instanceof RangeError && /call stack/i.test(error.message))
    return { kind: 'bug', message: `${at}endless recursion` };
  throw new InputError(`${at}the model cannot go on (${error instanceof Error ? error.message : String(error)})`, {
    file: fn?.file ?? '',
    line: fn?.line ?? 0,
  });
}

export const isRunning = (value: unknown): value is Running =>
  typeof value === 'object' && value !== null && 'next' in value;
