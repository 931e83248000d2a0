import type { TraceDocument } from './documents.ts';
import { compareHolds, holdStats, type LockStats, overlap } from './holdStats.ts';
import { headerLines, number } from './timeline.ts';

/** A run in a few lines: what ran, how it ended, invariants, locks, what was not modelled. */
export function traceText(trace: TraceDocument): string {
  const lines = headerLines(trace);
  lines.push(endText(trace), '');
  for (const i of trace.invariants) lines.push(`${i.held ? 'holds   ' : 'VIOLATED'}  ${i.name} (line ${i.line})`);
  if (trace.invariants.length) lines.push('');
  lines.push(...holdTable(holdStats(trace)));
  const both = overlap(trace);
  for (const o of both)
    lines.push(`${o.lock} was held by two threads at once in ${number(o.steps)} step${o.steps === 1 ? '' : 's'}.`);
  if (trace.unmodelled.length) {
    lines.push('', 'Not modelled (each call gave 0):');
    for (const u of trace.unmodelled) lines.push(`  ${u.function}  ${u.file}:${u.line}  ${number(u.count)} times`);
  }
  return `${lines.join('\n')}\n`;
}

/** How the run ended, as a sentence. */
export function endText(trace: TraceDocument): string {
  const { kind, message, steps } = trace.end;
  const why = message ? `: ${message}` : '';
  switch (kind) {
    case 'finished':
      return `Every thread finished${why}.`;
    case 'deadlock':
      return `Deadlock after ${number(steps)} steps${why}.`;
    case 'bug':
      return `A thread could not go on at step ${number(steps)}${why}.`;
    case 'violation':
      return `It has gone wrong by step ${number(steps)}${why}.`;
    case 'limit':
      return `Stopped${message ? why : ` at the limit of ${number(steps)} steps`}.`;
    case 'cancelled':
      return `Cancelled after ${number(steps)} steps.`;
  }
}

const HEAD = ['lock', 'steps held', 'read', 'write', 'waited', 'taken', 'most holders'];

/** Locks that were used, as an aligned table. */
export function holdTable(stats: readonly LockStats[]): string[] {
  const used = stats.filter(s => s.held.read + s.held.write + s.waited > 0);
  if (!used.length) return ['No lock was held.'];
  return aligned([HEAD, ...used.map(s => [s.lock, ...figures(s)])]);
}

/** The same locks in two runs: two rows each, `before` and `after`. */
export function holdComparison(before: TraceDocument, after: TraceDocument): string[] {
  const rows: string[][] = [[HEAD[0]!, '', ...HEAD.slice(1)]];
  for (const { lock, before: b, after: a } of compareHolds(before, after)) {
    if (![b, a].some(s => s && s.held.read + s.held.write + s.waited > 0)) continue;
    rows.push([lock, 'before', ...(b ? figures(b) : HEAD.slice(1).map(() => '-'))]);
    rows.push(['', 'after', ...(a ? figures(a) : HEAD.slice(1).map(() => '-'))]);
  }
  return aligned(rows, 2);
}

function figures(s: LockStats): string[] {
  return [
    s.held.read + s.held.write,
    s.held.read,
    s.held.write,
    s.waited,
    s.acquisitions.read + s.acquisitions.write,
    s.mostHolders,
  ].map(number);
}

/** Columns with two spaces between; the first `left` are text, the others figures. */
function aligned(rows: readonly (readonly string[])[], left = 1): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map(r => r[c]!.length)));
  return rows.map(r =>
    r
      .map((cell, c) => (c < left ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join('  ')
      .trimEnd(),
  );
}
