import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import type { LockMode } from '../../report/documents.ts';
import { plain } from '../define.ts';
import type { Primitive } from '../primitive.ts';

const LOCKDEP = 'include/linux/lockdep.h';

const holds = (k: MachineThread, lock: Ptr, mode?: LockMode): boolean =>
  k.held.some(h => h.lock.address === lock && (mode === undefined || h.mode === mode));

/** An assertion about the lock at an address, of whatever type: a warning when it does not hold. */
const asserts = (name: string, holdsTrue: (k: MachineThread, lock: Ptr) => boolean, what: string): Primitive =>
  plain(`void ${name}(const volatile void *lock)`, LOCKDEP, (k: MachineThread, lock: Ptr, line: number) => {
    if (!holdsTrue(k, lock)) k.warn(`${name}: ${k.around.nameOf(lock)} ${what}`, line);
  });

/** lockdep's assertions, always on. */
export const assertPrimitives: readonly Primitive[] = [
  ...['lockdep_assert_held', 'lockdep_assert_held_once', 'assert_spin_locked', 'assert_raw_spin_locked'].map(n =>
    asserts(n, holds, 'is not held'),
  ),
  asserts('lockdep_assert_held_write', (k, p) => holds(k, p, 'write'), 'is not held for write'),
  asserts('lockdep_assert_held_read', (k, p) => holds(k, p, 'read'), 'is not held for read'),
  asserts('lockdep_assert_not_held', (k, p) => !holds(k, p), 'is held'),
  plain('int lockdep_is_held(const volatile void *lock)', LOCKDEP, (k: MachineThread, lock: Ptr) =>
    holds(k, lock) ? 1 : 0,
  ),
  plain('void lockdep_assert_none_held_once(void)', LOCKDEP, (k: MachineThread, line: number) => {
    if (k.held.length > 0) k.warn(`lockdep_assert_none_held_once: ${k.held.map(h => h.lock.name).join(', ')}`, line);
  }),
];
