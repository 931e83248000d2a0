import * as vscode from 'vscode';
import type { Log } from './log.ts';
import type { Parses } from './parses.ts';

/** Most symbols given to one query: VS Code filters and orders them again. */
const MOST = 200;

/** Workspace symbols: the functions of what is open. */
export class WorkspaceSymbols implements vscode.WorkspaceSymbolProvider {
  constructor(
    readonly parses: Parses,
    readonly selector: vscode.DocumentSelector,
    readonly log: Log,
  ) {}

  async provideWorkspaceSymbols(query: string): Promise<vscode.SymbolInformation[]> {
    const out: vscode.SymbolInformation[] = [];
    for (const document of vscode.workspace.textDocuments) {
      if (!vscode.languages.match(this.selector, document)) continue;
      const functions = await this.parses.functions(document).catch(() => []);
      for (const f of functions) {
        if (out.length >= MOST || !isSubsequence(query, f.name)) continue;
        const range = new vscode.Range(document.positionAt(f.nameStart), document.positionAt(f.end));
        const location = new vscode.Location(document.uri, range);
        out.push(new vscode.SymbolInformation(f.name, vscode.SymbolKind.Function, '', location));
      }
    }
    return out;
  }
}

/** Whether the letters of `query` stand in `name` in that order, in either case. */
function isSubsequence(query: string, name: string): boolean {
  const wanted = query.toLowerCase();
  let at = 0;
  for (const c of name.toLowerCase()) if (c === wanted[at]) at++;
  return at >= wanted.length;
}
