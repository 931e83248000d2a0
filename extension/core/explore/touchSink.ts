import type { Ptr } from '../machine/abi.ts';
import type { EventSink, LockEventKind } from '../machine/events.ts';
import type { Lock } from '../machine/lock.ts';
import { type Access, accessSize } from '../machine/scalar.ts';
import type { MachineThread } from '../machine/thread.ts';
import type { LockMode, TraceEventKind } from '../report/documents.ts';
import { Kind, Touches } from './dpor/executable.ts';

/** Places that are no memory: who allocates or frees, whether RCU readers are inside, what is printed. No address is so high. */
const ALLOCATOR = 2 ** 52;
const READERS = 2 ** 52 + 1;
const OUTPUT = 2 ** 52 + 2;

/**
 * Hears of each step what it touched, and nothing else.
 *
 * Invariant: two steps whose touches do not conflict leave the same state in either order. What this does not know to be so
 * counts as a write: allocation and freeing of anything, since addresses are given out in order, RCU sections, output.
 */
export class TouchSink implements EventSink {
  clock = 0;
  readonly allReads = true;
  touches = new Touches();
  /** The step under way takes a lock without waiting for it. */
  trying = false;
  private readonly unknown = new Map<string, { function: string; file: string; line: number; count: number }>();

  read(_k: MachineThread, _line: number, p: Ptr, type: Access, _value: unknown, text?: string): void {
    this.add(p, accessSize(type), Kind.read, text !== undefined);
  }

  write(
    _k: MachineThread,
    _line: number,
    p: Ptr,
    type: Access,
    _before: unknown,
    _value: unknown,
    text?: string,
  ): void {
    this.add(p, accessSize(type), Kind.write, text !== undefined);
  }

  lock(_k: MachineThread, kind: LockEventKind, _line: number, lock: Lock, mode: LockMode): void {
    this.clock++;
    const { touches } = this;
    // A read-side section of RCU: a lock that nobody takes for writing, and that a grace period looks at.
    if (/^s?rcu/.test(lock.type)) touches.add(READERS, 1, Kind.write);
    else if (kind === 'release') touches.add(lock.address, 1, mode === 'write' ? Kind.release : Kind.releaseRead);
    else if (kind === 'downgrade') {
      touches.add(lock.address, 1, Kind.release);
      touches.add(lock.address, 1, Kind.acquireRead);
    } else if (kind === 'acquire') {
      const read = mode === 'read';
      if (this.trying) touches.add(lock.address, 1, read ? Kind.tryAcquireRead : Kind.tryAcquire);
      else touches.add(lock.address, 1, read ? Kind.acquireRead : Kind.acquire);
    }
  }

  tryFailed(_k: MachineThread, _line: number, lock: Lock, mode: LockMode): void {
    this.touches.add(lock.address, 1, mode === 'read' ? Kind.tryReadFailed : Kind.tryFailed);
  }

  note(_k: MachineThread, kind: TraceEventKind, _line: number, _text: string, address?: Ptr, size = 1): void {
    this.clock++;
    if (kind === 'alloc' || kind === 'free') this.touches.add(ALLOCATOR, 1, Kind.write);
    if (address === undefined || kind === 'alloc') return;
    if (kind === 'read') this.touches.add(address, size, Kind.read);
    else if (kind === 'write' || kind === 'free') this.touches.add(address, size, Kind.write);
  }

  output(): void {
    this.clock++;
    this.touches.add(OUTPUT, 1, Kind.write);
  }

  unmodelled(k: MachineThread, line: number, name: string): void {
    this.clock++;
    const file = k.function?.file ?? '';
    const key = `${name} ${file}:${line}`;
    if (!this.unknown.has(key)) this.unknown.set(key, { function: name, file, line, count: 0 });
    this.unknown.get(key)!.count++;
  }

  /** The step looked for RCU readers; `waited`: it could only be taken once those that it waits for were gone. */
  readers(waited: boolean): void {
    this.touches.add(READERS, 1, waited ? Kind.await : Kind.read);
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
}
