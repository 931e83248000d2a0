import type { PageTables } from '../kernel/x86/tables.ts';
import type { Ptr } from '../machine/abi.ts';
import type { EventSink, LockEventKind } from '../machine/events.ts';
import { hexAddress } from '../machine/layout.ts';
import type { Lock } from '../machine/lock.ts';
import { type Access, accessSize, hexValue, isEntry, type Value } from '../machine/scalar.ts';
import type { MachineThread } from '../machine/thread.ts';
import type {
  LockHistory,
  LockMode,
  LockSpan,
  TraceDocument,
  TraceEvent,
  TraceEventKind,
} from '../report/documents.ts';

/** An object that is declared but defined in no source: what is read of it is zero, and nobody's fact. */
export interface MissingObject {
  readonly name: string;
  readonly address: Ptr;
  readonly size: number;
}

type Detail = Partial<Omit<TraceEvent, 'step' | 'thread' | 'kind' | 'file' | 'line' | 'function'>>;
interface OpenSpan extends LockSpan {
  to: number;
}
interface History {
  readonly lock: Lock;
  readonly index: number;
  readonly holds: OpenSpan[];
  readonly waits: OpenSpan[];
}

/**
 * Turns what threads do into the events, lock spans and output of a trace.
 *
 * A span ends at the step of the event that ends it; one that nothing ends goes to the end of the run. Reads are
 * recorded where they are of page-table entries (or all, with `allReads`); every visible step moves the clock.
 */
export class Recorder implements EventSink {
  clock = 0;
  readonly events: TraceEvent[] = [];
  readonly written: TraceDocument['output'][number][] = [];
  private readonly histories = new Map<Lock, History>();
  private readonly unknown = new Map<string, { function: string; file: string; line: number; count: number }>();

  constructor(
    private readonly tables: PageTables,
    private readonly missing: readonly MissingObject[] = [],
    readonly allReads = false,
  ) {}

  read(k: MachineThread, line: number, p: Ptr, type: Access, value: Value, text?: string): void {
    for (const m of this.missing) if (p >= m.address && p < m.address + m.size) this.unmodelled(k, line, m.name);
    if (!this.allReads && !isEntry(type) && text === undefined) {
      this.clock++;
      return;
    }
    this.add(k, 'read', line, {
      address: hexAddress(p),
      size: accessSize(type),
      value: hexValue(value, type),
      ...(isEntry(type) ? this.tables.entryAt(p, type) : {}),
      ...(text === undefined ? {} : { text }),
    });
  }

  write(k: MachineThread, line: number, p: Ptr, type: Access, before: Value, value: Value, text?: string): void {
    const detail = {
      address: hexAddress(p),
      size: accessSize(type),
      value: hexValue(value, type),
      before: hexValue(before, type),
      ...(text === undefined ? {} : { text }),
    };
    if (isEntry(type)) this.add(k, 'pagetable', line, { ...detail, ...this.tables.written(p, type, value as bigint) });
    else this.add(k, 'write', line, detail);
  }

  lock(k: MachineThread, kind: LockEventKind, line: number, lock: Lock, mode: LockMode): void {
    const step = this.clock;
    const history = this.history(lock);
    this.add(k, kind, line, { lock: history.index, mode });
    const open = { thread: k.index, mode, from: step, to: Number.POSITIVE_INFINITY };
    if (kind === 'wait') {
      history.waits.push(open);
      return;
    }
    if (kind === 'acquire') close(history.waits, k.index, undefined, step);
    if (kind === 'release') close(history.holds, k.index, mode, step);
    if (kind === 'downgrade') close(history.holds, k.index, 'write', step);
    if (kind !== 'release') history.holds.push(open);
  }

  note(k: MachineThread, kind: TraceEventKind, line: number, text: string, address?: Ptr, size?: number): void {
    this.add(k, kind, line, {
      text,
      ...(address === undefined ? {} : { address: hexAddress(address) }),
      ...(size === undefined ? {} : { size }),
    });
  }

  output(k: MachineThread, line: number, stream: 'seq' | 'printk', text: string): void {
    this.written.push({ step: this.clock, thread: k.index, stream, text });
    this.add(k, 'output', line, { text });
  }

  unmodelled(k: MachineThread, line: number, name: string): void {
    const file = k.function?.file ?? '';
    const key = `${name} ${file}:${line}`;
    const known = this.unknown.get(key);
    if (known) known.count++;
    else this.unknown.set(key, { function: name, file, line, count: 1 });
    this.add(k, 'unmodelled', line, { text: name });
  }

  /** Locks in the order of their first event. `end` is where spans end that nothing has ended. */
  locks(end: number): LockHistory[] {
    const closed = (spans: readonly OpenSpan[]): LockSpan[] => spans.map(s => ({ ...s, to: Math.min(s.to, end) }));
    return [...this.histories.values()].map(({ lock, holds, waits }) => ({
      lock: lock.name,
      type: lock.type,
      address: hexAddress(lock.address),
      holds: closed(holds),
      waits: closed(waits),
    }));
  }

  unmodelledCalls(): TraceDocument['unmodelled'] {
    return [...this.unknown.values()];
  }

  private add(k: MachineThread, kind: TraceEventKind, line: number, detail: Detail): void {
    const fn = k.function;
    this.events.push({
      step: this.clock++,
      thread: k.index,
      kind,
      file: fn?.file ?? '',
      line,
      function: fn?.name ?? k.name,
      ...detail,
    });
  }

  private history(lock: Lock): History {
    let history = this.histories.get(lock);
    if (!history) {
      history = { lock, index: this.histories.size, holds: [], waits: [] };
      this.histories.set(lock, history);
    }
    return history;
  }
}

function close(spans: OpenSpan[], thread: number, mode: LockMode | undefined, step: number): void {
  const span = spans.findLast(
    s => s.thread === thread && (mode === undefined || s.mode === mode) && s.to === Number.POSITIVE_INFINITY,
  );
  if (span) span.to = step;
}
