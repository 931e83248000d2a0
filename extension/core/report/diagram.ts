import type { TraceDocument, TraceEvent } from './documents.ts';
import { addressRange } from './ptdump.ts';

export interface DiagramOptions {
  /** Longest line; 75 by default, as commit messages want it. */
  readonly columns?: number;
  /** Threads to show, one column each, left to right; by default all that take an interesting step. */
  readonly threads?: readonly number[];
  /** Steps to show; all by default. `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Text of a line of the source that ran; without it a statement is told from its event. */
  readonly sourceLine?: (file: string, line: number) => string | undefined;
  /** Indent with tabs (8 columns) where they fit, as mails do. */
  readonly tabs?: boolean;
  /** Statements shown of a stretch in which one thread runs alone; what is between its first and last is left out. */
  readonly longestRun?: number;
}

/** One statement of one thread, before it is laid out. */
interface Statement {
  readonly thread: number;
  readonly function: string;
  readonly text: string;
  /** Equal for steps that are written once with a count. */
  readonly key: string;
  readonly times: number;
  /** Stands for statements that were left out. */
  readonly gap: boolean;
  /** Never left out: what a race is about. */
  readonly vital: boolean;
}

/**
 * The run as commit messages draw races: a column per CPU, time downwards, one statement per line.
 *
 * Shown are the steps that others can tell: operations on locks and memory that two threads touch, barriers, TLB
 * flushes, frees, output, and everything that went wrong. Statements repeated in a row are written once, with a count.
 */
export function diagramText(trace: TraceDocument, options: DiagramOptions = {}): string {
  const events = interesting(trace, options);
  const threads = options.threads ?? trace.threads.map((_, t) => t).filter(t => events.some(e => e.thread === t));
  if (!threads.length) return 'No thread took a step that another could tell.\n';
  const statements = stretches(events).flatMap(s =>
    shorten(repeats(s.map(e => statement(trace, e, options))), options),
  );
  return layOut(trace, threads, statements, options);
}

/** Events worth a line, in order. */
function interesting(trace: TraceDocument, { threads, from = 0, to = Infinity }: DiagramOptions): TraceEvent[] {
  const seen = trace.events.filter(e => e.step >= from && e.step < to && (!threads || threads.includes(e.thread)));
  const locks = sharedBy(seen, e => e.lock);
  const places = sharedBy(seen, e => (e.kind === 'alloc' || e.kind === 'free' ? undefined : e.address));
  const written = new Set(seen.filter(e => e.kind === 'pagetable' || e.kind === 'write').map(e => e.address));
  return seen.filter(e => {
    switch (e.kind) {
      case 'acquire':
      case 'wait':
      case 'release':
      case 'downgrade':
        return locks.size === 0 || locks.has(e.lock!);
      case 'read':
      case 'write':
      case 'pagetable':
        return places.has(e.address!) && written.has(e.address);
      case 'alloc':
      case 'start':
      case 'exit':
        return false;
      default:
        return true;
    }
  });
}

/** Keys that two threads or more have to do with. */
function sharedBy<K>(events: readonly TraceEvent[], key: (e: TraceEvent) => K | undefined): Set<K> {
  const by = new Map<K, number>();
  const shared = new Set<K>();
  for (const e of events) {
    const k = key(e);
    if (k === undefined) continue;
    const first = by.get(k);
    if (first === undefined) by.set(k, e.thread);
    else if (first !== e.thread) shared.add(k);
  }
  return shared;
}

/** Consecutive events of one thread. */
function stretches(events: readonly TraceEvent[]): TraceEvent[][] {
  const all: TraceEvent[][] = [];
  for (const e of events) {
    const last = all.at(-1);
    if (last && last[0]!.thread === e.thread) last.push(e);
    else all.push([e]);
  }
  return all;
}

