import type { IdiomTables } from './idioms.ts';

/** A text that stock tree-sitter-c parses, as long as the original in UTF-16 units and with its newlines in place. */
export interface Normalised {
  readonly text: string;
  /** Attribute macros that were blanked: `__must_hold(&lock)` has the name `__must_hold` and the range of all of it. */
  readonly annotations: readonly Marked[];
  /** Ranges of `#if` branches that were blanked because they would split a statement. */
  readonly inactive: readonly (readonly [start: number, end: number])[];
  /** The `#define`s of the text, in order; the range is that of the whole directive. */
  readonly defines: readonly (Marked & { readonly functionLike: boolean })[];
}

export interface Marked {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Rewrites kernel idioms at equal length. Never throws, whatever the text. */
export function normalise(text: string, _tables: IdiomTables): Normalised {
  return { text, annotations: [], inactive: [], defines: [] };
}
