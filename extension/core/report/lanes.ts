import type { LockSpan, TraceDocument, TraceEventKind } from './documents.ts';

/** What a bar is, as a number for typed arrays. */
export const WAIT = 0;
export const READ = 1;
export const WRITE = 2;

/** Kinds of event drawn as a marker, in the order of their numbers in `Markers.kind`. */
export const MARKERS = [
  'pagetable',
  'barrier',
  'tlbflush',
  'alloc',
  'free',
  'output',
  'warning',
  'bug',
  'unmodelled',
] as const satisfies readonly TraceEventKind[];
export type MarkerKind = (typeof MARKERS)[number];

/** Stretches in which a thread holds or waits for a lock; struct of arrays, sorted by thread, then start. */
export interface Bars {
  readonly count: number;
  /** Steps; `end` is exclusive. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly thread: Int32Array;
  /** Row inside the thread's lane: 0 is the outermost lock. */
  readonly depth: Int32Array;
  /** Index into the trace's `locks`. */
  readonly lock: Int32Array;
  /** WAIT, READ or WRITE. */
  readonly mode: Uint8Array;
}

/** Events drawn as points; struct of arrays, sorted by thread, then step. */
export interface Markers {
  readonly count: number;
  readonly step: Float64Array;
  readonly thread: Int32Array;
  /** Index into MARKERS. */
  readonly kind: Uint8Array;
  /** Index into the trace's `events`. */
  readonly event: Int32Array;
}

/** One thread's part of the arrays: [first, end) of bars and of markers, and how many rows its bars need. */
export interface Lane {
  readonly name: string;
  readonly rows: number;
  readonly bars: readonly [number, number];
  readonly markers: readonly [number, number];
  /** First and last step that the thread took (-1, -1 when it took none). */
  readonly first: number;
  readonly last: number;
}

export interface Lanes {
  /** Length of the axis in steps: every event's step and every span's end lies in 0 … steps. */
  readonly steps: number;
  readonly lanes: readonly Lane[];
  readonly bars: Bars;
  readonly markers: Markers;
}

const MARKER_NUMBER = new Map<TraceEventKind, number>(MARKERS.map((k, i) => [k, i]));

/** The run as arrays that a timeline is drawn from. Linear in events, n log n in spans. */
export function lanesOf(trace: TraceDocument): Lanes {
  const threads = trace.threads.length;
  const { spans, steps: spanEnd } = spansOf(trace);
  const bars = emptyBars(spans.length);
  const rows = layDown(spans, bars, threads);

  const { events } = trace;
  const first = new Float64Array(threads).fill(-1);
  const last = new Float64Array(threads).fill(-1);
  const counts = new Int32Array(threads + 1);
  for (const e of events) {
    if (first[e.thread] === -1) first[e.thread] = e.step;
    last[e.thread] = e.step;
    if (MARKER_NUMBER.has(e.kind)) counts[e.thread + 1]!++;
  }
  for (let t = 0; t < threads; t++) counts[t + 1]! += counts[t]!;
  const markers = emptyMarkers(counts[threads]!);
  const next = counts.slice();
  events.forEach((e, i) => {
    const kind = MARKER_NUMBER.get(e.kind);
    if (kind === undefined) return;
    const at = next[e.thread]!++;
    markers.step[at] = e.step;
    markers.thread[at] = e.thread;
    markers.kind[at] = kind;
    markers.event[at] = i;
  });

  const steps = Math.max(trace.end.steps, spanEnd, (events.at(-1)?.step ?? -1) + 1);
  const barBounds = bounds(bars.thread, threads);
  return {
    steps,
    bars,
    markers,
    lanes: trace.threads.map(({ name }, t) => ({
      name,
      rows: rows[t]!,
      bars: [barBounds[t]!, barBounds[t + 1]!],
      markers: [counts[t]!, counts[t + 1]!],
      first: first[t]!,
      last: last[t]!,
    })),
  };
}

interface Bar extends LockSpan {
  readonly lock: number;
  readonly kind: number;
}

function spansOf(trace: TraceDocument): { spans: Bar[]; steps: number } {
  const spans: Bar[] = [];
  let steps = 0;
  trace.locks.forEach(({ holds, waits }, lock) => {
    for (const w of waits) spans.push({ ...w, lock, kind: WAIT });
    for (const h of holds) spans.push({ ...h, lock, kind: h.mode === 'write' ? WRITE : READ });
  });
  for (const s of spans) if (s.to > steps) steps = s.to;
  // The longer of two that start together is the outer one.
  spans.sort((a, b) => a.thread - b.thread || a.from - b.from || b.to - a.to || a.lock - b.lock);
  return { spans, steps };
}

/**
 * Gives every span a row: the lowest that is free, except that a span which continues one of the same lock (the hold
 * after a wait, the read lock after a downgrade) stays in that one's row. Returns the rows needed per thread.
 */
function layDown(spans: readonly Bar[], bars: Bars, threads: number): Int32Array {
  const rows = new Int32Array(threads);
  let thread = -1;
  // Per row: the span that was put there last.
  let row: Bar[] = [];
  spans.forEach((s, i) => {
    if (s.thread !== thread) {
      thread = s.thread;
      row = [];
    }
    let depth = row.findIndex(last => last.to === s.from && last.lock === s.lock);
    if (depth < 0) depth = row.findIndex(last => last.to <= s.from);
    if (depth < 0) depth = row.length;
    row[depth] = s;
    if (depth >= rows[thread]!) rows[thread] = depth + 1;
    bars.start[i] = s.from;
    bars.end[i] = s.to;
    bars.thread[i] = thread;
    bars.depth[i] = depth;
    bars.lock[i] = s.lock;
    bars.mode[i] = s.kind;
  });
  return rows;
}

/** Where each thread's part of a column sorted by thread begins; one more entry for the end. */
function bounds(thread: Int32Array, threads: number): Int32Array {
  const at = new Int32Array(threads + 1);
  for (const t of thread) at[t + 1]!++;
  for (let t = 0; t < threads; t++) at[t + 1]! += at[t]!;
  return at;
}

function emptyBars(count: number): Bars {
  return {
    count,
    start: new Float64Array(count),
    end: new Float64Array(count),
    thread: new Int32Array(count),
    depth: new Int32Array(count),
    lock: new Int32Array(count),
    mode: new Uint8Array(count),
  };
}

function emptyMarkers(count: number): Markers {
  return {
    count,
    step: new Float64Array(count),
    thread: new Int32Array(count),
    kind: new Uint8Array(count),
    event: new Int32Array(count),
  };
}
