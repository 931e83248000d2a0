import { CONFLICTS } from './conflicts.ts';
import { grown, type Path } from './path.ts';
import type { SavedTouch } from './saved.ts';

/** No node, no touches. */
export const NONE = 0;

/**
 * Steps that are to be taken later (the nodes of wakeup trees) or are asleep, with what they touch. All live in pools of
 * flat arrays; numbers stand for them, 0 for none. Whoever makes one frees it.
 */
export class Wakeup {
  /** Of each node: its thread, its touches (a list of cells), its first child, its next sibling. */
  thread = new Int32Array(64);
  touches = new Int32Array(64);
  child = new Int32Array(64);
  sibling = new Int32Array(64);
  #freeNode = NONE;
  #nodes = 1;

  #place = new Int32Array(128);
  /** Bytes and kind of a cell: mask << 4 | kind. */
  #how = new Int32Array(128);
  #next = new Int32Array(128);
  #freeCell = NONE;
  #cells = 1;

  /** A copy of what an event of the path touched. */
  touchesOf(path: Path, event: number): number {
    let list = NONE;
    for (let t = path.first[event]!, end = path.first[event + 1]!; t < end; t++)
      list = this.#cell(path.place[t]!, (path.mask[t]! << 4) | path.kind[t]!, list);
    return list;
  }

  #cell(place: number, how: number, next: number): number {
    let cell = this.#freeCell;
    if (cell !== NONE) this.#freeCell = this.#next[cell]!;
    else {
      cell = this.#cells++;
      if (cell === this.#next.length) {
        this.#place = grown(this.#place, 0);
        this.#how = grown(this.#how, 0);
        this.#next = grown(this.#next, 0);
      }
    }
    this.#place[cell] = place;
    this.#how[cell] = how;
    this.#next[cell] = next;
    return cell;
  }

  /** Touches as they are saved, by address. */
  saveTouches(path: Path, list: number): SavedTouch[] {
    const touches: SavedTouch[] = [];
    for (let cell = list; cell !== NONE; cell = this.#next[cell]!)
      touches.push([path.places.addressOf(this.#place[cell]!), this.#how[cell]! >> 4, this.#how[cell]! & 15]);
    return touches.reverse();
  }

  loadTouches(path: Path, touches: readonly SavedTouch[]): number {
    let list = NONE;
    for (const [at, mask, kind] of touches) list = this.#cell(path.placeOf(at), (mask << 4) | kind, list);
    return list;
  }

  freeTouches(list: number): void {
    if (list === NONE) return;
    let last = list;
    while (this.#next[last] !== NONE) last = this.#next[last]!;
    this.#next[last] = this.#freeCell;
    this.#freeCell = list;
  }

  /** A step of another thread that touches this is dependent with an event of the path. */
  conflicts(list: number, path: Path, event: number): boolean {
    const { place, mask, kind } = path;
    const from = path.first[event]!;
    const end = path.first[event + 1]!;
    for (let cell = list; cell !== NONE; cell = this.#next[cell]!) {
      const at = this.#place[cell]!;
      const how = this.#how[cell]!;
      for (let t = from; t < end; t++)
        if (place[t] === at && mask[t]! & (how >> 4) && (CONFLICTS[how & 15]! >> kind[t]!) & 1) return true;
    }
    return false;
  }

  /**
   * Whether a sequence of events (numbers of the path's) can begin with a step: the position of the thread's first event
   * when nothing before it conflicts with the step; `length` when the thread has none and nothing conflicts at all; else
   * -1. (The weak initials of Abdulla et al. 2014, section 4.)
   */
  weakInitial(thread: number, touches: number, path: Path, sequence: Int32Array, length: number): number {
    const threads = path.thread;
    for (let i = 0; i < length; i++) {
      const event = sequence[i]!;
      if (threads[event] === thread) return i;
      if (this.conflicts(touches, path, event)) return -1;
    }
    return length;
  }

  /** A new node without children or siblings, for an event of the path. */
  node(path: Path, event: number): number {
    return this.allocate(path.thread[event]!, this.touchesOf(path, event));
  }

  /** A new node without children or siblings; the touches are its own from now on. */
  allocate(thread: number, touches: number): number {
    let node = this.#freeNode;
    if (node !== NONE) this.#freeNode = this.sibling[node]!;
    else {
      node = this.#nodes++;
      if (node === this.thread.length) {
        this.thread = grown(this.thread, 0);
        this.touches = grown(this.touches, 0);
        this.child = grown(this.child, 0);
        this.sibling = grown(this.sibling, 0);
      }
    }
    this.thread[node] = thread;
    this.touches[node] = touches;
    this.child[node] = NONE;
    this.sibling[node] = NONE;
    return node;
  }

  /** Frees one node and its touches, not its children. */
  freeNode(node: number): void {
    this.freeTouches(this.touches[node]!);
    this.sibling[node] = this.#freeNode;
    this.#freeNode = node;
  }
}
