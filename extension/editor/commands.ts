import * as vscode from 'vscode';
import { InputError } from '../core/text/source.ts';
import type { ContractsView } from './contractsView.ts';
import { Command, type ModelTarget, type RevealTarget, type SimulateTarget } from './contributions.ts';
import type { FindingDiagnostics } from './diagnostics.ts';
import { type Suppression, suppressFinding } from './findingActions.ts';
import type { HeldLocks } from './heldInlay.ts';
import type { Log } from './log.ts';
import type { Models } from './models.ts';
import { revealPlace, type SimulationPanel } from './panel.ts';
import { functionAt, type Parses } from './parses.ts';
import { pickPatch } from './patchPick.ts';
import type { Scenario, Scenarios } from './scenarios.ts';
import { pickSchedule } from './schedulePick.ts';
import type { SessionKey } from './sessionKey.ts';
import { withProgress } from './simulations.ts';
import { nameOf, type Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** What the commands act on. */
export interface Parts {
  readonly log: Log;
  readonly parses: Parses;
  readonly sources: Sources;
  readonly scenarios: Scenarios;
  readonly models: Models;
  readonly contracts: ContractsView;
  readonly panel: SimulationPanel;
  readonly diagnostics: FindingDiagnostics;
  readonly heldLocks: HeldLocks;
  /** What tells of every kind of finding, in Markdown. */
  readonly findingsPage: vscode.Uri;
}

type RunKey = Extract<SessionKey, { kind: 'run' }>;

/** Registers every command of contributions.ts. A command that fails says so in one message, and the log has it. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const { log } = parts;
  const add = <A>(command: Command, doing: string, run: (argument: A | undefined) => Promise<void> | void) =>
    vscode.commands.registerCommand(command, async (argument?: A) => {
      try {
        await run(argument);
      } catch (error) {
        const editor = vscode.window.activeTextEditor;
        log.report(doing, error, file => (editor?.document.uri.path.endsWith(file) ? editor.document.uri : undefined));
      }
    });
  return vscode.Disposable.from(
    add<SimulateTarget | vscode.Uri>(Command.simulate, 'simulating', target => simulate(parts, target)),
    add<SimulateTarget | vscode.Uri>(Command.explore, 'exploring', target => explore(parts, target)),
    add(Command.exploreShown, 'exploring', () => {
      requireTrust();
      return parts.panel.explore();
    }),
    add<ModelTarget | vscode.Uri>(Command.showModel, 'showing a model', target => showModel(parts, target)),
    add(Command.showContracts, 'lock contracts', () => showContracts(parts)),
    add(Command.chooseSchedule, 'choosing a schedule', () => chooseSchedule(parts)),
    add<vscode.Uri>(Command.comparePatch, 'comparing with a patch', uri => comparePatch(parts, uri)),
    add<vscode.Uri>(Command.openTrace, 'opening a trace', uri => openTrace(parts, uri)),
    add(Command.saveTrace, 'saving a trace', () => saveTrace(parts)),
    add(Command.showLog, 'showing the log', () => log.show()),
    add(Command.nextEvent, 'stepping', () => parts.panel.stepBy(1)),
    add(Command.previousEvent, 'stepping', () => parts.panel.stepBy(-1)),
    add(Command.toggleHeldLocks, 'held locks', () => parts.heldLocks.toggle()),
    add<string>(Command.explainFinding, 'explaining a finding', kind => explain(parts, kind)),
    add<Suppression>(Command.suppressFinding, 'suppressing a finding', what => what && suppressFinding(parts, what)),
    add<RevealTarget>(Command.reveal, 'opening a place', async target => {
      if (!target) return;
      const column = vscode.window.activeTextEditor?.viewColumn ?? vscode.ViewColumn.One;
      await revealPlace(vscode.Uri.parse(target.uri), target.line, target.column ?? 1, column, false);
    }),
  );
}

async function explain({ findingsPage }: Parts, kind = 'kinds'): Promise<void> {
  await vscode.commands.executeCommand('markdown.showPreviewToSide', findingsPage.with({ fragment: kind }));
}

const isTarget = (value: unknown): value is SimulateTarget =>
  typeof value === 'object' && value !== null && 'scenario' in value;

async function simulate(parts: Parts, target: SimulateTarget | vscode.Uri | undefined): Promise<void> {
  const chosen = isTarget(target) ? await targeted(parts, target) : await chooseScenario(parts);
  if (chosen) await run(parts, chosen);
}

/** The scenario is run once, so that there is something to look at, then in every order that makes a difference. */
async function explore(parts: Parts, target: SimulateTarget | vscode.Uri | undefined): Promise<void> {
  const chosen = isTarget(target) ? await targeted(parts, target) : await chooseScenario(parts);
  if (!chosen) return;
  const shown = parts.panel.session?.key;
  const isShown =
    shown?.kind === 'run' &&
    shown.scenario === chosen.scenario.uri.toString() &&
    shown.root === chosen.tree.root.toString();
  if (!isShown) await run(parts, chosen);
  if (parts.panel.session) await parts.panel.explore();
}

interface Chosen {
  readonly scenario: Scenario;
  readonly tree: EditorTree;
  readonly patch?: vscode.Uri;
}

function run({ panel }: Parts, { scenario, tree, patch }: Chosen): Promise<void> {
  requireTrust();
  const key: RunKey = {
    kind: 'run',
    root: tree.root.toString(),
    scenario: scenario.uri.toString(),
    ...(patch ? { patch: patch.toString() } : {}),
    schedule: { kind: 'round-robin' },
  };
  return panel.open(key, scenario.outline.title);
}

function requireTrust(): void {
  if (!vscode.workspace.isTrusted)
    throw new InputError(
      'a run executes code generated from this workspace; trust the workspace first (Workspaces: Manage Workspace Trust).',
    );
}

async function targeted({ sources, scenarios }: Parts, target: SimulateTarget): Promise<Chosen | undefined> {
  const scenario = await scenarios.at(vscode.Uri.parse(target.scenario));
  if (!scenario) throw new InputError('this scenario has no SCENARIO("…") line any more', { file: target.scenario });
  const { tree } = await sources.place(vscode.Uri.parse(target.document));
  return { scenario, tree };
}

/** The scenario of the active editor: it is one, or it covers the function at the cursor, or the user picks one. */
async function chooseScenario(parts: Parts): Promise<Chosen | undefined> {
  const { scenarios, sources, parses } = parts;
  const document = vscode.window.activeTextEditor?.document;
  const own = document && (await scenarios.at(document.uri).catch(() => undefined));
  if (document && own && document.uri.path.endsWith('.c')) {
    for (const tree of await sources.trees.candidates(document.uri))
      if (await scenarios.fits(own, tree)) return { scenario: own, tree };
    throw new InputError(
      `none of the trees at hand has all of ${own.outline.sources.join(', ')}. Open the kernel tree as a folder, or set lockstep.kernelTree.`,
      { file: nameOf(document.uri) },
    );
  }

  if (document && isC(document)) {
    const { tree, path } = await sources.place(document.uri);
    const editor = vscode.window.activeTextEditor!;
    const at = functionAt(await parses.functions(document), document.offsetAt(editor.selection.active));
    const covering = await scenarios.covering(tree, path);
    const here = [...covering].filter(([, names]) => at && names.has(at.name)).map(([s]) => s);
    const offered = here.length ? here : [...covering.keys()];
    if (offered.length) {
      const scenario = await scenarios.pick(offered, at ? `Scenario for ${at.name}` : `Scenario for ${path}`);
      return scenario && { scenario, tree };
    }
  }

  const offered: (Chosen & vscode.QuickPickItem)[] = [];
  for (const tree of await sources.trees.candidates(document?.uri))
    for (const scenario of await scenarios.runnable(tree))
      if (!offered.some(o => o.scenario.uri.toString() === scenario.uri.toString()))
        offered.push({
          scenario,
          tree,
          label: scenario.outline.title,
          description: `${nameOf(scenario.uri)} over ${tree.label}`,
          detail: scenario.outline.sources.join(', '),
        });
  if (!offered.length)
    throw new InputError(
      'no scenario can run here: none of the trees at hand has the sources that a scenario names. Open a kernel tree as a folder, set lockstep.kernelTree, or write a *.scenario.c file.',
    );
  // Beside C that none covers the user is told so; elsewhere there is nothing to choose.
  if (offered.length === 1 && !(document && isC(document))) return offered[0];
  const placeHolder =
    document && isC(document)
      ? `No scenario covers ${vscode.workspace.asRelativePath(document.uri)}; pick another one`
      : 'Scenario to run';
  return vscode.window.showQuickPick(offered, { placeHolder, matchOnDescription: true, matchOnDetail: true });
}

function isC(document: vscode.TextDocument): boolean {
  return document.languageId === 'c' || /\.[ch]$/.test(document.uri.path);
}

/** The C document that a command is about, and the function that the cursor is in or on. */
async function atCursor({ parses }: Parts, what: string) {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !isC(editor.document))
    throw new InputError(`${what} needs a C file: put the cursor on a function of one and try again.`);
  const { document, selection } = editor;
  const functions = await parses.functions(document);
  const word = document.getWordRangeAtPosition(selection.active, /[A-Za-z_]\w*/);
  const name = word && document.getText(word);
  const named = functions.find(f => f.name === name);
  return { document, functions, at: named ?? functionAt(functions, document.offsetAt(selection.active)) };
}

