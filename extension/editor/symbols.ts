import * as vscode from 'vscode';
import type { Engine } from './engine.ts';
import type { Log } from './log.ts';
import type { Parses } from './parses.ts';
import { kindOf, locationOf } from './places.ts';
import type { Sources } from './sources.ts';

/** Most symbols given to one query: VS Code filters and orders them again. */
const MOST = 200;

/** Workspace symbols: of the index, else the functions of what is open. */
export class WorkspaceSymbols implements vscode.WorkspaceSymbolProvider {
  constructor(
    readonly engine: Engine,
    readonly parses: Parses,
    readonly sources: Sources,
    readonly selector: vscode.DocumentSelector,
    readonly log: Log,
  ) {}

  async provideWorkspaceSymbols(query: string): Promise<vscode.SymbolInformation[]> {
    if (query === '') return [];
    const out: vscode.SymbolInformation[] = [];
    const { trees } = this.sources;
    let isIndexed = false;
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const root = await trees.kernelAround(folder.uri);
      const tree = root && trees.at(root);
      const found = tree && (await this.engine.symbols(tree, query, MOST).catch(() => undefined));
      if (!found) continue;
      isIndexed = true;
      for (const s of found)
        out.push(new vscode.SymbolInformation(s.name, kindOf(s), s.container ?? '', locationOf(tree, s)));
    }
    return isIndexed ? out : this.#ofOpenFiles(query);
  }

  async #ofOpenFiles(query: string): Promise<vscode.SymbolInformation[]> {
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
