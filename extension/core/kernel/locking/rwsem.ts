import type { Ptr, Running } from '../../machine/abi.ts';
import { holders } from '../../machine/lock.ts';
import { acquire, downgrade, release, tryAcquire } from '../../machine/lockTable.ts';
import type { MachineThread } from '../../machine/thread.ts';
import type { LockMode } from '../../report/documents.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { mightSleep } from '../sched/context.ts';

const TYPE = 'rw_semaphore';
const RWSEM = 'kernel/locking/rwsem.c';
const SEM = 'struct rw_semaphore *sem';
const PERCPU = 'percpu_rw_semaphore';
const PERCPU_FILE = 'kernel/locking/percpu-rwsem.c';

function* take(k: MachineThread, p: Ptr, type: string, mode: LockMode, name: string, line: number): Running<void> {
  mightSleep(k, name, line);
  yield* acquire(k, k.around.locks.at(p, type), mode, line, name);
}

const down = (name: string, mode: LockMode, returns: 'void' | 'int', rest = ''): Primitive =>
  visible(`${returns} ${name}(${SEM}${rest})`, RWSEM, function* (k: MachineThread, p: Ptr, ...args: number[]) {
    yield* take(k, p, TYPE, mode, name, args[args.length - 1]!);
    // Nobody sends signals here: a killable wait always ends with the lock.
    return 0;
  });

const attempt = (name: string, mode: LockMode): Primitive =>
  visible(`int ${name}(${SEM})`, RWSEM, (k: MachineThread, p: Ptr, line: number) =>
    tryAcquire(k, k.around.locks.at(p, TYPE), mode, line),
  );

const up = (name: string, mode: LockMode): Primitive =>
  visible(`void ${name}(${SEM})`, RWSEM, (k: MachineThread, p: Ptr, line: number) =>
    release(k, k.around.locks.at(p, TYPE), mode, line),
  );

const percpu = (name: string, run: (k: MachineThread, p: Ptr, line: number) => Running<unknown>): Primitive =>
  visible(`void ${name}(struct percpu_rw_semaphore *sem)`, PERCPU_FILE, run);

const question = (name: string, ask: (k: MachineThread, p: Ptr) => boolean): Primitive =>
  visible(`int ${name}(${SEM})`, RWSEM, function* (k: MachineThread, p: Ptr, line: number) {
    yield* k.step(name, p, line);
    k.around.sink.clock++;
    return ask(k, p) ? 1 : 0;
  });

/** Reader-writer semaphores without optimistic spinning and stealing: fair, a queued writer stops new readers. */
export const rwsemPrimitives: readonly Primitive[] = [
  plain(`void init_rwsem(${SEM})`, RWSEM, (k: MachineThread, p: Ptr, line: number) => k.around.locks.reset(k, p, line)),
  down('down_read', 'read', 'void'),
  down('down_read_nested', 'read', 'void', ', int subclass'),
  down('down_read_non_owner', 'read', 'void'),
  down('down_read_interruptible', 'read', 'int'),
  down('down_read_killable', 'read', 'int'),
  down('down_read_killable_nested', 'read', 'int', ', int subclass'),
  down('down_write', 'write', 'void'),
  down('down_write_nested', 'write', 'void', ', int subclass'),
  down('down_write_killable', 'write', 'int'),
  down('down_write_killable_nested', 'write', 'int', ', int subclass'),
  attempt('down_read_trylock', 'read'),
  attempt('down_write_trylock', 'write'),
  up('up_read', 'read'),
  up('up_write', 'write'),
  visible(`void downgrade_write(${SEM})`, RWSEM, (k: MachineThread, p: Ptr, line: number) =>
    downgrade(k, k.around.locks.at(p, TYPE), line),
  ),
  question('rwsem_is_locked', (k, p) => holders(k.around.locks.at(p, TYPE)).length > 0),
  question('rwsem_is_contended', (k, p) => k.around.locks.at(p, TYPE).queue.length > 0),
  percpu('percpu_down_read', (k, p, line) => take(k, p, PERCPU, 'read', 'percpu_down_read', line)),
  percpu('percpu_up_read', (k, p, line) => release(k, k.around.locks.at(p, PERCPU), 'read', line)),
  percpu('percpu_down_write', (k, p, line) => take(k, p, PERCPU, 'write', 'percpu_down_write', line)),
  percpu('percpu_up_write', (k, p, line) => release(k, k.around.locks.at(p, PERCPU), 'write', line)),
];
