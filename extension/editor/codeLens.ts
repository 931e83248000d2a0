import * as vscode from 'vscode';
import { Command, type SimulateTarget } from './contributions.ts';
import type { Log } from './log.ts';
import type { Parses } from './parses.ts';
import type { Scenarios } from './scenarios.ts';
import { settings } from './settings.ts';
import type { Sources } from './sources.ts';

/** "Simulate: <scenario>" and "Explore" above every function that a scenario runs. */
export class SimulateLens implements vscode.CodeLensProvider {
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(
    readonly parses: Parses,
    readonly sources: Sources,
    readonly scenarios: Scenarios,
    readonly log: Log,
    onDidChangeSettings: vscode.Event<void>,
  ) {
    this.onDidChangeCodeLenses = listener =>
      vscode.Disposable.from(
        scenarios.onDidChange(() => listener()),
        onDidChangeSettings(() => listener()),
      );
  }

  async provideCodeLenses(
    document: vscode.TextDocument,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeLens[] | undefined> {
    if (!settings.codeLens(document.uri) || !vscode.workspace.isTrusted) return undefined;
    try {
      const { tree, path } = await this.sources.place(document.uri);
      const covering = await this.scenarios.covering(tree, path);
      if (!covering.size || token.isCancellationRequested) return undefined;
      const lenses: vscode.CodeLens[] = [];
      for (const f of await this.parses.functions(document)) {
        const at = document.positionAt(f.nameStart);
        for (const [scenario, names] of covering)
          if (names.has(f.name)) {
            const target: SimulateTarget = { scenario: scenario.uri.toString(), document: document.uri.toString() };
            const file = vscode.workspace.asRelativePath(scenario.uri);
            lenses.push(
              new vscode.CodeLens(new vscode.Range(at, at), {
                title: `$(play) Simulate: ${scenario.outline.title}`,
                tooltip: `Run ${f.name} under ${file}, one interleaving, beside the code`,
                command: Command.simulate,
                arguments: [target],
              }),
              new vscode.CodeLens(new vscode.Range(at, at), {
                title: '$(checklist) Explore',
                tooltip: `Run ${f.name} under ${file} in every order that makes a difference: what can go wrong, and what cannot`,
                command: Command.explore,
                arguments: [target],
              }),
            );
          }
      }
      return lenses;
    } catch (error) {
      this.log.info(`lenses of ${document.uri.path}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}
