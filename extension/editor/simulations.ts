import * as vscode from 'vscode';
import type { TraceDocument } from '../core/report/documents.ts';
import { InputError } from '../core/text/source.ts';
import type { Engine } from './engine.ts';
import type { Scenarios } from './scenarios.ts';
import type { SessionKey } from './sessionKey.ts';
import { settings } from './settings.ts';
import { nameOf, type Sources } from './sources.ts';
import { readTrace } from './traceFile.ts';
import type { EditorTree } from './workspaceTree.ts';

/** One version of the source that ran, and what happened. */
export interface Side {
  readonly tree: EditorTree;
  readonly trace: TraceDocument;
}

/** What a panel shows: one run, or the same scenario over the plain and the patched source. */
export interface Session {
  readonly key: SessionKey;
  readonly title: string;
  readonly before: Side;
  readonly after?: Side;
  readonly scenario?: vscode.Uri;
}

/** Runs scenarios and opens saved traces, with progress and a way to cancel. */
export class Simulations {
  constructor(
    readonly engine: Engine,
    readonly scenarios: Scenarios,
    readonly sources: Sources,
  ) {}

  /** Rejects with InputError for mistakes in the scenario, the patch or the source, AbortError when cancelled. */
  open(key: SessionKey, abort?: AbortController): Promise<Session> {
    return withProgress(
      `Lockstep: ${key.kind === 'run' ? 'simulating' : 'opening trace'}`,
      (report, signal) => (key.kind === 'run' ? this.#run(key, report, signal) : this.#saved(key)),
      abort,
    );
  }

  async #run(
    key: Extract<SessionKey, { kind: 'run' }>,
    report: (message: string) => void,
    signal: AbortSignal,
  ): Promise<Session> {
    const uri = vscode.Uri.parse(key.scenario);
    const scenario = await this.scenarios.at(uri);
    if (!scenario)
      throw new InputError('this is no scenario: it has no SCENARIO("…") line. Add one, or pick another file.', {
        file: nameOf(uri),
      });
    const base = this.sources.trees.at(vscode.Uri.parse(key.root));
    const request = {
      scenario: nameOf(uri),
      scenarioText: scenario.text,
      schedule: key.schedule,
      stepLimit: settings.stepLimit(),
    };
    const run = (side: { tree: EditorTree; label: string; patchLabel?: string }, what: string) =>
      this.engine.simulate({ ...request, ...side }, signal, steps =>
        report(`${what}, ${steps.toLocaleString('en')} steps`),
      );
    report(scenario.outline.title);
    const before: Side = { tree: base, trace: await run({ tree: base, label: base.label }, scenario.outline.title) };
    if (!key.patch) return { key, title: scenario.outline.title, before, scenario: uri };

    const patch = vscode.Uri.parse(key.patch);
    report(nameOf(patch));
    const tree = await this.sources.patched(base, patch);
    const trace = await run({ tree, label: tree.label, patchLabel: nameOf(patch) }, nameOf(patch));
    return { key, title: scenario.outline.title, before, after: { tree, trace }, scenario: uri };
  }

  async #saved(key: Extract<SessionKey, { kind: 'trace' }>): Promise<Session> {
    const uri = vscode.Uri.parse(key.trace);
    const trace = readTrace(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)), nameOf(uri));
    const files = [...new Set(trace.events.map(e => e.file))].filter(f => f !== trace.scenarioFile).slice(0, 3);
    const candidates = await this.sources.trees.candidates(uri);
    let tree: EditorTree = candidates[0]!;
    for (const candidate of candidates.reverse())
      if ((await Promise.all(files.map(f => candidate.read(f)))).every(Boolean)) tree = candidate;
    const scenario = (await this.scenarios.list()).find(
      s => nameOf(s.uri) === nameOf(vscode.Uri.file(trace.scenarioFile)),
    );
    return { key, title: trace.scenario, before: { tree, trace }, ...(scenario ? { scenario: scenario.uri } : {}) };
  }
}

const PATIENCE = 700;

/** Does something; a notification with Cancel appears when it takes longer than a moment. */
export async function withProgress<T>(
  title: string,
  task: (report: (message: string) => void, signal: AbortSignal) => Promise<T>,
  abort = new AbortController(),
): Promise<T> {
  let last = '';
  let show: ((message: string) => void) | undefined;
  const running = task(message => {
    last = message;
    show?.(message);
  }, abort.signal);
  const settled = running.then(
    () => undefined,
    () => undefined,
  );
  const slow = await Promise.race([
    settled.then(() => false),
    new Promise<boolean>(resolve => setTimeout(resolve, PATIENCE, true)),
  ]);
  if (slow)
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => {
        token.onCancellationRequested(() => abort.abort());
        show = message => progress.report({ message });
        show(last);
        return settled;
      },
    );
  return running;
}
