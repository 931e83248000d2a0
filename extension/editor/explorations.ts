import * as vscode from 'vscode';
import type { Exploration } from '../../webview/protocol.ts';
import { InputError } from '../core/text/source.ts';
import type { Engine, Explored } from './engine.ts';
import type { Log } from './log.ts';
import type { Scenarios } from './scenarios.ts';
import { nameOf, type Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** What is explored: a scenario over a tree, or over the tree as a patch leaves it. URIs. */
export interface Subject {
  readonly root: string;
  readonly scenario: string;
  readonly patch?: string;
}

/** A verdict, and what it was worked out from. */
interface Known extends Explored {
  readonly text: string;
}

/** Verdicts that a workspace remembers. */
const MOST_KEPT = 12;
const KEPT = 'lockstep.verdicts';
/** Progress is told so often, in milliseconds. */
const TELL = 200;
/** What a verdict may have been worked out from. */
const SOURCES = '**/*.{c,h,patch,diff}';
const SOURCE_LANGUAGES: ReadonlySet<string> = new Set(['c', 'cpp', 'diff', 'plaintext']);
/** A checkout changes many files at once: they are looked at when it has been quiet so long, in milliseconds. */
const SETTLED = 400;

/**
 * Explores scenarios, one after another, and keeps the verdicts with the contents that they are of: one whose sources have
 * changed since is stale, and says so.
 */
export class Explorations implements vscode.Disposable {
  readonly #states = new Map<string, Exploration>();
  readonly #known: Map<string, Known>;
  readonly #running = new Map<string, AbortController>();
  readonly #subscriptions: vscode.Disposable;
  #watched: readonly Subject[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #changed = new vscode.EventEmitter<Subject>();
  readonly onDidChange = this.#changed.event;

  constructor(
    readonly engine: Engine,
    readonly scenarios: Scenarios,
    readonly sources: Sources,
    readonly memory: vscode.Memento,
    readonly log: Log,
  ) {
    this.#known = new Map(memory.get<[string, Known][]>(KEPT, []));
    const watcher = vscode.workspace.createFileSystemWatcher(SOURCES);
    const changed = () => this.#refreshAll(SETTLED);
    this.#subscriptions = vscode.Disposable.from(
      watcher,
      watcher.onDidChange(changed),
      watcher.onDidCreate(changed),
      watcher.onDidDelete(changed),
      // An open document is what counts, and follows its file only some time after that has changed.
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (SOURCE_LANGUAGES.has(document.languageId)) changed();
      }),
    );
  }

  /** What is known of a subject; undefined: nobody has explored it. */
  state(subject: Subject): Exploration | undefined {
    const key = keyOf(subject);
    const state = this.#states.get(key);
    if (state) return state;
    const known = this.#known.get(key);
    return known && { state: 'done', verdict: known.verdict, stale: false };
  }

  /** Resolves when there is a verdict, of all or of what was done until `stop`. A mistake in the input is told by `state`. */
  async explore(subject: Subject): Promise<void> {
    const key = keyOf(subject);
    if (this.#running.has(key)) return;
    const abort = new AbortController();
    this.#running.set(key, abort);
    this.#tell(subject, { state: 'running', executions: 0, share: 0, found: 0 });
    try {
      const { tree, text, label } = await this.#open(subject);
      let told = Date.now();
      const explored = await this.engine.explore(
        {
          tree,
          scenario: nameOf(vscode.Uri.parse(subject.scenario)),
          scenarioText: text,
          label,
          ...(subject.patch ? { patchLabel: nameOf(vscode.Uri.parse(subject.patch)) } : {}),
        },
        abort.signal,
        (executions, share = 0, found = 0) => {
          if (Date.now() - told < TELL) return;
          told = Date.now();
          this.#tell(subject, { state: 'running', executions, share, found });
        },
      );
      this.#keep(key, { ...explored, text });
      this.#tell(subject, { state: 'done', verdict: explored.verdict, stale: false });
    } catch (error) {
      const cancelled = error instanceof Error && error.name === 'AbortError';
      const message = cancelled ? 'Stopped before there was a verdict.' : messageOf(error);
      this.#tell(subject, { state: 'failed', message });
      if (!cancelled) this.log.report('exploring', error);
    } finally {
      this.#running.delete(key);
    }
  }

  stop(subject: Subject): void {
    this.#running.get(keyOf(subject))?.abort();
  }

  stopAll(): void {
    for (const abort of this.#running.values()) abort.abort();
  }

  /** Their verdicts are on the screen: they are compared with the sources now, and whenever a source changes. */
  watch(subjects: readonly Subject[]): void {
    this.#watched = subjects;
    // A look that is due because a source has changed stays due: this one may come before the document follows.
    for (const subject of subjects) void this.#refresh(subject);
  }

  #refreshAll(wait: number): void {
    clearTimeout(this.#timer);
    if (!this.#watched.length) return;
    this.#timer = setTimeout(() => {
      for (const subject of this.#watched) void this.#refresh(subject);
    }, wait);
  }

  /** Compares what a verdict was worked out from with what is there now; tells when that is not the same any more, or is again. */
  async #refresh(subject: Subject): Promise<void> {
    const key = keyOf(subject);
    const known = this.#known.get(key);
    if (!known || this.#running.has(key)) return;
    const same = await this.#isSame(subject, known).catch(() => false);
    const before = this.state(subject);
    if (this.#running.has(key) || before?.state !== 'done' || before.stale === !same) return;
    this.#tell(subject, { ...before, stale: !same });
  }

  async #isSame(subject: Subject, known: Known): Promise<boolean> {
    const { tree, text } = await this.#open(subject);
    return text === known.text && (await this.engine.contentOf(tree, known.files)) === known.content;
  }

  async #open({ root, scenario, patch }: Subject): Promise<{ tree: EditorTree; text: string; label: string }> {
    const uri = vscode.Uri.parse(scenario);
    const found = await this.scenarios.at(uri);
    if (!found)
      throw new InputError('this is no scenario any more: it has no SCENARIO("…") line', { file: nameOf(uri) });
    const base = this.sources.trees.at(vscode.Uri.parse(root));
    const tree = patch ? await this.sources.patched(base, vscode.Uri.parse(patch)) : base;
    return { tree, text: found.text, label: tree.label };
  }

  #keep(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) break;
      this.#known.delete(oldest);
    }
    void this.memory.update(KEPT, [...this.#known]);
  }

  #tell(subject: Subject, state: Exploration): void {
    this.#states.set(keyOf(subject), state);
    this.#changed.fire(subject);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscriptions.dispose();
    this.stopAll();
    this.#changed.dispose();
  }
}

export const keyOf = ({ root, scenario, patch }: Subject): string => JSON.stringify([root, scenario, patch ?? '']);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
