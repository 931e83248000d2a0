import { AWAITS, CONFLICTS, DOMINATES, FAILS, LOCKS, RELEASES, TAKES, TAKES_READ, UNCERTAIN } from './conflicts.ts';
import { Kind } from './executable.ts';
import { grown, type Path } from './path.ts';

/** A race reversed: what is to be run instead. One object, filled anew. */
export interface Reversal {
  /** The events of the path that stay in front. */
  depth: number;
  /** What follows them: events of the path, `length` of them. The array is reused. */
  sequence: Int32Array;
  length: number;
  /** How many of them ran before the event that ends the race. It is the next one, but the last one with `check`. */
  earlier: number;
  /** Its step might be disabled there or touch otherwise: find out by running. */
  check: boolean;
}

/** Told of every reversal. */
export interface Reversals {
  /** @returns the race is settled: whatever may still be run after the event that ends it, nothing need be added */
  reverse(reversal: Reversal): boolean;
}

/**
 * Finds the races that an event ends, and how each is reversed.
 *
 * An event that does not wait races with the conflicting events of other threads that happen before it by nothing
 * between. One that waits for a lock happens after the release, which it cannot precede, and races with the acquire: it
 * may be the one that goes first. One that waits for a value races with every conflicting write that its own thread had
 * not to follow, for any of them may have enabled it, or disabled it for a while.
 *
 * A reversal takes with it all of the execution that does not depend on the first event of the race, what was run after
 * the second one too: that is what wakes those who are asleep. So it differs from execution to execution, and a race has
 * to be looked at again in each that contains it until it is settled.
 */
