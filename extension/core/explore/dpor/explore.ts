import { InputError } from '../../text/source.ts';
import { type Executable, Touches } from './executable.ts';
import { Frontier } from './frontier.ts';
import { grown, Path } from './path.ts';
import { Races, type Reversal, type Reversals } from './races.ts';
import type { Explored, SavedExploration } from './saved.ts';

/** How an execution ended: all threads done; none enabled though not all are done; ended by a step (a bug was found). */
export type End = 'done' | 'blocked' | 'stopped';

export interface ExploreOptions {
  /**
   * Told of each execution, with the executable in its last state. The array holds the threads of its steps in their
   * order, is longer than they are and is reused. `false` ends the exploration.
   */
  onExecution?(end: End, schedule: Int32Array, length: number): unknown;
  /**
   * At most so many switches in an execution from a thread that could have gone on. What is explored then is a part:
   * each class by one of its orders, which is made to switch rarely but need not be the one that does so least.
   */
  readonly preemptionBound?: number;
}

export interface Limits {
  /** Ends it between two executions. */
  readonly signal?: { readonly aborted: boolean };
  /** How many more executions may be explored, and how many more steps be taken. */
  readonly executions?: number;
  readonly steps?: number;
}

/** Explores all executions of a program at one go, or so many as the limits let; see Exploration. */
export function explore(executable: Executable, options: ExploreOptions & { readonly limits?: Limits } = {}): Explored {
  const exploration = new Exploration(executable, options);
  exploration.run(options.limits);
  return exploration.explored;
}

/**
 * Explores the executions of a program: exactly one of each class of those that differ only in the order of independent
 * steps. This is Optimal-DPOR (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic partial order reduction", POPL 2014;
 * with locks as in "Source sets", JACM 2017), by re-execution. Its memory is bounded by the length of the executions.
 *
 * `run()` can be called again to go on where limits ended it; in between the executable may be used otherwise.
 */
export class Exploration implements Reversals {
  readonly explored: Explored = {
    executions: 0,
    deadlocks: 0,
    stopped: 0,
    blocked: 0,
    bounded: 0,
    complete: false,
    steps: 0,
  };
  readonly #executable: Executable;
  readonly #options: ExploreOptions;
  readonly #bound: number;
  readonly #threads: number;
  readonly #path: Path;
  readonly #frontier: Frontier;
  readonly #races: Races;
  readonly #touches = new Touches();
  #finished = false;
  /** The first event that drafts may be made of. */
  #draft = 0;
  #sequence = new Int32Array(64);
  /** Of each node: preemptions on the way there. Kept only with a bound. */
  #preemptions = new Int32Array(64);

  /**
   * @param saved where to go on: what `save()` gave for the same program
   * @throws InputError when the program does not do what it did when that was saved; RangeError for over 31 threads
   */
  constructor(executable: Executable, options: ExploreOptions = {}, saved?: SavedExploration) {
    const { threads } = executable;
    if (threads > 31) throw new RangeError(`${threads} threads; exploration takes 31 at most`);
    this.#executable = executable;
    this.#options = options;
    this.#bound = options.preemptionBound ?? Infinity;
    this.#threads = threads;
    this.#path = new Path(threads);
    this.#frontier = new Frontier(this.#path);
    this.#races = new Races(this.#path, this);
    if (saved) {
      Object.assign(this.explored, saved.explored);
      this.#load(saved);
    }
  }

  /** Nothing is left to explore, or `onExecution` ended it. */
  get finished(): boolean {
    return this.#finished;
  }

