import { lanesOf } from '../../extension/core/report/lanes.ts';
import { TraceBuilder } from '../support/trace.ts';

export interface Figure {
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  readonly reference: string;
  readonly referenceFigure: number;
}

const EVENTS = 100_000;
const ROUNDS = 7;

/** Building the arrays that the timeline is drawn from, for a run of 100,000 events; beside parsing the same document. */
export async function bench(): Promise<Figure[]> {
  const b = new TraceBuilder(['a', 'b', 'c', 'd']);
  const locks = [0, 1, 2, 3].map(i => b.lock(`lock${i}`));
  while (b.events.length < EVENTS) {
    for (let t = 0; t < 4; t++) {
      b.acquire(t, locks[t]!, 'read', 10).event(t, 'barrier', 11, { text: 'smp_wmb' });
      for (let i = 0; i < 6; i++) b.entry(t, 0xffff888000100000n, i, 0n, 1n, 12, { level: 'pte' });
      b.release(t, locks[t]!, 13).event(t, 'tlbflush', 14);
    }
  }
  const trace = b.build();
  const text = JSON.stringify(trace);
  return [
    {
      name: `timeline: lanes of ${trace.events.length} events`,
      figure: median(() => lanesOf(trace)),
      unit: 'ms',
      reference: 'JSON.parse of the trace',
      referenceFigure: median(() => JSON.parse(text)),
    },
  ];
}

function median(work: () => unknown): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((x, y) => x - y)[ROUNDS >> 1]!;
}
