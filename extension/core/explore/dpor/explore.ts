import { type Executable, Touches } from './executable.ts';
import { grown, Path } from './path.ts';
import { Races, type Reversals } from './races.ts';
import { NONE, Wakeup } from './wakeup.ts';

/** How an execution ended: all threads done; none enabled though not all are done; ended by a step (a bug was found). */
export type End = 'done' | 'blocked' | 'stopped';

export interface ExploreOptions {
  /**
   * Told of each execution, with the executable in its last state. The array holds the threads of its steps in their
   * order, is longer than they are and is reused. False ends the exploration.
   */
  onExecution?(end: End, schedule: Int32Array, length: number): unknown;
  /** Ends the exploration between two executions. */
  readonly signal?: { readonly aborted: boolean };
  /** Ends it when so many executions or steps (those of re-execution included) have been taken. */
  readonly limits?: { readonly executions?: number; readonly steps?: number };
}

export interface Explored {
  /** Executions, of those that ended in any way. */
  executions: number;
  /** Executions that ended with some threads blocked: deadlocks. */
  deadlocks: number;
  /** Executions that a step ended. */
  stopped: number;
  /** Executions given up because all that could go on was explored elsewhere. The algorithm promises that it is 0. */
  blocked: number;
  /** Every class of executions was explored: not ended before, and no execution hid others by being stopped. */
  complete: boolean;
  /** Steps taken, those of re-execution included. */
  steps: number;
}

/**
 * Explores the executions of a program: exactly one of each class of those that differ only in the order of independent
 * steps. This is Optimal-DPOR (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic partial order reduction", POPL 2014;
 * with locks as in "Source sets", JACM 2017), by re-execution. Its memory is bounded by the length of the executions.
 *
 * @throws Error when the executable is not deterministic
 */
export function explore(executable: Executable, options: ExploreOptions = {}): Explored {
  return new Exploration(executable, options).run();
}

class Exploration implements Reversals {
  readonly #executable: Executable;
  readonly #options: ExploreOptions;
  readonly #threads: number;
  readonly #path: Path;
  readonly #races: Races;
  readonly #wakeup = new Wakeup();
  readonly #touches = new Touches();
  readonly #result: Explored = { executions: 0, deadlocks: 0, stopped: 0, blocked: 0, complete: false, steps: 0 };

  /** Of the node after so many steps: the branches of its wakeup tree that are still to be explored, first one first. */
  #branches = new Int32Array(64);
  /** The threads asleep there, as bits, and of those the ones whose step was explored from that node itself. */
  #asleep = new Int32Array(64);
  #explored = new Int32Array(64);
  /** `[node * threads + t]`: what the sleeping step of thread t touches. */
  #sleeping: Int32Array;
  /** The event a draft may be made as. */
  #draft = 0;
  #sequence = new Int32Array(64);

  constructor(executable: Executable, options: ExploreOptions) {
    const { threads } = executable;
    if (threads > 31) throw new RangeError(`${threads} threads; exploration takes 31 at most`);
    this.#executable = executable;
    this.#options = options;
    this.#threads = threads;
    this.#path = new Path(threads);
    this.#races = new Races(this.#path, this);
    this.#sleeping = new Int32Array(64 * threads);
  }

  run(): Explored {
    const { onExecution, signal, limits } = this.#options;
    const { executions = Infinity, steps = Infinity } = limits ?? {};
    const result = this.#result;
    const path = this.#path;
    this.#executable.restart();
    for (;;) {
      const fresh = path.length;
      const end = this.#forward();
      if (end === 'redundant') result.blocked++;
      else {
        result.executions++;
        if (end === 'blocked') result.deadlocks++;
        if (end === 'stopped') result.stopped++;
        if (onExecution?.(end, path.thread, path.length) === false) return result;
      }
      this.#findRaces(fresh, end === 'blocked');
      if (!this.#backtrack()) break;
      if (signal?.aborted || result.executions >= executions || result.steps >= steps) return result;
      this.#restart(path.thread, path.length);
    }
    result.complete = result.stopped === 0;
    return result;
  }

  /** Runs on from the state after the path to an end, by the wakeup trees where there are, else by free choice. */
  #forward(): End | 'redundant' {
    const executable = this.#executable;
    const path = this.#path;
    const touches = this.#touches;
    const wakeup = this.#wakeup;
    let thread = path.length ? path.thread[path.length - 1]! : 0;
    for (;;) {
      const node = path.length;
      const branch = this.#branches[node]!;
      let children = NONE;
      if (branch !== NONE) {
        thread = wakeup.thread[branch]!;
        children = wakeup.child[branch]!;
        this.#branches[node] = wakeup.sibling[branch]!;
        wakeup.freeNode(branch);
        if (!executable.isEnabled(thread)) throw new Error(notDeterministic(thread, node));
      } else {
        const asleep = this.#asleep[node]!;
        if ((asleep >> thread) & 1 || !executable.isEnabled(thread)) {
          thread = this.#choose(asleep);
          if (thread < 0) return this.#endAt(asleep);
        }
      }
      touches.clear();
      const goesOn = executable.step(thread, touches);
      this.#result.steps++;
      path.push(thread, touches);
      this.#enter(node, children);
      if (!goesOn) return 'stopped';
    }
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

  /** Makes the node that the latest event led to from `node`: asleep stays who is independent of it. */
  #enter(node: number, branches: number): void {
    const next = node + 1;
    const threads = this.#threads;
    if (next >= this.#branches.length) {
      this.#branches = grown(this.#branches, NONE);
      this.#asleep = grown(this.#asleep, 0);
      this.#explored = grown(this.#explored, 0);
      this.#sleeping = grown(this.#sleeping, NONE);
    }
    this.#branches[next] = branches;
    this.#explored[next] = 0;
    let asleep = 0;
    for (let left = this.#asleep[node]!; left; left &= left - 1) {
      const t = 31 - Math.clz32(left & -left);
      const touches = this.#sleeping[node * threads + t]!;
      if (this.#wakeup.conflicts(touches, this.#path, node)) continue;
      asleep |= 1 << t;
      this.#sleeping[next * threads + t] = touches;
    }
    this.#asleep[next] = asleep;
  }

  /** Inserts the reversals of all races that the events from `fresh` on end, and those of steps that stayed blocked. */
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
    for (let event = fresh; event < end; event++) this.#races.find(event);
    this.#draft = end + 1;
    for (const { thread, touches } of pending) {
      path.draft(end, thread, touches);
      this.#races.find(end);
    }
  }

