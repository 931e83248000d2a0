import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { type AnalyserOptions, ContractAnalyser, type FileAnalysis } from '../../extension/core/locks/contracts.ts';
import { documentOf } from '../../extension/core/locks/document.ts';
import type { Effect } from '../../extension/core/locks/effects.ts';
import { type EntryHeld, HeldByCallers } from '../../extension/core/locks/heldByCallers.ts';
import { LineStarts } from '../../extension/core/locks/lines.ts';
import { render } from '../../extension/core/locks/render.ts';
import type { Definition } from '../../extension/core/locks/scan.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { decodeSource } from '../../extension/core/text/decode.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import { openIndex } from '../../extension/worker/indexStore.ts';
import { cacheFolder } from '../../extension/worker/keptFiles.ts';
import { ownTokens } from '../support/cTokens.ts';
import { mulberry32, shuffled } from './faults/random.ts';
import { measure } from './trees.ts';

/** One `lockdep_assert_held*(lock)` of a file, outside directives. */
export interface Assertion {
  readonly file: string;
  readonly line: number;
  readonly lock: string;
  readonly start: number;
  readonly end: number;
}

/**
 * held: by the function itself at that point; required: its own code shows the need; callers: all that call it hold it;
 * some callers: not all do, as far as we see; absent: nobody is seen to hold it; no function: an option leaves it out.
 */
const VERDICTS = [
  'held',
  'required',
  'callers',
  'some callers',
  'absent',
  'no callers',
  'no function',
  'fault',
] as const;
export type Verdict = (typeof VERDICTS)[number];
const GOOD: ReadonlySet<Verdict> = new Set<Verdict>(['held', 'required', 'callers']);

/** What is held at a place without the assertion: by the function itself, and by those that call it. */
interface Over {
  readonly function: string;
  readonly held: readonly Lock[];
  readonly required: readonly Lock[];
  readonly entry: EntryHeld;
}

interface Judged {
  readonly assertion: Assertion;
  readonly verdict: Verdict;
  /** The access path is the one asserted, not only the lock's class. */
  readonly samePath: boolean;
  readonly over: Over | undefined;
  readonly fault?: string;
}

const FOLDERS = ['mm', 'kernel', 'fs', 'net/core', 'block'];
/** At least so much of the assertions is to be inferred. */
const BAR = 0.85;
/** Files after which what an analyser has read is let go. */
const FRESH = 60;
const SAMPLE = 100;

/** Every assertion of a text that a lock is held; those in macros are none. */
export function assertions(file: string, text: string): Assertion[] {
  const out: Assertion[] = [];
  const tokens = ownTokens(text);
  for (const [i, { kind, text: name, start }] of tokens.entries()) {
    if (kind !== 'word' || !/^lockdep_assert_held(?:_\w+)?$/.test(name) || tokens[i + 1]?.text !== '(') continue;
    let depth = 0;
    const close = tokens.findIndex((t, j) => j > i && (t.text === '(' ? ++depth : t.text === ')' ? --depth : 1) === 0);
    // The definition of one is no use of it.
    if (close < 0 || tokens[i - 1]?.kind === 'word') continue;
    const end = tokens[close]!.start + 1;
    const lock = text
      .slice(tokens[i + 1]!.start + 1, end - 1)
      .replace(/\s+/g, ' ')
      .trim();
    out.push({ file, line: text.slice(0, start).split('\n').length, lock, start, end });
  }
  return out;
}

/** The text without one assertion: spaces stand in its place. */
export const hidden = (text: string, { start, end }: Assertion): string =>
  text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);

/** The instance of a per-CPU lock that an assertion names is, as a path, the per-CPU lock. */
const perCpu = (lock: string): string => lock.replace(/^(?:this|raw|per)_cpu_ptr\(\s*(.*?)\s*(?:,[^,()]*)?\)$/, '$1');
const path = (lock: string): string => lock.replace(/[\s&()]/g, '');
/** The last field or the name of a path: `&a->b.lock[i]` is lock; of a call, what it is a call of. */
const lastName = (lock: string): string => /(\w+)\s*(?:\[[^\]]*\]|\([^()]*\))?\)*$/.exec(lock.trim())?.[1] ?? '';

