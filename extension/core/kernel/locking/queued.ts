import type { Callable, Ptr, Running } from '../../machine/abi.ts';
import { acquire, downgrade, release, tryAcquire } from '../../machine/lockTable.ts';
import type { MachineThread } from '../../machine/thread.ts';
import type { LockMode } from '../../report/documents.ts';
import type { Primitive } from '../primitive.ts';

type Body = (k: MachineThread, lock: Ptr, line: number) => Running<unknown>;

const primitive = (name: string, standsFor: string, signature: string, run: Body): Primitive => ({
  name,
  standsFor,
  signature,
  visible: true,
  run: run as unknown as Callable,
});

const take =
  (type: string, mode: LockMode): Body =>
  (k, p, line) =>
    acquire(k, k.around.locks.at(p, type), mode, line);
const give =
  (type: string, mode: LockMode): Body =>
  (k, p, line) =>
    release(k, k.around.locks.at(p, type), mode, line);
const attempt =
  (type: string, mode: LockMode): Body =>
  (k, p, line) =>
    tryAcquire(k, k.around.locks.at(p, type), mode, line);

const SPIN = 'kernel/locking/spinlock.c';
const RWSEM = 'kernel/locking/rwsem.c';
const MUTEX = 'kernel/locking/mutex.c';

/** Locks by address alone; the kernel's own fields in the object are not touched. */
export const queuedLocks: readonly Primitive[] = [
  primitive('spin_lock', SPIN, 'void spin_lock(spinlock_t *lock)', take('spinlock_t', 'write')),
  primitive('spin_unlock', SPIN, 'void spin_unlock(spinlock_t *lock)', give('spinlock_t', 'write')),
  primitive('spin_trylock', SPIN, 'int spin_trylock(spinlock_t *lock)', attempt('spinlock_t', 'write')),
  primitive('down_read', RWSEM, 'void down_read(struct rw_semaphore *sem)', take('rw_semaphore', 'read')),
  primitive('up_read', RWSEM, 'void up_read(struct rw_semaphore *sem)', give('rw_semaphore', 'read')),
  primitive(
    'down_read_trylock',
    RWSEM,
    'int down_read_trylock(struct rw_semaphore *sem)',
    attempt('rw_semaphore', 'read'),
  ),
  primitive('down_write', RWSEM, 'void down_write(struct rw_semaphore *sem)', take('rw_semaphore', 'write')),
  primitive('up_write', RWSEM, 'void up_write(struct rw_semaphore *sem)', give('rw_semaphore', 'write')),
  primitive(
    'down_write_trylock',
    RWSEM,
    'int down_write_trylock(struct rw_semaphore *sem)',
    attempt('rw_semaphore', 'write'),
  ),
  primitive('downgrade_write', RWSEM, 'void downgrade_write(struct rw_semaphore *sem)', (k, p, line) =>
    downgrade(k, k.around.locks.at(p, 'rw_semaphore'), line),
  ),
  primitive('mutex_lock', MUTEX, 'void mutex_lock(struct mutex *lock)', take('mutex', 'write')),
  primitive('mutex_unlock', MUTEX, 'void mutex_unlock(struct mutex *lock)', give('mutex', 'write')),
  primitive('mutex_trylock', MUTEX, 'int mutex_trylock(struct mutex *lock)', attempt('mutex', 'write')),
];
