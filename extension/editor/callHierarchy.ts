import * as vscode from 'vscode';
import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import type { Engine } from './engine.ts';
import type { Log } from './log.ts';
import { kindOf, locationOf, nameAt, rangeOf } from './places.ts';
import type { Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** Who calls a function, and what it calls, by name. */
export class CallHierarchy implements vscode.CallHierarchyProvider {
  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
    readonly log: Log,
  ) {}

  prepareCallHierarchy(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CallHierarchyItem[] | undefined> {
    const at = nameAt(document, position);
    if (!at) return Promise.resolve(undefined);
    return this.#logged(`calls of ${at.name}`, async () => {
      const { tree, path } = await this.sources.place(document.uri);
      const offset = document.offsetAt(at.range.start);
      const found = await this.engine.definitionsOf(tree, {
        file: path,
        name: at.name,
        offset,
        text: document.getText(),
      });
      return found.filter(s => s.kind === 'function' || s.kind === 'macro').map(s => itemOf(tree, s));
    });
  }

  provideCallHierarchyIncomingCalls(
    item: vscode.CallHierarchyItem,
  ): Promise<vscode.CallHierarchyIncomingCall[] | undefined> {
    return this.#logged(`callers of ${item.name}`, async () => {
      const { tree, calls } = await this.#ask(item, 'callersOf');
      return calls.map(
        ({ symbol, at }) => new vscode.CallHierarchyIncomingCall(itemOf(tree, symbol), ranges(item, at)),
      );
    });
  }

  provideCallHierarchyOutgoingCalls(
    item: vscode.CallHierarchyItem,
  ): Promise<vscode.CallHierarchyOutgoingCall[] | undefined> {
    return this.#logged(`calls in ${item.name}`, async () => {
      const { tree, calls } = await this.#ask(item, 'calleesOf');
      return calls.map(
        ({ symbol, at }) =>
          new vscode.CallHierarchyOutgoingCall(
            itemOf(tree, symbol),
            at.map(p => rangeOf(p, symbol.name.length)),
          ),
      );
    });
  }

  async #ask(item: vscode.CallHierarchyItem, question: 'callersOf' | 'calleesOf') {
    const { tree, path } = await this.sources.place(item.uri);
    // What is being edited wins over the disk.
    const open = vscode.workspace.textDocuments.find(d => d.uri.toString() === item.uri.toString());
    const calls: readonly CallsOf[] = await this.engine[question](tree, path, item.name, open?.getText());
    return { tree, calls };
  }

  async #logged<T>(doing: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.log.info(`${doing}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

const ranges = (item: vscode.CallHierarchyItem, at: CallsOf['at']): vscode.Range[] =>
  at.map(p => rangeOf(p, item.name.length));

function itemOf(tree: EditorTree, symbol: SymbolAt): vscode.CallHierarchyItem {
  const { uri, range } = locationOf(tree, symbol);
  const whole =
    symbol.endLine && symbol.endLine > symbol.line
      ? new vscode.Range(range.start, new vscode.Position(symbol.endLine - 1, 0))
      : range;
  return new vscode.CallHierarchyItem(kindOf(symbol), symbol.name, symbol.file, uri, whole, range);
}
