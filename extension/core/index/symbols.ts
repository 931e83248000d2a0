import type { Position } from '../text/source.ts';

export type SymbolKind =
  | 'function'
  | 'macro'
  | 'struct'
  | 'union'
  | 'enum'
  | 'field'
  | 'enumerator'
  | 'typedef'
  | 'variable';

/** Where a name is defined. `column` is 1 where only the line is known. */
export interface SymbolAt extends Position {
  readonly name: string;
  readonly kind: SymbolKind;
  /** Last line of the definition, where that is known. */
  readonly endLine?: number;
  /** The struct, union or enum of a field or enumerator; the #if condition of a variant. */
  readonly container?: string;
}

/** One function at the other end of calls, and where the calls stand: in the caller, whichever end that is. */
export interface CallsOf {
  readonly symbol: SymbolAt;
  readonly at: readonly Position[];
}
