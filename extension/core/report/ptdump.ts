import { diffArrays } from 'diff';
import type { TraceDocument } from './documents.ts';

/** A whole line (or the unfinished last one) that the run wrote. */
export interface OutputLine {
  readonly text: string;
  readonly thread: number;
  /** The step that wrote its first and its last character. */
  readonly from: number;
  readonly step: number;
  /** No newline yet. */
  readonly open: boolean;
  /**
   * For lines that name an address range, as ptdump's do: `empty` when it ends where it begins, `overlap` when it begins
   * before the line above it ended: something is reported twice.
   */
  readonly flag?: 'empty' | 'overlap';
}

/** The text that seq_printf (or printk) wrote up to and with `step`; all of it by default. */
export function outputText(trace: TraceDocument, step = Infinity, stream: 'seq' | 'printk' = 'seq'): string {
  return outputLines(trace, step, stream)
    .map(l => l.text)
    .join('\n');
}

/** The same as lines. Each thread writes a file of its own, so that two dumps at a time do not mix inside a line. */
export function outputLines(trace: TraceDocument, step = Infinity, stream: 'seq' | 'printk' = 'seq'): OutputLine[] {
  const lines: OutputLine[] = [];
  const open = new Map<number, { text: string; from: number; step: number }>();
  const above = new Map<number, bigint>();
  const close = (thread: number, l: { text: string; from: number; step: number }, unfinished: boolean) => {
    const range = addressRange(l.text);
    const end = above.get(thread);
    let flag: OutputLine['flag'];
    if (range) {
      if (range.from === range.to) flag = 'empty';
      else if (end !== undefined && range.from < end) flag = 'overlap';
      above.set(thread, range.to);
    } else if (!/^0x|^$/.test(l.text)) above.delete(thread);
    lines.push({ ...l, thread, open: unfinished, ...(flag ? { flag } : {}) });
  };
  for (const o of trace.output) {
    if (o.step > step) break;
    if (o.stream !== stream) continue;
    const parts = o.text.split('\n');
    parts.forEach((part, i) => {
      const before = open.get(o.thread);
      if (i < parts.length - 1) {
        close(o.thread, { text: (before?.text ?? '') + part, from: before?.from ?? o.step, step: o.step }, false);
        open.delete(o.thread);
      } else if (part)
        open.set(o.thread, { text: (before?.text ?? '') + part, from: before?.from ?? o.step, step: o.step });
    });
  }
  for (const [thread, l] of open) close(thread, l, true);
  return lines;
}

/** `0xffffea0000000000-0xffffea0000200000 …`: the range that a line of ptdump is about. */
export function addressRange(line: string): { from: bigint; to: bigint } | undefined {
  const m = /^0x([0-9a-f]{8,16})-0x([0-9a-f]{8,16})\s/i.exec(line);
  return m ? { from: BigInt(`0x${m[1]}`), to: BigInt(`0x${m[2]}`) } : undefined;
}

export interface DiffRow {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Two outputs, line by line. */
export function diffOutput(before: string, after: string): DiffRow[] {
  const rows: DiffRow[] = [];
  for (const part of diffArrays(before.split('\n'), after.split('\n'))) {
    const kind = part.added ? 'added' : part.removed ? 'removed' : 'same';
    for (const text of part.value) rows.push({ kind, text });
  }
  return rows;
}

/** The difference as `diff -U` prints it, without headers: `context` lines around each change, `@@` between. */
export function diffText(rows: readonly DiffRow[], context = 3): string {
  const near = new Uint8Array(rows.length);
  rows.forEach((r, i) => {
    if (r.kind !== 'same') near.fill(1, Math.max(0, i - context), i + context + 1);
  });
  const lines: string[] = [];
  rows.forEach((r, i) => {
    if (!near[i]) return;
    if (i > 0 && !near[i - 1]) lines.push('@@');
    lines.push(`${r.kind === 'same' ? ' ' : r.kind === 'added' ? '+' : '-'}${r.text}`);
  });
  return lines.join('\n');
}