  /**
   * How much of the whole has been explored, from 0 to 1, by the branches known so far, each being taken for as large as
   * its siblings (Knuth 1975). Branches are found on the way: it may go back.
   */
  get progress(): number {
    if (this.#finished) return 1;
    let share = 1;
    let done = 0;
    for (let node = 0; node <= this.#path.length; node++) {
      const [explored, left] = this.#frontier.counts(node);
      // The branch that the path goes along is neither explored nor left.
      const all = explored + left + (node < this.#path.length ? 1 : 0);
      if (all === 0) break;
      done += (share * explored) / all;
      share /= all;
    }
    return done;
  }

  /**
   * Explores until nothing is left or a limit is met, which `finished` tells.
   *
   * @throws Error when the executable is not deterministic
   */
  run(limits: Limits = {}): void {
    const { onExecution } = this.#options;
    const { explored } = this;
    const executions = explored.executions + (limits.executions ?? Infinity);
    const steps = explored.steps + (limits.steps ?? Infinity);
    const path = this.#path;
    while (!this.#finished) {
      if (limits.signal?.aborted || explored.executions >= executions || explored.steps >= steps) return;
      this.#restart(path.thread, path.length);
      const fresh = path.length;
      const end = this.#forward();
      if (end === 'redundant') explored.blocked++;
      else if (end !== 'bounded') {
        explored.executions++;
        if (end === 'blocked') explored.deadlocks++;
        if (end === 'stopped') explored.stopped++;
        if (onExecution?.(end, path.thread, path.length) === false) {
          this.#finished = true;
          return;
        }
      }
      this.#findRaces(fresh, end === 'blocked');
      if (this.#backtrack()) continue;
      this.#finished = true;
      explored.complete = explored.stopped === 0 && explored.bounded === 0;
    }
  }

  /** What a later `Exploration` of the same program needs to go on from here. */
  save(): SavedExploration {
    const { length } = this.#path;
    return {
      threads: this.#threads,
      schedule: Array.from(this.#path.thread.subarray(0, length)),
      nodes: Array.from({ length: length + 1 }, (_, node) => this.#frontier.save(node)),
      explored: { ...this.explored },
    };
  }

  #load({ threads, schedule, nodes }: SavedExploration): void {
    const executable = this.#executable;
    const frontier = this.#frontier;
    if (threads !== this.#threads)
      throw new InputError(`the saved exploration has ${threads} threads, the program ${this.#threads}`);
    executable.restart();
    this.#preemptions[0] = 0;
    for (const [node, saved] of nodes.entries()) {
      frontier.load(saved);
      const thread = schedule[node];
      if (thread === undefined) break;
      if (!executable.isEnabled(thread))
        throw new InputError(
          `the saved exploration does not fit the program: thread ${thread} cannot take step ${node + 1} now; explore anew`,
        );
      const preemptions = this.#preemptionsWith(thread);
      this.#touches.clear();
      executable.step(thread, this.#touches);
      this.#push(thread, preemptions);
      this.#races.time(node);
    }
  }

  /** Runs on from the state after the path to an end, by the wakeup trees where there are, else by free choice. */
  #forward(): End | 'redundant' | 'bounded' {
    const executable = this.#executable;
    const path = this.#path;
    const frontier = this.#frontier;
    const touches = this.#touches;
    const bounded = this.#bound !== Infinity;
    let thread = path.length ? path.thread[path.length - 1]! : 0;
    for (;;) {
      const node = path.length;
      const branch = frontier.next(node);
      if (branch >= 0) {
        thread = branch;
        if (!executable.isEnabled(thread)) throw new Error(notDeterministic(thread, node));
      } else {
        const asleep = frontier.asleep(node);
        if ((asleep >> thread) & 1 || !executable.isEnabled(thread)) {
          thread = this.#choose(asleep);
          if (thread < 0) return this.#endAt(asleep);
        }
      }
      const preemptions = bounded ? this.#preemptionsWith(thread) : 0;
      if (preemptions > this.#bound) {
        this.explored.bounded++;
        if (branch >= 0) frontier.drop(node);
        if (frontier.next(node) < 0) return 'bounded';
        continue;
      }
      if (branch >= 0) frontier.take(node);
      touches.clear();
      const goesOn = executable.step(thread, touches);
      this.explored.steps++;
      this.#push(thread, preemptions);
      if (!goesOn) return 'stopped';
    }
  }

  #push(thread: number, preemptions: number): void {
    this.#path.push(thread, this.#touches);
    this.#frontier.enter();
    const node = this.#path.length;
    if (node === this.#preemptions.length) this.#preemptions = grown(this.#preemptions, 0);
    this.#preemptions[node] = preemptions;
  }

  /** Preemptions of the path when the thread goes on; the executable is in the state after the path. */
  #preemptionsWith(thread: number): number {
    const node = this.#path.length;
    if (node === 0) return 0;
    const last = this.#path.thread[node - 1]!;
    return this.#preemptions[node]! + (last !== thread && this.#executable.isEnabled(last) ? 1 : 0);
  }

  /** The first thread that is enabled and not asleep; -1 if there is none. */
  #choose(asleep: number): number {
    for (let t = 0; t < this.#threads; t++) if (!((asleep >> t) & 1) && this.#executable.isEnabled(t)) return t;
    return -1;
  }

  #endAt(asleep: number): End | 'redundant' {
    let end: End = 'done';
    for (let t = 0; t < this.#threads; t++) {
      if ((asleep >> t) & 1 && this.#executable.isEnabled(t)) return 'redundant';
      if (!this.#executable.isDone(t)) end = 'blocked';
    }
    return end;
  }

  /** Inserts the reversals of all races that are not settled, and those of steps that stayed blocked. */
  #findRaces(fresh: number, blocked: boolean): void {
    const path = this.#path;
    const executable = this.#executable;
    const end = path.length;
    const pending: { thread: number; touches: Touches }[] = [];
    if (blocked)
      for (let thread = 0; thread < this.#threads; thread++) {
        if (executable.isDone(thread)) continue;
        const touches = new Touches();
        executable.pending(thread, touches);
        pending.push({ thread, touches });
      }
    this.#draft = end;
    for (let event = fresh; event < end; event++) path.open[event] = this.#races.time(event) ? 1 : 0;
    for (let event = 0; event < end; event++) if (path.open[event] && this.#races.find(event)) path.open[event] = 0;
    this.#draft = end + 1;
    for (const { thread, touches } of pending) {
      path.draft(end, thread, touches);
      this.#races.find(end);
    }
  }

  /**
   * Inserts a reversal into the wakeup tree of the node that it starts from, unless what is explored covers it. It is
   * settled when that holds by the part of the reversal which is the same in every execution that the race is in: what ran
   * before the race's second event, and that event if what it does is certain.
   */
  reverse({ depth, sequence, length, earlier, check }: Reversal): boolean {
    const frontier = this.#frontier;
    while (this.#sequence.length < length) this.#sequence = grown(this.#sequence, 0);
    const own = this.#sequence;
    for (let i = 0; i < length; i++) own[i] = sequence[i]!;
    if (check) {
      const known = frontier.covers(depth, own, length, false);
      if (known >= 0) return known < earlier;
      // What enables it conflicts with it: nothing else that may run later can, if it always looks at the same places.
      if (!this.#tryLast(depth, own, length)) return !this.#path.varies[sequence[length - 1]!];
    } else {
      const same = earlier + 1;
      const covered = frontier.covers(depth, own, same, true);
      if (covered >= 0 && covered < same) return true;
      if (covered < 0) {
        if (this.#bound !== Infinity) this.#switchLess(depth, own, same);
        if (frontier.insert(depth, own, same, true)) return true;
        for (let i = 0; i < same; i++) own[i] = sequence[i]!;
      }
    }
    const covered = frontier.covers(depth, own, length, true);
    if (covered >= 0) return covered < earlier;
    if (this.#bound !== Infinity) this.#switchLess(depth, own, length);
    frontier.insert(depth, own, length, false);
    return false;
  }

  /** Runs a sequence to see whether its last step is enabled there and what it touches; a draft of that takes its place. */
  #tryLast(depth: number, sequence: Int32Array, length: number): boolean {
    const executable = this.#executable;
    const path = this.#path;
    const touches = this.#touches;
    this.#restart(path.thread, depth);
    for (let i = 0; i < length - 1; i++) {
      touches.clear();
      executable.step(path.thread[sequence[i]!]!, touches);
    }
    this.explored.steps += length - 1;
    const thread = path.thread[sequence[length - 1]!]!;
    if (!executable.isEnabled(thread)) return false;
    touches.clear();
    executable.step(thread, touches);
    this.explored.steps++;
    path.draft(this.#draft, thread, touches);
    sequence[length - 1] = this.#draft;
    return true;
  }

  /** Puts a sequence, its last event excepted, into an order of the same class that stays with a thread while it can. */
  #switchLess(depth: number, sequence: Int32Array, length: number): void {
    const path = this.#path;
    let thread = depth > 0 ? path.thread[depth - 1]! : -1;
    for (let i = 0; i < length - 1; i++) {
      let at = i;
      while (at < length - 1 && !this.#isFree(thread, sequence, i, at)) at++;
      if (at === length - 1) at = i;
      const event = sequence[at]!;
      for (let j = at; j > i; j--) sequence[j] = sequence[j - 1]!;
      sequence[i] = event;
      thread = path.thread[event]!;
    }
  }

  /** The event at `at` is the thread's and happens after none of the sequence from `from` on. */
  #isFree(thread: number, sequence: Int32Array, from: number, at: number): boolean {
    if (this.#path.thread[sequence[at]!] !== thread) return false;
    for (let i = from; i < at; i++) if (this.#path.isAfter(sequence[at]!, sequence[i]!)) return false;
    return true;
  }

  /** Takes steps off the path up to the deepest node with a branch left; false if there is none. */
  #backtrack(): boolean {
    const path = this.#path;
    const frontier = this.#frontier;
    frontier.leave(path.length);
    while (path.length > 0) {
      const node = path.length - 1;
      if (frontier.next(node) >= 0) {
        frontier.sleep();
        path.pop();
        return true;
      }
      path.pop();
      frontier.leave(node);
    }
    return false;
  }

  /** To the state after the first steps of a schedule. */
  #restart(schedule: Int32Array, count: number): void {
    const executable = this.#executable;
    this.explored.steps += count;
    if (executable.replay) {
      executable.replay(schedule, count);
      return;
    }
    executable.restart();
    const touches = this.#touches;
    for (let i = 0; i < count; i++) {
      touches.clear();
      executable.step(schedule[i]!, touches);
    }
  }
}

const notDeterministic = (thread: number, steps: number): string =>
  `thread ${thread} was enabled after ${steps} steps before and is not in the same order again: the program's model is not deterministic`;