  /** Inserts a sequence into the wakeup tree of the node after `depth` steps, unless an explored one covers it. */
  reverse(depth: number, sequence: Int32Array, length: number, check: boolean): void {
    while (this.#sequence.length < length) this.#sequence = grown(this.#sequence, 0);
    const own = this.#sequence;
    for (let i = 0; i < length; i++) own[i] = sequence[i]!;
    if (check && !this.#tryLast(depth, own, length)) return;
    if (this.#coveredBySleep(depth, own, length)) return;
    this.#insert(depth, own, length);
  }

  /**
   * Runs the sequence to see whether its last step is enabled there and what it touches, and puts a draft of it in its
   * place.
   */
  #tryLast(depth: number, sequence: Int32Array, length: number): boolean {
    const executable = this.#executable;
    const path = this.#path;
    const touches = this.#touches;
    this.#restart(path.thread, depth);
    for (let i = 0; i < length - 1; i++) {
      touches.clear();
      executable.step(path.thread[sequence[i]!]!, touches);
    }
    this.#result.steps += length - 1;
    const thread = path.thread[sequence[length - 1]!]!;
    if (!executable.isEnabled(thread)) return false;
    touches.clear();
    executable.step(thread, touches);
    this.#result.steps++;
    path.draft(this.#draft, thread, touches);
    sequence[length - 1] = this.#draft;
    return true;
  }

  #coveredBySleep(depth: number, sequence: Int32Array, length: number): boolean {
    for (let left = this.#asleep[depth]!; left; left &= left - 1) {
      const t = 31 - Math.clz32(left & -left);
      const touches = this.#sleeping[depth * this.#threads + t]!;
      if (this.#wakeup.weakInitial(t, touches, this.#path, sequence, length) >= 0) return true;
    }
    return false;
  }

  #insert(depth: number, sequence: Int32Array, length: number): void {
    const wakeup = this.#wakeup;
    const path = this.#path;
    let left = length;
    let parent = NONE;
    let node = this.#branches[depth]!;
    let previous = NONE;
    while (node !== NONE) {
      const at = wakeup.weakInitial(wakeup.thread[node]!, wakeup.touches[node]!, path, sequence, left);
      if (at < 0) {
        previous = node;
        node = wakeup.sibling[node]!;
        continue;
      }
      if (at < left) {
        left--;
        for (let i = at; i < left; i++) sequence[i] = sequence[i + 1]!;
      }
      if (wakeup.child[node] === NONE || left === 0) return;
      parent = node;
      previous = NONE;
      node = wakeup.child[node]!;
    }
    for (let i = 0; i < left; i++) {
      const added = wakeup.node(path, sequence[i]!);
      if (previous !== NONE) wakeup.sibling[previous] = added;
      else if (parent !== NONE) wakeup.child[parent] = added;
      else this.#branches[depth] = added;
      parent = added;
      previous = NONE;
    }
  }

  /** Takes steps off the path up to the deepest node with a branch left; false if there is none. */
  #backtrack(): boolean {
    const path = this.#path;
    this.#leave(path.length);
    while (path.length > 0) {
      const node = path.length - 1;
      if (this.#branches[node] !== NONE) {
        const thread = path.thread[node]!;
        this.#sleeping[node * this.#threads + thread] = this.#wakeup.touchesOf(path, node);
        this.#asleep[node]! |= 1 << thread;
        this.#explored[node]! |= 1 << thread;
        path.pop();
        return true;
      }
      path.pop();
      this.#leave(node);
    }
    return false;
  }

  /** Frees what a node holds. Branches are left only where a step ended the execution on its way along them. */
  #leave(node: number): void {
    for (let left = this.#explored[node]!; left; left &= left - 1)
      this.#wakeup.freeTouches(this.#sleeping[node * this.#threads + 31 - Math.clz32(left & -left)]!);
    this.#explored[node] = 0;
    this.#freeTree(this.#branches[node]!);
    this.#branches[node] = NONE;
  }

  #freeTree(node: number): void {
    for (let at = node; at !== NONE; ) {
      const next = this.#wakeup.sibling[at]!;
      this.#freeTree(this.#wakeup.child[at]!);
      this.#wakeup.freeNode(at);
      at = next;
    }
  }

  /** To the state after the first steps of a schedule. */
  #restart(schedule: Int32Array, count: number): void {
    const executable = this.#executable;
    this.#result.steps += count;
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
