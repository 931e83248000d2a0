import * as vscode from 'vscode';
import { decodeSource } from '../core/text/decode.ts';
import type { SourceTree } from '../core/text/source.ts';
import { type Definition, definitions, reached } from './coverage.ts';
import type { Engine } from './engine.ts';
import { type ScenarioOutline, scenarioOutline } from './scenarioOutline.ts';
import { nameOf } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

export interface Scenario {
  readonly uri: vscode.Uri;
  readonly text: string;
  readonly outline: ScenarioOutline;
}

const PATTERN = '**/*.scenario.c';
/** More scenario files than this in one workspace are not listed; nobody picks from such a list. */
const MOST = 200;

/** The scenarios at hand, bundled ones first, and the functions that each covers. */
export class Scenarios implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** The list or what a scenario covers has changed. */
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: vscode.Disposable[] = [this.#changed];
  readonly #definitions = new Map<string, { bytes: Uint8Array; found: Definition[] }>();
  #list: Promise<readonly Scenario[]> | undefined;

  constructor(
    readonly engine: Engine,
    /** The bundled scenarios' folders. */
    readonly bundled: readonly vscode.Uri[],
  ) {
    const watcher = vscode.workspace.createFileSystemWatcher(PATTERN);
    const stale = () => {
      this.#list = undefined;
      this.#changed.fire();
    };
    this.#subscriptions.push(
      watcher,
      watcher.onDidChange(stale),
      watcher.onDidCreate(stale),
      watcher.onDidDelete(stale),
    );
  }

  list(): Promise<readonly Scenario[]> {
    this.#list ??= this.#read();
    return this.#list;
  }

  async at(uri: vscode.Uri): Promise<Scenario | undefined> {
    const open = vscode.workspace.textDocuments.find(d => d.uri.toString() === uri.toString());
    const text = open ? open.getText() : new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    const outline = scenarioOutline(text);
    return outline && { uri, text, outline };
  }

  async #read(): Promise<readonly Scenario[]> {
    const bundled = (
      await Promise.all(
        this.bundled.map(async folder => {
          try {
            const names = await vscode.workspace.fs.readDirectory(folder);
            return names.filter(([n]) => n.endsWith('.scenario.c')).map(([n]) => vscode.Uri.joinPath(folder, n));
          } catch {
            return [];
          }
        }),
      )
    ).flat();
    const own = await vscode.workspace.findFiles(PATTERN, '**/node_modules/**', MOST);
    const seen = new Set<string>();
    const all = [...bundled, ...own].filter(u => !seen.has(u.toString()) && seen.add(u.toString()));
    const read = await Promise.all(all.map(uri => this.at(uri).catch(() => undefined)));
    return read.filter(s => s !== undefined);
  }

  /** Scenarios whose sources are all in a tree. */
  async runnable(tree: SourceTree): Promise<readonly Scenario[]> {
    const listed = await this.list();
    const there = await Promise.all(listed.map(s => this.fits(s, tree)));
    return listed.filter((_, i) => there[i]);
  }

  async fits(scenario: Scenario, tree: SourceTree): Promise<boolean> {
    for (const path of scenario.outline.sources) if (!(await tree.read(path))) return false;
    return true;
  }

  /** What covers the functions of a file: scenario → names of covered functions of that file. */
  async covering(tree: EditorTree, path: string): Promise<Map<Scenario, ReadonlySet<string>>> {
    const found = new Map<Scenario, ReadonlySet<string>>();
    for (const scenario of await this.list()) {
      if (!scenario.outline.sources.includes(path)) continue;
      const sources = await Promise.all(scenario.outline.sources.map(p => this.#define(tree, p)));
      if (sources.some(s => s === undefined)) continue;
      const names = reached(scenario.outline, sources as Definition[][]);
      const here = sources[scenario.outline.sources.indexOf(path)]!.filter(d => d.kind === 'function');
      const covered = new Set(here.map(d => d.name).filter(n => names.has(n)));
      if (covered.size) found.set(scenario, covered);
    }
    return found;
  }

  async #define(tree: EditorTree, path: string): Promise<Definition[] | undefined> {
    const bytes = await tree.read(path);
    if (!bytes) return undefined;
    const key = tree.uri(path).toString();
    const known = this.#definitions.get(key);
    if (known && sameBytes(known.bytes, bytes)) return known.found;
    const text = decodeSource(bytes, path);
    const found = definitions(text, await this.engine.functions({ key, file: path, text }));
    this.#definitions.set(key, { bytes, found });
    return found;
  }

  /** One of several, by quick pick; undefined when the user lets it be. */
  async pick(scenarios: readonly Scenario[], placeHolder: string): Promise<Scenario | undefined> {
    if (scenarios.length < 2) return scenarios[0];
    const items = scenarios.map(scenario => ({
      label: scenario.outline.title,
      description: nameOf(scenario.uri),
      detail: scenario.outline.sources.join(', '),
      scenario,
    }));
    return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))
      ?.scenario;
  }

  dispose(): void {
    for (const s of this.#subscriptions) s.dispose();
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
