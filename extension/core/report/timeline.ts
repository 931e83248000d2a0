import type { LockHistory, Schedule, TraceDocument, TraceEventKind } from './documents.ts';

/** What a piece of the timeline is, for a caller that colours it. */
export type Role = 'title' | 'quiet' | 'thread' | 'write' | 'read' | 'wait' | 'marker' | 'trouble';

export interface TimelineOptions {
  /** Columns to use; 100 by default, never less than 60. */
  readonly width?: number;
  /** `#`, `=` in place of block characters. */
  readonly ascii?: boolean;
  /** Steps to show; all by default. `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Colours a piece; must not change its width. Nothing is told by colour alone. */
  readonly paint?: (text: string, role: Role) => string;
}

interface Signs {
  readonly write: string;
  readonly read: string;
  readonly wait: string;
  readonly bar: string;
  readonly tick: string;
  readonly line: string;
}

const BLOCKS: Signs = { write: '█', read: '▒', wait: '/', bar: '│', tick: '┴', line: '─' };
const ASCII: Signs = { write: '#', read: '=', wait: '/', bar: '|', tick: '+', line: '-' };

/** Letters of the events row; when several fall into one column, the one further down is shown. */
const LETTERS: readonly (readonly [TraceEventKind, string, string])[] = [
  ['output', 'o', 'output'],
  ['alloc', 'a', 'alloc'],
  ['pagetable', 'p', 'page-table write'],
  ['barrier', 'b', 'barrier'],
  ['free', 'f', 'free'],
  ['tlbflush', 't', 'TLB flush'],
  ['unmodelled', '?', 'unmodelled'],
  ['warning', '!', 'warning'],
  ['bug', 'X', 'bug'],
];

/** The run as rows of text: one per thread and lock, one more per thread for what it did. */
export function timelineText(trace: TraceDocument, options: TimelineOptions = {}): string {
  const signs = options.ascii ? ASCII : BLOCKS;
  const paint = options.paint ?? (text => text);
  const width = Math.max(60, options.width ?? 100);
  const from = options.from ?? 0;
  const to = Math.max(from + 1, options.to ?? trace.end.steps);

  const used = trace.locks.filter(l => l.holds.length || l.waits.length);
  const nameWidth = Math.max(6, ...trace.threads.map(t => t.name.length));
  const lockWidth = Math.min(Math.floor(width / 3), Math.max(6, ...used.map(l => l.lock.length)));
  const left = nameWidth + 1 + lockWidth + 1;
  const columns = Math.min(width - left - 2, to - from);
  const scale = (to - from) / columns;
  const row = (thread: string, lock: string, cells: string) =>
    `${paint(thread.padEnd(nameWidth), 'thread')} ${clip(lock, lockWidth).padEnd(lockWidth)} ${signs.bar}${cells}${signs.bar}`;

  const lines = [...headerLines(trace, options.ascii).map((l, i) => paint(l, i ? 'quiet' : 'title')), ''];
  lines.push(...axis(left, from, scale, columns, signs).map(l => paint(l, 'quiet')));
  const seen = new Set<TraceEventKind>();
  trace.threads.forEach(({ name }, thread) => {
    let label = name;
    for (const lock of used) {
      const cells = lockCells(lock, thread, from, scale, columns);
      if (!cells.some(Boolean)) continue;
      lines.push(row(label, lock.lock, paintRuns(cells, signs, paint)));
      label = '';
    }
    const did = eventCells(trace, thread, from, scale, columns, seen);
    lines.push(
      row(label, '', did.map(c => (c === ' ' ? c : paint(c, '!X?'.includes(c) ? 'trouble' : 'marker'))).join('')),
    );
  });
  lines.push('');
  const letters = LETTERS.filter(([kind]) => seen.has(kind)).map(([, letter, name]) => `${letter} ${name}`);
  const legend = [
    `${paint(signs.write.repeat(2), 'write')} held for write`,
    `${paint(signs.read.repeat(2), 'read')} held for read`,
    `${paint(signs.wait.repeat(2), 'wait')} waiting`,
  ];
  const each = scale > 1 ? `; a column is ${number(Math.ceil(scale * 10) / 10)} steps` : '';
  lines.push(`${legend.join('   ')}${paint(each, 'quiet')}`);
  if (letters.length) lines.push(paint(letters.join('   '), 'quiet'));
  return `${lines.join('\n')}\n`;
}

/** What ran; and how: steps, end, unmodelled, schedule, the last on a line of its own when it is a script. */
export function headerLines(trace: TraceDocument, ascii = false): string[] {
  const dot = ascii ? ' | ' : ' · ';
  const source = trace.patch ? `${trace.source} + ${trace.patch}` : trace.source;
  const unmodelled = unmodelledCalls(trace);
  const schedule = `schedule ${scheduleText(trace.schedule)}`;
  const own = trace.schedule.kind === 'script';
  const facts = [
    `${number(trace.end.steps)} steps`,
    ...(own ? [] : [schedule]),
    trace.end.kind,
    `${number(unmodelled)} unmodelled call${unmodelled === 1 ? '' : 's'}`,
  ];
  return [`${trace.scenario}${dot}${source}`, facts.join(dot), ...(own ? [schedule] : [])];
}

