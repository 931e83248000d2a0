import type * as vscode from 'vscode';
import type { Engine } from './engine.ts';
import type { Log } from './log.ts';
import { locationOf, nameAt } from './places.ts';
import type { Sources } from './sources.ts';

/** Go to definition: locals, and what the file can mean by a name. */
export class Definitions implements vscode.DefinitionProvider {
  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
    readonly log: Log,
  ) {}

  async provideDefinition(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Location[] | undefined> {
    const at = nameAt(document, position);
    if (!at) return undefined;
    try {
      const { tree, path } = await this.sources.place(document.uri);
      if (token.isCancellationRequested) return undefined;
      const found = await this.engine.definitionsOf(tree, {
        file: path,
        name: at.name,
        offset: document.offsetAt(at.range.start),
        text: document.getText(),
      });
      return found.map(symbol => locationOf(tree, symbol));
    } catch (error) {
      this.log.info(`definition of ${at.name}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}
