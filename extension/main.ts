import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import { CallHierarchy } from './editor/callHierarchy.ts';
import { SimulateLens } from './editor/codeLens.ts';
import { registerCommands } from './editor/commands.ts';
import { ContractsView } from './editor/contractsView.ts';
import { Setting } from './editor/contributions.ts';
import { ThreadDecorations } from './editor/decorations.ts';
import { Definitions } from './editor/definitions.ts';
import { FindingDiagnostics } from './editor/diagnostics.ts';
import { Explorations } from './editor/explorations.ts';
import { FindingActions } from './editor/findingActions.ts';
import { HeldLocks } from './editor/heldInlay.ts';
import { ContractHover } from './editor/hover.ts';
import { Indexing } from './editor/indexing.ts';
import { whereNoLanguageServer } from './editor/languageServers.ts';
import { LockHoverProvider } from './editor/lockHover.ts';
import { Log } from './editor/log.ts';
import { Models } from './editor/models.ts';
import { SimulationPanel } from './editor/panel.ts';
import { Parses } from './editor/parses.ts';
import { Scenarios } from './editor/scenarios.ts';
import { Simulations } from './editor/simulations.ts';
import { Sources } from './editor/sources.ts';
import { WorkspaceSymbols } from './editor/symbols.ts';
import { WorkerEngine, type WorkerPort } from './editor/workerEngine.ts';
import { Trees } from './editor/workspaceTree.ts';

/** C, and headers, which open as C++ unless told otherwise. */
const C: vscode.DocumentSelector = [{ language: 'c' }, { language: 'cpp', pattern: '**/*.h' }];

/**
 * The one composition root on the desktop. Nothing of the core is loaded here: it runs in workers, which start when they
 * are first asked.
 */
export function activate(context: vscode.ExtensionContext): void {
  const started = performance.now();
  const at = (...parts: string[]) => vscode.Uri.joinPath(context.extensionUri, ...parts);
  const log = new Log();
  const engine = new WorkerEngine({
    start: () => startWorker(at('dist', 'engine.cjs')),
    asset: async name => vscode.workspace.fs.readFile(at('dist', name)),
    log: message => log.info(message),
  });
  const trees = new Trees(at('extension', 'samples'));
  const sources = new Sources(trees);
  const parses = new Parses(engine);
  const scenarios = new Scenarios(engine, [at('extension', 'scenarios'), trees.sample]);
  const simulations = new Simulations(engine, scenarios, sources);
  const decorations = new ThreadDecorations();
  const models = new Models(engine, sources);
  const contracts = new ContractsView(engine, sources);
  const explorations = new Explorations(engine, scenarios, sources, context.workspaceState, log);
  const panel = new SimulationPanel(context.extensionUri, simulations, explorations, decorations, log);
  const hover = new ContractHover(engine, parses, sources, log);
  const indexing = new Indexing(engine, sources, log);
  const diagnostics = new FindingDiagnostics(engine, sources, indexing, C, log);
  const heldLocks = new HeldLocks(engine, sources, indexing, C, log);
  const findingsPage = at('docs', 'findings.md');
  const lensSettings = new vscode.EventEmitter<void>();
  const navigation = () =>
    vscode.Disposable.from(
      vscode.languages.registerDefinitionProvider(C, new Definitions(engine, sources, log)),
      vscode.languages.registerCallHierarchyProvider(C, new CallHierarchy(engine, sources, log)),
      vscode.languages.registerWorkspaceSymbolProvider(new WorkspaceSymbols(engine, parses, sources, C, log)),
    );
  // Names first: contracts are worked out from them.
  const warm = async (editor: vscode.TextEditor | undefined) => {
    if (!editor || !vscode.languages.match(C, editor.document)) return;
    await indexing.ensure(editor.document);
    await hover.warm(editor.document);
  };

  context.subscriptions.push(
    log,
    engine,
    trees,
    sources,
    parses,
    scenarios,
    decorations,
    models,
    contracts,
    explorations,
    panel,
    lensSettings,
    diagnostics,
    heldLocks,
    registerCommands({
      ...{ log, parses, sources, scenarios, models, contracts, panel },
      ...{ diagnostics, heldLocks, findingsPage },
    }),
    vscode.languages.registerCodeActionsProvider(C, new FindingActions(diagnostics), {
      providedCodeActionKinds: FindingActions.kinds,
    }),
    // What is registered last is shown first.
    vscode.languages.registerHoverProvider(C, new LockHoverProvider(engine, parses, sources, log)),
    vscode.languages.registerHoverProvider(C, hover),
    indexing,
    whereNoLanguageServer(navigation, message => log.info(message)),
    vscode.window.onDidChangeActiveTextEditor(warm),
    vscode.languages.registerCodeLensProvider(C, new SimulateLens(parses, sources, scenarios, log, lensSettings.event)),
    vscode.workspace.onDidChangeConfiguration(e => {
      if (e.affectsConfiguration(Setting.codeLens)) lensSettings.fire();
    }),
    vscode.workspace.onDidSaveTextDocument(async ({ uri }) => {
      if (!/\.[ch]$/.test(uri.path)) return;
      const { tree, path } = await sources.place(uri);
      engine.changed(tree, path);
    }),
  );
  // After activation, not in it.
  setTimeout(() => {
    void warm(vscode.window.activeTextEditor);
    diagnostics.start();
  });
  log.info(`activated in ${(performance.now() - started).toFixed(0)} ms`);
}

function startWorker(script: vscode.Uri): WorkerPort {
  const worker = new Worker(script.fsPath);
  return {
    post: message => worker.postMessage(message),
    onMessage: take => worker.on('message', take),
    onGone: take => {
      worker.on('error', take);
      worker.on('exit', () => take(undefined));
    },
    stop: () => void worker.terminate(),
  };
}