async function showModel(parts: Parts, target: ModelTarget | vscode.Uri | undefined): Promise<void> {
  const show = (uri: vscode.Uri, name: string) =>
    withProgress(`Lockstep: model of ${name}`, () => parts.models.show(uri, name));
  if (target && 'function' in target) {
    await show(vscode.Uri.parse(target.uri), target.function);
    return;
  }
  const { document, functions, at } = await atCursor(parts, 'A model');
  const name = at?.name ?? (await pickFunction(functions.map(f => f.name)));
  if (!name && !functions.length)
    throw new InputError('no function is defined there, so there is no model to show.', {
      file: vscode.workspace.asRelativePath(document.uri),
    });
  if (name) await show(document.uri, name);
}

function pickFunction(names: readonly string[]): Thenable<string | undefined> | undefined {
  if (!names.length) return undefined;
  return vscode.window.showQuickPick([...new Set(names)], { placeHolder: 'Function whose model to show' });
}

async function showContracts(parts: Parts): Promise<void> {
  const { document, at } = await atCursor(parts, 'Lock contracts');
  await withProgress(`Lockstep: lock contracts of ${nameOf(document.uri)}`, () =>
    parts.contracts.show(document.uri, at?.name),
  );
}

async function chooseSchedule({ panel }: Parts): Promise<void> {
  const { session, side } = panel;
  if (session?.key.kind !== 'run' || !side)
    throw new InputError('a schedule is chosen for a run: run Lockstep: Simulate first.');
  const schedule = await pickSchedule(session.key.schedule, side.trace);
  if (schedule) await panel.open({ ...session.key, schedule }, session.title);
}

