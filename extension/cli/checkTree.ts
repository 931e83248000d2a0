import type { NameIndex } from '../core/index/names.ts';
import type { BarrierIndex } from '../core/locks/barriers/calls.ts';
import { Mentions } from '../core/locks/barriers/mentions.ts';
import type { BarrierScope } from '../core/locks/barriers/search.ts';
import { ContractAnalyser } from '../core/locks/contracts.ts';
import type { Finding, FindingsDocument, RelatedPlace } from '../core/report/documents.ts';
import { suppress } from '../core/report/suppression.ts';
import { readSuppressionFile, SUPPRESSION_FILE, type SuppressionRule } from '../core/report/suppressionFile.ts';
import { loopMacros } from '../core/syntax/idioms.ts';
import { decodeSource } from '../core/text/decode.ts';
import { InputError, readingError, type SourceTree } from '../core/text/source.ts';

export interface CheckTreeOptions {
  readonly signal: AbortSignal;
  /** Whether it is defined anywhere is told, and only functions of this name are counted. */
  readonly function?: string | undefined;
  /** Of the whole tree: calls are followed anywhere in it. Without, into headers and nearby folders. */
  readonly index?: NameIndex | undefined;
  /** Look for barriers that nothing pairs with too, in the text of the whole tree where there is an index of it. */
  readonly barriers?: BarrierIndex | 'own file' | undefined;
  /** Files of the tree that could not be read, and why. */
  readonly unread?: ReadonlyMap<string, string>;
  /** For the progress line of a check of several trees: files done before, and of all. */
  readonly done?: number;
  readonly total?: number;
}

/** What a check of one tree's files gave. */
export interface Checked {
  /** All findings, however sure, with suppressions marked; in the order of the files. */
  readonly document: FindingsDocument;
  /** Files looked at. */
  readonly files: number;
  /** Whether any of the files defines the function asked for. */
  readonly found: boolean;
  readonly stopped: boolean;
  /** Why files could not be checked, one line each. */
  readonly failed: readonly string[];
}

/**
 * An analyser keeps every function that it has worked out, and the text of every file that it has read: 20,000 functions of
 * 6.1 are some 700 MB. After so many it starts anew; what it knows of the orders of locks starts anew with it.
 */
const MOST_FUNCTIONS = 20_000;

/**
 * Checks files of a tree one after another. A file that the tree does not have has no findings: a patch adds and deletes
 * files. What is no C source (or cannot be read) fails alone when there are others; alone, it is an InputError.
 *
 * @throws InputError for a .lockstep.json that cannot be read
 */
export async function checkTree(
  tree: SourceTree,
  files: readonly string[],
  options: CheckTreeOptions,
): Promise<Checked> {
  const rules = await rulesOf(tree);
  const loops = await loopsOf(tree);
  const barriers = barriersOf(tree, options);
  const make = (): ContractAnalyser => {
    const analyser = new ContractAnalyser(tree, {
      loops,
      ...(options.index ? { index: options.index } : {}),
      ...(barriers ? { barriers } : {}),
    });
    analyser.watch(files);
    return analyser;
  };
  let analyser = make();
  const progress = progressLine(options.total ?? files.length, options.done ?? 0);
  const findings: Finding[] = [];
  const incomplete: string[] = [];
  const notices: RelatedPlace[] = [];
  const failed: string[] = [];
  let functions = 0;
  let done = 0;
  let stopped = false;
  for (const file of files) {
    // Lets an interrupt come through: what is analysed from memory never waits.
    await new Promise(resolve => setImmediate(resolve));
    if (options.signal.aborted) {
      stopped = true;
      break;
    }
    progress(done, file);
    if (analyser.known > MOST_FUNCTIONS) analyser = make();
    try {
      const checked = await checkFile(analyser, tree, file, rules, options);
      if (checked) {
        findings.push(...checked.document.findings);
        incomplete.push(...(checked.document.incomplete ?? []));
        notices.push(...(checked.document.notices ?? []));
        functions += checked.functions;
      }
      done++;
    } catch (thrown) {
      const error = readingError(thrown, file);
      if (error instanceof InputError && files.length === 1) throw error;
      failed.push(error instanceof InputError ? error.message : faultOf(file, error));
    }
  }
  progress(undefined);
  const document: FindingsDocument = {
    version: 1,
    findings,
    functions,
    ...(incomplete.length ? { incomplete } : {}),
    ...(notices.length ? { notices } : {}),
  };
  return { document, files: done, found: options.function === undefined || functions > 0, stopped, failed };
}

/** Macros that stand where `for (…)` could, as the tree lists them. */
export async function loopsOf(tree: SourceTree): Promise<readonly string[]> {
  const format = await tree.read('.clang-format');
  return format ? loopMacros(new TextDecoder().decode(format)) : [];
}

/** What was looked for in the tree is kept when the analyser is made anew. */
function barriersOf(tree: SourceTree, { barriers }: CheckTreeOptions): BarrierScope | undefined {
  if (barriers === undefined || barriers === 'own file') return barriers && {};
  return { index: barriers, mentions: new Mentions(tree, () => barriers.paths()) };
}

async function checkFile(
  analyser: ContractAnalyser,
  tree: SourceTree,
  file: string,
  rules: readonly SuppressionRule[],
  { function: name, unread }: CheckTreeOptions,
): Promise<{ document: FindingsDocument; functions: number } | undefined> {
  const bytes = await tree.read(file);
  const why = unread?.get(file);
  if (!bytes && why !== undefined) throw new InputError(`${file}: ${why}`, { file });
  if (!bytes) return undefined;
  // Says what is wrong with a binary or the like before anything is analysed.
  const text = decodeSource(bytes, file);
  const found = await analyser.findings(file);
  const functions = name === undefined ? (found.functions ?? 0) : await defined(analyser, file, name);
  // Comments of other files, where a finding stands in one: there are none today, but a document may have them.
  return { document: suppress(found, f => (f === file ? text : undefined), rules, [file]), functions };
}

const defined = async (analyser: ContractAnalyser, file: string, name: string): Promise<number> =>
  (await analyser.analysis(file)).functions().filter(d => d.name === name).length;

const faultOf = (file: string, error: unknown): string => {
  const at = error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 2).join(' ') : String(error);
  return `${file}: a fault of its own, please report it: ${at.replace(/\s+/g, ' ')}`;
};

async function rulesOf(tree: SourceTree): Promise<SuppressionRule[]> {
  const bytes = await tree.read(SUPPRESSION_FILE);
  return bytes ? readSuppressionFile(new TextDecoder().decode(bytes)) : [];
}

type Progress = (done: number | undefined, file?: string) => void;

/** A line on a terminal that says which file is looked at, once it takes longer than a second. */
function progressLine(total: number, before: number): Progress {
  const { stderr } = process;
  if (!stderr.isTTY) return () => undefined;
  const began = before > 0 ? 0 : Date.now();
  let shown = 0;
  return (done, file) => {
    if (done === undefined) {
      if (shown) stderr.write('\r\x1b[K');
      return;
    }
    const now = Date.now();
    if (now - began < 1000 || now - shown < 100) return;
    shown = now;
    const line = `${before + done + 1}/${total} ${file}, Ctrl-C stops`;
    stderr.write(`\r\x1b[K${line.slice(0, (stderr.columns || 80) - 1)}`);
  };
}
