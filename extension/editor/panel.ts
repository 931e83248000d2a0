import * as vscode from 'vscode';
import { type FromPanel, type Place, PROTOCOL, type Show, type ToPanel } from '../../webview/protocol.ts';
import type { PanelState, Side as SideName } from '../../webview/state.ts';
import { InputError } from '../core/text/source.ts';
import { Command, ContextKey, PANEL_TYPE } from './contributions.ts';
import type { ThreadDecorations } from './decorations.ts';
import { type Explorations, keyOf, type Subject } from './explorations.ts';
import type { Log } from './log.ts';
import { makeNonce, panelHtml } from './panelHtml.ts';
import { readSessionKey, type SessionKey } from './sessionKey.ts';
import type { Session, Side, Simulations } from './simulations.ts';
import { nameOf } from './sources.ts';

const CURSOR_DELAY = 60;
const SIDES = ['before', 'after'] as const;

/**
 * The panel beside the code, one per window. What it shows is a {@link Session}; the webview remembers its key and what
 * was looked at, so that after hiding the session is shown again and after a window reload it is run again.
 */
export class SimulationPanel implements vscode.WebviewPanelSerializer<PanelState>, vscode.Disposable {
  readonly #subscriptions: vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  #session: Session | undefined;
  /** What is being opened, and how to stop it. */
  #opening: { readonly key: SessionKey; readonly abort: AbortController; readonly text: string } | undefined;
  /** What was opened last, whether or not it could be shown. */
  #last: { readonly key: SessionKey; readonly title: string } | undefined;
  /** Where the next run that is shown is looked at first. */
  #lookAt: Show['at'];
  /** Why there is nothing to show. */
  #failure: string | undefined;
  #side: SideName = 'before';
  #texts = new Map<string, Promise<readonly string[]>>();
  /** The editor that the text cursor was last in, and the column that source was last seen in. */
  #editor: vscode.TextEditor | undefined;
  #column: vscode.ViewColumn | undefined;
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly extension: vscode.Uri,
    readonly simulations: Simulations,
    readonly explorations: Explorations,
    readonly decorations: ThreadDecorations,
    readonly log: Log,
  ) {
    this.#subscriptions = [
      vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, this),
      vscode.window.onDidChangeTextEditorSelection(e => this.#follow(e.textEditor)),
      vscode.window.onDidChangeActiveTextEditor(editor => editor && this.#follow(editor)),
      explorations.onDidChange(subject => {
        for (const side of SIDES) {
          const shown = this.#subject(side);
          if (shown && keyOf(shown) === keyOf(subject)) this.#sayExplored(side, shown);
        }
      }),
    ];
  }

  /** What is shown now. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** The side that is shown now. */
  get side(): Side | undefined {
    return this.#session && (this.#side === 'after' ? this.#session.after : this.#session.before);
  }

  /** Runs and shows. Failures are told in the panel and as a message; resolves when there is nothing more to wait for. */
  async open(key: SessionKey, title: string): Promise<void> {
    const panel = this.#panel ?? this.#create(title);
    if (!panel.visible) panel.reveal(undefined, true);
    this.#opening?.abort.abort();
    const abort = new AbortController();
    const opening = { key, abort, text: key.kind === 'run' ? `Running ${title} …` : `Opening ${title} …` };
    this.#opening = opening;
    this.#last = { key, title };
    this.#failure = undefined;
    this.#post({ t: 'busy', text: opening.text });
    try {
      const session = await this.simulations.open(key, abort);
      if (this.#opening !== opening) return;
      this.#opening = undefined;
      this.#session = session;
      this.#texts.clear();
      void vscode.commands.executeCommand('setContext', ContextKey.panel, true);
      this.#show();
    } catch (error) {
      if (this.#opening !== opening) return;
      this.#opening = undefined;
      this.#failed(key, error);
    }
  }

  /** Explores every interleaving of what is shown, the plain source and the patched one. */
  async explore(): Promise<void> {
    if (this.#session?.key.kind !== 'run')
      throw new InputError('a scenario is explored, not a saved trace: run Lockstep: Simulate first.');
    for (const side of SIDES) {
      const subject = this.#subject(side);
      if (subject) await this.explorations.explore(subject);
    }
  }

  /** Moves the cursor by events. */
  stepBy(delta: number): void {
    this.#post({ t: 'stepBy', delta });
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, _state: unknown): Promise<void> {
    // The script says `ready` with the same state; there is one panel, and the latest one is it.
    this.#panel?.dispose();
    this.#adopt(panel);
  }

  #create(title: string): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(
      PANEL_TYPE,
      `Lockstep: ${title}`,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true },
    );
    this.#adopt(panel);
    return panel;
  }

  #adopt(panel: vscode.WebviewPanel): void {
    const dist = vscode.Uri.joinPath(this.extension, 'dist');
    const { webview } = panel;
    this.#panel = panel;
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'extension', 'icon.svg');
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#closed();
    });
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.decorations.clear();
    });
    webview.onDidReceiveMessage((message: FromPanel) => void this.#receive(message));
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.html = panelHtml({
      script: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.css')).toString(),
      cspSource: webview.cspSource,
      nonce: makeNonce(bytes => crypto.getRandomValues(bytes)),
    });
  }

  #closed(): void {
    this.explorations.stopAll();
    this.explorations.watch([]);
    this.#opening?.abort.abort();
    this.#opening = undefined;
    this.#panel = undefined;
    this.#session = undefined;
    this.#last = undefined;
    this.#texts.clear();
    this.decorations.clear();
    void vscode.commands.executeCommand('setContext', ContextKey.panel, false);
  }

  #post(message: ToPanel): void {
    void this.#panel?.webview.postMessage(message);
  }

  #show(): void {
    const session = this.#session;
    if (!session || !this.#panel) return;
    const { before, after, key, title } = session;
    this.#panel.title = `Lockstep: ${title}`;
    this.#side = after ? this.#side : 'before';
    this.#post({
      t: 'show',
      protocol: PROTOCOL,
      key,
      title,
      traces: { before: before.trace, ...(after ? { after: after.trace } : {}) },
      labels: { before: before.tree.label, ...(after ? { after: after.trace.patch ?? after.tree.label } : {}) },
      ...(this.#lookAt ? { at: this.#lookAt } : {}),
    });
    this.#lookAt = undefined;
    this.#editor ??= vscode.window.activeTextEditor;
    this.#sayCursor();
    const subjects = SIDES.map(side => this.#subject(side));
    for (const [i, side] of SIDES.entries()) this.#sayExplored(side, subjects[i]);
    this.explorations.watch(subjects.filter(subject => subject !== undefined));
  }

  #subject(side: SideName): Subject | undefined {
    const key = this.#session?.key;
    if (key?.kind !== 'run') return undefined;
    const { root, scenario, patch } = key;
    if (side === 'before') return { root, scenario };
    return patch === undefined ? undefined : { root, scenario, patch };
  }

  #sayExplored(side: SideName, subject: Subject | undefined): void {
    const exploration = subject && this.explorations.state(subject);
    this.#post({ t: 'explored', side, ...(exploration ? { exploration } : {}) });
  }

  /** Runs the witness of a violation and looks at its end. */
  async #witness(name: SideName, index: number): Promise<void> {
    const { key, title } = this.#session!;
    const subject = this.#subject(name);
    const state = subject && this.explorations.state(subject);
    const violation = state?.state === 'done' ? state.verdict.violations[index] : undefined;
    if (key.kind !== 'run' || !violation) return;
    this.#side = name;
    this.#lookAt = { side: name, step: Number.MAX_SAFE_INTEGER };
    if (!violation.schedule) return;
    const { choices, ends } = violation.schedule;
    await this.open({ ...key, schedule: { kind: 'explicit', choices, ...(ends ? { ends } : {}) } }, title);
  }

  #failed(key: SessionKey, error: unknown): void {
    const cancelled = error instanceof Error && error.name === 'AbortError';
    if (cancelled && this.#session) {
      this.#show(); // What was there is what is still true.
      return;
    }
    this.#failure = cancelled ? 'Cancelled. Run again, or choose another schedule.' : messageOf(error);
    this.#post({ t: 'fail', message: this.#failure });
    const doing = key.kind === 'run' ? 'simulating' : 'opening a trace';
    this.log.report(doing, error, file => this.#locate(key, file));
  }

  /** Where a file that a message names is. */
  #locate(key: SessionKey, file: string): vscode.Uri | undefined {
    if (key.kind === 'trace') return undefined;
    const scenario = vscode.Uri.parse(key.scenario);
    if (file === nameOf(scenario)) return scenario;
    return this.simulations.sources.trees.at(vscode.Uri.parse(key.root)).uri(file);
  }

  async #receive(message: FromPanel): Promise<void> {
    switch (message.t) {
      case 'ready':
        this.#ready(message.state);
        break;
      case 'scrub': {
        this.#turn(message.side);
        const side = this.side;
        if (side && this.#panel?.visible)
          this.decorations.show(side.trace, side.tree, message.step, this.#session?.scenario);
        break;
      }
      case 'reveal':
        try {
          await this.#reveal(message, message.side);
        } catch (error) {
          this.log.report(`opening ${message.file}`, error);
        }
        break;
      case 'want':
        await this.#lines(message.side, message.places);
        break;
      case 'state':
        this.#turn(message.state.side);
        break;
      case 'rerun':
        await this.#rerun(message.schedule);
        break;
      case 'cancel':
        this.#opening?.abort.abort();
        break;
      case 'explore':
        await vscode.commands.executeCommand(Command.exploreShown);
        break;
      case 'stopExploring':
        this.explorations.stopAll();
        break;
      case 'witness':
        await this.#witness(message.side, message.index);
    }
  }

  /** The panel shows another side: the cursor's line may be another one there. */
  #turn(side: SideName): void {
    if (side === this.#side) return;
    this.#side = side;
    this.#sayCursor();
  }

  #ready(state: PanelState | undefined): void {
    if (state) this.#side = state.side;
    if (this.#opening) {
      this.#post({ t: 'busy', text: this.#opening.text });
      return;
    }
    if (this.#session) {
      this.#show();
      return;
    }
    if (this.#failure) {
      this.#post({ t: 'fail', message: this.#failure });
      return;
    }
    const key = readSessionKey(state?.key);
    if (!key) {
      this.#post({ t: 'fail', message: 'Nothing was shown here yet. Run Lockstep: Simulate on a C file.' });
      return;
    }
    if (key.kind === 'run' && !vscode.workspace.isTrusted) {
      this.#post({
        t: 'fail',
        message: 'A run executes code generated from this workspace. Trust the workspace, then run Lockstep: Simulate.',
      });
      return;
    }
    void this.open(
      key,
      key.kind === 'run' ? nameOf(vscode.Uri.parse(key.scenario)) : nameOf(vscode.Uri.parse(key.trace)),
    );
  }

  async #rerun(schedule: 'same' | 'random' | 'choose'): Promise<void> {
    // What could not be shown is tried again: the scenario may have been mended.
    const shown = this.#session ?? this.#last;
    if (!shown) return;
    if (schedule === 'choose') {
      await vscode.commands.executeCommand(Command.chooseSchedule);
      return;
    }
    const { key, title } = shown;
    if (key.kind === 'trace') {
      await this.open(key, title);
      return;
    }
    const seed = Math.floor(Math.random() * 1_000_000);
    await this.open(schedule === 'same' ? key : { ...key, schedule: { kind: 'random', seed } }, title);
  }

  #uri(side: Side, file: string): vscode.Uri {
    const { scenario } = this.#session!;
    return file === side.trace.scenarioFile && scenario ? scenario : side.tree.uri(file);
  }

  #sideOf(name: SideName): Side | undefined {
    return name === 'after' ? this.#session?.after : this.#session?.before;
  }

  async #reveal({ file, line }: Place, name: SideName): Promise<void> {
    const side = this.#sideOf(name);
    if (!side) return;
    await revealPlace(this.#uri(side, file), line, 1, this.#besidePanel());
  }

  /** A column for source: where C was last seen, else one that is not the panel's. */
  #besidePanel(): vscode.ViewColumn {
    const own = this.#panel?.viewColumn;
    if (this.#column !== undefined && this.#column !== own) return this.#column;
    return own === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
  }

  async #lines(name: SideName, places: readonly Place[]): Promise<void> {
    const side = this.#sideOf(name);
    if (!side) return;
    const lines = await Promise.all(
      places.map(async ({ file, line }) => ({ file, line, text: (await this.#text(name, side, file))[line - 1] })),
    );
    this.#post({
      t: 'lines',
      side: name,
      lines: lines.flatMap(l => (l.text === undefined ? [] : [{ ...l, text: l.text }])),
    });
  }

  #text(name: SideName, side: Side, file: string): Promise<readonly string[]> {
    const key = `${name} ${file}`;
    let text = this.#texts.get(key);
    if (!text) {
      text = this.#read(side, file).catch(() => []);
      this.#texts.set(key, text);
    }
    return text;
  }

  async #read(side: Side, file: string): Promise<readonly string[]> {
    const { scenario } = this.#session!;
    const own = file === side.trace.scenarioFile && scenario;
    const bytes = own ? await vscode.workspace.fs.readFile(scenario) : await side.tree.read(file);
    return bytes ? new TextDecoder().decode(bytes).split(/\r?\n/) : [];
  }

  /** The editor's cursor moved: its line's events are highlighted. */
  #follow(editor: vscode.TextEditor): void {
    if (editor.document.uri.scheme === 'output') return;
    if (editor.viewColumn !== undefined && editor.viewColumn !== this.#panel?.viewColumn)
      this.#column = editor.viewColumn;
    this.#editor = editor;
    this.#sayCursor();
  }

  #sayCursor(): void {
    clearTimeout(this.#cursorTimer);
    this.#cursorTimer = setTimeout(() => {
      const editor = this.#editor;
      const place = editor && vscode.window.visibleTextEditors.includes(editor) ? this.#placeOf(editor) : undefined;
      this.#post({ t: 'cursor', ...(place ? { place } : {}) });
    }, CURSOR_DELAY);
  }

  #placeOf(editor: vscode.TextEditor): Place | undefined {
    const side = this.side;
    const { uri } = editor.document;
    if (!side) return undefined;
    const line = editor.selection.active.line + 1;
    if (uri.toString() === this.#session?.scenario?.toString()) return { file: side.trace.scenarioFile, line };
    const file = side.tree.path(uri);
    // A file that the patch changes has other lines on the other side.
    if (file === undefined || side.tree.uri(file).toString() !== uri.toString()) return undefined;
    return { file, line };
  }

  dispose(): void {
    clearTimeout(this.#cursorTimer);
    for (const s of this.#subscriptions) s.dispose();
    this.#opening?.abort.abort();
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const at = error instanceof InputError ? error.at : undefined;
  const place = at ? `${at.file}${at.line ? `:${at.line}` : ''}` : '';
  return place && !error.message.includes(at!.file) ? `${place}: ${error.message}` : error.message;
}

/** Opens a file at a line, in the editor that shows it already or in the given column; the keyboard stays where it is. */
export async function revealPlace(
  uri: vscode.Uri,
  line: number,
  column: number,
  viewColumn: vscode.ViewColumn,
  preserveFocus = true,
): Promise<void> {
  const shown = vscode.window.visibleTextEditors.find(e => e.document.uri.toString() === uri.toString());
  const at = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  const editor = await vscode.window.showTextDocument(
    shown?.document ?? (await vscode.workspace.openTextDocument(uri)),
    {
      viewColumn: shown?.viewColumn ?? viewColumn,
      preserveFocus,
      preview: true,
    },
  );
  const position = editor.document.validatePosition(at);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
