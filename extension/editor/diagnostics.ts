import * as vscode from 'vscode';
import type { Finding, FindingsDocument, RelatedPlace } from '../core/report/documents.ts';
import { SUPPRESSION_FILE } from '../core/report/suppressionFile.ts';
import { Command, Setting } from './contributions.ts';
import type { Engine } from './engine.ts';
import { endOfFinding, shownFindings, wantsBarriers } from './findingSettings.ts';
import type { Indexing } from './indexing.ts';
import type { Log } from './log.ts';
import { settings } from './settings.ts';
import type { Place, Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** How long nothing must have been typed before a text is looked at. In milliseconds. */
const DELAY = 60;
const SOURCE = 'Lockstep';
const FINDING_SETTINGS = [Setting.findings, Setting.findingKinds, Setting.findingConfidence];

/** A finding as it is shown. */
export interface ShownFinding {
  readonly finding: Finding;
  readonly diagnostic: vscode.Diagnostic;
}

/** What is known of an open document. */
interface Known {
  timer?: ReturnType<typeof setTimeout>;
  asking?: AbortController;
  answer?: { readonly version: number; readonly tree: EditorTree; readonly document: FindingsDocument };
  shown: readonly ShownFinding[];
}

/**
 * Findings of the open C files of kernel trees, as diagnostics: of those that are visible, and from then on after every
 * change, until they are closed.
 */
export class FindingDiagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('lockstep');
  readonly #known = new Map<string, Known>();
  readonly #subscription: vscode.Disposable;

  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
    readonly indexing: Indexing,
    readonly selector: vscode.DocumentSelector,
    readonly log: Log,
  ) {
    const { workspace, window } = vscode;
    this.#subscription = vscode.Disposable.from(
      this.#collection,
      window.onDidChangeVisibleTextEditors(editors => this.#see(editors)),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        if (document.uri.path.endsWith(`/${SUPPRESSION_FILE}`)) this.#all();
        else if (this.#known.has(keyOf(document))) this.#soon(document);
      }),
      workspace.onDidCloseTextDocument(document => this.#forget(document.uri)),
      // Contracts of other files may be others now.
      workspace.onDidSaveTextDocument(saved => this.#all(saved)),
      indexing.onDidEnd(() => this.#all()),
      workspace.onDidChangeConfiguration(e => {
        if (FINDING_SETTINGS.some(name => e.affectsConfiguration(name))) this.#all();
      }),
    );
  }

  /** Looks at what is visible. */
  start(): void {
    this.#see(vscode.window.visibleTextEditors);
  }

  /** Looks again at everything that has been looked at. */
  refresh(): void {
    this.#all();
  }

  /** What is shown at a place of a document, as long as the document has not been changed since. */
  at(document: vscode.TextDocument, range: vscode.Range): readonly ShownFinding[] {
    const known = this.#known.get(keyOf(document));
    if (known?.answer?.version !== document.version) return [];
    return known.shown.filter(({ diagnostic }) => diagnostic.range.intersection(range) !== undefined);
  }

  #see(editors: readonly vscode.TextEditor[]): void {
    for (const { document } of editors) {
      const known = this.#known.get(keyOf(document));
      if (!vscode.languages.match(this.selector, document) || known?.answer?.version === document.version) continue;
      if (known?.timer === undefined && known?.asking === undefined) this.#soon(document, 0);
    }
  }

  /** Looks at everything again that has been looked at, what is visible first. */
  #all(but?: vscode.TextDocument): void {
    const visible = new Set(vscode.window.visibleTextEditors.map(e => keyOf(e.document)));
    for (const document of vscode.workspace.textDocuments) {
      const key = keyOf(document);
      if (document !== but && this.#known.has(key)) this.#soon(document, visible.has(key) ? DELAY : 5 * DELAY);
    }
  }

  #soon(document: vscode.TextDocument, delay = DELAY): void {
    const key = keyOf(document);
    const known = this.#known.get(key) ?? { shown: [] };
    this.#known.set(key, known);
    clearTimeout(known.timer);
    known.asking?.abort();
    known.timer = setTimeout(() => {
      delete known.timer;
      void this.#ask(document, known);
    }, delay);
  }

  async #ask(document: vscode.TextDocument, known: Known): Promise<void> {
    const { uri, version } = document;
    if (!settings.findings(uri).enabled) {
      this.#show(document, known);
      return;
    }
    const asking = new AbortController();
    known.asking = asking;
    try {
      const place = await this.#place(uri);
      // Names come first; when they are there, everything is looked at again.
      if (place) await this.indexing.ensure(document);
      if (!place || asking.signal.aborted || this.indexing.isRunning) return;
      const { tree, path } = place;
      const began = performance.now();
      const barriers = wantsBarriers(settings.findings(uri));
      const answer = await this.engine.findings(tree, path, document.getText(), asking.signal, barriers);
      if (asking.signal.aborted || document.isClosed) return;
      const took = performance.now() - began;
      if (took > 1000) this.log.info(`findings of ${path}: ${(took / 1000).toFixed(1)} s`);
      known.answer = { version, tree, document: answer };
      this.#show(document, known);
    } catch (error) {
      // What is no C has no findings; nobody has asked for a message by opening it.
      if (!asking.signal.aborted) {
        delete known.answer;
        this.#show(document, known);
        this.log.info(`findings of ${uri.path}: ${error instanceof Error ? error.message : error}`);
      }
    } finally {
      if (known.asking === asking) delete known.asking;
    }
  }

  async #place(uri: vscode.Uri): Promise<Place | undefined> {
    const place = await this.sources.place(uri);
    return (await this.sources.trees.kernelAround(place.tree.root)) ? place : undefined;
  }

  /** Shows what is known of a document as the settings say. */
  #show(document: vscode.TextDocument, known: Known): void {
    const { answer } = known;
    const wanted = settings.findings(document.uri);
    known.shown =
      answer && wanted.enabled
        ? shownFindings(answer.document, wanted).map(finding => ({
            finding,
            diagnostic: diagnosticOf(finding, document, answer.tree),
          }))
        : [];
    const notices = (wanted.enabled && answer?.document.notices) || [];
    const own = notices.filter(n => answer?.tree.uri(n.file).toString() === document.uri.toString());
    this.#collection.set(document.uri, [...known.shown.map(s => s.diagnostic), ...own.map(noticeOf)]);
    if (answer) {
      const rules = notices.filter(n => n.file === SUPPRESSION_FILE);
      this.#collection.set(answer.tree.uri(SUPPRESSION_FILE), rules.map(noticeOf));
    }
  }

  #forget(uri: vscode.Uri): void {
    const key = uri.toString();
    const known = this.#known.get(key);
    if (!known) return;
    clearTimeout(known.timer);
    known.asking?.abort();
    this.#known.delete(key);
    this.#collection.delete(uri);
    // Whoever had that file read is gone.
    if (known.answer && ![...this.#known.values()].some(k => k.answer?.tree === known.answer?.tree))
      this.#collection.delete(known.answer.tree.uri(SUPPRESSION_FILE));
  }

  dispose(): void {
    for (const known of this.#known.values()) {
      clearTimeout(known.timer);
      known.asking?.abort();
    }
    this.#known.clear();
    this.#subscription.dispose();
  }
}

