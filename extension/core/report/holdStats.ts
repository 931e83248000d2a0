import type { LockHistory, LockSpan, TraceDocument } from './documents.ts';

/** What one lock cost in one run. All times are steps, summed over threads. */
export interface LockStats {
  readonly lock: string;
  readonly type: string;
  readonly held: { readonly read: number; readonly write: number };
  readonly waited: number;
  readonly acquisitions: { readonly read: number; readonly write: number };
  /** How often a thread had to wait. */
  readonly waits: number;
  /** Most threads that held it in one step. */
  readonly mostHolders: number;
  readonly longestHold: number;
  readonly longestWait: number;
}

/** One row per lock of the trace, in its order. */
export function holdStats(trace: TraceDocument): LockStats[] {
  const acquisitions = trace.locks.map(() => ({ read: 0, write: 0 }));
  for (const e of trace.events)
    if (e.kind === 'acquire' && e.lock !== undefined) acquisitions[e.lock]![e.mode ?? 'write']++;
  return trace.locks.map((history, i) => lockStats(history, acquisitions[i]!));
}

/** The same lock in two runs; locks are matched by name, in the order of `before`, then those only in `after`. */
export interface HoldComparison {
  readonly lock: string;
  readonly before?: LockStats;
  readonly after?: LockStats;
}

export function compareHolds(before: TraceDocument, after: TraceDocument): HoldComparison[] {
  const rest = new Map<string, LockStats[]>();
  for (const s of holdStats(after)) rest.set(s.lock, [...(rest.get(s.lock) ?? []), s]);
  const rows: HoldComparison[] = holdStats(before).map(b => {
    const a = rest.get(b.lock)?.shift();
    return a ? { lock: b.lock, before: b, after: a } : { lock: b.lock, before: b };
  });
  for (const left of rest.values()) for (const a of left) rows.push({ lock: a.lock, after: a });
  return rows;
}

export interface OverlapOptions {
  /** Only this lock (its name in the trace). */
  readonly lock?: string;
  /** Only these threads (indices). */
  readonly threads?: readonly number[];
  /** Only holds during which the holder took a step in this C function. */
  readonly function?: string;
}

/** Stretches in which two threads or more held the same lock. */
export interface Overlap {
  readonly lock: string;
  readonly steps: number;
  readonly spans: readonly (readonly [from: number, to: number])[];
}

/** Locks that two threads held at once, longest overlap first; empty when their holds exclude one another. */
export function overlap(trace: TraceDocument, options: OverlapOptions = {}): Overlap[] {
  const result: Overlap[] = [];
  for (const { lock, holds } of trace.locks) {
    if (options.lock !== undefined && lock !== options.lock) continue;
    const chosen = holds.filter(
      h =>
        (!options.threads || options.threads.includes(h.thread)) &&
        (options.function === undefined || ranDuring(trace, h, options.function)),
    );
    const spans = crowded(chosen);
    if (spans.length) result.push({ lock, spans, steps: spans.reduce((sum, [from, to]) => sum + to - from, 0) });
  }
  return result.sort((a, b) => b.steps - a.steps);
}

function lockStats(history: LockHistory, acquisitions: { read: number; write: number }): LockStats {
  const held = { read: 0, write: 0 };
  let longestHold = 0;
  for (const h of history.holds) held[h.mode] += h.to - h.from;
  for (const h of joined(history.holds)) longestHold = Math.max(longestHold, h.to - h.from);
  let waited = 0;
  let longestWait = 0;
  for (const w of history.waits) {
    waited += w.to - w.from;
    longestWait = Math.max(longestWait, w.to - w.from);
  }
  return {
    lock: history.lock,
    type: history.type,
    held,
    waited,
    acquisitions,
    waits: history.waits.length,
    mostHolders: mostHolders(history.holds),
    longestHold,
    longestWait,
  };
}

/** Holds with the two parts of a downgraded one (write, then read, without a step between) as one. */
function joined(holds: readonly LockSpan[]): { thread: number; from: number; to: number }[] {
  const spans: { thread: number; from: number; to: number }[] = [];
  const open = new Map<number, { thread: number; from: number; to: number }>();
  for (const h of [...holds].sort((a, b) => a.from - b.from)) {
    const last = open.get(h.thread);
    if (last && last.to === h.from) last.to = h.to;
    else {
      const span = { thread: h.thread, from: h.from, to: h.to };
      spans.push(span);
      open.set(h.thread, span);
    }
  }
  return spans;
}

/** Walks through the changes of who holds in order of time; at equal time those who let go come first. */
function sweep(holds: readonly LockSpan[], visit: (step: number, holders: number) => void): void {
  const changes = holds.flatMap(h => [
    { step: h.from, thread: h.thread, by: 1 },
    { step: h.to, thread: h.thread, by: -1 },
  ]);
  changes.sort((a, b) => a.step - b.step || a.by - b.by);
  // A thread that holds a lock twice (nested read) is one holder.
  const depth = new Map<number, number>();
  let holders = 0;
  for (const { step, thread, by } of changes) {
    const before = depth.get(thread) ?? 0;
    depth.set(thread, before + by);
    if (before === 0 && by > 0) holders++;
    if (before + by === 0 && by < 0) holders--;
    visit(step, holders);
  }
}

function mostHolders(holds: readonly LockSpan[]): number {
  let most = 0;
  sweep(holds, (_step, holders) => {
    most = Math.max(most, holders);
  });
  return most;
}

function crowded(holds: readonly LockSpan[]): [number, number][] {
  const spans: [number, number][] = [];
  let since = -1;
  sweep(holds, (step, holders) => {
    if (holders > 1 && since < 0) since = step;
    else if (holders < 2 && since >= 0) {
      const last = spans.at(-1);
      if (last && last[1] === since) last[1] = step;
      else if (step > since) spans.push([since, step]);
      since = -1;
    }
  });
  return spans;
}

function ranDuring(trace: TraceDocument, hold: LockSpan, name: string): boolean {
  for (let i = firstAt(trace, hold.from); i < trace.events.length; i++) {
    const e = trace.events[i]!;
    if (e.step >= hold.to) return false;
    if (e.thread === hold.thread && e.function === name) return true;
  }
  return false;
}

/** Index of the first event at or after a step. */
export function firstAt(trace: TraceDocument, step: number): number {
  let low = 0;
  let high = trace.events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (trace.events[middle]!.step < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
