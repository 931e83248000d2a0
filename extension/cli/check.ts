import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from '../../package.json';
import type { Notice } from '../core/index/tree/job.ts';
import type { TreeIndex } from '../core/index/tree/treeIndex.ts';
import { patchedTree } from '../core/patch/overlay.ts';
import type { Colors } from '../core/report/contractText.ts';
import type { FindingKind, FindingsDocument } from '../core/report/documents.ts';
import { compareFindings, type FindingsComparison } from '../core/report/findingDiff.ts';
import {
  CONFIDENCES,
  type Confidence,
  type FindingFilter,
  filtered,
  filteredComparison,
} from '../core/report/findingFilter.ts';
import { isKind, kindNames } from '../core/report/findingKinds.ts';
import { comparisonText, type FindingTextOptions, findingsText } from '../core/report/findingText.ts';
import { comparisonSarif, findingsSarif, type SarifOptions } from '../core/report/sarif.ts';
import { decodeSource } from '../core/text/decode.ts';
import { InputError, type SourceTree } from '../core/text/source.ts';
import { cacheFolder } from '../worker/keptFiles.ts';
import { codeOf } from '../worker/systemErrors.ts';
import { callersOfChanged, effectsOf } from './checkCallers.ts';
import { subjectFiles, type Wanted } from './checkFiles.ts';
import { checkIndex, patchIndex } from './checkIndex.ts';
import { type Checked, type CheckTreeOptions, checkTree } from './checkTree.ts';
import { keptCheck } from './keptCheck.ts';
import type { Outcome } from './outcome.ts';

export interface CheckOptions {
  readonly tree?: string;
  readonly function?: string;
  /** Names of kinds; several may stand in one, with commas between. */
  readonly kind?: readonly string[];
  readonly confidence?: string;
  /** Patches of a series, in order: what they add and remove is asked for. */
  readonly patch?: readonly string[];
  /** Follow calls anywhere in the tree; unless given, when a folder is named. */
  readonly index?: boolean;
  /** commander's name for --no-cache. */
  readonly cache?: boolean;
  readonly format?: string;
  readonly json?: boolean;
}

const FORMATS = ['text', 'json', 'sarif'] as const;
type Format = (typeof FORMATS)[number];

/**
 * `lockstep check PATH…`: findings, or with `--patch` the difference that it makes to them.
 *
 * Status 1: a finding that is not suppressed (with a patch: a new one); 2: stopped, or a file could not be checked.
 *
 * @throws InputError for what the command line, the patch or the tree's .lockstep.json has wrong
 */
export async function check(
  paths: readonly string[],
  options: CheckOptions,
  signal: AbortSignal,
  colors?: Colors,
): Promise<Outcome> {
  const format = formatOf(options);
  const filter = filterOf(options);
  const patches = await Promise.all((options.patch ?? []).map(readPatchFile));
  const wanted = await subjectFiles(paths, options.tree, patches.length > 0);
  const told = new Map<string, string>();
  const notice = ({ file, message }: Notice): void => void told.set(file, message);
  const cache = options.cache === false ? undefined : cacheFolder();
  const index = (options.index ?? wanted.hasFolder) ? await checkIndex(wanted.root, signal, notice, cache) : undefined;
  const how = { format, filter, signal, colors, index, cache, told };
  return patches.length ? checkPatch(wanted, patches, how) : checkPlain(wanted, how);
}

interface How {
  readonly format: Format;
  readonly filter: FindingFilter;
  readonly signal: AbortSignal;
  readonly colors: Colors | undefined;
  readonly index: TreeIndex | undefined;
  /** Where answers are kept; undefined: nowhere. */
  readonly cache: string | undefined;
  /** By file: why the index does not have it, or a cache is of no use. */
  readonly told: Map<string, string>;
}

