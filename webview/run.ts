import type { LockMode, TraceDocument, TraceEvent } from '../extension/core/report/documents.ts';
import { firstAt } from '../extension/core/report/holdStats.ts';
import { type Lanes, lanesOf, type MARKERS, type MarkerKind, READ, WAIT } from '../extension/core/report/lanes.ts';
import { type OutputLine, outputLines } from '../extension/core/report/ptdump.ts';
import { TablesAt } from '../extension/core/report/tablesAt.ts';
import type { Place } from './protocol.ts';
import type { MarkerGroup } from './state.ts';

/** Stretches in which one thread ran without another one's step between; struct of arrays, in order. */
export interface Turns {
  readonly count: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly thread: Int32Array;
}

/** A lock that a thread holds or waits for at some step. */
export interface Holding {
  readonly lock: number;
  readonly mode: LockMode;
  readonly waiting: boolean;
  /** Index of the event that began it, if the trace has it. */
  readonly event: number | undefined;
}

export interface ThreadAt {
  readonly thread: number;
  readonly state: 'not started' | 'running' | 'waiting' | 'ended';
  /** Index of its last event up to the step, -1 when there is none. */
  readonly event: number;
  readonly holdings: readonly Holding[];
}

/** One trace and everything that the panel derives from it, made once. Imports no DOM. */
export class Run {
  readonly lanes: Lanes;
  readonly tables: TablesAt;
  readonly turns: Turns;
  readonly output: readonly OutputLine[];
  readonly printk: readonly OutputLine[];
  /** Per thread, the indices of its events. */
  readonly #own: readonly Int32Array[];
  readonly #byPlace = new Map<string, number[]>();

  constructor(readonly trace: TraceDocument) {
    this.lanes = lanesOf(trace);
    this.tables = new TablesAt(trace);
    this.turns = turnsOf(trace, this.lanes.steps);
    this.output = outputLines(trace);
    this.printk = outputLines(trace, Infinity, 'printk');
    const own: number[][] = trace.threads.map(() => []);
    trace.events.forEach((e, i) => {
      own[e.thread]!.push(i);
      const place = placeKey(e);
      const events = this.#byPlace.get(place);
      if (events) events.push(i);
      else this.#byPlace.set(place, [i]);
    });
    this.#own = own.map(o => Int32Array.from(o));
  }

  get steps(): number {
    return this.lanes.steps;
  }

  /** The step to look at first: what went wrong, else output that cannot be true, else the first split, else the start. */
  get landmark(): number {
    return (
      this.trace.events.find(e => e.kind === 'bug' || e.kind === 'warning')?.step ??
      this.output.find(l => l.flag)?.step ??
      this.tables.splits[0]?.step ??
      0
    );
  }

  /** Index of the last event at or before a step, -1 when there is none. */
  eventAt(step: number): number {
    const i = firstAt(this.trace, step);
    return this.trace.events[i]?.step === step ? i : i - 1;
  }

  /** Indices of the events of a source line, in order. */
  eventsOf(place: Place): readonly number[] {
    return this.#byPlace.get(placeKey(place)) ?? [];
  }

  /** The step of the next (previous, for negative `by`) event that passes; the same step when there is none. */
  stepFrom(step: number, by: number, passes: (e: TraceEvent) => boolean = () => true): number {
    const { events } = this.trace;
    let left = Math.abs(by);
    let at = step;
    let i = by > 0 ? firstAt(this.trace, step + 1) : firstAt(this.trace, step) - 1;
    for (; left > 0 && i >= 0 && i < events.length; i += Math.sign(by))
      if (passes(events[i]!)) {
        at = events[i]!.step;
        left--;
      }
    return at;
  }