const keyOf = (document: vscode.TextDocument): string => document.uri.toString();

function diagnosticOf(finding: Finding, document: vscode.TextDocument, tree: EditorTree): vscode.Diagnostic {
  const { kind, message, confidence, related } = finding;
  const line = Math.min(finding.line, document.lineCount) - 1;
  const text = document.lineAt(line).text;
  const range = new vscode.Range(line, finding.column - 1, line, endOfFinding(text, finding.column - 1));
  const { Warning, Information } = vscode.DiagnosticSeverity;
  const unsure = confidence === 'low' ? ' (low confidence)' : '';
  const diagnostic = new vscode.Diagnostic(range, message + unsure, confidence === 'high' ? Warning : Information);
  diagnostic.source = SOURCE;
  const target = vscode.Uri.parse(`command:${Command.explainFinding}?${encodeURIComponent(JSON.stringify([kind]))}`);
  diagnostic.code = { value: kind, target };
  const elsewhere = related.filter(
    r => r.file !== finding.file || r.line !== finding.line || r.column !== finding.column,
  );
  diagnostic.relatedInformation = elsewhere.map(
    r => new vscode.DiagnosticRelatedInformation(new vscode.Location(tree.uri(r.file), positionOf(r)), r.message),
  );
  return diagnostic;
}

function noticeOf(notice: RelatedPlace): vscode.Diagnostic {
  const at = positionOf(notice);
  const { Warning } = vscode.DiagnosticSeverity;
  const diagnostic = new vscode.Diagnostic(new vscode.Range(at, at.translate(0, 1)), notice.message, Warning);
  diagnostic.source = SOURCE;
  return diagnostic;
}

const positionOf = ({ line, column }: { line: number; column: number }): vscode.Position =>
  new vscode.Position(line - 1, column - 1);