async function checkPlain(
  wanted: Wanted,
  { format, filter, signal, colors, index, cache, told }: How,
): Promise<Outcome> {
  const { root, tree, files } = wanted;
  const barriers = barriersWanted(filter, index);
  const how = { signal, function: filter.function, barriers, unread: tree.unread };
  const checked =
    index && cache && !barriers
      ? await keptCheck(wanted, index, cache, how, (file, why) => told.set(file, why))
      : await checkTree(tree, files, { ...how, index });
  const { document, unsure } = filtered(checked.document, filter);
  requireFunction(filter, [checked], files);
  const status = document.findings.some(f => f.suppressed === undefined) ? 1 : 0;
  const text = async (): Promise<string> =>
    findingsText(document, {
      ...(await textOptions(root, tree, placesOf(document), colors)),
      unsure,
      files: checked.files,
    });
  const sarif = (): object => findingsSarif(document, sarifOptions(wanted, [checked]));
  return outcome(format, text, document, sarif, status, { checks: [checked], files: files.length, wanted, told });
}

async function checkPatch(
  wanted: Wanted,
  patches: readonly PatchFile[],
  { format, filter, signal, colors, index, told }: How,
): Promise<Outcome> {
  const { root, tree } = wanted;
  let patched: SourceTree = tree;
  const touched = new Set<string>();
  for (const { path, text } of patches) {
    const next = await patchedTree(patched, text, path);
    patched = next.tree;
    for (const file of next.files) touched.add(file);
  }
  const own = wanted.within(touched);
  if (own.length === 0)
    throw new InputError(`${patches[0]!.path}: it changes no C file${wanted.named ? ' of those named' : ''}`);
  // The index is of one side at a time: first before, then after with the check of it, then before again.
  const effects = index && !wanted.named ? await effectsOf(tree, own, index) : undefined;
  if (index) await patchIndex(index, patched, touched);
  const callers = effects && callersOfChanged(effects, await effectsOf(patched, own, index!), index!);
  const files = [...new Set([...own, ...(callers?.files ?? [])])];
  const barriers = barriersWanted(filter, index);
  const how = { signal, function: filter.function, index, barriers, unread: tree.unread, total: files.length * 2 };
  const after = await checkTree(patched, files, how);
  if (index) await patchIndex(index, tree, touched);
  const before = await checkTree(tree, files, { ...how, done: files.length });
  requireFunction(filter, [before, after], files);
  const label = patches.map(p => basename(p.path)).join(' + ');
  const notices = [...(after.document.notices ?? []), ...(callers?.notices ?? [])];
  const document = { ...after.document, ...(notices.length ? { notices } : {}) };
  const all = compareFindings(before.document, document, label);
  const { comparison, unsure } = filteredComparison(all, filter);
  const status = comparison.added.some(f => f.suppressed === undefined) ? 1 : 0;
  const text = async (): Promise<string> => {
    const places = placesOf({ findings: [...comparison.added] });
    return comparisonText(comparison, { ...(await textOptions(root, patched, places, colors)), unsure });
  };
  const sarif = (): object => comparisonSarif(comparison, sarifOptions(wanted, [before, after]));
  const done = { checks: [before, after], files: files.length, wanted, told };
  return outcome(format, text, comparison, sarif, status, done);
}

/** What was checked, for what is said of it. */
interface Done {
  readonly checks: readonly Checked[];
  readonly files: number;
  readonly wanted: Wanted;
  readonly told: ReadonlyMap<string, string>;
}

/** Files and folders that could not be checked, one line each. */
const failuresOf = ({ failed }: Wanted, checks: readonly Checked[]): string[] => [
  ...new Set([...failed, ...checks.flatMap(c => c.failed)]),
];

async function outcome(
  format: Format,
  text: () => Promise<string>,
  document: FindingsDocument | FindingsComparison,
  sarif: () => object,
  status: 0 | 1,
  { checks, files, wanted, told }: Done,
): Promise<Outcome> {
  const written =
    format === 'text' ? await text() : `${JSON.stringify(format === 'json' ? document : sarif(), null, 2)}\n`;
  const stopped = checks.find(c => c.stopped);
  const failed = failuresOf(wanted, checks);
  const problem = stopped
    ? `stopped after ${stopped.files} of ${files} files`
    : failed.length
      ? `${failed.length === 1 ? failed[0] : `${failed.length} files could not be checked, the first: ${failed[0]}`}`
      : undefined;
  const notices = [...new Map([...told, ...wanted.tree.unread])]
    .filter(([path]) => !failed.some(line => line.startsWith(`${path}: `)))
    .map(([path, why]) => `${path}: ${why}`);
  if (problem === undefined) return { text: written, status, notices };
  return { text: written, status: 2, problem, notices };
}

