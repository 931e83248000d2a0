import { readFile } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import { readScenario } from '../core/explore/scenario.ts';
import type { ScheduleChoice } from '../core/explore/schedule.ts';
import { Simulation } from '../core/explore/simulate.ts';
import { patchedTree } from '../core/patch/overlay.ts';
import type { TraceDocument } from '../core/report/documents.ts';
import { decodeSource } from '../core/text/decode.ts';
import { InputError, type SourceTree } from '../core/text/source.ts';
import { differing } from '../core/translate/versions.ts';
import { codeOf } from '../worker/systemErrors.ts';
import { DiskTree, folder, treeAround } from './diskTree.ts';
import { type Outcome, ran, withUnread } from './outcome.ts';
import { FORMATS, type Format, findingsIn, type RunView, render } from './runText.ts';
import { type ScheduleOptions, type Schedules, schedulesOf, whole } from './schedule.ts';

export interface RunOptions extends ScheduleOptions {
  readonly tree?: string;
  /** What the tree is called in what is printed; its path if not given. */
  readonly label?: string;
  /** Patches of a series, in order. */
  readonly patch?: readonly string[];
  readonly steps?: string;
  readonly define?: readonly string[];
  readonly format?: string;
  readonly json?: boolean;
  readonly width?: number;
  readonly colours?: boolean;
}

/** Told the steps taken, now and then; undefined: done. */
type Progress = (steps: number | undefined) => void;

/** A line on a terminal that counts the steps of a run that takes longer than a second. */
function progressLine(): Progress | undefined {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  const began = Date.now();
  let shown = false;
  return steps => {
    if (steps !== undefined && Date.now() - began > 1000) shown = stderr.write(`\r${steps} steps, Ctrl-C stops`);
    else if (steps === undefined && shown) stderr.write('\r\x1b[K');
  };
}

/** What is run: the scenario, the plain tree and, with a patch, the patched one. */
export interface Subject {
  readonly scenario: string;
  readonly scenarioText: string;
  readonly tree: DiskTree;
  readonly patched?: { readonly tree: SourceTree; readonly label: string; readonly files: readonly string[] };
  readonly defines: Readonly<Record<string, string>>;
}

/** `lockstep run SCENARIO --tree DIR`: one run under one schedule; with `--patch`, the plain and the patched source. */
export async function run(scenario: string, options: RunOptions, signal: AbortSignal): Promise<Outcome> {
  const format = formatOf(options);
  const schedules = await schedulesOf(options);
  const stepLimit = options.steps === undefined ? undefined : whole('--steps', options.steps);
  if (stepLimit !== undefined && stepLimit < 1) throw new InputError(`--steps ${stepLimit}: it takes a number from 1`);
  const subject = await subjectOf(scenario, options);
  const limits = { stepLimit, progress: progressLine() };
  const runs = await runBoth(subject, schedules, signal, limits).catch((error: unknown) => {
    throw withUnread(error, subject.tree);
  });
  const text = await render(format, runs, options);
  const last = runs[runs.length - 1]!.trace;
  const cut = runs.map(r => r.trace.end).find(end => end.kind === 'limit' || end.kind === 'cancelled');
  if (cut)
    return {
      text,
      status: 2,
      problem: `${scenario}: ${cut.message ?? cut.kind}`,
      incomplete: cut.kind === 'limit',
    };
  return { ...ran(text, subject.tree), status: findingsIn(last).length > 0 ? 1 : 0 };
}

/** Runs the plain source and, where there is a patch, the patched one. */
export async function runBoth(
  { scenario, scenarioText, tree, patched, defines }: Subject,
  schedules: Schedules,
  signal: AbortSignal,
  { stepLimit, progress }: { stepLimit?: number | undefined; progress?: Progress | undefined } = {},
): Promise<RunView[]> {
  const request = { scenario, scenarioText, defines };
  const limits = { signal, ...(stepLimit === undefined ? {} : { stepLimit }), ...(progress ? { progress } : {}) };
  const load = (from: SourceTree, patchLabel?: string): Promise<Simulation> =>
    Simulation.load({
      ...request,
      label: tree.label,
      ...(patchLabel === undefined ? {} : { patchLabel }),
      tree: from,
    });
  const plain = await load(tree);
  const other = patched && (await load(patched.tree, patched.label));
  requireVersion(schedules, plain, other, scenario);
  const one = async (from: SourceTree, simulation: Simulation, schedule: ScheduleChoice): Promise<RunView> => {
    const trace: TraceDocument = await simulation.run({ ...limits, schedule });
    progress?.(undefined);
    return { trace, tree: from, scenario, scenarioText };
  };
  const first = await one(tree, plain, schedules.plain);
  return patched && other ? [first, await one(patched.tree, other, schedules.patched)] : [first];
}

