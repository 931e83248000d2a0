import type { LockMode } from '../report/documents.ts';
import type { Ptr, Running } from './abi.ts';
import { holders, type Lock } from './lock.ts';
import type { MachineThread } from './thread.ts';

/**
 * Who has which lock, and who waits, by the address of the lock's object.
 *
 * Hand-over is fair, first come first served, as queued spinlocks and rw_semaphores are: a waiting writer stops new
 * readers (kernel/locking/qspinlock.c, kernel/locking/rwsem.c). Invariant: a lock with a free head of queue has it
 * granted; a granted waiter owns the lock before it runs again.
 *
 * With `anyNext`, whoever is chosen among those who wait gets a free lock, in one step: for exploring all orders, of which
 * the fair ones are some.
 */
export class LockTable {
  private readonly locks = new Map<Ptr, Lock>();
  anyNext = false;
  /** With `anyNext`: what threads stand before taking. */
  readonly wanted = new Map<MachineThread, { readonly lock: Lock; readonly mode: LockMode }>();

  /** At the mark. */
  private marked: readonly {
    readonly lock: Lock;
    readonly writer: MachineThread | undefined;
    readonly readers: readonly MachineThread[];
  }[] = [];
  /** Locks that were known once, with nobody at them: their names need not be worked out again. */
  private readonly spare = new Map<Ptr, Lock>();

  constructor(private readonly nameOf: (p: Ptr, type: string) => string) {}

  at(address: Ptr, type: string): Lock {
    return this.locks.get(address) ?? this.make(address, type);
  }

  private make(address: Ptr, type: string): Lock {
    const spare = this.spare.get(address);
    const lock =
      spare?.type === type
        ? spare
        : { address, type, name: this.nameOf(address, type), writer: undefined, readers: [], queue: [] };
    this.locks.set(address, lock);
    return lock;
  }

  /** What `rewind` brings back. Nobody waits: who could is the only thread. */
  mark(): void {
    this.marked = [...this.locks.values()].map(lock => ({ lock, writer: lock.writer, readers: [...lock.readers] }));
  }

  rewind(): void {
    for (const lock of this.locks.values()) {
      lock.writer = undefined;
      lock.readers.length = 0;
      lock.queue.length = 0;
    }
    // A lock of the mark may have been initialised anew since, and have another in its place.
    let same = this.locks.size === this.marked.length;
    for (const { lock, writer, readers } of this.marked) {
      lock.writer = writer;
      lock.readers.length = 0;
      for (const reader of readers) lock.readers.push(reader);
      lock.queue.length = 0;
      same &&= this.locks.get(lock.address) === lock;
    }
    if (!same) {
      for (const lock of this.locks.values()) this.spare.set(lock.address, lock);
      this.locks.clear();
      for (const { lock } of this.marked) this.locks.set(lock.address, lock);
    }
    this.wanted.clear();
  }

  all(): Iterable<Lock> {
    return this.locks.values();
  }

  /** spin_lock_init, init_rwsem …: whatever was at the address is gone. That of a held lock is a bug. */
  reset(k: MachineThread, address: Ptr, line: number): void {
    const lock = this.locks.get(address);
    if (!lock) return;
    if (holders(lock).length > 0 || lock.queue.length > 0)
      k.bug(`${lock.name} is initialised while ${names(holders(lock))} has it`, line, address);
    this.locks.delete(address);
  }

  /** Who waits for what, held by whom: a line for every thread that cannot go on. */
  whoWaits(threads: readonly MachineThread[]): string[] {
    const lines: string[] = [];
    for (const k of threads) {
      if (!k.pending?.enabled || k.pending.enabled()) continue;
      const lock = [...this.locks.values()].find(l => l.queue.some(w => w.thread === k));
      if (!lock) {
        const wanted = this.wanted.get(k);
        lines.push(
          wanted
            ? `${k.name} waits for ${wanted.lock.name} (${wanted.mode}), which ${names(holders(wanted.lock))} has`
            : `${k.name} waits in ${k.pending.what}`,
        );
        continue;
      }
      const at = lock.queue.findIndex(w => w.thread === k);
      const ahead = at > 0 ? `, queued behind ${lock.queue[at - 1]!.thread.name}` : '';
      lines.push(
        `${k.name} waits for ${lock.name} (${lock.queue[at]!.mode}), which ${names(holders(lock))} has${ahead}`,
      );
    }
    return lines;
  }
}

const names = (threads: readonly MachineThread[]): string =>
  threads.length === 0 ? 'nobody' : [...new Set(threads.map(t => t.name))].join(', ');

/** Nobody has it in the way of `mode`; who is queued does not count. */
export const free = (lock: Lock, mode: LockMode): boolean =>
  lock.writer === undefined && (mode === 'read' || lock.readers.length === 0);

function own(k: MachineThread, lock: Lock, mode: LockMode): void {
  if (mode === 'write') lock.writer = k;
  else lock.readers.push(k);
}

