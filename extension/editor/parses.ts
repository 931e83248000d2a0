import * as vscode from 'vscode';
import type { Engine, FunctionSpan, ParsedFile } from './engine.ts';

const KEPT = 12;

interface Entry {
  version: number;
  text: string;
  file: ParsedFile;
}

/**
 * The parse trees of open documents, the most recently used few. One owner: an entry's tree is freed when it leaves,
 * and an edited document is reparsed incrementally.
 */
export class Parses implements vscode.Disposable {
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<readonly FunctionSpan[]>>();
  readonly #subscription: vscode.Disposable;

  constructor(readonly engine: Engine) {
    this.#subscription = vscode.workspace.onDidCloseTextDocument(d => this.#drop(d.uri.toString()));
  }

  /** The functions of a document as it is now. */
  async functions(document: vscode.TextDocument): Promise<readonly FunctionSpan[]> {
    const key = document.uri.toString();
    // Two providers ask about the same document at once: one parse serves both, and no tree is freed in between.
    const running = this.#pending.get(`${key}#${document.version}`);
    if (running) return running;
    const task = this.#functions(key, document);
    this.#pending.set(`${key}#${document.version}`, task);
    try {
      return await task;
    } finally {
      this.#pending.delete(`${key}#${document.version}`);
    }
  }

  async #functions(key: string, document: vscode.TextDocument): Promise<readonly FunctionSpan[]> {
    const text = document.getText();
    const version = document.version;
    let entry = this.#entries.get(key);
    if (entry && entry.version !== version) {
      entry.file = entry.file.edit(text);
      entry.version = version;
      entry.text = text;
    }
    if (!entry) {
      const file = await this.engine.parse(text);
      const other = this.#entries.get(key);
      other?.file.dispose();
      entry = { version, text, file };
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= KEPT) break;
      this.#drop(oldest);
    }
    return entry.file.functions();
  }

  #drop(key: string): void {
    this.#entries.get(key)?.file.dispose();
    this.#entries.delete(key);
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }
}

/** The function whose text a position is in. */
export function functionAt(functions: readonly FunctionSpan[], offset: number): FunctionSpan | undefined {
  return functions.find(f => f.start <= offset && offset <= f.end);
}