  threadAt(thread: number, step: number): ThreadAt {
    const own = this.#own[thread]!;
    let low = 0;
    let high = own.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.trace.events[own[middle]!]!.step <= step) low = middle + 1;
      else high = middle;
    }
    const event = low ? own[low - 1]! : -1;
    const holdings = this.holdings(thread, step);
    const kind = event < 0 ? undefined : this.trace.events[event]!.kind;
    let state: ThreadAt['state'] = 'running';
    if (event < 0) state = 'not started';
    else if (kind === 'exit') state = 'ended';
    else if (holdings.some(h => h.waiting)) state = 'waiting';
    return { thread, state, event, holdings };
  }

  /** What a thread holds or waits for, outermost first. */
  holdings(thread: number, step: number): Holding[] {
    const { bars, lanes } = this.lanes;
    const [first, end] = lanes[thread]!.bars;
    const found: (Holding & { depth: number })[] = [];
    for (let i = first; i < end && bars.start[i]! <= step; i++) {
      if (bars.end[i]! <= step) continue;
      found.push({
        lock: bars.lock[i]!,
        mode: this.modeOf(i),
        waiting: bars.mode[i] === WAIT,
        event: this.eventOfBar(i),
        depth: bars.depth[i]!,
      });
    }
    return found.sort((a, b) => a.depth - b.depth);
  }

  /** Mode of a bar; of a wait, what is waited for. */
  modeOf(bar: number): LockMode {
    const { bars } = this.lanes;
    if (bars.mode[bar] !== WAIT) return bars.mode[bar] === READ ? 'read' : 'write';
    const event = this.eventOfBar(bar);
    return (event === undefined ? undefined : this.trace.events[event]!.mode) ?? 'write';
  }

  /** Index of the event that begins a bar. */
  eventOfBar(bar: number): number | undefined {
    const { bars } = this.lanes;
    const i = firstAt(this.trace, bars.start[bar]!);
    const e = this.trace.events[i];
    return e && e.step === bars.start[bar] && e.thread === bars.thread[bar] ? i : undefined;
  }
}

export function placeKey(place: Place): string {
  return `${place.file}:${place.line}`;
}

/** Which switch of the legend hides a kind of marker. */
export function groupOf(kind: MarkerKind): MarkerGroup {
  switch (kind) {
    case 'free':
      return 'alloc';
    case 'warning':
    case 'bug':
    case 'unmodelled':
      return 'trouble';
    default:
      return kind;
  }
}

/** What a marker kind is called on screen. */
export const MARKER_NAMES: Readonly<Record<(typeof MARKERS)[number], string>> = {
  pagetable: 'page-table write',
  barrier: 'barrier',
  tlbflush: 'TLB flush',
  alloc: 'alloc',
  free: 'free',
  output: 'output',
  warning: 'warning',
  bug: 'bug',
  unmodelled: 'unmodelled',
};

/** An event in a few words, without its place. */
export function eventText(trace: TraceDocument, e: TraceEvent): string {
  const lock = e.lock === undefined ? '' : trace.locks[e.lock]!.lock;
  switch (e.kind) {
    case 'acquire':
      return `takes ${lock} (${e.mode})`;
    case 'wait':
      return `waits for ${lock} (${e.mode})`;
    case 'release':
      return `releases ${lock} (${e.mode})`;
    case 'downgrade':
      return `downgrades ${lock} to read`;
    case 'read':
      return `reads ${e.address ?? '?'}${e.value ? ` = ${e.value}` : ''}`;
    case 'write':
      return `writes ${e.address ?? '?'}${e.value ? ` = ${e.value}` : ''}`;
    case 'pagetable':
      return `${e.level ?? 'entry'} ${e.before ?? '?'} → ${e.value ?? '?'}${e.maps ? `, maps ${e.maps}` : ''}`;
    case 'output':
      return `prints ${JSON.stringify(e.text ?? '')}`;
    case 'alloc':
    case 'free':
      return [e.kind === 'alloc' ? 'allocates' : 'frees', e.text, e.address].filter(Boolean).join(' ');
    case 'tlbflush':
      return `flushes TLB ${e.text ?? e.address ?? ''}`.trimEnd();
    case 'start':
      return 'starts';
    case 'exit':
      return 'ends';
    default:
      return `${MARKER_NAMES[e.kind]}: ${e.text ?? ''}`;
  }
}

function turnsOf(trace: TraceDocument, steps: number): Turns {
  const start: number[] = [];
  const end: number[] = [];
  const thread: number[] = [];
  for (const e of trace.events) {
    if (thread.at(-1) === e.thread) continue;
    if (end.length) end[end.length - 1] = e.step;
    start.push(e.step);
    end.push(steps);
    thread.push(e.thread);
  }
  if (trace.events.length) end[end.length - 1] = trace.events.at(-1)!.step + 1;
  return {
    count: start.length,
    start: Float64Array.from(start),
    end: Float64Array.from(end),
    thread: Int32Array.from(thread),
  };
}
