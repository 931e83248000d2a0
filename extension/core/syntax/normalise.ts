import { pairBrackets } from './brackets.ts';
import { resolveConditionals } from './conditionals.ts';
import { Draft } from './draft.ts';
import type { IdiomTables } from './idioms.ts';
import { lex } from './lex.ts';
import { maskAttributes } from './rules/attributes.ts';
import { maskNumberNames } from './rules/numbers.ts';
import { maskStringNeighbours } from './rules/strings.ts';
import { applyStructure } from './structure.ts';

/** A text that stock tree-sitter-c parses, as long as the original in UTF-16 units and with its newlines in place. */
export interface Normalised {
  readonly text: string;
  /** Attribute macros that were blanked: `__must_hold(&lock)` has the name `__must_hold` and the range of all of it. */
  readonly annotations: readonly Marked[];
  /** Ranges of `#if` branches that were blanked: no configuration takes them, or they hold part of a statement. */
  readonly inactive: readonly (readonly [start: number, end: number])[];
  /** The `#define`s of the text, in order; the range is that of the whole directive. */
  readonly defines: readonly (Marked & { readonly functionLike: boolean })[];
}

export interface Marked {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Rewrites kernel idioms at equal length. Never throws, whatever the text.
 *
 * What a name or a piece of text is must be read from the original by offset: a masked type looks like a variable here.
 */
export function normalise(text: string, tables: IdiomTables): Normalised {
  const draft = rewrite(text, tables, false) ?? rewrite(text, tables, true)!;
  const inactive = merged(draft.inactive);
  return {
    text: draft.result(),
    annotations: draft.annotations
      .filter(({ start }) => !inactive.some(([from, to]) => start >= from && start < to))
      .sort((a, b) => a.start - b.start),
    inactive,
    defines: draft.defines,
  };
}

/** In order, and those within others gone: of a branch and one nested in it, the outer one. */
function merged(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const outer: (readonly [number, number])[] = [];
  for (const range of [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = outer.at(-1);
    if (!last || range[0] >= last[1]) outer.push(range);
  }
  return outer;
}

/** undefined when braces do not balance and the first column was not yet taken for a hint. */
function rewrite(text: string, tables: IdiomTables, columnZero: boolean): Draft | undefined {
  const draft = new Draft(text, tables, columnZero);
  lex(draft);
  pairBrackets(draft);
  maskAttributes(draft);
  resolveConditionals(draft);
  const { unpaired, orphans } = pairBrackets(draft);
  if (unpaired && !columnZero) return undefined;
  for (const brace of orphans) draft.dropOne(brace);
  maskNumberNames(draft);
  maskStringNeighbours(draft);
  applyStructure(draft);
  return draft;
}
