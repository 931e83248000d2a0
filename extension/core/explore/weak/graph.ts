import type { FenceKind, Order } from '../../machine/weak.ts';

/** The part that an event plays for a lock (tools/memory-model/lock.cat): taking reads and writes, letting go writes. */
export type LockRole = 'LKR' | 'LKW' | 'UL' | 'LF';

/**
 * One step of a thread that the memory model knows of. Events do not change; what a read reads from is in the graph. Events of
 * thread −1 are the values that memory began with.
 */
export interface Event {
  readonly thread: number;
  /** Its place in its thread, from 0. */
  readonly index: number;
  readonly kind: 'read' | 'write' | 'fence';
  readonly order: Order;
  readonly fence?: FenceKind;
  /** Address of what it accesses; for a fence, of an srcu_struct. Locks are half a byte further on, where no memory is. */
  readonly location: number;
  /** What a write writes: bits of a word, or the state of a lock. */
  readonly value: bigint;
  /** Reads of the same thread that its address, the value that it writes, and whether it happens depend on. */
  readonly address: readonly Event[];
  readonly data: readonly Event[];
  readonly control: readonly Event[];
  /** On the write of an operation that reads and writes: its read. */
  readonly half?: Event;
  /** On the read of such an operation. */
  readonly updates?: boolean;
  readonly lock?: LockRole;
  /** Of the read of a lock operation that has to wait: whether it can go on with this value. */
  readonly admits?: (value: bigint) => boolean;
  /** Of the same: how it has looked at the lock in vain before. */
  readonly attempt?: Event;
  readonly file: string;
  readonly line: number;
  /** The innermost function that is in no header. */
  readonly function: string;
}

export const isMarked = (e: Event): boolean => e.kind === 'fence' || e.order !== 'plain';

const isGracePeriod = (e: Event): boolean => e.fence === 'sync-rcu' || e.fence === 'sync-srcu';

/**
 * An execution graph: threads' events in program order, what each read reads from, and all writes of each location in coherence
 * order. `added` has all events but initial writes in the order in which they were added.
 *
 * Invariant: the union of program order and reads-from has no cycle (no load buffering): each event's causes can be run first.
 */
export class Graph {
  readonly threads: Event[][];
  readonly from: Map<Event, Event>;
  readonly coherence: Map<number, Event[]>;
  readonly added: Event[];
  /** What attempts read from that others have come in the place of. They are in `added` still, but in no thread. */
  readonly inVain: Map<Event, Event>;
  private gracePeriods = 0;

  constructor(threads: number | Graph) {
    if (typeof threads === 'number') {
      this.threads = Array.from({ length: threads }, () => []);
      this.from = new Map();
      this.coherence = new Map();
      this.added = [];
      this.inVain = new Map();
    } else {
      this.threads = threads.threads.map(t => [...t]);
      this.from = new Map(threads.from);
      this.coherence = new Map([...threads.coherence].map(([at, writes]) => [at, [...writes]]));
      this.added = [...threads.added];
      this.inVain = new Map(threads.inVain);
      this.gracePeriods = threads.gracePeriods;
    }
  }

  copy(): Graph {
    return new Graph(this);
  }

  get size(): number {
    return this.added.length;
  }

  writes(location: number): Event[] {
    return this.coherence.get(location)!;
  }

  /** The latest write of a location in coherence order. */
  latest(location: number): Event {
    return this.writes(location).at(-1)!;
  }

  get hasGracePeriods(): boolean {
    return this.gracePeriods > 0;
  }

  add(e: Event): void {
    if (isGracePeriod(e)) this.gracePeriods++;
    this.threads[e.thread]!.push(e);
    this.added.push(e);
  }

  addRead(e: Event, from: Event): void {
    this.add(e);
    this.from.set(e, from);
  }

  /** Whether an event is the last of its thread, and waits for a lock that is not free in what it reads. */
  isInVain(e: Event): boolean {
    return this.inVain.has(e) || (e.admits !== undefined && !e.admits(this.from.get(e)!.value));
  }

  /** Takes the attempt that a thread ends in out of it, so that another one can come in its place. */
  setAside(attempt: Event): void {
    this.threads[attempt.thread]!.pop();
    this.inVain.set(attempt, this.from.get(attempt)!);
    this.from.delete(attempt);
  }

  /** @param place in coherence order; 1 is just after the initial write */
  addWrite(e: Event, place: number): void {
    this.add(e);
    this.writes(e.location).splice(place, 0, e);
  }

  /** How many events of each thread are an event's causes by program order and reads-from, itself among them. */
  causes(e: Event): number[] {
    const reached = this.threads.map(() => 0);
    const visit = (at: Event): void => {
      if (at.thread < 0) return;
      const events = this.threads[at.thread]!;
      const from = reached[at.thread]!;
      if (at.index < from) return;
      reached[at.thread] = at.index + 1;
      for (let i = from; i <= at.index; i++) {
        const source = this.from.get(events[i] ?? at);
        if (source) visit(source);
      }
    };
    visit(e);
    return reached;
  }

  /** The same without some events; with an event its successors in program order have to go. */
  without(gone: ReadonlySet<Event>): Graph {
    const rest = this.copy();
    rest.threads.forEach((events, t) => {
      rest.threads[t] = events.filter(e => !gone.has(e));
    });
    for (const [at, writes] of rest.coherence)
      rest.coherence.set(
        at,
        writes.filter(w => !gone.has(w)),
      );
    for (const e of gone) {
      rest.from.delete(e);
      rest.inVain.delete(e);
      if (isGracePeriod(e)) rest.gracePeriods--;
    }
    for (const { attempt } of gone) {
      if (!attempt || gone.has(attempt)) continue;
      rest.threads[attempt.thread]!.push(attempt);
      rest.from.set(attempt, rest.inVain.get(attempt)!);
      rest.inVain.delete(attempt);
    }
    rest.added.length = 0;
    for (const e of this.added) if (!gone.has(e)) rest.added.push(e);
    return rest;
  }
}
