import { type Event, type Graph, isMarked } from './graph.ts';

/** Marks an event by its place: events before it in a thread are ordered before those from `to` on in another, or the same. */
interface Segment {
  readonly upTo: number;
  readonly thread: number;
  readonly to: number;
}

/**
 * The edges of an execution graph that orders are made of, of one event at a time, named as in
 * tools/memory-model/linux-kernel.cat. Where one edge leads to others of the same kind, only the first of them is given: ways are
 * what is looked for.
 */
export class Steps {
  readonly size: number;
  readonly threads: number;
  private readonly offsets: number[] = [];
  private readonly all: Event[] = [];
  private readonly readers = new Map<Event, Event[]>();
  private readonly dependents = new Map<Event, Event[]>();
  /** By thread: strong-fence. */
  private readonly strongs: Segment[][];
  /** By thread: po-unlock-lock-po. */
  private readonly handOvers: Segment[][];

  constructor(readonly graph: Graph) {
    const { threads } = graph;
    this.threads = threads.length;
    for (const events of threads) {
      this.offsets.push(this.all.length);
      for (const e of events) this.all.push(e);
    }
    this.size = this.all.length;
    this.strongs = threads.map(() => []);
    this.handOvers = threads.map(() => []);
    for (const e of this.all) {
      const from = graph.from.get(e);
      if (from && from.thread >= 0) push(this.readers, from, e);
      if (e.address.length + e.data.length + e.control.length > 0)
        for (const read of new Set([...e.address, ...e.data, ...e.control])) push(this.dependents, read, e);
      if (e.kind === 'fence') this.fence(e);
      else if (e.half?.lock === 'LKR') this.handOver(e.half);
      if (e.half && e.order === 'full') this.full(e.half, e);
    }
  }

  thread(t: number): readonly Event[] {
    return this.graph.threads[t]!;
  }

  numberOf(e: Event): number {
    return this.offsets[e.thread]! + e.index;
  }

  at(number: number): Event {
    return this.all[number]!;
  }

  private fence(e: Event): void {
    const { thread, index } = e;
    const own = this.thread(thread);
    const add = (from: number, upTo: number, to: number): void => void this.strongs[from]!.push({ upTo, thread, to });
    switch (e.fence) {
      case 'mb':
        add(thread, index, index + 1);
        break;
      case 'sync-rcu':
      case 'sync-srcu':
        add(thread, index, index);
        break;
      case 'before-atomic': {
        const to = own.findIndex((x, i) => i > index && isAtomic(x));
        if (to >= 0) add(thread, index, to);
        break;
      }
      case 'after-atomic': {
        const last = own.findLastIndex((x, i) => i < index && isAtomic(x));
        if (last >= 0) add(thread, last + 1, index + 1);
        break;
      }
      case 'after-spinlock': {
        const last = own.findLastIndex((x, i) => i < index && x.lock === 'LKW');
        if (last >= 0) add(thread, last + 1, index + 1);
        break;
      }
      case 'after-unlock-lock':
        for (const lock of own.slice(0, index)) {
          if (lock.lock !== 'LKW') continue;
          for (const unlock of own.slice(0, lock.index)) if (unlock.lock === 'UL') add(thread, unlock.index, index + 1);
          const writes = this.graph.writes(lock.location);
          for (const w of writes.slice(1, writes.indexOf(lock))) if (w.lock === 'UL') add(w.thread, w.index, index + 1);
        }
        break;
      default:
    }
  }

  /** smp_mb() on both sides of an operation that has written: before its read, after its write. */
  private full(read: Event, write: Event): void {
    const { thread } = read;
    this.strongs[thread]!.push({ upTo: read.index, thread, to: read.index });
    this.strongs[thread]!.push({ upTo: write.index + 1, thread, to: write.index + 1 });
  }

  /** An operation that reads and writes has its order only when it does write. */
  private acquires(e: Event): boolean {
    if (e.order !== 'acquire') return false;
    return !e.updates || this.thread(e.thread)[e.index + 1]?.half === e;
  }

  private handOver(lock: Event): void {
    const add = (unlock: Event): void =>
      void this.handOvers[unlock.thread]!.push({ upTo: unlock.index, thread: lock.thread, to: lock.index + 1 });
    const from = this.graph.from.get(lock)!;
    if (from.lock === 'UL') add(from);
    for (const e of this.thread(lock.thread).slice(0, lock.index)) if (e.lock === 'UL') add(e);
  }

