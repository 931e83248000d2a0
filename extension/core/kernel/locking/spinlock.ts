import type { Ptr, Running } from '../../machine/abi.ts';
import { holders } from '../../machine/lock.ts';
import { release as give, acquire as take, tryAcquire } from '../../machine/lockTable.ts';
import type { MachineThread } from '../../machine/thread.ts';
import type { LockMode } from '../../report/documents.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { contextOf, enableBottomHalves, restoreInterrupts, saveInterrupts } from '../sched/context.ts';

/** What taking the lock turns off besides preemption. */
type Off = 'nothing' | 'irq' | 'bh';

interface Kind {
  readonly type: string;
  readonly standsFor: string;
  readonly mode: LockMode;
}

const SPIN: Kind = { type: 'spinlock_t', standsFor: 'include/linux/spinlock.h', mode: 'write' };
const RAW: Kind = { type: 'raw_spinlock_t', standsFor: 'include/linux/spinlock.h', mode: 'write' };
const READ: Kind = { type: 'rwlock_t', standsFor: 'include/linux/rwlock.h', mode: 'read' };
const WRITE: Kind = { type: 'rwlock_t', standsFor: 'include/linux/rwlock.h', mode: 'write' };

function turnOff(k: MachineThread, off: Off): void {
  const context = contextOf(k);
  if (off === 'irq') context.irqsOff = true;
  if (off === 'bh') context.bottomHalvesOff++;
  context.preempt++;
}
function turnOn(k: MachineThread, off: Off, line: number): void {
  const context = contextOf(k);
  context.preempt--;
  if (off === 'irq') context.irqsOff = false;
  if (off === 'bh') enableBottomHalves(k, line);
}

function* acquire(k: MachineThread, p: Ptr, kind: Kind, name: string, line: number): Running<void> {
  yield* take(k, k.around.locks.at(p, kind.type), kind.mode, line, name);
}

function* release(k: MachineThread, p: Ptr, kind: Kind, line: number): Running<void> {
  yield* give(k, k.around.locks.at(p, kind.type), kind.mode, line);
}

function* attempt(k: MachineThread, p: Ptr, kind: Kind, off: Off, line: number): Running<number> {
  const got = yield* tryAcquire(k, k.around.locks.at(p, kind.type), kind.mode, line);
  if (got) turnOff(k, off);
  return got;
}

/** `prefix_lock`, `prefix_unlock` and their variants, over one kind of lock. */
function family(prefix: string, kind: Kind): Primitive[] {
  const { type, standsFor } = kind;
  const made: Primitive[] = [];
  const variants: readonly [string, Off][] = [
    ['', 'nothing'],
    ['_irq', 'irq'],
    ['_bh', 'bh'],
  ];
  for (const [suffix, off] of variants) {
    const lock = `${prefix}_lock${suffix}`;
    const unlock = `${prefix}_unlock${suffix}`;
    const trylock = `${prefix}_trylock${suffix}`;
    made.push(
      visible(`void ${lock}(${type} *lock)`, standsFor, function* (k: MachineThread, p: Ptr, line: number) {
        turnOff(k, off);
        yield* acquire(k, p, kind, lock, line);
      }),
      visible(`void ${unlock}(${type} *lock)`, standsFor, function* (k: MachineThread, p: Ptr, line: number) {
        yield* release(k, p, kind, line);
        turnOn(k, off, line);
      }),
      visible(`int ${trylock}(${type} *lock)`, standsFor, function* (k: MachineThread, p: Ptr, line: number) {
        return yield* attempt(k, p, kind, off, line);
      }),
    );
  }
  const save = `${prefix}_lock_irqsave`;
  const restore = `${prefix}_unlock_irqrestore`;
  made.push(
    visible(
      `void ${save}(${type} *lock, unsigned long &flags)`,
      standsFor,
      function* (k: MachineThread, p: Ptr, flags: Ptr, line: number) {
        k.set(flags, 'u64', saveInterrupts(k));
        turnOff(k, 'nothing');
        yield* acquire(k, p, kind, save, line);
      },
    ),
    visible(
      `void ${restore}(${type} *lock, unsigned long flags)`,
      standsFor,
      function* (k: MachineThread, p: Ptr, flags: bigint, line: number) {
        yield* release(k, p, kind, line);
        turnOn(k, 'nothing', line);
        restoreInterrupts(k, flags);
      },
    ),
  );
  return made;
}

/** The classes that lockdep tells apart make no difference to who gets the lock. */
function nested(prefix: string, kind: Kind): Primitive[] {
  const name = `${prefix}_lock_nested`;
  return [
    visible(
      `void ${name}(${kind.type} *lock, int subclass)`,
      kind.standsFor,
      function* (k: MachineThread, p: Ptr, _subclass: number, line: number) {
        turnOff(k, 'nothing');
        yield* acquire(k, p, kind, name, line);
      },
    ),
  ];
}

const init = (name: string, kind: Kind): Primitive =>
  plain(`void ${name}(${kind.type} *lock)`, kind.standsFor, (k: MachineThread, p: Ptr, line: number) =>
    k.around.locks.reset(k, p, line),
  );

const isLocked = (name: string, kind: Kind): Primitive =>
  visible(`int ${name}(${kind.type} *lock)`, kind.standsFor, function* (k: MachineThread, p: Ptr, line: number) {
    yield* k.step(name, p, line);
    k.around.sink.clock++;
    const { weak } = k.around;
    if (weak) return weak.isLocked(k, k.around.locks.at(p, kind.type), line) ? 1 : 0;
    return holders(k.around.locks.at(p, kind.type)).length > 0 ? 1 : 0;
  });

export const spinlockPrimitives: readonly Primitive[] = [
  ...family('spin', SPIN),
  ...family('raw_spin', RAW),
  ...family('read', READ),
  ...family('write', WRITE),
  ...nested('spin', SPIN),
  ...nested('raw_spin', RAW),
  init('spin_lock_init', SPIN),
  init('raw_spin_lock_init', RAW),
  init('rwlock_init', WRITE),
  isLocked('spin_is_locked', SPIN),
  isLocked('raw_spin_is_locked', RAW),
];
