import type { LockMode, TraceEventKind } from '../report/documents.ts';
import type { Ptr } from './abi.ts';
import type { Lock } from './lock.ts';
import type { Access, Value } from './scalar.ts';
import type { MachineThread } from './thread.ts';

/**
 * Where threads tell what they do.
 *
 * `clock` is the step number that the next event gets. Every visible step moves it by one at least: through the event
 * that it records, or by hand when it records none.
 */
export interface EventSink {
  clock: number;
  /** Record every visible read, not only those of page-table entries and READ_ONCE. */
  readonly allReads: boolean;
  read(k: MachineThread, line: number, p: Ptr, type: Access, value: Value, text?: string): void;
  write(k: MachineThread, line: number, p: Ptr, type: Access, before: Value, value: Value, text?: string): void;
  lock(k: MachineThread, kind: LockEventKind, line: number, lock: Lock, mode: LockMode): void;
  /** A trylock has found the lock taken. */
  tryFailed?(k: MachineThread, line: number, lock: Lock, mode: LockMode): void;
  note(k: MachineThread, kind: TraceEventKind, line: number, text: string, address?: Ptr, size?: number): void;
  output(k: MachineThread, line: number, stream: 'seq' | 'printk', text: string): void;
  unmodelled(k: MachineThread, line: number, name: string): void;
}

export type LockEventKind = 'acquire' | 'wait' | 'release' | 'downgrade';

/** Hears nothing, but keeps time. */
export function silentSink(): EventSink {
  const tick = (): void => void sink.clock++;
  const sink: EventSink = {
    clock: 0,
    allReads: false,
    read: tick,
    write: tick,
    lock: tick,
    note: tick,
    output: tick,
    unmodelled: tick,
  };
  return sink;
}