/** A name that no file defines is a slip of the pen, not a function without findings. */
function requireFunction(
  { function: name }: FindingFilter,
  checks: readonly Checked[],
  files: readonly string[],
): void {
  if (name === undefined || checks.some(c => c.found || c.stopped)) return;
  const where = files.length === 1 ? files[0]! : `the ${files.length} files named`;
  throw new InputError(`${where}: no function ${name} is defined there`);
}

interface PatchFile {
  readonly path: string;
  readonly text: string;
}

async function readPatchFile(path: string): Promise<PatchFile> {
  try {
    return { path, text: decodeSource(new Uint8Array(await readFile(path)), path) };
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = codeOf(error) || String(error);
    const why = code === 'ENOENT' ? 'no such patch' : code === 'EISDIR' ? 'a folder, not a patch' : code;
    throw new InputError(`${path}: ${why}`, { file: path });
  }
}

/** Files that the text shows lines of. */
const placesOf = ({ findings }: Pick<FindingsDocument, 'findings'>): Set<string> =>
  new Set(findings.filter(f => f.suppressed === undefined).flatMap(f => [f.file, ...f.related.map(r => r.file)]));

async function textOptions(
  root: string,
  tree: SourceTree,
  files: ReadonlySet<string>,
  colors: Colors | undefined,
): Promise<FindingTextOptions> {
  const lines = new Map<string, readonly string[]>();
  for (const file of files) {
    const bytes = await tree.read(file);
    if (bytes) lines.set(file, new TextDecoder().decode(bytes).split('\n'));
  }
  return {
    ...(colors ? { colors } : {}),
    sourceLine: (file, line) => lines.get(file)?.[line - 1],
    path: file => fromHere(join(root, file)),
  };
}

/** The path as a terminal can open it: relative where that is below this folder. */
function fromHere(path: string): string {
  const here = relative('.', path);
  return here.startsWith('..') ? path : here;
}

const sarifOptions = (wanted: Wanted, checks: readonly Checked[]): SarifOptions => ({
  version,
  root: pathToFileURL(wanted.root).href,
  complete: checks.every(c => !c.stopped) && failuresOf(wanted, checks).length === 0,
});

function formatOf({ format, json }: CheckOptions): Format {
  const wanted = json ? 'json' : (format ?? 'text');
  const found = FORMATS.find(f => f === wanted);
  if (!found) throw new InputError(`--format ${wanted}: it is one of ${FORMATS.join(', ')}`);
  return found;
}

/** They are of low confidence, and other files are read for them: only when they can be shown, or are counted. */
const barriersWanted = (
  { confidence, kinds }: FindingFilter,
  index: TreeIndex | undefined,
): CheckTreeOptions['barriers'] =>
  (kinds?.length ? kinds.includes('unpaired-barrier') : confidence === 'low') ? (index ?? 'own file') : undefined;

function filterOf({ confidence = 'medium', kind = [], function: name }: CheckOptions): FindingFilter {
  const level = CONFIDENCES.find((c): c is Confidence => c === confidence);
  if (!level) throw new InputError(`--confidence ${confidence}: it is one of ${CONFIDENCES.join(', ')}`);
  const kinds: FindingKind[] = [];
  for (const word of kind.flatMap(k => k.split(','))) {
    if (!isKind(word)) throw new InputError(`--kind ${word}: it is one of ${kindNames.join(', ')}`);
    kinds.push(word);
  }
  return { confidence: level, kinds, ...(name === undefined ? {} : { function: name }) };
}
