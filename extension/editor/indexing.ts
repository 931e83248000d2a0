import * as vscode from 'vscode';
import { Command, ContextKey, Setting } from './contributions.ts';
import type { Engine, IndexAsk } from './engine.ts';
import type { Log } from './log.ts';
import { settings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** How old the index must be to be compared with the disk when the window is entered. In milliseconds. */
const AWAY = 30_000;

/**
 * Sees to it that names of a kernel tree are indexed once a file of it is open: the folders of the settings, and the file's
 * own (`ensure`). The work is the analysis worker's; while it lasts the status bar says so, and a click there ends it.
 */
export class Indexing implements vscode.Disposable {
  readonly #status = vscode.window.createStatusBarItem('lockstep.index', vscode.StatusBarAlignment.Left, -10);
  readonly #registrations: vscode.Disposable;
  /** Folders of files that have been asked for, by tree. */
  readonly #asked = new Map<string, Set<string>>();
  readonly #ended = new vscode.EventEmitter<void>();
  /** An index has been made or looked through, or somebody has ended that. */
  readonly onDidEnd = this.#ended.event;
  #running: AbortController | undefined;
  /** When the tree was last compared with the disk, in milliseconds. */
  #last = 0;
  /** The user has ended it: until asked for again, or the settings change. */
  #stopped = false;

  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
    readonly log: Log,
  ) {
    this.#status.name = 'Lockstep Index';
    this.#status.command = Command.cancelIndexing;
    this.#registrations = vscode.Disposable.from(
      this.#status,
      this.#ended,
      vscode.commands.registerCommand(Command.cancelIndexing, () => this.cancel()),
      vscode.commands.registerCommand(Command.indexTree, () => this.#again(true)),
      // Another branch may have been checked out meanwhile.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        const isDue = this.#last > 0 && Date.now() - this.#last > AWAY;
        if (focused && isDue && !this.#stopped && !this.#running && settings.indexEnabled()) void this.#again(false);
      }),
      vscode.workspace.onDidChangeConfiguration(e => {
        if (e.affectsConfiguration(Setting.indexEnabled) || e.affectsConfiguration(Setting.indexFolders))
          void this.#again(false);
      }),
    );
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  cancel(): void {
    this.#stopped = true;
    this.#running?.abort();
  }

  async #again(asked: boolean): Promise<void> {
    this.#running?.abort();
    this.#asked.clear();
    this.#stopped = false;
    const { activeTextEditor: editor } = vscode.window;
    if (!editor) {
      if (asked) void vscode.window.showInformationMessage('Lockstep: open a file of the kernel tree to be indexed.');
      return;
    }
    await this.ensure(editor.document, { again: true, asked });
  }

  /**
   * Settles when the names around a document are indexed, or are not going to be. Never rejects. `asked`: whatever the
   * settings say; `again`: what there is, is compared with the disk again, or dropped where the settings say off.
   */
  async ensure(document: vscode.TextDocument, { asked = false, again = false } = {}): Promise<void> {
    const isOn = asked || settings.indexEnabled();
    if (this.#stopped || !(isOn || again)) return;
    try {
      const { tree, path } = await this.sources.place(document.uri);
      // Only what the worker can read by itself: through the host it would keep the host busy for minutes.
      if (tree.root.scheme !== 'file' || !(await this.sources.trees.kernelAround(tree.root))) return;
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
      const known = this.#asked.get(tree.key);
      if (known?.has(folder)) return;
      this.#asked.set(tree.key, (known ?? new Set<string>()).add(folder));
      const folders = isOn ? settings.indexFolders() : [];
      await this.#run(tree, { folders, extra: folder === '' || !isOn ? [] : [folder], again });
    } catch (error) {
      this.log.info(`indexing: ${error instanceof Error ? error.message : error}`);
    }
  }

  async #run(tree: EditorTree, wanted: Omit<IndexAsk, 'root'>): Promise<void> {
    const abort = new AbortController();
    this.#running = abort;
    const show = (thousandths: number) => {
      const percent = Math.floor(thousandths / 10);
      this.#status.text = `$(sync~spin) Lockstep: indexing ${tree.label} ${percent} %`;
    };
    this.#status.tooltip = 'Lockstep is indexing names of the kernel tree. Click to stop.';
    show(0);
    // What comes from the cache is there before anybody reads a message.
    const appear = setTimeout(() => {
      this.#status.show();
      void vscode.commands.executeCommand('setContext', ContextKey.indexing, true);
    }, 300);
    try {
      const ask = { ...wanted, root: tree.root.fsPath };
      const { changed, files, functions, seconds, notices } = await this.engine.index(tree, ask, abort.signal, show);
      this.#last = Date.now();
      if (changed && files)
        this.log.info(`indexed ${tree.label}: ${files} files, ${functions} functions in ${seconds.toFixed(1)} s`);
      else if (wanted.again && files) this.log.info(`indexed ${tree.label}: nothing has changed`);
      for (const notice of notices) this.log.info(`indexing: ${notice}`);
    } catch (error) {
      // What was not finished may be asked for again.
      for (const folder of wanted.extra) this.#asked.get(tree.key)?.delete(folder);
      this.log.info(
        error instanceof Error && error.name === 'AbortError' ? 'indexing: stopped' : `indexing: ${String(error)}`,
      );
    } finally {
      clearTimeout(appear);
      if (this.#running === abort) {
        this.#running = undefined;
        this.#status.hide();
        void vscode.commands.executeCommand('setContext', ContextKey.indexing, false);
        this.#ended.fire();
      }
    }
  }

  dispose(): void {
    this.#running?.abort();
    this.#registrations.dispose();
  }
}
