import * as vscode from 'vscode';
import { Scheme } from './contributions.ts';
import type { Engine, Model } from './engine.ts';
import { toC, toModel } from './lineMap.ts';
import { ReadOnlyFiles } from './readOnlyFiles.ts';
import type { Sources } from './sources.ts';

/**
 * The executable models: read-only documents beside the C, whose cursor and the C's follow each other through the line
 * map. The URI says it all (source and function), so that a window reload brings the document back.
 */
export class Models implements vscode.Disposable {
  readonly #models = new Map<string, Promise<Model>>();
  readonly #files = new ReadOnlyFiles(Scheme.model, async uri => (await this.#model(uri)).typescript);
  readonly #subscriptions: vscode.Disposable[];
  readonly #mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.rangeHighlightForeground'),
  });

  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
  ) {
    this.#subscriptions = [
      this.#files,
      this.#mark,
      vscode.workspace.onDidSaveTextDocument(d => this.#refresh(d.uri)),
      vscode.workspace.onDidCloseTextDocument(d => this.#models.delete(d.uri.toString())),
      vscode.window.onDidChangeTextEditorSelection(e => void this.#follow(e.textEditor)),
    ];
  }

  static uri(source: vscode.Uri, name: string): vscode.Uri {
    return vscode.Uri.from({
      scheme: Scheme.model,
      path: `/${name}.model.ts`,
      query: JSON.stringify({ source: source.toString(), function: name }),
    });
  }

  async show(source: vscode.Uri, name: string): Promise<void> {
    const uri = Models.uri(source, name);
    const model = await this.#model(uri); // fails here, with a message, rather than in an empty document
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.languageId !== 'typescript') await vscode.languages.setTextDocumentLanguage(document, 'typescript');
    const from = vscode.window.visibleTextEditors.find(e => e.document.uri.toString() === source.toString());
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
    const line = from ? from.selection.active.line + 1 : model.line;
    this.#reveal(editor, toModel(model.map, Math.max(line, model.line)));
  }

  #model(uri: vscode.Uri): Promise<Model> {
    const key = uri.toString();
    let model = this.#models.get(key);
    if (!model) {
      const { source, function: name } = JSON.parse(uri.query) as { source: string; function: string };
      model = this.sources
        .place(vscode.Uri.parse(source))
        .then(({ tree, path }) => this.engine.modelOf(tree, path, name));
      this.#models.set(key, model);
      model.catch(() => this.#models.delete(key));
    }
    return model;
  }

  #refresh(saved: vscode.Uri): void {
    if (!/\.[ch]$/.test(saved.path)) return;
    const shown = [...this.#models.keys()];
    this.#models.clear();
    this.#files.changed(shown.map(key => vscode.Uri.parse(key)));
  }

  /** The cursor moved in a model or in C that has its model open: mark the other side's line. */
  async #follow(editor: vscode.TextEditor): Promise<void> {
    if (editor !== vscode.window.activeTextEditor) return;
    const line = editor.selection.active.line + 1;
    const uri = editor.document.uri;
    for (const other of vscode.window.visibleTextEditors) {
      if (other === editor) continue;
      if (uri.scheme === Scheme.model) {
        const { source } = JSON.parse(uri.query) as { source: string };
        if (other.document.uri.toString() !== source) continue;
        const c = toC((await this.#model(uri)).map, line);
        if (c) this.#reveal(other, [c]);
        editor.setDecorations(this.#mark, []);
      } else if (other.document.uri.scheme === Scheme.model) {
        const { source } = JSON.parse(other.document.uri.query) as { source: string };
        if (source !== uri.toString()) continue;
        const model = await this.#model(other.document.uri);
        const last = Math.max(...model.map.map(([, c]) => c));
        this.#reveal(other, line >= model.line && line <= last ? toModel(model.map, line) : []);
        editor.setDecorations(this.#mark, []);
      }
    }
  }

  #reveal(editor: vscode.TextEditor, lines: readonly number[]): void {
    const ranges = lines.map(l => editor.document.lineAt(Math.min(l, editor.document.lineCount) - 1).range);
    editor.setDecorations(this.#mark, ranges);
    if (ranges[0]) editor.revealRange(ranges[0], vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  dispose(): void {
    for (const s of this.#subscriptions) s.dispose();
  }
}