function taken(k: MachineThread, lock: Lock, mode: LockMode, line: number): void {
  k.held.push({ lock, mode, line, function: k.function?.name ?? k.name });
  k.around.sink.lock(k, 'acquire', line, lock, mode);
}

/** A lock that is known can lie in memory that has been freed since. */
function use(k: MachineThread, lock: Lock, line: number): void {
  k.touch(lock.address, 4, line);
  k.around.sharing?.accessed(k.index, lock.address, 4, false);
}

/** Takes the lock, waiting in its queue when it must. Arriving is a visible step; so is going on after a wait. */
export function* acquire(k: MachineThread, lock: Lock, mode: LockMode, line: number, what = 'lock'): Running<void> {
  const { locks, weak } = k.around;
  if (weak) {
    locks.wanted.set(k, { lock, mode });
    yield* k.step(what, lock.address, line, () => weak.canLock(k, lock, mode) || lock.writer === k);
    locks.wanted.delete(k);
    use(k, lock, line);
    if (lock.writer === k) takenTwice(k, lock, line);
    weak.lock(k, lock, mode, line, false);
    own(k, lock, mode);
    taken(k, lock, mode, line);
    return;
  }
  if (locks.anyNext) {
    locks.wanted.set(k, { lock, mode });
    // Who has it already is let on, to be told so.
    yield* k.step(what, lock.address, line, () => free(lock, mode) || lock.writer === k);
    locks.wanted.delete(k);
  } else yield* k.step(what, lock.address, line);
  use(k, lock, line);
  if (lock.writer === k) takenTwice(k, lock, line);
  if (lock.queue.length === 0 && free(lock, mode)) own(k, lock, mode);
  else {
    const waiter = { thread: k, mode, granted: false };
    lock.queue.push(waiter);
    k.around.sink.lock(k, 'wait', line, lock, mode);
    yield* k.step(what, lock.address, line, () => waiter.granted);
  }
  taken(k, lock, mode, line);
}

function takenTwice(k: MachineThread, lock: Lock, line: number): never {
  return k.bug(`${lock.name}: taken again by ${k.name}, which has it already`, line, lock.address);
}

/** Takes the lock only when that needs no waiting. */
export function* tryAcquire(k: MachineThread, lock: Lock, mode: LockMode, line: number): Running<number> {
  yield* k.step('trylock', lock.address, line);
  use(k, lock, line);
  const { weak } = k.around;
  if (weak ? !weak.lock(k, lock, mode, line, true) : !free(lock, mode) || (mode === 'read' && lock.queue.length > 0)) {
    k.around.sink.clock++;
    k.around.sink.tryFailed?.(k, line, lock, mode);
    return 0;
  }
  own(k, lock, mode);
  taken(k, lock, mode, line);
  return 1;
}

export function* release(k: MachineThread, lock: Lock, mode: LockMode, line: number): Running<void> {
  yield* k.step('unlock', lock.address, line);
  use(k, lock, line);
  drop(k, lock, mode, line);
  k.around.weak?.unlock(k, lock, mode, line);
  k.around.sink.lock(k, 'release', line, lock, mode);
  grant(lock);
}

/** write → read without letting go; readers at the head of the queue come in. */
export function* downgrade(k: MachineThread, lock: Lock, line: number): Running<void> {
  yield* k.step('downgrade', lock.address, line);
  drop(k, lock, 'write', line);
  if (k.around.weak) k.bug('downgrading a lock is not modelled under weak memory', line, lock.address);
  own(k, lock, 'read');
  k.held.push({ lock, mode: 'read', line, function: k.function?.name ?? k.name });
  k.around.sink.lock(k, 'downgrade', line, lock, 'read');
  grant(lock);
}

function drop(k: MachineThread, lock: Lock, mode: LockMode, line: number): void {
  const at = k.held.findLastIndex(h => h.lock === lock && h.mode === mode);
  if (at < 0) {
    const who = holders(lock).map(t => t.name);
    k.bug(
      `${lock.name}: let go by ${k.name}, which does not have it (${who.length > 0 ? `${who.join(', ')} has` : 'nobody has'})`,
      line,
      lock.address,
    );
  }
  k.held.splice(at, 1);
  if (mode === 'write') lock.writer = undefined;
  else lock.readers.splice(lock.readers.indexOf(k), 1);
}

/**
 * The head of the queue gets the lock when it is free. A reader at the head of an rw_semaphore brings in every reader of
 * the queue, past the writers between them (phase-fair, rwsem_mark_wake); other locks keep to the order.
 */
function grant(lock: Lock): void {
  if (lock.type === 'rw_semaphore' && lock.queue[0]?.mode === 'read' && free(lock, 'read')) {
    for (const waiter of lock.queue.filter(w => w.mode === 'read')) {
      lock.queue.splice(lock.queue.indexOf(waiter), 1);
      own(waiter.thread, lock, 'read');
      waiter.granted = true;
    }
    return;
  }
  for (let head = lock.queue[0]; head && free(lock, head.mode); head = lock.queue[0]) {
    lock.queue.shift();
    own(head.thread, lock, head.mode);
    head.granted = true;
    if (head.mode === 'write') return;
  }
}
