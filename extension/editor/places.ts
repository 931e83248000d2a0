import * as vscode from 'vscode';
import type { SymbolAt, SymbolKind } from '../core/index/symbols.ts';
import type { Position } from '../core/text/source.ts';
import type { EditorTree } from './workspaceTree.ts';

/** A place of a tree as the editor has it; `length`: of the name that stands there. */
export function rangeOf({ line, column }: Position, length = 0): vscode.Range {
  return new vscode.Range(line - 1, column - 1, line - 1, column - 1 + length);
}

export function locationOf(tree: EditorTree, symbol: SymbolAt): vscode.Location {
  return new vscode.Location(tree.uri(symbol.file), rangeOf(symbol, symbol.name.length));
}

const KINDS: Readonly<Record<SymbolKind, vscode.SymbolKind>> = {
  function: vscode.SymbolKind.Function,
  macro: vscode.SymbolKind.Constant,
  struct: vscode.SymbolKind.Struct,
  union: vscode.SymbolKind.Struct,
  enum: vscode.SymbolKind.Enum,
  field: vscode.SymbolKind.Field,
  enumerator: vscode.SymbolKind.EnumMember,
  typedef: vscode.SymbolKind.TypeParameter,
  variable: vscode.SymbolKind.Variable,
};

export const kindOf = (symbol: SymbolAt): vscode.SymbolKind => KINDS[symbol.kind];

/** The name at a position. */
export function nameAt(
  document: vscode.TextDocument,
  position: vscode.Position,
): { readonly name: string; readonly range: vscode.Range } | undefined {
  const range = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
  return range && { name: document.getText(range), range };
}
