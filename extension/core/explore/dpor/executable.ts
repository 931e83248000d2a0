/**
 * What partial-order reduction needs to know of a program: threads that take visible steps, and what each step touched.
 * The explorer runs the program from its start again and again, each time in another order.
 */

/**
 * How a step touches a place. Two steps of different threads are dependent when they touch a place in kinds that
 * conflict (conflicts.ts holds the table). A lock is a place too: the address of the lock itself.
 *
 * Blocking kinds (`acquire`, `acquireRead`, `await`, `awaitWrite`) say that the step is only enabled in some states: the
 * explorer never asks for it in another. Whatever can go either way (`try…`) is always enabled, and is told after the
 * fact in the kind of the way it went.
 */
export const Kind = {
  /** Memory was read, whatever it held. */
  read: 0,
  /** Memory was written, whatever it held; read-modify-write operations that always write are this. */
  write: 1,
  /** An exclusive lock was taken by a step that waits until it is free; the write side of reader-writer locks. */
  acquire: 2,
  /** The read side of a reader-writer lock was taken by a step that waits while a writer has it. Readers commute. */
  acquireRead: 3,
  /** The exclusive lock was given back. */
  release: 4,
  /** The read side was given back. */
  releaseRead: 5,
  /** A trylock that took the lock. */
  tryAcquire: 6,
  /** A read trylock that took the read side. */
  tryAcquireRead: 7,
  /** A trylock (or `*_is_locked()`) that found the lock taken, by a writer or by readers: it read the lock's state. */
  tryFailed: 8,
  /** A read trylock that found a writer. */
  tryReadFailed: 9,
  /**
   * Memory was read by a step that waits until it holds some value (wait_event(), smp_cond_load_*(), RCU's wait). All that
   * the condition may look at is told, what a short-circuit spared this time too: a write there may enable it elsewhere.
   */
  await: 10,
  /** The same, and the memory was written by the step: down() of a counting semaphore on its count. */
  awaitWrite: 11,
  /** A conditional write that was done: cmpxchg() that found the expected value. */
  tryWrite: 12,
  /** A conditional write that was not done: cmpxchg() that found another value. It only read. */
  tryWriteFailed: 13,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** What one step touched. One object, emptied and filled anew at every step: no objects per step. */
export class Touches {
  /** Places touched; the arrays hold so many entries that count, and may be longer. */
  count = 0;
  /**
   * The step might touch other places or in other kinds, had others run before it (beyond what the `try…` kinds say by
   * themselves): it goes on by a value that it itself read, as a step of several accesses does unless it always makes the
   * same ones. The explorer then finds out by running what it would otherwise assume; without this, executions may be
   * missed.
   */
  varies = false;
  /** Addresses: integers below 2^53. */
  at = new Float64Array(16);
  /** Bytes from there on, 1 or more; a lock is given one byte or all its bytes, but always the same. */
  size = new Uint32Array(16);
  /** `Kind` of each. */
  kind = new Uint8Array(16);

  /** Empties it, for the next step. */
  clear(): void {
    this.count = 0;
    this.varies = false;
  }

  /** Adds one place. */
  add(at: number, size: number, kind: Kind): void {
    if (this.count === this.kind.length) this.#grow();
    const count = this.count++;
    this.at[count] = at;
    this.size[count] = size;
    this.kind[count] = kind;
  }

  #grow(): void {
    const { at, size, kind } = this;
    this.at = new Float64Array(at.length * 2);
    this.size = new Uint32Array(at.length * 2);
    this.kind = new Uint8Array(at.length * 2);
    this.at.set(at);
    this.size.set(size);
    this.kind.set(kind);
  }
}

/**
 * A program that can be run again and again. It must be deterministic: the same order of threads from `restart()` on
 * gives the same touches, the same enabled threads and the same end.
 */
export interface Executable {
  /** Threads, numbered from 0; at most 31. A thread that is started later is one that is not enabled before. */
  readonly threads: number;
  /** Back to before the first step. */
  restart(): void;
  /** The thread has a step left and can take it now: the lock is free, what it waits for is so. */
  isEnabled(thread: number): boolean;
  /** The thread has no step left. A thread that is neither enabled nor done is blocked. */
  isDone(thread: number): boolean;
  /**
   * Takes the next step of an enabled thread and adds what it touched to `touches` (which the caller has emptied).
   * False: the execution ends here, for a bug was found. What the other threads would still have touched is then not
   * known, and orders that only those touches give rise to are not explored; to have them all, let the thread of the bug
   * be done instead and the others go on.
   */
  step(thread: number, touches: Touches): boolean;
  /**
   * Adds to `touches` what the step that a blocked thread waits to take would touch: the lock as `acquire` or
   * `acquireRead`, the memory as `await` or `awaitWrite`. Asked at the end of an execution in which it stayed blocked.
   */
  pending(thread: number, touches: Touches): void;
  /**
   * Optional, when there is a faster way than `restart()` and `step()`: to the state after the first `count` steps of
   * `schedule` (thread numbers), which have been run before. The touches are not asked for.
   */
  replay?(schedule: Int32Array, count: number): void;
}
