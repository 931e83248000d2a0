import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { contractMarkdown } from '../../extension/core/report/contractText.ts';
import { DEFAULT_INDEX_FOLDERS } from '../../extension/editor/contributions.ts';
import { WorkerEngine } from '../../extension/editor/workerEngine.ts';
import { benchFindings } from './findings.ts';
import type { Figure } from './syntax.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FILE = 'mm/hugetlb_vmemmap.c';
/** 9,700 lines. */
const LARGE = 'mm/page_alloc.c';
/** Hovers on fields and locks, spread over the file. */
const MOST_HOVERS = 100;
const SCENARIO = 'extension/scenarios/vmemmap-split.scenario.c';

function quantile(times: number[], q: number): number {
  return times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))]!;
}

/** Loads the built extension in a fresh process, with a stand-in for the editor's API, and activates it. In ms. */
function activation(): number {
  const program = `
    const Module = require('node:module');
    const anything = () => new Proxy(function () {}, {
      get: (_, name) => name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : anything(),
      apply: anything, construct: anything, set: () => true,
    });
    const load = Module._load;
    // The bundle copies the names that the module itself has.
    const names = ['window', 'workspace', 'languages', 'commands', 'Uri', 'EventEmitter', 'ThemeColor', 'Disposable',
      'OverviewRulerLane', 'SymbolKind', 'CodeActionKind', 'StatusBarAlignment', 'extensions', 'ViewColumn', 'ProgressLocation', 'TextEditorRevealType', 'FileType'];
    const vscode = Object.fromEntries(names.map(name => [name, anything()]));
    Module._load = (name, ...rest) => name === 'vscode' ? vscode : load(name, ...rest);
    const began = performance.now();
    require(process.argv[1]).activate({ extensionUri: anything(), subscriptions: [] });
    console.log(performance.now() - began);
    process.exit(0);`;
  const main = join(root, 'dist/main.cjs');
  return Number(execFileSync(process.execPath, ['-e', program, main], { encoding: 'utf8' }));
}

/**
 * What the editor waits for, through the built worker as in the editor: activation, hovers, a run. References are what
 * the same run does without it: node's own start, a question that asks for nothing. Needs dist/ (npm run build) and, for
 * all but activation, KERNEL_TREE.
 */
