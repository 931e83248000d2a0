import * as vscode from 'vscode';
import type { TraceDocument } from '../core/report/documents.ts';
import { threadLines } from './threadLines.ts';
import type { EditorTree } from './workspaceTree.ts';

/** Chart colours of the theme, in the order in which the panel gives them to threads. */
const COLOURS = ['charts.blue', 'charts.orange', 'charts.green', 'charts.purple', 'charts.red', 'charts.yellow'];

/** Where every thread is at the scrub cursor, drawn into the editors that show those files. */
export class ThreadDecorations implements vscode.Disposable {
  readonly #types = COLOURS.map(colour =>
    vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      backgroundColor: new vscode.ThemeColor('editor.stackFrameHighlightBackground'),
      borderWidth: '0 0 0 3px',
      borderStyle: 'solid',
      borderColor: new vscode.ThemeColor(colour),
      overviewRulerColor: new vscode.ThemeColor(colour),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
      after: {
        margin: '0 0 0 2em',
        color: new vscode.ThemeColor(colour),
        fontStyle: 'italic',
      },
    }),
  );
  readonly #subscription = vscode.window.onDidChangeVisibleTextEditors(() => this.#draw());
  #at: { trace: TraceDocument; tree: EditorTree; step: number; scenario?: vscode.Uri } | undefined;

  show(trace: TraceDocument, tree: EditorTree, step: number, scenario?: vscode.Uri): void {
    this.#at = { trace, tree, step, ...(scenario ? { scenario } : {}) };
    this.#draw();
  }

  clear(): void {
    this.#at = undefined;
    this.#draw();
  }

  #draw(): void {
    const lines = this.#at ? threadLines(this.#at.trace, this.#at.step) : [];
    for (const editor of vscode.window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const byColour: vscode.DecorationOptions[][] = COLOURS.map(() => []);
      for (const { file, line, threads } of lines) {
        const { tree, scenario, trace } = this.#at!;
        const target = file === trace.scenarioFile && scenario ? scenario : tree.uri(file);
        if (target.toString() !== uri || line > editor.document.lineCount) continue;
        byColour[threads[0]! % COLOURS.length]!.push({
          range: editor.document.lineAt(line - 1).range,
          renderOptions: { after: { contentText: `◂ ${threads.map(t => trace.threads[t]!.name).join(', ')}` } },
        });
      }
      this.#types.forEach((type, i) => {
        editor.setDecorations(type, byColour[i]!);
      });
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const t of this.#types) t.dispose();
  }
}
