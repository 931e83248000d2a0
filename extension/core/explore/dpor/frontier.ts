import { grown, type Path } from './path.ts';
import type { SavedNode, SavedStep } from './saved.ts';
import { NONE, Wakeup } from './wakeup.ts';

/**
 * What is still to be explored from each node of the path (node n is the state after its first n events), and who is
 * asleep there: its step has been explored from that node or from an earlier one, and nothing dependent has run since.
 */
export class Frontier {
  readonly #path: Path;
  readonly #threads: number;
  readonly #wakeup = new Wakeup();
  /** Of each node: the branches of its wakeup tree that are still to be explored, first one first. */
  #branches = new Int32Array(64);
  /** The threads asleep, as bits, and of those the ones whose step was explored from that node itself. */
  #asleep = new Int32Array(64);
  #explored = new Int32Array(64);
  /** `[node * threads + t]`: what the sleeping step of thread t touches. */
  #sleeping: Int32Array;
  /** The branch that `take()` took: what is to follow it. */
  #children = NONE;

  constructor(path: Path) {
    this.#path = path;
    this.#threads = path.threads;
    this.#sleeping = new Int32Array(64 * path.threads);
  }

  /** The threads asleep at a node, as bits. */
  asleep(node: number): number {
    return this.#asleep[node]!;
  }

  /** The thread of the next branch to explore from a node, or -1. */
  next(node: number): number {
    const branch = this.#branches[node]!;
    return branch === NONE ? -1 : this.#wakeup.thread[branch]!;
  }

  /** Takes the next branch off; `enter()` goes on along what is to follow it. */
  take(node: number): void {
    const wakeup = this.#wakeup;
    const branch = this.#branches[node]!;
    this.#children = wakeup.child[branch]!;
    this.#branches[node] = wakeup.sibling[branch]!;
    wakeup.freeNode(branch);
  }

  /** Takes the next branch off, with all that was to follow it. */
  drop(node: number): void {
    this.take(node);
    this.#freeTree(this.#children);
    this.#children = NONE;
  }

