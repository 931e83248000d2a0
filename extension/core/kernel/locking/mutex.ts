import type { Ptr } from '../../machine/abi.ts';
import { holders } from '../../machine/lock.ts';
import { acquire, release, tryAcquire } from '../../machine/lockTable.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { mightSleep } from '../sched/context.ts';

const MUTEX = 'kernel/locking/mutex.c';
const TYPE = 'mutex';
const ARG = 'struct mutex *lock';

const lock = (name: string, returns: 'void' | 'int', rest = ''): Primitive =>
  visible(`${returns} ${name}(${ARG}${rest})`, MUTEX, function* (k: MachineThread, p: Ptr, ...args: number[]) {
    const line = args[args.length - 1]!;
    mightSleep(k, name, line);
    yield* acquire(k, k.around.locks.at(p, TYPE), 'write', line, name);
    return 0;
  });

/** Mutexes, handed over in order: no optimistic spinning. */
export const mutexPrimitives: readonly Primitive[] = [
  plain(`void mutex_init(${ARG})`, MUTEX, (k: MachineThread, p: Ptr, line: number) => k.around.locks.reset(k, p, line)),
  lock('mutex_lock', 'void'),
  lock('mutex_lock_nested', 'void', ', unsigned int subclass'),
  lock('mutex_lock_interruptible', 'int'),
  lock('mutex_lock_killable', 'int'),
  lock('mutex_lock_io', 'void'),
  visible(`int mutex_trylock(${ARG})`, MUTEX, (k: MachineThread, p: Ptr, line: number) =>
    tryAcquire(k, k.around.locks.at(p, TYPE), 'write', line),
  ),
  visible(`void mutex_unlock(${ARG})`, MUTEX, (k: MachineThread, p: Ptr, line: number) =>
    release(k, k.around.locks.at(p, TYPE), 'write', line),
  ),
  visible(`bool mutex_is_locked(${ARG})`, MUTEX, function* (k: MachineThread, p: Ptr, line: number) {
    yield* k.step('mutex_is_locked', p, line);
    k.around.sink.clock++;
    return holders(k.around.locks.at(p, TYPE)).length > 0 ? 1 : 0;
  }),
];
