import type { LockFact } from '../report/documents.ts';
import type { ContractAnalyser, FileAnalysis } from './contracts.ts';
import { factsOf } from './document.ts';
import { LineStarts } from './lines.ts';
import type { Point } from './observer.ts';
import type { Definition } from './scan.ts';
import { vocabularyOf } from './vocabulary.ts';

/** A lock that is held, from the place that took it. */
export interface HeldLock extends LockFact {
  /** Whoever holds it must not sleep. */
  readonly atomic?: boolean;
}

/** What is held when control comes to a line. */
export interface HeldLine {
  readonly line: number;
  readonly held: readonly HeldLock[];
}

/** The held sets within one function. Lines are 1-based; those that do nothing (declarations, braces, jumps) have none. */
export interface HeldFunction {
  readonly name: string;
  /** Lines of the function's first and last character. */
  readonly first: number;
  readonly last: number;
  /** In order, each line once. */
  readonly lines: readonly HeldLine[];
}

export interface HeldOptions {
  /** Stands in for the file's bytes. */
  readonly text?: string | undefined;
  /** Only functions that have one of these lines, both included; 1-based. */
  readonly within?: { readonly first: number; readonly last: number } | undefined;
  /** Awaited between functions: lets other work in, and ends this by throwing. */
  readonly pause?: () => Promise<void>;
}

/**
 * What is held before each line of each function of a file, relative to the function's entry. Functions that hold nothing
 * anywhere are left out. Throws InputError when there is no such file.
 */
export async function heldLines(
  analyser: ContractAnalyser,
  file: string,
  { text, within, pause }: HeldOptions = {},
): Promise<readonly HeldFunction[]> {
  const analysis = await analyser.analysis(file, text);
  const starts = LineStarts.of(analysis.root);
  const out: HeldFunction[] = [];
  for (const definition of analysis.functions()) {
    const first = starts.position(definition.start).line;
    const last = starts.position(definition.end - 1).line;
    if (within && (last < within.first || within.last < first)) continue;
    const lines = await linesOf(analysis, definition);
    if (lines.some(l => l.held.length)) out.push({ name: definition.name, first, last, lines });
    await pause?.();
  }
  return out;
}

async function linesOf(analysis: FileAnalysis, definition: Definition): Promise<readonly HeldLine[]> {
  const points = await analysis.points(definition);
  if (!points.some(p => p.ways.some(way => way.length))) return [];
  const starts = LineStarts.of(definition.source);
  const firsts = new Map<number, Point>();
  for (const point of points) {
    // Guards are let go at the end of their scope; what a macro made stands at its use.
    if (point.at < definition.start || point.at >= definition.end) continue;
    const { line } = starts.position(point.at);
    if (!firsts.has(line)) firsts.set(line, point);
  }
  return [...firsts].map(([line, { ways }]) => ({
    line,
    held: factsOf(definition, ways).map(fact => ({
      ...fact,
      ...(vocabularyOf(fact.primitive)?.atomic ? { atomic: true } : {}),
    })),
  }));
}