/** `random, seed 7`; `round robin`; `explicit, 12 switches`. */
export function scheduleText(schedule: Schedule): string {
  if (schedule.kind === 'random') return `random, seed ${schedule.seed}`;
  const switches = Math.max(0, schedule.choices.length / 2 - 1);
  const turns = `${number(switches)} switch${switches === 1 ? '' : 'es'}`;
  const lost = schedule.diverged === undefined ? '' : `, not followed from step ${number(schedule.diverged)} on`;
  if (schedule.kind === 'script') return `"${schedule.script ?? ''}"${lost}`;
  if (schedule.kind === 'explicit') return `explicit, ${turns}${lost}`;
  const quantum = (schedule.quantum ?? 1) > 1 ? ` by ${schedule.quantum}` : '';
  return `round robin${quantum}, ${turns}`;
}

/** How many calls ran into functions that are neither translated nor modelled. */
export function unmodelledCalls(trace: TraceDocument): number {
  return trace.unmodelled.reduce((sum, u) => sum + u.count, 0);
}

/** 1234567 → 1,234,567, the same in every locale. */
export function number(n: number): string {
  const [whole, fraction] = String(n).split('.');
  return whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction ? `.${fraction}` : '');
}

/** Round distances between ticks (1, 2, 5, 10 …) such that no more than `most` fit into `steps`. */
export function tickDistance(steps: number, most: number): number {
  const least = Math.max(1, steps / Math.max(1, most));
  const power = 10 ** Math.floor(Math.log10(least));
  for (const f of [1, 2, 5, 10]) if (f * power >= least) return Math.max(1, f * power);
  return 10 * power;
}

function axis(left: number, from: number, scale: number, columns: number, signs: Signs): string[] {
  const every = tickDistance(columns * scale, columns / 10);
  const labels: string[] = Array.from({ length: columns + 8 }, () => ' ');
  const ticks = Array.from({ length: columns }, () => signs.line);
  for (let step = Math.ceil(from / every) * every; ; step += every) {
    const column = Math.floor((step - from) / scale);
    if (column >= columns) break;
    const text = number(step);
    if (column + text.length <= columns + 1) labels.splice(column, text.length, ...text);
    ticks[column] = signs.tick;
  }
  return [`${'step'.padEnd(left)} ${labels.join('')}`.trimEnd(), `${' '.repeat(left)} ${ticks.join('')}`];
}

type Cell = 'write' | 'read' | 'wait' | undefined;

/** A hold shorter than a column is still shown: held for write wins over read, read over waiting. */
function lockCells(lock: LockHistory, thread: number, from: number, scale: number, columns: number): Cell[] {
  const cells: Cell[] = Array.from({ length: columns });
  const fill = (spans: LockHistory['holds'], mode: Cell, filter: (mode: string) => boolean) => {
    for (const s of spans) {
      if (s.thread !== thread || !filter(s.mode) || s.to <= from) continue;
      const first = Math.max(0, Math.floor((s.from - from) / scale));
      const end = Math.max(first + 1, Math.ceil((s.to - from) / scale));
      for (let c = first; c < Math.min(end, columns); c++) cells[c] = mode;
    }
  };
  fill(lock.waits, 'wait', () => true);
  fill(lock.holds, 'read', mode => mode === 'read');
  fill(lock.holds, 'write', mode => mode === 'write');
  return cells;
}

function paintRuns(cells: readonly Cell[], signs: Signs, paint: NonNullable<TimelineOptions['paint']>): string {
  let text = '';
  for (let i = 0; i < cells.length; ) {
    const cell = cells[i];
    let end = i + 1;
    while (end < cells.length && cells[end] === cell) end++;
    text += cell ? paint(signs[cell].repeat(end - i), cell) : ' '.repeat(end - i);
    i = end;
  }
  return text;
}

function eventCells(
  trace: TraceDocument,
  thread: number,
  from: number,
  scale: number,
  columns: number,
  seen: Set<TraceEventKind>,
): string[] {
  const rank = new Int8Array(columns).fill(-1);
  for (const e of trace.events) {
    if (e.thread !== thread || e.step < from) continue;
    const column = Math.floor((e.step - from) / scale);
    if (column >= columns) break;
    const r = LETTERS.findIndex(([kind]) => kind === e.kind);
    if (r < 0) continue;
    seen.add(e.kind);
    if (r > rank[column]!) rank[column] = r;
  }
  return [...rank].map(r => (r < 0 ? ' ' : LETTERS[r]![1]));
}

/** Names are told apart by their ends (…page_table_lock), so the front is cut. */
function clip(text: string, width: number): string {
  return text.length <= width ? text : `~${text.slice(text.length - width + 1)}`;
}