export class Races {
  readonly #path: Path;
  readonly #reversals: Reversals;
  /**
   * Events that race with the one at hand: a group for each touch of it that waits, and one for all others. Group g is from
   * `#from[g]` on.
   */
  #found = new Int32Array(32);
  #count = 0;
  #from = new Int32Array(32);
  #groups = 0;
  /** Which of each group is taken out, or -1. */
  #choice = new Int32Array(4);
  /** The kinds of the event's touches, as bits. */
  #kinds = 0;
  /** Set by a group: to be checked by running. */
  #check = false;
  /** The events that a reversal takes out, with all that happens after them. */
  #out = new Int32Array(32);
  #outs = 0;
  readonly #reversal: Reversal = {
    depth: 0,
    sequence: new Int32Array(64),
    length: 0,
    earlier: 0,
    check: false,
  };
  #settled = true;
  /** Read sides given back, by thread, on the way back through a lock's touches. */
  readonly #given: Int32Array;

  constructor(path: Path, reversals: Reversals) {
    this.#path = path;
    this.#reversals = reversals;
    this.#given = new Int32Array(path.threads);
  }

  /** Reports the reversals of an event (or draft), all clocks being filled; true when all are settled. */
  find(event: number): boolean {
    this.time(event);
    this.#settled = true;
    if (this.#count > 0) {
      const kinds = this.#kinds;
      if (kinds & UNCERTAIN) this.#check = true;
      if (kinds & (LOCKS | AWAITS)) {
        if (kinds & AWAITS) this.#check = true;
        this.#reverseBlocking(event);
      } else this.#reverseAccesses(event);
    }
    return this.#settled;
  }

  /** Fills the clock of an event (or draft), those before it being filled; true when it ends any race. */
  time(event: number): boolean {
    const path = this.#path;
    const { clock, threads } = path;
    const row = event * threads;
    const before = path.before[event]!;
    if (before < 0) for (let t = 0; t < threads; t++) clock[row + t] = 0;
    else for (let t = 0, from = before * threads; t < threads; t++) clock[row + t] = clock[from + t]!;
    clock[row + path.thread[event]!] = path.index[event]!;

    this.#count = 0;
    this.#groups = 0;
    this.#check = path.varies[event] === 1;
    let kinds = 0;
    let accesses = false;
    const first = path.first[event]!;
    const end = path.first[event + 1]!;
    for (let touch = first; touch < end; touch++) {
      const bit = 1 << path.kind[touch]!;
      kinds |= bit;
      if (bit & (LOCKS | AWAITS)) {
        this.#group();
        if (bit & LOCKS) this.#ofLock(event, touch);
        else this.#ofAwait(event, touch);
      } else accesses = true;
    }
    if (accesses) {
      this.#group();
      for (let touch = first; touch < end; touch++)
        if (!((1 << path.kind[touch]!) & (LOCKS | AWAITS))) this.#ofAccess(event, touch);
    }
    this.#kinds = kinds;
    return this.#count > 0;
  }

  #group(): void {
    if (this.#groups === this.#from.length) this.#from = grown(this.#from, 0);
    this.#from[this.#groups++] = this.#count;
  }

  /** Races of a touch that does not wait. */
  #ofAccess(event: number, touch: number): void {
    const path = this.#path;
    const { clock, threads } = path;
    const mask = path.mask[touch]!;
    const conflicts = CONFLICTS[path.kind[touch]!]!;
    for (let s = path.older[touch]!; s >= 0; s = path.older[s]!) {
      const common = path.mask[s]! & mask;
      const kind = path.kind[s]!;
      const other = path.event[s]!;
      if (common === 0 || !((conflicts >> kind) & 1) || other === event) continue;
      if (clock[event * threads + path.thread[other]!]! < path.index[other]!) {
        this.#add(other);
        this.#join(event, other);
      }
      if ((DOMINATES >> kind) & 1 && common === mask) break;
    }
  }

  /** Races of a touch that waits for a lock: with those who took it since it was last free of what excludes them. */
  #ofLock(event: number, touch: number): void {
    const path = this.#path;
    const { clock, threads } = path;
    const conflicts = CONFLICTS[path.kind[touch]!]!;
    const self = path.thread[event]!;
    let readers = false;
    for (let s = path.older[touch]!; s >= 0; s = path.older[s]!) {
      const kind = path.kind[s]!;
      const other = path.event[s]!;
      if (!(path.mask[s]! & path.mask[touch]!) || !((conflicts >> kind) & 1) || other === event) continue;
      const thread = path.thread[other]!;
      const dominates = (DOMINATES >> kind) & 1;
      if (thread === self || this.#isBefore(event, other)) {
        if (dominates) break;
        continue;
      }
      const joined = clock[event * threads + thread]! >= path.index[other]!;
      if (!joined) this.#join(event, other);
      const bit = 1 << kind;
      if (bit & RELEASES) {
        // An older writer's section, which the readers' sections since then follow: its race is theirs.
        if (joined && readers && dominates) break;
      } else if (bit & TAKES) {
        this.#add(other);
        if (bit & TAKES_READ) readers = true;
        else break;
      } else if (!(bit & FAILS)) {
        if (!joined) {
          this.#add(other);
          this.#check = true;
        }
        if (dominates) break;
      }
    }
  }

  /** Races of a touch that waits for a value. */
  #ofAwait(event: number, touch: number): void {
    const path = this.#path;
    const { clock, threads } = path;
    const mask = path.mask[touch]!;
    const conflicts = CONFLICTS[path.kind[touch]!]!;
    const self = path.thread[event]!;
    for (let s = path.older[touch]!; s >= 0; s = path.older[s]!) {
      const common = path.mask[s]! & mask;
      const kind = path.kind[s]!;
      const other = path.event[s]!;
      if (common === 0 || !((conflicts >> kind) & 1) || other === event) continue;
      if (path.thread[other] === self || this.#isBefore(event, other)) {
        if ((DOMINATES >> kind) & 1 && common === mask) break;
        continue;
      }
      this.#add(other);
      if (clock[event * threads + path.thread[other]!]! < path.index[other]!) this.#join(event, other);
    }
  }

  /** The thread of `event` had to follow `other` before it came to `event`. */
  #isBefore(event: number, other: number): boolean {
    const before = this.#path.before[event]!;
    return before >= 0 && this.#path.isAfter(before, other);
  }

  #join(event: number, other: number): void {
    const { clock, threads } = this.#path;
    for (let t = 0, to = event * threads, from = other * threads; t < threads; t++, to++, from++)
      if (clock[from]! > clock[to]!) clock[to] = clock[from]!;
  }

  #add(event: number): void {
    if (this.#count === this.#found.length) this.#found = grown(this.#found, 0);
    this.#found[this.#count++] = event;
  }

  /** One reversal for each race that no other of the same event's stands between. */
  #reverseAccesses(event: number): void {
    const path = this.#path;
    for (let i = 0; i < this.#count; i++) {
      const other = this.#found[i]!;
      let between = false;
      if (this.#count > 1)
        for (let j = 0; j < this.#count && !between; j++) between = j !== i && path.isAfter(this.#found[j]!, other);
      if (between) continue;
      this.#out[0] = other;
      this.#outs = 1;
      this.#emit(event);
    }
  }

  /**
   * Reversals of an event that waits. What it waits for may be of several places, and then only taking one event out at
   * each may enable it: every choice of at most one per group is tried.
   */
  #reverseBlocking(event: number): void {
    const groups = this.#groups;
    while (this.#choice.length < groups) this.#choice = grown(this.#choice, 0);
    const choice = this.#choice.fill(-1);
    for (;;) {
      let g = 0;
      for (; g < groups; g++) {
        const size = (g + 1 < groups ? this.#from[g + 1]! : this.#count) - this.#from[g]!;
        if (++choice[g]! < size) break;
        choice[g] = -1;
      }
      if (g === groups) return;
      this.#outs = 0;
      for (let i = 0; i < groups; i++) if (choice[i]! >= 0) this.#takeOut(this.#found[this.#from[i]! + choice[i]!]!);
      if (this.#freeLocks(event)) this.#emit(event);
    }
  }

  #takeOut(event: number): void {
    if (this.#outs === this.#out.length) this.#out = grown(this.#out, 0);
    this.#out[this.#outs++] = event;
  }

  /** An event is taken out or happens after one that is. */
  #isOut(event: number): boolean {
    for (let i = 0; i < this.#outs; i++) {
      const out = this.#out[i]!;
      if (event >= out && this.#path.isAfter(event, out)) return true;
    }
    return false;
  }

  /**
   * Takes out what else holds a lock that the event waits for: whose release is out holds it still.
   *
   * @returns false when the event's own thread had to follow one of them
   */
  #freeLocks(event: number): boolean {
    const path = this.#path;
    for (let touch = path.first[event]!; touch < path.first[event + 1]!; touch++) {
      const kind = path.kind[touch]!;
      if (!((1 << kind) & LOCKS)) continue;
      const excludes = kind === Kind.acquire ? TAKES | RELEASES : (TAKES & ~TAKES_READ) | (1 << Kind.release);
      for (let again = true; again; ) {
        again = false;
        this.#given.fill(0);
        for (let s = path.older[touch]!; s >= 0 && !again; s = path.older[s]!) {
          const bit = 1 << path.kind[s]!;
          const other = path.event[s]!;
          if (!(bit & excludes) || !(path.mask[s]! & path.mask[touch]!)) continue;
          if (other === event || this.#isOut(other)) continue;
          const thread = path.thread[other]!;
          if (bit & RELEASES) this.#given[thread]!++;
          else if (this.#given[thread]! > 0) {
            this.#given[thread]!--;
            if (!(bit & TAKES_READ)) break;
          } else {
            if (thread === path.thread[event] || this.#isBefore(event, other)) return false;
            this.#takeOut(other);
            again = true;
          }
        }
      }
    }
    return true;
  }

  /** Reports the reversal: the whole execution but what is out or happens after the event, and the event. */
  #emit(event: number): void {
    const path = this.#path;
    const reversal = this.#reversal;
    let depth = event;
    for (let i = 0; i < this.#outs; i++) if (this.#out[i]! < depth) depth = this.#out[i]!;
    while (reversal.sequence.length <= path.length - depth) reversal.sequence = grown(reversal.sequence, 0);
    const { sequence } = reversal;
    let length = 0;
    for (let e = depth; e < event; e++) if (!this.#isOut(e)) sequence[length++] = e;
    reversal.earlier = length;
    reversal.check = this.#check;
    if (!this.#check) sequence[length++] = event;
    for (let e = event + 1; e < path.length; e++)
      if (!path.isAfter(e, event) && !this.#isOut(e)) sequence[length++] = e;
    if (this.#check) sequence[length++] = event;
    reversal.depth = depth;
    reversal.length = length;
    if (!this.#reversals.reverse(reversal)) this.#settled = false;
  }
}
