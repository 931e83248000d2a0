import type {
  LockMode,
  LockSpan,
  TraceDocument,
  TraceEvent,
  TraceEventKind,
  TraceTable,
} from '../../extension/core/report/documents.ts';

type Rest = Partial<Omit<TraceEvent, 'step' | 'thread' | 'kind'>>;
type End = TraceDocument['end']['kind'];
type MutableSpan = { -readonly [K in keyof LockSpan]: LockSpan[K] };

/**
 * Writes TraceDocuments by hand for tests, and keeps them consistent: holds and waits always agree with the events,
 * steps rise by one per event, output has its event.
 */
export class TraceBuilder {
  readonly events: TraceEvent[] = [];
  readonly tables: TraceTable[] = [];
  readonly #locks: { lock: string; type: string; address: string; holds: MutableSpan[]; waits: MutableSpan[] }[] = [];
  readonly #output: { step: number; thread: number; stream: 'seq' | 'printk'; text: string }[] = [];
  readonly #unmodelled = new Map<string, { function: string; file: string; line: number; count: number }>();
  #clock = 0;

  constructor(
    readonly threads: readonly string[],
    readonly file = 'mm/sample.c',
  ) {}

  get clock(): number {
    return this.#clock;
  }

  /** Declares a lock and gives its index. */
  lock(lock: string, type = 'spinlock_t'): number {
    const address = `0x${(0xffffffff82000000n + BigInt(this.#locks.length * 64)).toString(16)}`;
    return this.#locks.push({ lock, type, address, holds: [], waits: [] }) - 1;
  }

  /** Moves the clock without an event: steps that recorded nothing. */
  gap(steps: number): this {
    this.#clock += steps;
    return this;
  }

  event(thread: number, kind: TraceEventKind, line: number, rest: Rest = {}): this {
    const { file = this.file, function: name = 'sample', ...more } = rest;
    this.events.push({ step: this.#clock++, thread, kind, file, line, function: name, ...more });
    return this;
  }

  wait(thread: number, lock: number, mode: LockMode, line: number, rest: Rest = {}): this {
    this.#locks[lock]!.waits.push({ thread, mode, from: this.#clock, to: Infinity });
    return this.event(thread, 'wait', line, { ...rest, lock, mode });
  }

  acquire(thread: number, lock: number, mode: LockMode, line: number, rest: Rest = {}): this {
    const { waits, holds } = this.#locks[lock]!;
    for (const w of waits) if (w.thread === thread && w.to === Infinity) w.to = this.#clock;
    holds.push({ thread, mode, from: this.#clock, to: Infinity });
    return this.event(thread, 'acquire', line, { ...rest, lock, mode });
  }

  downgrade(thread: number, lock: number, line: number, rest: Rest = {}): this {
    this.#close(thread, lock);
    this.#locks[lock]!.holds.push({ thread, mode: 'read', from: this.#clock, to: Infinity });
    return this.event(thread, 'downgrade', line, { ...rest, lock, mode: 'read' });
  }

  release(thread: number, lock: number, line: number, rest: Rest = {}): this {
    const mode = this.#close(thread, lock);
    return this.event(thread, 'release', line, { ...rest, lock, mode });
  }

  /** A write to entry `index` of the table at `table`. */
  entry(
    thread: number,
    table: bigint,
    index: number,
    before: bigint,
    value: bigint,
    line: number,
    rest: Rest = {},
  ): this {
    return this.event(thread, 'pagetable', line, {
      size: 8,
      address: hex(table + BigInt(index * 8)),
      before: hex(before),
      value: hex(value),
      ...rest,
    });
  }

  output(thread: number, text: string, line: number, stream: 'seq' | 'printk' = 'seq', rest: Rest = {}): this {
    this.#output.push({ step: this.#clock, thread, stream, text });
    return this.event(thread, 'output', line, { ...rest, text });
  }

  unmodelled(thread: number, name: string, line: number): this {
    const known = this.#unmodelled.get(name);
    if (known) known.count++;
    else this.#unmodelled.set(name, { function: name, file: this.file, line, count: 1 });
    return this.event(thread, 'unmodelled', line, { text: name });
  }

  build(end: End = 'finished', more: Partial<TraceDocument> = {}): TraceDocument {
    const steps = this.#clock;
    const close = (spans: readonly LockSpan[]) => spans.map(s => ({ ...s, to: Math.min(s.to, steps) }));
    const choices: number[] = [];
    for (const e of this.events) {
      if (choices.at(-2) === e.thread) choices[choices.length - 1]! += 1;
      else choices.push(e.thread, 1);
    }
    return {
      version: 1,
      scenario: 'a sample',
      scenarioFile: 'sample.scenario.c',
      source: 'sample',
      threads: this.threads.map(name => ({ name })),
      events: this.events,
      locks: this.#locks.map(l => ({ ...l, holds: close(l.holds), waits: close(l.waits) })),
      output: this.#output,
      unmodelled: [...this.#unmodelled.values()],
      schedule: { kind: 'random', seed: 7, choices },
      end: { kind: end, steps },
      invariants: [],
      tables: this.tables,
      ...more,
    };
  }

  #close(thread: number, lock: number): LockMode {
    const hold = this.#locks[lock]?.holds.findLast(h => h.thread === thread && h.to === Infinity);
    if (!hold) throw new Error(`the test's trace releases lock ${lock}, which thread ${thread} does not hold`);
    hold.to = this.#clock;
    return hold.mode;
  }
}

/** 0x and 16 digits, as traces write 64-bit values. */
export function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16).padStart(16, '0')}`;
}
