import pc from 'picocolors';
import { type DiagramOptions, diagramText } from '../core/report/diagram.ts';
import type { TraceDocument } from '../core/report/documents.ts';
import { holdStats, overlap } from '../core/report/holdStats.ts';
import { diffOutput, diffText, outputText } from '../core/report/ptdump.ts';
import { endText, holdComparison, holdTable } from '../core/report/text.ts';
import { number, type Role, timelineText } from '../core/report/timeline.ts';
import { InputError, type SourceTree } from '../core/text/source.ts';

export const FORMATS = ['timeline', 'diagram', 'ptdump', 'trace', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** A trace and the sources that it ran from. */
export interface RunView {
  readonly trace: TraceDocument;
  readonly tree: SourceTree;
  readonly scenario: string;
  readonly scenarioText: string;
}

export interface TextOptions {
  readonly width?: number;
  readonly colours?: boolean;
}

/** What a reader should not miss in a run: the reasons for exit status 1. */
export function findingsIn(trace: TraceDocument): string[] {
  const found: string[] = [];
  if (['bug', 'deadlock', 'violation'].includes(trace.end.kind)) found.push(endText(trace));
  for (const i of trace.invariants) if (!i.held) found.push(`Violated: ${i.name} (${trace.scenarioFile}:${i.line})`);
  for (const e of trace.events) if (e.kind === 'warning') found.push(`${e.file}:${e.line}: warning: ${e.text ?? ''}`);
  return [...new Set(found)];
}

/** One run, or the runs before and after a patch, in a format. */
export async function render(format: Format, runs: readonly RunView[], options: TextOptions = {}): Promise<string> {
  const traces = runs.map(r => r.trace);
  switch (format) {
    case 'json':
    case 'trace':
      return jsonText(traces.length === 1 ? traces[0] : { version: 1, before: traces[0], after: traces[1] });
    case 'ptdump':
      return ptdumpText(traces);
    case 'diagram': {
      const parts = await Promise.all(runs.map(async r => `${title(r.trace, runs.length)}${await diagram(r)}`));
      return parts.join('\n');
    }
    case 'timeline':
      return timelines(traces, options);
  }
}

function jsonText(value: unknown): string {
  try {
    return `${JSON.stringify(value)}\n`;
  } catch (error) {
    // The only reason there is: a string has a greatest length.
    if (!(error instanceof RangeError)) throw error;
    throw new InputError('the trace is too long to be written as JSON; let it end earlier with --steps');
  }
}

/** A run's timeline, and how it ended. */
export function timeline(trace: TraceDocument, options: TextOptions): string {
  const paint = options.colours ? { paint: colour } : {};
  const rows = timelineText(trace, { ...paint, width: options.width ?? 100 }).trimEnd();
  return [rows, '', ...conclusion(trace)].join('\n');
}

/** The same of each run with its hold times; of two, the hold times side by side. */
function timelines(traces: readonly TraceDocument[], options: TextOptions): string {
  const parts = traces.map(trace => {
    const holds = traces.length === 1 ? `\n\n${holdTable(holdStats(trace)).join('\n')}` : '';
    return `${title(trace, traces.length)}${timeline(trace, options)}${holds}\n`;
  });
  if (traces.length === 2) parts.push(`${holdComparison(traces[0]!, traces[1]!).join('\n')}\n`);
  return parts.join('\n');
}

function conclusion(trace: TraceDocument): string[] {
  const lines = [endText(trace), ...findingsIn(trace).filter(f => f !== endText(trace))];
  for (const i of trace.invariants) if (i.held) lines.push(`Held: ${i.name}`);
  for (const o of overlap(trace))
    lines.push(`${o.lock} was held by two threads at once in ${number(o.steps)} step${o.steps === 1 ? '' : 's'}.`);
  for (const u of trace.unmodelled)
    lines.push(`Not modelled, gave 0: ${u.function} (${u.file}:${u.line}), ${number(u.count)} times`);
  return lines;
}

const title = (trace: TraceDocument, of: number): string =>
  of === 1 ? '' : `== ${trace.patch === undefined ? 'before' : `after ${trace.patch}`}\n\n`;

/** The race as a commit message draws it, with the source's own lines where they can be read. */
export async function diagram(
  { trace, tree, scenario, scenarioText }: RunView,
  options: Pick<DiagramOptions, 'threads' | 'longestRun'> = {},
): Promise<string> {
  const files = new Map<string, readonly string[]>([[scenario, scenarioText.split('\n')]]);
  for (const file of new Set(trace.events.map(e => e.file))) {
    if (files.has(file)) continue;
    const bytes = await tree.read(file);
    files.set(file, bytes ? new TextDecoder().decode(bytes).split('\n') : []);
  }
  return diagramText(trace, { columns: 96, ...options, sourceLine: (file, line) => files.get(file)?.[line - 1] });
}

/** What a run printed; of two, both and what differs. */
export function ptdumpText(traces: readonly TraceDocument[]): string {
  const [before, after] = traces.map(t => outputText(t));
  if (after === undefined) return `${before}\n`;
  const same = before === after;
  return `== before\n\n${before}\n\n== after ${traces[1]!.patch ?? ''}\n\n${after}\n\n== difference\n\n${
    same ? 'none' : diffText(diffOutput(before!, after)).trimEnd()
  }\n`;
}

const COLOURS: Readonly<Record<Role, (text: string) => string>> = {
  title: pc.bold,
  quiet: pc.dim,
  thread: pc.bold,
  write: pc.red,
  read: pc.cyan,
  wait: pc.yellow,
  marker: pc.dim,
  trouble: pc.magenta,
};
const colour = (text: string, role: Role): string => COLOURS[role](text);
