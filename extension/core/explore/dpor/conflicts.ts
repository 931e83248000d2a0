import { Kind } from './executable.ts';

const KINDS = 14;

/** Kinds that leave a place as it was: they commute with each other. */
const READS: readonly Kind[] = [Kind.read, Kind.await, Kind.tryWriteFailed, Kind.tryFailed, Kind.tryReadFailed];
/** Kinds of the read side: they commute with each other. */
const READ_SIDE: readonly Kind[] = [Kind.acquireRead, Kind.tryAcquireRead, Kind.releaseRead];

/**
 * `CONFLICTS[a] >> b & 1`: steps that touch one place in the kinds a and b are dependent. Symmetrical. A read trylock
 * that failed saw a writer, and would have whatever readers do; every other pair of which one changes the place is
 * dependent, memory kinds and lock kinds among each other too (a lock that is copied or cleared).
 */
export const CONFLICTS: Int32Array = conflicts();

function conflicts(): Int32Array {
  const table = new Int32Array(KINDS);
  const commute = (a: Kind, b: Kind): boolean =>
    (READS.includes(a) && READS.includes(b)) ||
    (READ_SIDE.includes(a) && READ_SIDE.includes(b)) ||
    (a === Kind.tryReadFailed && READ_SIDE.includes(b)) ||
    (b === Kind.tryReadFailed && READ_SIDE.includes(a));
  for (const a of Object.values(Kind)) for (const b of Object.values(Kind)) if (!commute(a, b)) table[a]! |= 1 << b;
  return table;
}

const set = (...kinds: Kind[]): number => kinds.reduce<number>((bits, kind) => bits | (1 << kind), 0);

/** As bits `1 << kind`: kinds that conflict with every kind, so that all earlier touches happen before such a one. */
export const DOMINATES = Object.values(Kind).reduce<number>(
  (bits, kind) => (CONFLICTS[kind] === (1 << KINDS) - 1 ? bits | (1 << kind) : bits),
  0,
);
/** Waiting for a lock. */
export const LOCKS = set(Kind.acquire, Kind.acquireRead);
/** Waiting for a value in memory. */
export const AWAITS = set(Kind.await, Kind.awaitWrite);
/** Giving a lock back. */
export const RELEASES = set(Kind.release, Kind.releaseRead);
/** Taking the lock, waiting or not. */
export const TAKES = set(Kind.acquire, Kind.acquireRead, Kind.tryAcquire, Kind.tryAcquireRead);
/** Taking the read side of it. */
export const TAKES_READ = set(Kind.acquireRead, Kind.tryAcquireRead);
/** Having looked at a lock that was taken. */
export const FAILS = set(Kind.tryFailed, Kind.tryReadFailed);
/** What goes one way or the other by the state it finds: run elsewhere, it may touch in another kind. */
export const UNCERTAIN = set(
  Kind.tryAcquire,
  Kind.tryAcquireRead,
  Kind.tryFailed,
  Kind.tryReadFailed,
  Kind.tryWrite,
  Kind.tryWriteFailed,
);
