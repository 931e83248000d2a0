import type { Ptr } from '../machine/abi.ts';
import type { EventSink, LockEventKind } from '../machine/events.ts';
import type { Lock } from '../machine/lock.ts';
import { type Access, accessSize } from '../machine/scalar.ts';
import { COMMON_MEMORY, OUTPUT } from '../machine/sharing.ts';
import type { MachineThread } from '../machine/thread.ts';
import type { LockMode, TraceEventKind } from '../report/documents.ts';
import { DataRaces, type RacingAccess } from './dataRaces.ts';
import { Kind, Touches } from './dpor/executable.ts';
import type { ObservedSharing } from './sharing.ts';

/** Whether a thread is in an RCU read-side section: a word for each, which is no memory. No address is so high. */
const READERS = 2 ** 52 + 2 * 4096;

/** A check of the kernel's own that failed, and the thread went on. */
export interface Warning {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Hears of each step what it touched, and nothing else.
 *
 * Invariant: two steps whose touches do not conflict leave the same state in either order. Of memory, only words that threads
 * share count. Memory comes from what a thread has of its own, so that allocation touches what is handed out alone; freeing
 * writes all of it.
 */
export class TouchSink implements EventSink {
  clock = 0;
  readonly allReads = true;
  touches = new Touches();
  /** The step under way takes a lock without waiting for it. */
  trying = false;
  readonly races: DataRaces;
  /** What the kernel's own checks have said in this execution. */
  readonly warnings: Warning[] = [];
  private readonly unknown = new Map<string, { function: string; file: string; line: number; count: number }>();

  constructor(
    private readonly sharing: ObservedSharing,
    private readonly threads: number,
  ) {
    this.races = new DataRaces(threads);
  }

  read(k: MachineThread, line: number, p: Ptr, type: Access, _value: unknown, text?: string): void {
    const size = accessSize(type);
    this.add(p, size, Kind.read, text !== undefined);
    this.races.accessed(p, size, byOf(k, line, text !== undefined, false));
  }

  write(k: MachineThread, line: number, p: Ptr, type: Access, _before: unknown, _value: unknown, text?: string): void {
    const size = accessSize(type);
    this.add(p, size, Kind.write, text !== undefined);
    this.races.accessed(p, size, byOf(k, line, text !== undefined, true));
  }

  lock(k: MachineThread, kind: LockEventKind, _line: number, lock: Lock, mode: LockMode): void {
    this.clock++;
    const { touches, races } = this;
    // A read-side section of RCU: a lock that nobody takes for writing, and that a grace period looks at.
    if (/^s?rcu/.test(lock.type)) {
      touches.add(READERS + 8 * k.index, 1, Kind.write);
      if (kind === 'release') races.released(k.index, READERS);
      else races.acquired(k.index, READERS);
    } else if (kind === 'release') {
      touches.add(lock.address, 1, mode === 'write' ? Kind.release : Kind.releaseRead);
      races.released(k.index, lock.address);
    } else if (kind === 'downgrade') {
      touches.add(lock.address, 1, Kind.release);
      touches.add(lock.address, 1, Kind.acquireRead);
      races.released(k.index, lock.address);
    } else if (kind === 'acquire') {
      const read = mode === 'read';
      if (this.trying) touches.add(lock.address, 1, read ? Kind.tryAcquireRead : Kind.tryAcquire);
      else touches.add(lock.address, 1, read ? Kind.acquireRead : Kind.acquire);
      races.acquired(k.index, lock.address);
    }
  }

  tryFailed(_k: MachineThread, _line: number, lock: Lock, mode: LockMode): void {
    this.touches.add(lock.address, 1, mode === 'read' ? Kind.tryReadFailed : Kind.tryFailed);
  }

  note(k: MachineThread, kind: TraceEventKind, line: number, text: string, address?: Ptr, size = 1): void {
    if (kind === 'warning') this.warnings.push({ text, file: k.function?.file ?? '', line });
    this.clock++;
    if (kind === 'alloc') this.addShared(COMMON_MEMORY, 8, Kind.write);
    if (address === undefined || kind === 'alloc') return;
    if (kind === 'read') this.addShared(address, size, Kind.read, byOf(k, line, false, false));
    else if (kind === 'write') this.addShared(address, size, Kind.write, byOf(k, line, false, true));
    // That others still use what is freed has a name of its own.
    else if (kind === 'free') this.addShared(address, size, Kind.write);
  }

  output(): void {
    this.clock++;
    this.addShared(OUTPUT, 8, Kind.write);
  }

  unmodelled(k: MachineThread, line: number, name: string): void {
    this.clock++;
    const file = k.function?.file ?? '';
    const key = `${name} ${file}:${line}`;
    if (!this.unknown.has(key)) this.unknown.set(key, { function: name, file, line, count: 0 });
    this.unknown.get(key)!.count++;
  }

  /** The step looked for RCU readers; `waited`: it could only be taken once those that it waits for were gone. */
  readers(waited: boolean, k?: MachineThread): void {
    if (waited && k) this.races.acquired(k.index, READERS);
    for (let t = 0; t < this.threads; t++) this.touches.add(READERS + 8 * t, 1, waited ? Kind.await : Kind.read);
  }

  unmodelledCalls(): { function: string; file: string; line: number; count: number }[] {
    return [...this.unknown.values()];
  }

  /** `decides`: the operation may write or not by what it finds (cmpxchg(), atomic_dec_if_positive()). */
  private add(p: Ptr, size: number, kind: Kind, decides: boolean): void {
    this.clock++;
    this.touches.add(p, size, kind);
    if (decides) this.touches.varies = true;
  }

  /** The words of a range that threads share. */
  private addShared(p: Ptr, size: number, kind: Kind, by?: RacingAccess): void {
    const end = p + size;
    for (let word = Math.floor(p / 8) * 8; word < end; word += 8) {
      if (!this.sharing.isShared(word)) continue;
      this.touches.add(word, 8, kind);
      const from = Math.max(p, word);
      if (by) this.races.accessed(from, Math.min(end, word + 8) - from, by);
    }
  }
}

/** Operations that are told with a name are atomic ones, and marked. */
const byOf = (k: MachineThread, line: number, named: boolean, write: boolean): RacingAccess => ({
  thread: k.index,
  write,
  marked: named || k.marked,
  file: k.function?.file ?? '',
  line,
});