export async function bench(): Promise<Figure[]> {
  if (!existsSync(join(root, 'dist/main.cjs'))) return [];
  const starts = Array.from({ length: 5 }, () => {
    const began = performance.now();
    execFileSync(process.execPath, ['-e', '']);
    return performance.now() - began;
  });
  const figures: Figure[] = [
    {
      name: 'extension activation, loading included',
      figure: quantile(Array.from({ length: 5 }, activation), 0.5),
      unit: 'ms',
      reference: 'start of an empty node process',
      referenceFigure: quantile(starts, 0.5),
    },
  ];
  const kernel = process.env.KERNEL_TREE;
  if (!kernel) return figures;

  const tree = Object.assign(new DiskTree(kernel), { key: kernel });
  const engine = new WorkerEngine({
    start() {
      const worker = new Worker(join(root, 'dist/engine.cjs'));
      return {
        post: message => worker.postMessage(message),
        onMessage: take => worker.on('message', take),
        onGone: take => worker.on('error', take),
        stop: () => void worker.terminate(),
      };
    },
    asset: async name => new Uint8Array(readFileSync(join(root, 'dist', name))),
    log: () => undefined,
  });
  const timed = async (what: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await what();
    return performance.now() - began;
  };
  const text = readFileSync(join(kernel, FILE), 'utf8');
  const key = `file:///${FILE}`;
  const functions = await engine.functions({ key, file: FILE, text });
  const cold = await timed(() => engine.contractOf(tree, FILE, functions[0]!.name, text));
  const hovers: number[] = [];
  const trips: number[] = [];
  for (const { name } of functions) {
    hovers.push(
      await timed(async () => {
        const contract = await engine.contractOf(tree, FILE, name, text);
        contractMarkdown(contract!, fact => `${fact.file}#${fact.line}`);
      }),
    );
    trips.push(await timed(() => engine.functions({ key: 'empty', file: 'empty.c', text: '' })));
  }
  const trip = { reference: 'a question about an empty text', referenceFigure: quantile(trips, 0.5) };
  const large = readFileSync(join(kernel, LARGE), 'utf8');
  const { seconds } = await engine.index(tree, { root: kernel, folders: DEFAULT_INDEX_FOLDERS, extra: [] });
  const fields = [...large.matchAll(/->(\w+)/g)].map(m => ({ name: m[1]!, offset: m.index + 2 }));
  const lockAt = ({ name, offset }: { name: string; offset: number }, of: string) =>
    timed(() => engine.lockAt(tree, { file: LARGE, name, offset, text: of }));
  const inLarge = await engine.functions({ key: `file:///${LARGE}`, file: LARGE, text: large });
  const contract = ({ name }: { readonly name: string }) =>
    timed(async () => {
      const found = await engine.contractOf(tree, LARGE, name, large);
      if (found) contractMarkdown(found, fact => `${fact.file}#${fact.line}`);
    });
  const firstContract = await contract(inLarge[0]!);
  const contracts: number[] = [];
  for (const f of inLarge) contracts.push(await contract(f));
  const firstLock = await lockAt(fields[0]!, large);
  const locks: number[] = [];
  const edited: number[] = [];
  const every = Math.ceil(fields.length / MOST_HOVERS);
  for (const [i, field] of fields.entries()) if (i % every === 0) locks.push(await lockAt(field, large));
  for (let text = large, i = 1; i <= 10; i++) {
    const at = text.indexOf('\n}\n', (text.length * i) / 11);
    text = `${text.slice(0, at)}\n\tedited();${text.slice(at)}`;
    edited.push(await lockAt(fields[0]!, text));
  }
  const open = { file: FILE, name: functions[0]!.name };
  const findings = await benchFindings(engine, tree, kernel, trip, open);
  const scenarioText = readFileSync(join(root, SCENARIO), 'utf8');
  const request = {
    tree,
    scenario: 'vmemmap-split.scenario.c',
    scenarioText,
    schedule: { kind: 'round-robin' } as const,
  };
  const first = await timed(() => engine.simulate(request));
  const again = await timed(() => engine.simulate(request));
  // A hover while a run is going on.
  const run = engine.simulate(request);
  const during: number[] = [];
  let running = true;
  void run.then(() => {
    running = false;
  });
  while (running) during.push(await timed(() => engine.contractOf(tree, FILE, functions[0]!.name, text)));
  engine.dispose();
  figures.push(
    { name: 'first hover in a tree, through the worker', figure: cold, unit: 'ms', ...trip },
    {
      name: `hover, 95th percentile over ${functions.length} functions`,
      figure: quantile(hovers, 0.95),
      unit: 'ms',
      ...trip,
    },
    {
      name: `index of ${DEFAULT_INDEX_FOLDERS.join(', ')}, from the cache if it is there`,
      figure: seconds * 1000,
      unit: 'ms',
      ...trip,
    },
    { name: `first hover on a function of ${LARGE}, after that`, figure: firstContract, unit: 'ms', ...trip },
    {
      name: `hover on a function there, 95th percentile of ${contracts.length}`,
      figure: quantile(contracts, 0.95),
      unit: 'ms',
      ...trip,
    },
    { name: `first hover on a field in ${LARGE}, then`, figure: firstLock, unit: 'ms', ...trip },
    {
      name: `hover on a lock or field there, 95th percentile of ${locks.length}`,
      figure: quantile(locks, 0.95),
      unit: 'ms',
      ...trip,
    },
    {
      name: `hover on a field there after an edit, median of ${edited.length}`,
      figure: quantile(edited, 0.5),
      unit: 'ms',
      ...trip,
    },
    { name: 'the same, worst', figure: quantile(edited, 1), unit: 'ms', ...trip },
    ...findings,
    { name: 'hover while a run is going on, 95th percentile', figure: quantile(during, 0.95), unit: 'ms', ...trip },
    { name: 'first simulation, worker start and translation included', figure: first, unit: 'ms', ...trip },
    { name: 'simulation again, translation included', figure: again, unit: 'ms', ...trip },
  );
  return figures;
}
