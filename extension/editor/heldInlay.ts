import * as vscode from 'vscode';
import type { HeldFunction, HeldLock } from '../core/locks/heldLines.ts';
import { Command, type HeldDisplay, Setting } from './contributions.ts';
import type { Engine, LineSpan } from './engine.ts';
import { type HeldHint, heldHints, heldStretches, shortName } from './heldHints.ts';
import { revealLink } from './hover.ts';
import type { Indexing } from './indexing.ts';
import type { Log } from './log.ts';
import { settings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** Locks named behind one line before the rest is only counted. */
const MOST = 3;
/** How long nothing must have been scrolled or typed before bars are drawn anew. In milliseconds. */
const DELAY = 150;

interface Answer {
  readonly tree: EditorTree;
  readonly functions: readonly HeldFunction[];
}

/** Which locks are held where, in the source itself: behind lines (inlay hints), or as bars along them. */
export class HeldLocks implements vscode.InlayHintsProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.#changed.event;
  readonly #bars = new Bars();
  readonly #subscription: vscode.Disposable;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawing: AbortController | undefined;
  /** What the toggle goes back to. */
  #last: Exclude<HeldDisplay, 'off'> = 'inlay';

  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
    indexing: Indexing,
    readonly selector: vscode.DocumentSelector,
    readonly log: Log,
  ) {
    const { window, workspace } = vscode;
    const isShown = (document: vscode.TextDocument) => window.visibleTextEditors.some(e => e.document === document);
    this.#subscription = vscode.Disposable.from(
      this.#changed,
      this.#bars,
      vscode.languages.registerInlayHintsProvider(selector, this),
      window.onDidChangeVisibleTextEditors(() => this.#draw(0)),
      window.onDidChangeTextEditorVisibleRanges(() => this.#draw()),
      workspace.onDidChangeTextDocument(e => isShown(e.document) && this.#draw()),
      indexing.onDidEnd(() => this.#anew()),
      workspace.onDidSaveTextDocument(() => this.#anew()),
      workspace.onDidChangeConfiguration(e => {
        if (e.affectsConfiguration(Setting.heldDisplay)) this.#anew();
      }),
    );
    this.#draw();
  }

  /** Off, or on as it was the last time. */
  async toggle(): Promise<void> {
    const now = settings.heldDisplay(vscode.window.activeTextEditor?.document.uri);
    if (now !== 'off') this.#last = now;
    const configuration = vscode.workspace.getConfiguration();
    const { workspaceValue } = configuration.inspect(Setting.heldDisplay) ?? {};
    const { Workspace, Global } = vscode.ConfigurationTarget;
    const next = now === 'off' ? this.#last : 'off';
    await configuration.update(Setting.heldDisplay, next, workspaceValue === undefined ? Global : Workspace);
  }

  async provideInlayHints(
    document: vscode.TextDocument,
    range: vscode.Range,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlayHint[]> {
    if (settings.heldDisplay(document.uri) !== 'inlay') return [];
    const abort = new AbortController();
    const cancel = token.onCancellationRequested(() => abort.abort());
    const span = { first: range.start.line + 1, last: range.end.line + 1 };
    const answer = await this.#held(document, span, abort.signal).finally(() => cancel.dispose());
    if (!answer || token.isCancellationRequested) return [];
    return heldHints(answer.functions, line => document.lineAt(Math.min(line, document.lineCount) - 1).text)
      .filter(({ line }) => span.first <= line && line <= Math.min(span.last, document.lineCount))
      .map(hint => inlayOf(hint, document, answer.tree));
  }

  /** Undefined: it is no kernel's, or nobody waits for it any more. */
  async #held(document: vscode.TextDocument, span: LineSpan, signal: AbortSignal): Promise<Answer | undefined> {
    try {
      const { tree, path } = await this.sources.place(document.uri);
      if (!(await this.sources.trees.kernelAround(tree.root)) || signal.aborted) return undefined;
      return { tree, functions: await this.engine.heldLines(tree, path, document.getText(), span, signal) };
    } catch (error) {
      if (!signal.aborted)
        this.log.info(`held locks of ${document.uri.path}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  #anew(): void {
    this.#changed.fire();
    this.#draw();
  }

  #draw(delay = DELAY): void {
    clearTimeout(this.#timer);
    this.#drawing?.abort();
    this.#timer = setTimeout(() => void this.#drawAll(), delay);
  }

  async #drawAll(): Promise<void> {
    const drawing = new AbortController();
    this.#drawing = drawing;
    for (const editor of vscode.window.visibleTextEditors) {
      const { document, visibleRanges } = editor;
      const [from] = visibleRanges;
      const isOn =
        vscode.languages.match(this.selector, document) && settings.heldDisplay(document.uri) === 'gutter' && from;
      if (!isOn) {
        this.#bars.clear(editor);
        continue;
      }
      const { version } = document;
      const span = { first: from.start.line + 1, last: (visibleRanges.at(-1) ?? from).end.line + 1 };
      const answer = await this.#held(document, span, drawing.signal);
      if (drawing.signal.aborted) return;
      if (document.version === version) this.#bars.draw(editor, answer);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#drawing?.abort();
    this.#subscription.dispose();
  }
}

function inlayOf({ line, held }: HeldHint, document: vscode.TextDocument, tree: EditorTree): vscode.InlayHint {
  const part = (text: string) => new vscode.InlayHintLabelPart(text);
  const parts: vscode.InlayHintLabelPart[] = [part('⟨')];
  for (const [i, lock] of held.slice(0, MOST).entries()) {
    if (i > 0) parts.push(part(', '));
    parts.push(lockPart(lock, tree));
  }
  if (held.length > MOST) parts.push(part(` and ${held.length - MOST} more`));
  if (held.length === 0) parts.push(part('none held'));
  parts.push(part('⟩'));
  const hint = new vscode.InlayHint(document.lineAt(line - 1).range.end, parts);
  hint.paddingLeft = true;
  hint.tooltip = heldMarkdown(held, tree);
  return hint;
}

function lockPart(lock: HeldLock, tree: EditorTree): vscode.InlayHintLabelPart {
  const part = new vscode.InlayHintLabelPart(shortName(lock));
  part.tooltip = heldMarkdown([lock], tree);
  const target = { uri: tree.uri(lock.file).toString(), line: lock.line, column: lock.column };
  part.command = { command: Command.reveal, title: 'Go to where it is taken', arguments: [target] };
  return part;
}

/** The locks with where each was taken, one to a line. */
function heldMarkdown(held: readonly HeldLock[], tree: EditorTree): vscode.MarkdownString {
  const lines = held.map(lock => {
    const how = [...lock.via, lock.primitive].join(' → ');
    const what = [
      lock.mode === 'read' && lock.lock ? 'for reading' : '',
      lock.maybe ? 'on some of the paths' : '',
      lock.atomic ? 'no sleeping' : '',
    ].filter(Boolean);
    const name = lock.lock || `${lock.primitive}()`;
    return `\`${name}\`${what.length ? ` ${what.join(', ')}` : ''} · [line ${lock.line}](${revealLink(tree, lock)}) \`${how}\``;
  });
  const text = lines.length ? `**held** ${lines.join('  \n')}` : 'No lock is held here that this function has taken.';
  const markdown = new vscode.MarkdownString(text);
  markdown.isTrusted = { enabledCommands: [Command.reveal] };
  return markdown;
}

/** Bars along lines. What they mean is told by colour and by pattern. */
class Bars implements vscode.Disposable {
  readonly #kinds = [
    { atomic: true, maybe: false, colour: 'charts.red', style: 'solid' },
    { atomic: true, maybe: true, colour: 'charts.red', style: 'dotted' },
    { atomic: false, maybe: false, colour: 'charts.blue', style: 'double' },
    { atomic: false, maybe: true, colour: 'charts.blue', style: 'dotted' },
  ].map(kind => ({
    ...kind,
    type: vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      borderWidth: '0 0 0 4px',
      borderStyle: kind.style,
      borderColor: new vscode.ThemeColor(kind.colour),
    }),
  }));
  /** On the indentation alone: a hover on code is about the code. */
  readonly #hover = vscode.window.createTextEditorDecorationType({});

  draw(editor: vscode.TextEditor, answer: Answer | undefined): void {
    const { document } = editor;
    const ranges = this.#kinds.map((): vscode.Range[] => []);
    const hovers: vscode.DecorationOptions[] = [];
    for (const { first, last, held } of heldStretches(answer?.functions ?? [])) {
      const atomic = held.some(h => h.atomic);
      const maybe = held.every(h => h.maybe);
      const kind = this.#kinds.findIndex(k => k.atomic === atomic && k.maybe === maybe);
      const hoverMessage = heldMarkdown(held, answer!.tree);
      for (let line = first - 1; line < Math.min(last, document.lineCount); line++) {
        ranges[kind]!.push(new vscode.Range(line, 0, line, 0));
        const indent = document.lineAt(line).firstNonWhitespaceCharacterIndex;
        if (indent > 0) hovers.push({ range: new vscode.Range(line, 0, line, indent), hoverMessage });
      }
    }
    for (const [i, { type }] of this.#kinds.entries()) editor.setDecorations(type, ranges[i]!);
    editor.setDecorations(this.#hover, hovers);
  }

  clear(editor: vscode.TextEditor): void {
    this.draw(editor, undefined);
  }

  dispose(): void {
    for (const { type } of this.#kinds) type.dispose();
    this.#hover.dispose();
  }
}
