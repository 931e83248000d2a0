import type { LockMode } from '../report/documents.ts';
import type { Ptr } from './abi.ts';
import type { MachineThread } from './thread.ts';

/** One lock of the kernel, by the address of its object. What its states mean is the business of kernel/locking. */
export interface Lock {
  readonly address: Ptr;
  /** C type for reading: `spinlock_t`, `rw_semaphore`. */
  readonly type: string;
  readonly name: string;
  /** Who has it exclusively. */
  writer: MachineThread | undefined;
  /** Who has it shared, once per acquisition. */
  readonly readers: MachineThread[];
  /** Sleeping locks that hand over in order: who waits, first come first. */
  readonly queue: Waiter[];
}

export interface Waiter {
  readonly thread: MachineThread;
  readonly mode: LockMode;
  granted: boolean;
}

/** A lock that a thread has, and where it took it. */
export interface Held {
  readonly lock: Lock;
  mode: LockMode;
  readonly line: number;
  readonly function: string;
}

export const holders = (lock: Lock): readonly MachineThread[] =>
  lock.writer === undefined ? lock.readers : [lock.writer];