/**
 * A schedule that was recorded means something to the program that it was recorded of alone. Of two programs, before and after
 * a patch, it may be of either.
 *
 * @throws InputError that names the files whose functions are others
 */
function requireVersion(
  { plain, patched }: Schedules,
  before: Simulation,
  after: Simulation | undefined,
  scenario: string,
): void {
  for (const schedule of new Set([plain, ...(after ? [patched] : [])])) {
    if (schedule.kind !== 'explicit' || !schedule.versions) continue;
    const differences = [before, ...(after ? [after] : [])].map(s => differing(schedule.versions!, s.versions));
    if (differences.some(files => files.length === 0)) continue;
    const files = differences.reduce((a, b) => (b.length < a.length ? b : a));
    const [first, ...rest] = files;
    const more = rest.length ? ` and ${rest.length} more ${rest.length === 1 ? 'file' : 'files'}` : '';
    throw new InputError(
      `${scenario}: the schedule is of another version: functions of ${first}${more} do something else now; ` +
        'explore again, or follow it all the same with --any-version',
      { file: first! },
    );
  }
}

/** Reads what the command line names. */
export async function subjectOf(scenario: string, options: RunOptions): Promise<Subject> {
  const bytes = await read(scenario, 'scenario');
  const scenarioText = decodeSource(bytes, scenario);
  const root = await folder(options.tree ?? (await treeAround(scenario)));
  const path = relative(root, resolve(scenario)).split(sep).join('/');
  const tree = new DiskTree(root, options.label);
  const subject = {
    scenario: path.startsWith('..') ? scenario : path,
    scenarioText,
    tree,
    defines: definesOf(options.define ?? []),
  };
  for (const source of readScenario(scenarioText, subject.scenario).sources) {
    if (await tree.read(source)) continue;
    const why = tree.unread.get(source);
    if (why !== undefined) throw new InputError(`${scenario}: its source ${source}: ${why}`, { file: scenario });
    throw new InputError(`${scenario}: its source ${source} is not in ${root}; name its kernel tree with --tree`, {
      file: scenario,
    });
  }
  const patches = options.patch ?? [];
  if (patches.length === 0) return subject;
  let patched: SourceTree = tree;
  const files = new Set<string>();
  for (const path of patches) {
    const next = await patchedTree(patched, decodeSource(await read(path, 'patch'), path), path);
    patched = next.tree;
    for (const file of next.files) files.add(file);
  }
  return {
    ...subject,
    patched: { tree: patched, label: patches.map(p => basename(p)).join(' + '), files: [...files] },
  };
}

async function read(path: string, what: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    const code = codeOf(error);
    const why = code === 'ENOENT' ? `no such ${what}` : code === 'EISDIR' ? `a folder, not a ${what}` : code;
    throw new InputError(`${path}: ${why}`, { file: path });
  }
}

function definesOf(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.map(define => {
      const parts = /^([A-Za-z_]\w*(?:\([\w, ]*\))?)(?:=(.*))?$/.exec(define);
      if (!parts) throw new InputError(`--define ${define}: write NAME=VALUE`);
      return [parts[1]!, parts[2] ?? '1'];
    }),
  );
}

function formatOf({ format, json }: RunOptions): Format {
  const wanted = json ? 'json' : (format ?? 'timeline');
  const found = FORMATS.find(f => f === wanted);
  if (!found) throw new InputError(`--format ${wanted}: it is one of ${FORMATS.join(', ')}`);
  return found;
}