function statement(trace: TraceDocument, e: TraceEvent, options: DiagramOptions): Statement {
  const source = options
    .sourceLine?.(e.file, e.line)
    ?.replace(/\/\*.*?\*\//g, '')
    .trim()
    .replace(/\s+/g, ' ');
  const name = e.lock === undefined ? '' : trace.locks[e.lock]!.lock;
  const empty = e.kind === 'output' ? emptyRange(e.text) : undefined;
  let text = source || described(e, name);
  if (e.kind === 'wait') text += ` <waits for ${name}>`;
  else if (e.kind === 'acquire' && waited(trace, e)) text = `<gets ${name}>`;
  else if (e.kind === 'warning' || e.kind === 'bug') text += ` <${e.kind.toUpperCase()}: ${e.text ?? ''}>`;
  else if (e.kind === 'unmodelled') text += ' <not modelled>';
  else if (empty !== undefined) text = `<prints an empty range at ${empty}>`;
  // What is printed, and which entry of a table is written, makes no other statement of it, unless it is odd.
  const same = (e.kind === 'output' && empty === undefined) || e.kind === 'pagetable' ? `${e.file}:${e.line}` : text;
  return {
    thread: e.thread,
    function: e.function,
    text,
    key: `${e.function}\n${same}`,
    times: 1,
    gap: false,
    vital: isVital(e, empty),
  };
}

const VITAL: ReadonlySet<TraceEvent['kind']> = new Set([
  'acquire',
  'wait',
  'release',
  'downgrade',
  'barrier',
  'tlbflush',
  'warning',
  'bug',
] as const);

/** Locks, barriers, flushes, writes of entries above the PTEs, and whatever went wrong. */
const isVital = (e: TraceEvent, emptyRange: string | undefined): boolean =>
  VITAL.has(e.kind) || (e.kind === 'pagetable' && e.level !== 'pte') || emptyRange !== undefined;

/** Where a printed range begins that ends there too: what is left of an entry that was reported twice. */
function emptyRange(text = ''): string | undefined {
  const range = addressRange(`${text.trimStart()} `);
  return range && range.from === range.to ? `0x${range.from.toString(16)}` : undefined;
}

/** The thread has just stopped waiting for this lock: its `wait` line is above. */
function waited(trace: TraceDocument, e: TraceEvent): boolean {
  return trace.locks[e.lock!]!.waits.some(w => w.thread === e.thread && w.to === e.step);
}

/** `pmd[0xffffea0000000000]`: a page-table entry by what it maps; `*pte` when its table is in no other one yet. */
const entryName = (e: TraceEvent): string =>
  e.maps === undefined ? `*${e.level ?? 'entry'}` : `${e.level}[${e.maps}]`;

/** A statement told from the event alone, when there is no source text. */
function described(e: TraceEvent, lock: string): string {
  switch (e.kind) {
    case 'acquire':
    case 'wait':
      return `lock ${lock} (${e.mode})`;
    case 'release':
      return `unlock ${lock} (${e.mode})`;
    case 'downgrade':
      return `downgrade ${lock}`;
    case 'pagetable':
      return `${entryName(e)} = ${e.value ?? '?'}`;
    case 'read':
      return e.level ? `read ${entryName(e)}: ${e.value ?? '?'}` : `read ${e.address ?? ''}`;
    case 'write':
      return `write ${e.address ?? ''} = ${e.value ?? '?'}`;
    case 'tlbflush':
      return `flush TLB ${e.text ?? ''}`.trim();
    case 'free':
      return `free ${e.text ?? e.address ?? ''}`.trim();
    case 'output':
      return `print "${e.text?.trim().replace(/\s+/g, ' ')}"`;
    default:
      return e.text?.trim().replace(/\s+/g, ' ') || e.kind;
  }
}

/** Longest block of statements that is looked for when it repeats. */
const LONGEST_BLOCK = 8;

/** Writes a block that repeats once, with the number of times on its last statement. */
function repeats(statements: readonly Statement[]): Statement[] {
  const result: Statement[] = [];
  const key = (i: number) => statements[i]!.key;
  for (let i = 0; i < statements.length; ) {
    let period = 1;
    let times = 1;
    for (let p = 1; p <= LONGEST_BLOCK && i + 2 * p <= statements.length; p++) {
      let end = i + p;
      while (end < statements.length && key(end) === key(end - p)) end++;
      const n = Math.floor((end - i) / p);
      if (n > 1 && n * p > times * period) [period, times] = [p, n];
    }
    for (let k = 0; k < period; k++) result.push({ ...statements[i + k]!, times: k === period - 1 ? times : 1 });
    i += period * times;
  }
  return result;
}

/** Keeps both ends of a long stretch, which is where it meets the other threads, and what is vital between them. */
function shorten(statements: readonly Statement[], { longestRun = 12 }: DiagramOptions): Statement[] {
  if (statements.length <= longestRun) return [...statements];
  const head = Math.ceil(longestRun / 2);
  const tail = statements.length - Math.max(1, longestRun - head - 1);
  const kept: Statement[] = [];
  let left: Statement[] = [];
  const close = (): void => {
    // A gap takes a line too: one statement is as good.
    if (left.length === 1) kept.push(left[0]!);
    else if (left.length > 1) kept.push({ ...left[0]!, text: `[... ${left.length} more ...]`, times: 1, gap: true });
    left = [];
  };
  statements.forEach((statement, i) => {
    if (i >= head && i < tail && !statement.vital) {
      left.push(statement);
      return;
    }
    close();
    kept.push(statement);
  });
  close();
  return kept;
}

/** What the last column has at least: a statement of the kernel's usual length. */
const LAST_COLUMN = 40;

/**
 * Where each column begins. Only one thread has text in a line, so a statement may run on over the columns to its right,
 * and columns may stand closer than their statements are wide: the stairs that commit messages draw.
 */
function columnStarts(count: number, columns: number, tabs: boolean): number[] {
  const even = Math.floor((columns + 2) / count);
  const step = count > 1 ? Math.min(even, Math.floor((columns - LAST_COLUMN) / (count - 1))) : 0;
  return Array.from({ length: count }, (_, i) => {
    const start = i * Math.max(step, 10);
    return tabs ? Math.round(start / 8) * 8 : start;
  });
}

function layOut(
  trace: TraceDocument,
  threads: readonly number[],
  statements: readonly Statement[],
  { columns = 75, tabs = false }: DiagramOptions,
): string {
  const starts = columnStarts(threads.length, columns, tabs);
  const heads = threads.map((t, i) =>
    clip(`CPU${i}: ${trace.threads[t]!.name}`, (starts[i + 1] ?? columns) - starts[i]! - 1),
  );
  const lines = [
    row(heads, starts, tabs),
    row(
      heads.map(h => '='.repeat(h.length)),
      starts,
      tabs,
    ),
  ];

  const inside = new Map<number, string>();
  for (const s of statements) {
    const place = threads.indexOf(s.thread);
    if (place < 0) continue;
    const write = (text: string, indent: number) => {
      for (const line of fold(text, columns - starts[place]!, indent))
        lines.push(row([line], starts.slice(place), tabs));
    };
    // After a switch the function is named again only if it is another one.
    if (!s.gap && inside.get(s.thread) !== s.function) write(`${s.function}()`, 0);
    if (!s.gap) inside.set(s.thread, s.function);
    write(s.times > 1 ? `${s.text} [x${s.times}]` : s.text, 2);
  }
  return `${lines.join('\n')}\n`;
}

/** Puts each cell at its start column, with spaces or with tabs of 8. */
function row(cells: readonly string[], starts: readonly number[], tabs: boolean): string {
  let text = '';
  let column = 0;
  cells.forEach((cell, i) => {
    const start = starts[i]!;
    if (tabs) for (; column < start; column = (Math.floor(column / 8) + 1) * 8) text += '\t';
    else text += ' '.repeat(start - column);
    text += cell;
    column = Math.max(column, start) + cell.length;
  });
  return text.trimEnd();
}

/** Breaks at spaces, continuing four columns further in; cuts what has no space. */
function fold(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let left = indent;
  let rest = text;
  while (rest) {
    const room = Math.max(8, width - left);
    if (rest.length <= room) {
      lines.push(' '.repeat(left) + rest);
      break;
    }
    const space = rest.lastIndexOf(' ', room);
    const cut = space > 0 ? space : room;
    lines.push(' '.repeat(left) + rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
    left = indent + 4;
  }
  return lines;
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}~`;
}
