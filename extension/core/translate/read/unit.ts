import type { CToken } from '../../syntax/token.ts';

/** What the reader asks of a translation unit. `Unit` (core/index/unit.ts) is one. */
export interface SourceUnit {
  readonly path: string;
  macro(name: string): SourceMacro | undefined;
  /** Full macro expansion; names for which `keep` is true are left alone, but arguments are expanded. */
  expand(tokens: readonly CToken[], keep?: (name: string) => boolean): CToken[];
  find(name: string): SourceItem | undefined;
  findTag(kind: TagKind, tag: string): SourceItem | undefined;
  /** Of the whole item, macros not expanded. */
  tokens(item: SourceItem): CToken[];
}

export type TagKind = 'struct' | 'union' | 'enum';

export interface SourceItem {
  readonly kind: 'function' | 'prototype' | 'variable' | 'extern' | 'typedef' | 'tag' | 'enum' | 'other';
  readonly name: string;
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly static: boolean;
}

export interface SourceMacro {
  readonly name: string;
  /** undefined: object-like. */
  readonly params: readonly string[] | undefined;
  readonly body: readonly CToken[];
}