async function comparePatch(parts: Parts, given: vscode.Uri | undefined): Promise<void> {
  const { panel } = parts;
  requireTrust();
  const key = panel.session?.key;
  const { sample } = parts.sources.trees;
  const onSample = key?.kind === 'run' && key.root === sample.toString();
  const compared = key?.kind === 'run' && key.patch !== undefined;
  const patch = given instanceof vscode.Uri ? given : await pickPatch(compared, onSample ? sample : undefined);
  if (!patch) return;
  if (key?.kind === 'run' && panel.session) {
    const { patch: _, ...plain } = key;
    await panel.open(patch === 'none' ? plain : { ...plain, patch: patch.toString() }, panel.session.title);
    return;
  }
  const chosen = await chooseScenario(parts);
  if (chosen && patch !== 'none') await run(parts, { ...chosen, patch });
}

async function openTrace({ panel }: Parts, given: vscode.Uri | undefined): Promise<void> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const uri =
    given instanceof vscode.Uri
      ? given
      : active?.path.endsWith('.trace.json')
        ? active
        : (
            await vscode.window.showOpenDialog({
              title: 'Trace to open',
              openLabel: 'Open Trace',
              filters: { Traces: ['json'] },
            })
          )?.[0];
  if (uri) await panel.open({ kind: 'trace', trace: uri.toString() }, nameOf(uri));
}

async function saveTrace({ panel }: Parts): Promise<void> {
  const { side } = panel;
  if (!side) throw new InputError('there is no run to save: run Lockstep: Simulate first.');
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `${nameOf(vscode.Uri.file(side.trace.scenarioFile)).replace(/\.scenario\.c$|\.c$/, '')}.trace.json`;
  const uri = await vscode.window.showSaveDialog({
    title: 'Save Trace',
    filters: { Traces: ['json'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
  });
  if (!uri) return;
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`${JSON.stringify(side.trace, null, 1)}\n`));
  vscode.window.setStatusBarMessage(`Lockstep: wrote ${vscode.workspace.asRelativePath(uri)}`, 5000);
}
