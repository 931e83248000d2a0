import { CONFLICTS } from '../../extension/core/explore/dpor/conflicts.ts';
import { Touches } from '../../extension/core/explore/dpor/executable.ts';
import type { AbstractProgram } from './abstractProgram.ts';

/** One step taken, with what it touched: [address, size, kind] each. */
interface Step {
  readonly thread: number;
  readonly index: number;
  readonly touches: readonly (readonly [number, number, number])[];
}

/** What all schedules of a program come to. */
export interface Naive {
  /** Each class of executions by its text, in which every pair of dependent steps has its order. */
  readonly classes: ReadonlySet<string>;
  readonly states: ReadonlySet<string>;
  /** Schedules run; undefined when there are more than the limit, and then the sets are not whole. */
  readonly schedules: number | undefined;
}

/** Runs every schedule of a program, one after another, with no reduction at all. */
export function everySchedule(program: AbstractProgram, limit: number): Naive {
  const classes = new Set<string>();
  const states = new Set<string>();
  const schedule: number[] = [];
  let schedules = 0;
  for (;;) {
    const steps = run(program, schedule);
    for (let next = firstEnabled(program, 0); !program.failed && next >= 0; next = firstEnabled(program, 0)) {
      schedule.push(next);
      steps.push(take(program, next, steps));
    }
    classes.add(classOf(steps));
    states.add(stateOf(program));
    if (++schedules > limit) return { classes, states, schedules: undefined };
    let next = -1;
    while (schedule.length > 0 && next < 0) {
      const last = schedule.pop()!;
      run(program, schedule);
      next = firstEnabled(program, last + 1);
    }
    if (next < 0) return { classes, states, schedules };
    schedule.push(next);
  }
}

/** The class of the execution that a schedule gives. */
export function classOfSchedule(program: AbstractProgram, schedule: readonly number[]): string {
  return classOf(run(program, schedule));
}

/** Memory, locks, registers, and which threads are done. */
export function stateOf(program: AbstractProgram): string {
  const done = Array.from({ length: program.threads }, (_, t) => (program.isDone(t) ? 1 : 0));
  return [program.memory, program.locks, program.registers, done].map(a => a.join(' ')).join(' | ');
}

function firstEnabled(program: AbstractProgram, from: number): number {
  for (let t = from; t < program.threads; t++) if (program.isEnabled(t)) return t;
  return -1;
}

function run(program: AbstractProgram, schedule: readonly number[]): Step[] {
  program.restart();
  const steps: Step[] = [];
  for (const thread of schedule) steps.push(take(program, thread, steps));
  return steps;
}

function take(program: AbstractProgram, thread: number, before: readonly Step[]): Step {
  const touches = new Touches();
  program.step(thread, touches);
  return {
    thread,
    index: before.filter(s => s.thread === thread).length,
    touches: Array.from({ length: touches.count }, (_, i) => [touches.at[i]!, touches.size[i]!, touches.kind[i]!]),
  };
}

function classOf(steps: readonly Step[]): string {
  const parts: string[] = steps.map(s => `${s.thread}.${s.index}:${s.touches.map(t => t.join(' ')).join(',')}`);
  for (const [j, later] of steps.entries())
    for (const earlier of steps.slice(0, j))
      if (earlier.thread !== later.thread && dependent(earlier, later))
        parts.push(`${earlier.thread}.${earlier.index}<${later.thread}.${later.index}`);
  return parts.sort().join('\n');
}

function dependent(a: Step, b: Step): boolean {
  return a.touches.some(([at, size, kind]) =>
    b.touches.some(
      ([other, otherSize, otherKind]) =>
        at < other + otherSize && other < at + size && (CONFLICTS[kind]! >> otherKind) & 1,
    ),
  );
}