  /** Branches explored from a node, the one that the path goes along not counted, and those still to be explored. */
  counts(node: number): [explored: number, left: number] {
    let explored = 0;
    for (let bits = this.#explored[node]!; bits; bits &= bits - 1) explored++;
    let left = 0;
    for (let at = this.#branches[node]!; at !== NONE; at = this.#wakeup.sibling[at]!) left++;
    return [explored, left];
  }

  /** Makes the node that the path's latest event led to: asleep stays who is independent of it. */
  enter(): void {
    const next = this.#path.length;
    const node = next - 1;
    const threads = this.#threads;
    if (next >= this.#branches.length) {
      this.#branches = grown(this.#branches, NONE);
      this.#asleep = grown(this.#asleep, 0);
      this.#explored = grown(this.#explored, 0);
      this.#sleeping = grown(this.#sleeping, NONE);
    }
    this.#branches[next] = this.#children;
    this.#children = NONE;
    this.#explored[next] = 0;
    let asleep = 0;
    for (let left = this.#asleep[node]!; left; left &= left - 1) {
      const t = lowest(left);
      const touches = this.#sleeping[node * threads + t]!;
      if (this.#wakeup.conflicts(touches, this.#path, node)) continue;
      asleep |= 1 << t;
      this.#sleeping[next * threads + t] = touches;
    }
    this.#asleep[next] = asleep;
  }

  /** Puts the step of the path's latest event to sleep at the node that it was taken from. */
  sleep(): void {
    const node = this.#path.length - 1;
    this.#sleep(node, this.#path.thread[node]!, this.#wakeup.touchesOf(this.#path, node));
  }

  /** Frees what a node holds. Branches are left only where an execution ended on its way along them. */
  leave(node: number): void {
    for (let left = this.#explored[node]!; left; left &= left - 1)
      this.#wakeup.freeTouches(this.#sleeping[node * this.#threads + lowest(left)]!);
    this.#explored[node] = 0;
    this.#freeTree(this.#branches[node]!);
    this.#branches[node] = NONE;
  }

  /**
   * The position in a sequence at which a step asleep at a node covers it: what begins with the sequence is explored
   * where that step is. It is the position of that thread's first event, `length` if it has none, -1 if none covers it.
   * With `known` false, of the last event only its thread is known: then only what holds whatever it touches is told.
   */
  covers(node: number, sequence: Int32Array, length: number, known: boolean): number {
    const sure = known ? length : length - 1;
    let covered = -1;
    for (let left = this.#asleep[node]!; left; left &= left - 1) {
      const t = lowest(left);
      const touches = this.#sleeping[node * this.#threads + t]!;
      const at = this.#wakeup.weakInitial(t, touches, this.#path, sequence, sure);
      if (at < 0 || (!known && at === sure && t !== this.#path.thread[sequence[sure]!])) continue;
      if (covered < 0 || at < covered) covered = at;
    }
    return covered;
  }

  /**
   * Inserts a sequence into the wakeup tree of a node, unless a leaf of it covers the sequence. Changes `sequence`.
   *
   * @param prefix the sequence is but the beginning of one: insert it only when that says all there is to say, which is
   *   when each branch that it goes along or beside conflicts with it or begins with an event of it
   * @returns false when it was only a prefix and that did not hold: then the tree is as it was
   */
  insert(node: number, sequence: Int32Array, length: number, prefix: boolean): boolean {
    const wakeup = this.#wakeup;
    const path = this.#path;
    let left = length;
    let parent = NONE;
    let previous = NONE;
    for (let at = this.#branches[node]!; at !== NONE; ) {
      const position = wakeup.weakInitial(wakeup.thread[at]!, wakeup.touches[at]!, path, sequence, left);
      if (position < 0) {
        previous = at;
        at = wakeup.sibling[at]!;
        continue;
      }
      if (position < left) {
        left--;
        for (let i = position; i < left; i++) sequence[i] = sequence[i + 1]!;
      } else if (prefix) return false;
      if (wakeup.child[at] === NONE) return true;
      if (left === 0) return !prefix;
      parent = at;
      previous = NONE;
      at = wakeup.child[at]!;
    }
    for (let i = 0; i < left; i++) {
      const added = wakeup.node(path, sequence[i]!);
      if (previous !== NONE) wakeup.sibling[previous] = added;
      else if (parent !== NONE) wakeup.child[parent] = added;
      else this.#branches[node] = added;
      parent = added;
      previous = NONE;
    }
    return true;
  }

  /** What a node holds, for `load()`. */
  save(node: number): SavedNode {
    const explored: SavedStep[] = [];
    for (let left = this.#explored[node]!; left; left &= left - 1) {
      const thread = lowest(left);
      const touches = this.#wakeup.saveTouches(this.#path, this.#sleeping[node * this.#threads + thread]!);
      explored.push({ thread, touches, then: [] });
    }
    return { explored, branches: this.#saveTree(this.#branches[node]!) };
  }

  /** Fills the node after the path as it was saved. */
  load({ explored, branches }: SavedNode): void {
    const node = this.#path.length;
    for (const step of explored) this.#sleep(node, step.thread, this.#wakeup.loadTouches(this.#path, step.touches));
    this.#branches[node] = this.#loadTree(branches);
  }

  #sleep(node: number, thread: number, touches: number): void {
    this.#sleeping[node * this.#threads + thread] = touches;
    this.#asleep[node]! |= 1 << thread;
    this.#explored[node]! |= 1 << thread;
  }

  #freeTree(node: number): void {
    for (let at = node; at !== NONE; ) {
      const next = this.#wakeup.sibling[at]!;
      this.#freeTree(this.#wakeup.child[at]!);
      this.#wakeup.freeNode(at);
      at = next;
    }
  }

  #saveTree(node: number): SavedStep[] {
    const wakeup = this.#wakeup;
    const steps: SavedStep[] = [];
    for (let at = node; at !== NONE; at = wakeup.sibling[at]!)
      steps.push({
        thread: wakeup.thread[at]!,
        touches: wakeup.saveTouches(this.#path, wakeup.touches[at]!),
        then: this.#saveTree(wakeup.child[at]!),
      });
    return steps;
  }

  #loadTree(steps: readonly SavedStep[]): number {
    const wakeup = this.#wakeup;
    let first = NONE;
    for (const step of steps.toReversed()) {
      const then = this.#loadTree(step.then);
      const node = wakeup.allocate(step.thread, wakeup.loadTouches(this.#path, step.touches));
      wakeup.child[node] = then;
      wakeup.sibling[node] = first;
      first = node;
    }
    return first;
  }
}

/** The number of the lowest bit that is set. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);
