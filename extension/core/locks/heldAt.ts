import type { LockFact } from '../report/documents.ts';
import type { ContractAnalyser } from './contracts.ts';
import { factsOf } from './document.ts';
import { LineStarts } from './lines.ts';

export interface HeldAt {
  readonly function: string;
  /** Line of the first step at or after which the held set is meant: the line asked for, or the next one that acts. */
  readonly line: number;
  /** Locks held before that line runs, relative to the function's entry; `maybe`: on some paths only. */
  readonly held: readonly LockFact[];
}

/**
 * What is held when control comes to a line (1-based) of a file; undefined when the line is in no function, or no path
 * comes there.
 */
export async function heldAt(
  analyser: ContractAnalyser,
  file: string,
  line: number,
  text?: string,
): Promise<HeldAt | undefined> {
  const analysis = await analyser.analysis(file, text);
  const lines = LineStarts.of(analysis.root);
  const definition = analysis
    .functions()
    .find(d => lines.position(d.start).line <= line && line <= lines.position(d.end).line);
  if (!definition) return undefined;
  const points = await analysis.points(definition);
  const point = points.find(p => lines.position(p.at).line >= line && p.ways.length > 0);
  if (!point) return undefined;
  return { function: definition.name, line: lines.position(point.at).line, held: factsOf(definition, point.ways) };
}
