import type { Schedule } from '../report/documents.ts';
import { InputError } from '../text/source.ts';
import type { Versions } from '../translate/versions.ts';
import { type Place, readScript, type ScriptEntry } from './script.ts';

/** How the next thread is chosen. `choices` is run-length coded: [thread, steps, thread, steps …]. */
export type ScheduleChoice =
  | {
      readonly kind: 'round-robin' /** Steps before the next thread's turn; 1 if not given. */;
      readonly quantum?: number;
    }
  | { readonly kind: 'random'; readonly seed: number }
  | {
      readonly kind: 'explicit';
      readonly choices: readonly number[];
      /** Of the program that they were recorded of (`versionsOf`); not given: of any. */
      readonly versions?: Versions;
      /** What has gone wrong by the last of them, where the run ends; not given: it goes on with turns. */
      readonly ends?: string;
    }
  /** As people write it: `dump to walk_pmd_range:146, remap0, dump` (script.ts). */
  | { readonly kind: 'script'; readonly script: string };

/** Chooses among the threads that can take a step. */
export interface Scheduler {
  /**
   * @param enabled ascending, not empty
   * @param where the place of a thread's next visible step; 'start' before its first, 'end' after its last
   */
  pick(enabled: readonly number[], where: (thread: number) => Place | 'start' | 'end'): number;
  /** Explicit and script: the number of the first step at which what was given could not be followed. */
  readonly diverged: number | undefined;
  /** Explicit: why the run ends here. */
  readonly over: string | undefined;
}

/**
 * The scheduler of a choice.
 *
 * @param threads their names; a list or script may name only these
 * @throws InputError for an explicit list that is none, a quantum or a seed that is no number of steps
 */
export function schedulerOf(choice: ScheduleChoice, threads: readonly string[]): Scheduler {
  switch (choice.kind) {
    case 'round-robin':
      return new RoundRobin(choice.quantum ?? 1);
    case 'random':
      return new Random(choice.seed);
    case 'explicit':
      return new Explicit(choice.choices, threads.length, choice.ends);
    case 'script':
      return new Script(readScript(choice.script, threads));
  }
}

class RoundRobin implements Scheduler {
  readonly diverged = undefined;
  readonly over = undefined;
  private last = -1;
  private left = 0;

  constructor(private readonly quantum: number) {
    if (!Number.isInteger(quantum) || quantum < 1)
      throw new InputError(`a quantum of ${quantum} steps: it takes a whole number from 1`);
  }

  pick(enabled: readonly number[]): number {
    if (this.left > 0 && enabled.includes(this.last)) {
      this.left--;
      return this.last;
    }
    this.last = enabled.find(t => t > this.last) ?? enabled[0]!;
    this.left = this.quantum - 1;
    return this.last;
  }
}

/** Every enabled thread is as likely as any other, at each step. */
class Random implements Scheduler {
  readonly diverged = undefined;
  readonly over = undefined;
  private state: number;

  constructor(seed: number) {
    if (!Number.isInteger(seed)) throw new InputError(`a seed of ${seed}: it takes a whole number`);
    this.state = seed >>> 0;
  }

  pick(enabled: readonly number[]): number {
    return enabled[Math.floor(this.next() * enabled.length)]!;
  }

  /** SplitMix32 (Steele, Lea, Flood 2014, with a 32-bit finaliser): [0, 1). The same on every machine. */
  private next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 0x100000000;
  }
}

/**
 * A list of choices. Where the thread that is listed cannot take a step (other source, other locks), the rest of its
 * entry is passed over and `diverged` says from which step on; after the list, the threads take turns.
 */
class Explicit implements Scheduler {
  diverged: number | undefined;
  private entry = 0;
  private taken = 0;
  private steps = 0;
  private readonly rest = new RoundRobin(1);

  constructor(
    private readonly choices: readonly number[],
    threads: number,
    private readonly ends?: string,
  ) {
    if (choices.length % 2 !== 0)
      throw new InputError(`a schedule of ${choices.length} numbers: they come in pairs, a thread and its steps`);
    choices.forEach((n, i) => {
      const most = i % 2 === 0 ? threads - 1 : Number.MAX_SAFE_INTEGER;
      if (!Number.isInteger(n) || n < i % 2 || n > most)
        throw new InputError(
          i % 2 === 0
            ? `entry ${i / 2 + 1} of the schedule names thread ${n}: there are 0 to ${threads - 1}`
            : `entry ${(i + 1) / 2} of the schedule takes ${n} steps: it takes a whole number from 1`,
        );
    });
  }

  get over(): string | undefined {
    if (this.ends === undefined || this.diverged !== undefined) return undefined;
    const left = this.choices.length - this.entry;
    return left <= 0 || (left === 2 && this.taken === this.choices[this.entry + 1]) ? this.ends : undefined;
  }

  pick(enabled: readonly number[]): number {
    const step = this.steps++;
    for (; this.entry < this.choices.length; this.entry += 2, this.taken = 0) {
      if (this.taken === this.choices[this.entry + 1]) continue;
      const thread = this.choices[this.entry]!;
      if (enabled.includes(thread)) {
        this.taken++;
        return thread;
      }
      this.diverged ??= step;
    }
    return this.rest.pick(enabled);
  }
}

/** Entries of a script in order; after the last, threads take turns. A thread that cannot go on ends its entry early. */
class Script implements Scheduler {
  diverged: number | undefined;
  readonly over = undefined;
  private entry = 0;
  private arrivals = 0;
  private steps = 0;
  private readonly rest = new RoundRobin(1);

  constructor(private readonly entries: readonly ScriptEntry[]) {}

  pick(enabled: readonly number[], where: (thread: number) => Place | 'start' | 'end'): number {
    const step = this.steps++;
    for (; this.entry < this.entries.length; this.entry++, this.arrivals = 0) {
      const { thread, until } = this.entries[this.entry]!;
      const place = where(thread);
      if (!enabled.includes(thread)) {
        if (until || place !== 'end') this.diverged ??= step;
        continue;
      }
      if (until && typeof place === 'object' && until.matches(place) && ++this.arrivals >= until.times) continue;
      return thread;
    }
    return this.rest.pick(enabled);
  }
}

/** Writes down who took which step. */
export class ScheduleRecord {
  readonly choices: number[] = [];

  took(thread: number, steps = 1): void {
    const { choices } = this;
    if (choices[choices.length - 2] === thread) choices[choices.length - 1]! += steps;
    else choices.push(thread, steps);
  }

  schedule(choice: ScheduleChoice, versions: Versions, diverged?: number): Schedule {
    return {
      kind: choice.kind,
      ...(choice.kind === 'random' ? { seed: choice.seed } : {}),
      ...(choice.kind === 'script' ? { script: choice.script } : {}),
      ...(choice.kind === 'round-robin' ? { quantum: choice.quantum ?? 1 } : {}),
      ...(diverged === undefined ? {} : { diverged }),
      ...(choice.kind === 'explicit' && choice.ends !== undefined ? { ends: choice.ends } : {}),
      choices: this.choices,
      versions,
    };
  }
}
