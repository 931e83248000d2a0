import type { TraceDocument } from '../core/report/documents.ts';

/** Where threads are at one step: a line, and the threads (indices) there. */
export interface ThreadLine {
  readonly file: string;
  readonly line: number;
  readonly threads: readonly number[];
}

/**
 * The source line that every thread has reached at a step: that of its last event up to there. A thread that has not
 * started, or has ended, is nowhere.
 */
export function threadLines(trace: TraceDocument, step: number): ThreadLine[] {
  const last = new Map<number, { file: string; line: number }>();
  for (const e of trace.events) {
    if (e.step > step) break;
    if (e.kind === 'exit') last.delete(e.thread);
    else if (e.kind !== 'start') last.set(e.thread, e);
  }
  const lines = new Map<string, { file: string; line: number; threads: number[] }>();
  for (const [thread, { file, line }] of [...last].sort((a, b) => a[0] - b[0])) {
    const key = `${file}:${line}`;
    const at = lines.get(key) ?? { file, line, threads: [] };
    at.threads.push(thread);
    lines.set(key, at);
  }
  return [...lines.values()];
}
