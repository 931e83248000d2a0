import type { LockMode } from '../report/documents.ts';
import type { Ptr } from './abi.ts';
import type { Lock } from './lock.ts';
import type { Access, Value } from './scalar.ts';
import type { MachineThread } from './thread.ts';

/** The reads that a value was made from, in the order of a memory model's own events. */
export type Dependencies = readonly object[];

export const NONE: Dependencies = [];

export function join(a: Dependencies, b: Dependencies): Dependencies {
  if (a.length === 0 || a === b) return b;
  if (b.length === 0) return a;
  const more = b.filter(read => !a.includes(read));
  return more.length === 0 ? a : [...a, ...more];
}

/**
 * How an access is ordered: `plain` is one that the compiler may do as it likes with, `once` and the others are marked. Of an
 * operation that reads and writes, `full` is one with smp_mb() on both sides, `noreturn` one whose value nobody gets
 * (tools/memory-model/linux-kernel.def).
 */
export type Order = 'plain' | 'once' | 'acquire' | 'release' | 'full' | 'noreturn';

/** Fences, in the words of tools/memory-model/linux-kernel.bell. */
export type FenceKind =
  | 'mb'
  | 'rmb'
  | 'wmb'
  | 'barrier'
  | 'before-atomic'
  | 'after-atomic'
  | 'after-spinlock'
  | 'after-unlock-lock'
  | 'rcu-lock'
  | 'rcu-unlock'
  | 'sync-rcu'
  | 'srcu-lock'
  | 'srcu-unlock'
  | 'sync-srcu';

/** A memory in which a read need not give what was written last. Asked for what threads share; addresses as in machine/abi.ts. */
export interface WeakMemory {
  read(k: MachineThread, p: Ptr, type: Access, line: number, order: Order): Value;
  /** @returns whether the write is the latest in the order of its location, so far: what memory itself shows */
  write(k: MachineThread, p: Ptr, type: Access, value: Value, line: number, order: Order): boolean;
  /** Reads and, unless `update` gives undefined, writes in one step; memory itself is written by `show`. */
  update(
    k: MachineThread,
    p: Ptr,
    type: Access,
    line: number,
    order: Order,
    update: (old: Value) => Value | undefined,
    show: (value: Value) => void,
  ): { readonly before: Value; readonly after: Value | undefined };
  fence(k: MachineThread, kind: FenceKind, line: number, address?: Ptr): void;
  /** Whether a thread that stands before taking a lock can go on. */
  canLock(k: MachineThread, lock: Lock, mode: LockMode): boolean;
  /** Takes a lock; with `tries`, gives whether it could. */
  lock(k: MachineThread, lock: Lock, mode: LockMode, line: number, tries: boolean): boolean;
  /** What spin_is_locked() and the like see. */
  isLocked(k: MachineThread, lock: Lock, line: number): boolean;
  unlock(k: MachineThread, lock: Lock, mode: LockMode, line: number): void;
}

const SUFFIX = /_(acquire|release|relaxed)$/;

/** The order of an operation that reads and writes, by the name of what does it. */
export function orderOfUpdate(name: string): Order {
  const suffix = SUFFIX.exec(name)?.[1];
  if (suffix === 'relaxed') return 'once';
  if (suffix !== undefined) return suffix as Order;
  if (/^test_and_set_bit_lock$/.test(name)) return 'acquire';
  if (/^(__)?clear_bit_unlock/.test(name)) return 'release';
  if (/^refcount_(dec|sub)/.test(name)) return 'release';
  if (/^refcount_/.test(name)) return 'once';
  if (/^(set|clear|change)_bit$/.test(name)) return 'noreturn';
  if (/^atomic(64|_long)?_(add|sub|inc|dec|and|andnot|or|xor)$/.test(name)) return 'noreturn';
  return 'full';
}

/** The order of a marked access that only reads or only writes. */
export function orderOfAccess(name: string): Order {
  if (SUFFIX.test(name)) return /_acquire$/.test(name) ? 'acquire' : /_release$/.test(name) ? 'release' : 'once';
  if (name === 'rcu_assign_pointer' || /smp_store_release$/.test(name)) return 'release';
  if (/smp_load_acquire$/.test(name)) return 'acquire';
  return 'once';
}

/** The fence that a barrier is, by its name; undefined: it orders nothing between processors. */
export function fenceNamed(name: string): FenceKind | undefined {
  switch (name.replace(/^(__smp_|smp_|dma_)/, '')) {
    case 'mb':
    case 'mb__after_srcu_read_unlock':
      return 'mb';
    case 'rmb':
    case 'acquire__after_ctrl_dep':
      return 'rmb';
    case 'wmb':
      return 'wmb';
    case 'barrier':
      return 'barrier';
    case 'mb__before_atomic':
      return 'before-atomic';
    case 'mb__after_atomic':
      return 'after-atomic';
    case 'mb__after_spinlock':
      return 'after-spinlock';
    case 'mb__after_unlock_lock':
      return 'after-unlock-lock';
    default:
      return undefined;
  }
}