interface Lock {
  readonly lock: string;
  readonly lockClass?: string | undefined;
}

/** Whether facts have the asserted lock: of its class, and on the very path. `own`: what the analyser reads the assertion as. */
function match(facts: readonly Lock[], said: string, own: Lock | undefined): 'path' | 'class' | undefined {
  const asserted = perCpu(said);
  const name = lastName(own && /\(/.test(asserted.replace(/^\(|\)$/g, '')) ? own.lock : asserted);
  let found: 'class' | undefined;
  for (const { lock, lockClass } of facts) {
    if (path(lock) === path(asserted) || (own && path(lock) === path(own.lock))) return 'path';
    const sameClass = own?.lockClass !== undefined && lockClass !== undefined ? own.lockClass === lockClass : false;
    if (sameClass || (name !== '' && (lastName(lock) === name || lastName(lockClass ?? '') === name))) found = 'class';
  }
  return found;
}

/** What the analysis without the assertion says of the asserted lock. */
export function verdictOf(
  over: Over | undefined,
  asserted: string,
  own: Lock | undefined,
): { verdict: Verdict; samePath: boolean } {
  if (!over) return { verdict: 'no function', samePath: false };
  const { entry } = over;
  const everywhere = entry.locks.filter(l => l.sites === entry.sites);
  for (const [verdict, facts] of [
    ['held', over.held],
    ['required', over.required],
    ['callers', everywhere],
  ] as const) {
    const found = match(facts, asserted, own);
    if (found) return { verdict, samePath: found === 'path' };
  }
  if (match(entry.locks, asserted, own)) return { verdict: 'some callers', samePath: false };
  return { verdict: entry.sites === 0 ? 'no callers' : 'absent', samePath: false };
}

function sourceFiles(root: string, folders: readonly string[]): string[] {
  const listed = spawnSync(
    'grep',
    ['-rlE', 'lockdep_assert_held\\w*\\(', '--include=*.c', '--include=*.h', ...folders],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  return listed.stdout.split('\n').filter(Boolean).sort();
}

/** What the function around a line has, relative to its entry, and its name. */
async function within(
  analysis: FileAnalysis,
  line: number,
): Promise<{ definition: Definition; held: readonly Lock[]; required: readonly Lock[] } | undefined> {
  const lines = LineStarts.of(analysis.root);
  const around = (d: Definition): boolean =>
    lines.position(d.start).line <= line && line <= lines.position(d.end - 1).line;
  const definition = analysis.functions().find(around);
  if (!definition) return undefined;
  const points = await analysis.points(definition);
  const { requires } = await analysis.summary(definition);
  const brief = (e: Effect): Lock => ({ lock: render(e.expr), lockClass: e.lockClass });
  const [first = [], ...rest] = points.find(p => lines.position(p.at).line >= line)?.ways ?? [];
  return {
    definition,
    held: first.filter(e => !e.maybe && rest.every(way => way.some(o => o.expr === e.expr))).map(brief),
    required: requires.map(brief),
  };
}

/**
 * Two analysers: of the tree as it is, for the callers (that a callee asserts a lock changes nothing of what they hold; what they need
 * because of the assertion itself does not count), and one that never sees the assertion in question. Together in one, each hidden
 * line would make all callers anew.
 */
class Judge {
  private readonly plain: ContractAnalyser;
  private readonly blind: ContractAnalyser;
  private readonly callers: HeldByCallers;

  constructor(tree: SourceTree, options: AnalyserOptions) {
    this.plain = new ContractAnalyser(tree, options);
    this.blind = new ContractAnalyser(tree, options);
    this.callers = new HeldByCallers(this.plain, options.index);
  }

  async judge(file: string, text: string): Promise<Judged[]> {
    const out: Judged[] = [];
    const analysis = await this.plain.analysis(file);
    for (const assertion of assertions(file, text)) {
      try {
        const known = await within(analysis, assertion.line);
        const left = await within(await this.blind.analysis(file, hidden(text, assertion)), assertion.line);
        if (!known || !left) {
          out.push({ assertion, over: undefined, verdict: 'no function', samePath: false });
          continue;
        }
        const { requires } = documentOf(await analysis.summary(known.definition));
        const own = requires.find(r => r.file === file && r.line === assertion.line);
        const over: Over = {
          function: left.definition.name,
          held: left.held,
          required: left.required,
          entry: await this.callers.entry(
            analysis,
            known.definition,
            ({ origin }) => origin.source.file !== file || origin.at < assertion.start || origin.at >= assertion.end,
          ),
        };
        out.push({ assertion, over, ...verdictOf(over, assertion.lock, own) });
      } catch (error) {
        const fault = error instanceof Error ? error.message : String(error);
        out.push({ assertion, over: undefined, verdict: 'fault', samePath: false, fault });
      }
    }
    await this.blind.analysis(file, text);
    return out;
  }
}

async function judgeAll(root: string, folders: readonly string[]): Promise<Judged[]> {
  const { index } = await openIndex({ root, cache: cacheFolder(), threads: 0 });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  const fresh = (): Judge => new Judge(new DiskTree(root), { loops, index });
  const out: Judged[] = [];
  let judge = fresh();
  const files = sourceFiles(root, folders);
  for (const [i, file] of files.entries()) {
    if (i % FRESH === FRESH - 1) judge = fresh();
    const began = performance.now();
    out.push(...(await judge.judge(file, decodeSource(new Uint8Array(readFileSync(join(root, file))), file))));
    const good = out.filter(j => GOOD.has(j.verdict)).length;
    process.stderr.write(
      `${i + 1}/${files.length} ${file}, ${good} of ${out.length}, ${(performance.now() - began).toFixed(0)} ms\n`,
    );
  }
  return out;
}

function line({ assertion, verdict, over, fault }: Judged): string {
  const names = (locks: readonly Lock[] | undefined): string => (locks ?? []).map(l => l.lock).join(' ');
  const entry = over ? over.entry.locks.map(l => `${l.lock} ${l.sites}/${over.entry.sites}`).join(', ') : '';
  return [
    `${assertion.file}:${assertion.line}: ${over?.function ?? '?'}: ${verdict}: ${assertion.lock}`,
    `held [${names(over?.held)}] required [${names(over?.required)}] callers ${over?.entry.callers ?? 0} [${entry}]${fault ? ` ${fault}` : ''}`,
  ].join('; ');
}

async function main(root: string, folders: readonly string[]): Promise<number> {
  const began = performance.now();
  const judged = await judgeAll(root, folders.length ? folders : FOLDERS);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`\n${root}: ${judged.length} lockdep_assert_held*, each hidden in turn, ${seconds} s`);
  const share = (n: number, of: number): string =>
    `${String(n).padStart(5)}  ${((100 * n) / Math.max(1, of)).toFixed(1)} %`;
  for (const verdict of VERDICTS) {
    const some = judged.filter(j => j.verdict === verdict);
    if (some.length) console.log(`${verdict.padEnd(14)}${share(some.length, judged.length)}`);
  }
  const good = judged.filter(j => GOOD.has(j.verdict));
  const compiled = judged.filter(j => j.verdict !== 'no function');
  console.log(
    `inferred      ${share(good.length, judged.length)}, of those in functions compiled here ${share(good.length, compiled.length).trim()}`,
  );
  console.log(`on its path   ${share(good.filter(j => j.samePath).length, judged.length)}`);
  const seed = Number(process.env.SEED ?? 1);
  const misses = judged.filter(j => !GOOD.has(j.verdict));
  const sample = shuffled(misses, mulberry32(seed)).slice(0, SAMPLE);
  const to = process.env.MISSES ?? join(__dirname, '../../dist/tmp/lockdep.txt');
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, `${sample.map(line).join('\n')}\n`);
  console.log(`${sample.length} of ${misses.length} differences (seed ${seed}): ${to}`);
  return good.length < BAR * judged.length ? 1 : 0;
}

measure(__filename, main);