  private along(segments: readonly Segment[], e: Event, visit: (later: Event) => void): void {
    for (const { upTo, thread, to } of segments) {
      if (e.index >= upTo) continue;
      const events = this.thread(thread);
      for (let i = to; i < events.length; i++) visit(events[i]!);
    }
  }

  /** strong-fence, but for those of RCU. */
  strong(e: Event, visit: (later: Event) => void): void {
    this.along(this.strongs[e.thread]!, e, visit);
  }

  /** po-unlock-lock-po. */
  handedOver(e: Event, visit: (later: Event) => void): void {
    this.along(this.handOvers[e.thread]!, e, visit);
  }

  /** rf from a write; of the initial ones too. */
  readersOf(e: Event): readonly Event[] {
    if (e.thread >= 0) return this.readers.get(e) ?? [];
    return [...this.graph.from].filter(([, from]) => from === e).map(([read]) => read);
  }

  /** rfe from a write. */
  external(e: Event): Event[] {
    return (this.readers.get(e) ?? []).filter(read => read.thread !== e.thread);
  }

  /** (co | fr) to other threads. */
  overwrites(e: Event): Event[] {
    if (e.kind === 'fence') return [];
    const writes = this.graph.writes(e.location);
    const place = writes.indexOf(e.kind === 'write' ? e : this.graph.from.get(e)!);
    return writes.slice(place + 1).filter(w => w.thread !== e.thread);
  }

  nextRelease(e: Event): Event | undefined {
    const events = this.thread(e.thread);
    for (let i = e.index + 1; i < events.length; i++) {
      const later = events[i]!;
      if (later.kind === 'write' && later.order === 'release') return later;
    }
    return undefined;
  }

  /** wmb from a write. */
  writesAfterBarrier(e: Event, visit: (later: Event) => void): void {
    this.past(e, 'wmb', later => later.kind === 'write' && void visit(later));
  }

  private past(e: Event, fence: 'wmb' | 'rmb', visit: (later: Event) => unknown): void {
    const events = this.thread(e.thread);
    let i = e.index + 1;
    while (i < events.length && events[i]!.fence !== fence) i++;
    for (i++; i < events.length; i++) visit(events[i]!);
  }

  /** What fences order after an event in its own thread: mb, wmb, rmb, acquire, release, grace periods. */
  fenced(e: Event, visit: (later: Event) => void): void {
    this.strong(e, later => later.thread === e.thread && void visit(later));
    const release = this.nextRelease(e);
    if (release) visit(release);
    if (e.kind === 'write') this.writesAfterBarrier(e, visit);
    if (e.kind !== 'read') return;
    if (this.acquires(e)) for (const later of this.thread(e.thread).slice(e.index + 1)) visit(later);
    if (e.order !== 'noreturn') this.past(e, 'rmb', later => isReturning(later as Event) && void visit(later as Event));
  }

  /** ppo: the order that the processor keeps. */
  preserved(e: Event, visit: (later: Event) => void): void {
    this.fenced(e, visit);
    this.handedOver(e, later => later.thread === e.thread && void visit(later));
    for (const later of this.dependents.get(e) ?? []) {
      const onAddress = later.address.includes(e);
      if (later.kind === 'write') {
        visit(later);
        // Who reads a write of its own thread early, reads what it will be.
        if (isMarked(later) && (onAddress || later.data.includes(e)))
          for (const read of this.readers.get(later) ?? []) if (read.thread === e.thread) visit(read);
        if (onAddress && !isMarked(later)) this.writesAfterBarrier(later, visit);
      } else if (onAddress) visit(later);
    }
    if (e.kind === 'fence') return;
    const own = this.thread(e.thread).find(w => w.index > e.index && w.kind === 'write' && w.location === e.location);
    if (own) visit(own);
  }

  /** Whether a plain access is bounded by a marked event before it: by its address or a fence. */
  bounds(e: Event, plain: Event): boolean {
    if (e.thread !== plain.thread) return false;
    if (plain.address.includes(e)) return true;
    let is = false;
    this.fenced(e, later => {
      if (later === plain) is = true;
    });
    return is;
  }
}

/** An operation that reads and writes, other than a lock's. */
const isAtomic = (e: Event): boolean => !e.lock && (e.updates === true || e.half !== undefined);
const isReturning = (e: Event): boolean => e.kind === 'read' && e.order !== 'noreturn';

function push(map: Map<Event, Event[]>, key: Event, value: Event): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
