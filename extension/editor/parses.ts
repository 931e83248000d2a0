import * as vscode from 'vscode';
import type { Engine, FunctionSpan } from './engine.ts';

interface Entry {
  readonly version: number;
  readonly functions: Promise<readonly FunctionSpan[]>;
}

/** The functions of open documents. The engine keeps the parse and reparses what was edited; this keeps the answer. */
export class Parses implements vscode.Disposable {
  readonly #entries = new Map<string, Entry>();
  readonly #subscription: vscode.Disposable;

  constructor(readonly engine: Engine) {
    this.#subscription = vscode.workspace.onDidCloseTextDocument(d => {
      const key = d.uri.toString();
      this.#entries.delete(key);
      this.engine.close(key);
    });
  }

  /** The functions of a document as it is now. Rejects with InputError when it is no C. */
  functions(document: vscode.TextDocument): Promise<readonly FunctionSpan[]> {
    const key = document.uri.toString();
    const { version } = document;
    const known = this.#entries.get(key);
    if (known?.version === version) return known.functions;
    const file = vscode.workspace.asRelativePath(document.uri, false);
    const functions = this.engine.functions({ key, file, text: document.getText() });
    this.#entries.set(key, { version, functions });
    functions.catch(() => {
      if (this.#entries.get(key)?.functions === functions) this.#entries.delete(key);
    });
    return functions;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

/** The function whose text a position is in. */
export function functionAt(functions: readonly FunctionSpan[], offset: number): FunctionSpan | undefined {
  return functions.find(f => f.start <= offset && offset <= f.end);
}
