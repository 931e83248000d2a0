import type { FenceKind } from '../../machine/weak.ts';
import type { Event, Graph } from './graph.ts';

/** What a location holds: an integer, or the address of the location of that name. */
export type Value = number | string;

/** How an access is marked; `plain` is one that the compiler may do as it likes with. */
export type AccessTag = 'plain' | 'once' | 'acquire' | 'release' | 'noreturn';

/** The part an access plays in a spinlock (tools/memory-model/lock.cat): its name there. */
export type LockRole = 'LKR' | 'LKW' | 'UL' | 'LF' | 'RU';

/** Indices, in the same thread, of the reads that something depends on. */
export interface Dependencies {
  readonly addr: readonly number[];
  readonly data: readonly number[];
  readonly ctrl: readonly number[];
}

export interface Access extends Dependencies {
  readonly kind: 'read' | 'write';
  readonly tag: AccessTag;
  readonly location: string;
  readonly value: Value;
  /** On the write half of a read-modify-write: the index of its read half in the same thread. */
  readonly readHalf?: number;
  readonly lock?: LockRole;
}

export interface Fence {
  readonly kind: 'fence';
  readonly fence: FenceKind;
  /** The srcu_struct of an SRCU event. */
  readonly location?: string;
}

/** One step of a thread that the memory model knows of. */
export type ThreadEvent = Access | Fence;

/** An event of an execution: those of thread -1 are the initial writes. */
export type GraphEvent = ThreadEvent & { readonly thread: number; readonly index: number };

/**
 * An execution graph. Events are in the order initial writes, thread 0, thread 1 …, each thread in program order; an
 * event is named by its place in that order.
 */
export interface Execution {
  readonly events: readonly GraphEvent[];
  /** By event: the write that a read reads from, -1 for every other event. */
  readonly rf: readonly number[];
  /** All writes to a location in coherence order, the initial write first. */
  readonly co: readonly (readonly number[])[];
}

/** A graph as one that the axioms are about, and where its events are in that. */
export function executionOf(graph: Graph): {
  readonly execution: Execution;
  readonly places: ReadonlyMap<Event, number>;
} {
  const events: GraphEvent[] = [];
  const places = new Map<Event, number>();
  for (const [location, [first]] of graph.coherence) {
    places.set(first!, events.length);
    const none: readonly number[] = [];
    events.push({
      ...{ kind: 'write', tag: 'once', location: String(location), value: Number(first!.value) },
      ...{ addr: none, data: none, ctrl: none, thread: -1, index: events.length },
    });
  }
  for (const [thread, own] of graph.threads.entries()) {
    const begun = events.length;
    const mb = (): void => void events.push({ kind: 'fence', fence: 'mb', thread, index: events.length - begun });
    for (const e of own) {
      const half = own[e.index + 1]?.half === e;
      if (half && e.order === 'full') mb();
      places.set(e, events.length);
      const index = events.length - begun;
      const reads = (all: readonly Event[]): number[] => all.map(read => places.get(read)! - begun);
      if (e.kind === 'fence')
        events.push({
          kind: 'fence',
          fence: e.fence!,
          thread,
          index,
          ...(e.location ? { location: String(e.location) } : {}),
        });
      else
        events.push({
          kind: e.kind,
          tag: tagOf(e, half),
          location: String(e.location),
          value: Number(e.value),
          addr: reads(e.address),
          data: reads(e.data),
          ctrl: reads(e.control),
          thread,
          index,
          ...(e.half ? { readHalf: places.get(e.half)! - begun } : {}),
          ...(e.lock && (half || e.kind === 'write') ? { lock: e.lock } : {}),
        });
      if (e.half && e.order === 'full') mb();
    }
  }
  const rf = events.map(() => -1);
  for (const [read, write] of graph.from) rf[places.get(read)!] = places.get(write)!;
  const co = [...graph.coherence.values()].map(writes => writes.map(w => places.get(w)!));
  return { execution: { events, rf, co }, places };
}

function tagOf({ kind, order, updates }: Event, half: boolean): AccessTag {
  // An operation that has not written has no order either.
  if (kind === 'read' && updates && !half) return 'once';
  return order === 'full' ? 'once' : order;
}
