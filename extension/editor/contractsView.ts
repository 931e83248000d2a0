import * as vscode from 'vscode';
import { contractText } from '../core/report/contractText.ts';
import type { ContractsDocument } from '../core/report/documents.ts';
import { Scheme } from './contributions.ts';
import type { Engine } from './engine.ts';
import { ReadOnlyFiles } from './readOnlyFiles.ts';
import { nameOf, type Sources } from './sources.ts';

/** Which file a contracts document is of. */
function sourceOf(uri: vscode.Uri): vscode.Uri {
  const { source } = JSON.parse(uri.query) as { source: string };
  return vscode.Uri.parse(source);
}

/**
 * The lock contracts of a whole file as a read-only document beside it; `:123` in it is a link to that line. The URI
 * says which file, so that a window reload brings the document back.
 */
export class ContractsView implements vscode.DocumentLinkProvider {
  readonly #texts = new Map<string, Promise<string>>();
  readonly #files = new ReadOnlyFiles(Scheme.contracts, uri => this.#text(uri));
  readonly #subscriptions: vscode.Disposable[];

  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
  ) {
    this.#subscriptions = [
      this.#files,
      vscode.languages.registerDocumentLinkProvider({ scheme: Scheme.contracts }, this),
      vscode.workspace.onDidCloseTextDocument(d => this.#texts.delete(d.uri.toString())),
      vscode.workspace.onDidSaveTextDocument(d => {
        if (!/\.[ch]$/.test(d.uri.path)) return;
        const shown = [...this.#texts.keys()];
        this.#texts.clear();
        this.#files.changed(shown.map(key => vscode.Uri.parse(key)));
      }),
    ];
  }

  /** Opens it beside the file, at the contract of a function. */
  async show(source: vscode.Uri, name: string | undefined): Promise<void> {
    const uri = vscode.Uri.from({
      scheme: Scheme.contracts,
      path: `/${nameOf(source)}.contracts`,
      query: JSON.stringify({ source: source.toString() }),
    });
    await this.#text(uri); // fails here, with a message, rather than in an empty document
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
    if (!name) return;
    const at = document.getText().search(new RegExp(`^${name} `, 'm'));
    if (at < 0) return;
    const position = document.positionAt(at);
    editor.selection = new vscode.Selection(position, position);
    editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.AtTop);
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const source = sourceOf(document.uri);
    return [...document.getText().matchAll(/(?<=[\s/\w.-]):(\d+)\b/g)].map(m => {
      const range = new vscode.Range(document.positionAt(m.index), document.positionAt(m.index + m[0].length));
      const link = new vscode.DocumentLink(range, source.with({ fragment: `L${m[1]}` }));
      link.tooltip = `${nameOf(source)}:${m[1]}`;
      return link;
    });
  }

  #text(uri: vscode.Uri): Promise<string> {
    const key = uri.toString();
    let text = this.#texts.get(key);
    if (!text) {
      text = this.#make(sourceOf(uri));
      this.#texts.set(key, text);
      text.catch(() => this.#texts.delete(key));
    }
    return text;
  }

  async #make(source: vscode.Uri): Promise<string> {
    const { tree, path } = await this.sources.place(source);
    const open = vscode.workspace.textDocuments.find(d => d.uri.toString() === source.toString());
    const { functions }: ContractsDocument = await this.engine.contracts(tree, path, open?.getText());
    const heading = `Lock contracts of ${path} (${tree.label}): ${functions.length} functions\n\n`;
    return heading + (functions.map(c => contractText(c)).join('\n') || 'No function is defined there.\n');
  }

  dispose(): void {
    for (const s of this.#subscriptions) s.dispose();
  }
}
