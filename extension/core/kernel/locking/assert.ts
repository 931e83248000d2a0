import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import type { LockMode } from '../../report/documents.ts';
import { plain } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { type Context, contextOf } from '../sched/context.ts';

const LOCKDEP = 'include/linux/lockdep.h';

const holds = (k: MachineThread, lock: Ptr, mode?: LockMode): boolean =>
  k.held.some(h => h.lock.address === lock && (mode === undefined || h.mode === mode));

/** An assertion about the lock at an address, of whatever type: a warning when it does not hold. */
const asserts = (name: string, holdsTrue: (k: MachineThread, lock: Ptr) => boolean, what: string): Primitive =>
  plain(`void ${name}(const volatile void *lock)`, LOCKDEP, (k: MachineThread, lock: Ptr, line: number) => {
    if (!holdsTrue(k, lock)) k.warn(`${name}: ${k.around.nameOf(lock)} ${what}`, line);
  });

/** An assertion about what the thread has turned off. */
const context = (name: string, holdsTrue: (context: Context) => boolean, what: string): Primitive =>
  plain(`void ${name}(void)`, LOCKDEP, (k: MachineThread, line: number) => {
    if (!holdsTrue(contextOf(k))) k.warn(`${name}: ${what}`, line);
  });

/** preempt_count() is zero: bottom halves count in it too. */
const preemptible = ({ preempt, bottomHalvesOff }: Context): boolean => preempt === 0 && bottomHalvesOff === 0;

/** lockdep's assertions, always on. */
export const assertPrimitives: readonly Primitive[] = [
  ...[
    'lockdep_assert_held',
    'lockdep_assert_held_once',
    'assert_spin_locked',
    'assert_raw_spin_locked',
    'rwsem_assert_held',
  ].map(n => asserts(n, holds, 'is not held')),
  ...['lockdep_assert_held_write', 'lockdep_assert_held_exclusive', 'rwsem_assert_held_write'].map(n =>
    asserts(n, (k, p) => holds(k, p, 'write'), 'is not held for write'),
  ),
  asserts('lockdep_assert_held_read', (k, p) => holds(k, p, 'read'), 'is not held for read'),
  asserts('lockdep_assert_not_held', (k, p) => !holds(k, p), 'is held'),
  // Taking a lock that one has already cannot end well; a reader may be let in again.
  asserts('might_lock', (k, p) => !holds(k, p), 'is held already'),
  asserts('might_lock_read', (k, p) => !holds(k, p, 'write'), 'is held for write already'),
  plain('int lockdep_is_held(const volatile void *lock)', LOCKDEP, (k: MachineThread, lock: Ptr) =>
    holds(k, lock) ? 1 : 0,
  ),
  // 0 is for writing, 1 for reading, -1 any.
  plain(
    'int lockdep_is_held_type(const volatile void *lock, int read)',
    LOCKDEP,
    (k: MachineThread, p: Ptr, r: number) => (holds(k, p, r === 0 ? 'write' : r === 1 ? 'read' : undefined) ? 1 : 0),
  ),
  plain('void lockdep_assert_none_held_once(void)', LOCKDEP, (k: MachineThread, line: number) => {
    if (k.held.length > 0) k.warn(`lockdep_assert_none_held_once: ${k.held.map(h => h.lock.name).join(', ')}`, line);
  }),
  context('lockdep_assert_irqs_enabled', c => !c.irqsOff, 'interrupts are off'),
  context('lockdep_assert_irqs_disabled', c => c.irqsOff, 'interrupts are on'),
  context('lockdep_assert_preemption_enabled', c => preemptible(c) && !c.irqsOff, 'preemption is off'),
  context('lockdep_assert_preemption_disabled', c => !preemptible(c) || c.irqsOff, 'preemption is on'),
];
