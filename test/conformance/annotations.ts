import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import { HeldByCallers } from '../../extension/core/locks/heldByCallers.ts';
import type { FunctionContract, LockFact } from '../../extension/core/report/documents.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { CParser } from '../../extension/core/syntax/parser.ts';
import { decodeSource } from '../../extension/core/text/decode.ts';
import { openIndex } from '../../extension/worker/indexStore.ts';
import { cacheFolder } from '../../extension/worker/keptFiles.ts';
import { measure } from './trees.ts';

type Kind = 'acquires' | 'releases' | 'must_hold';

/** A definition that says what it does: `__acquires(&x->lock)`. */
export interface Annotated {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly says: readonly { readonly kind: Kind; readonly lock: string }[];
}

export type Verdict = 'same' | 'other lock' | 'not inferred' | 'no contract';

const find = createRequire(__filename);
const wasm = (name: string): Uint8Array => new Uint8Array(readFileSync(find.resolve(`${name}/${name}.wasm`)));

/** Every annotated function definition of a tree's .c files. */
export function annotated(root: string, parser: CParser, loops: readonly string[]): Annotated[] {
  const listed = spawnSync(
    'grep',
    ['-rlE', '__(acquires|releases|must_hold)\\(', '--include=*.c', '--include=*.h', '.'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  const out: Annotated[] = [];
  for (const path of listed.stdout
    .split('\n')
    .filter(Boolean)
    .map(f => f.replace(/^\.\//, ''))
    .sort()) {
    const parsed = parser.parse(decodeSource(new Uint8Array(readFileSync(join(root, path))), path), { loops });
    const marks = parsed.normalised.annotations.filter(a => /^__(acquires|releases|must_hold)$/.test(a.name));
    for (const f of parsed.functions()) {
      const says = marks
        .filter(a => a.start >= f.start && a.end <= f.bodyStart)
        .map(a => {
          const text = parsed.original.slice(a.start, a.end);
          const lock = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')).trim();
          return { kind: a.name.slice(2) as Kind, lock };
        });
      if (says.length > 0) out.push({ file: path, line: f.line, name: f.name, says });
    }
    parsed.dispose();
  }
  return out;
}

/** The last name of a lock's path; empty for what is no path (RCU, bitlock, a string). */
const lastName = (lock: string): string => /(\w+)\s*(?:\[[^\]]*\])?\s*\)*\s*$/.exec(lock)?.[1] ?? '';
const bare = (lock: string): string => lock.replace(/^&|\s/g, '');
/** What annotations write that is no lock's path: any lock of the kind will do. */
const NO_PATH = /^(RCU|rcu|RCU_BH|bitlock|bit_spin_lock|nothing|0|1|"|x|lock)$|^rcu|^RCU|"/;

function factsOf(contract: FunctionContract, kind: Kind): readonly LockFact[] {
  if (kind === 'acquires') return contract.acquires;
  if (kind === 'releases') return contract.releases;
  // Whoever lets go of what it did not take needs it held as well.
  return [...contract.requires, ...contract.releases];
}

/** Compares what a function says with what was inferred without reading it. */
export function verdictOf(says: Annotated['says'], contract: FunctionContract | undefined): Verdict {
  if (!contract) return 'no contract';
  let worst: Verdict = 'same';
  for (const { kind, lock } of says) {
    // Released and acquired again: held throughout for its caller.
    const pair = says.some(s => s.kind !== kind && s.kind !== 'must_hold' && s.lock === lock);
    const facts = pair
      ? [...contract.requires, ...contract.takes, ...factsOf(contract, kind)]
      : factsOf(contract, kind);
    if (facts.length === 0) return 'not inferred';
    const name = lastName(lock);
    // The spinlock within a lock of several parts (sk_lock.slock) stands for the whole.
    const isPartOf = (whole: string): boolean => bare(lock).startsWith(`${bare(whole)}.`);
    const isSame = ({ lock: ours }: LockFact): boolean =>
      lastName(ours) === name || ours.includes(name) || isPartOf(ours);
    if (!NO_PATH.test(lock) && !facts.some(isSame)) worst = 'other lock';
  }
  return worst;
}

const fact = (c: FunctionContract, lock: string, mode: LockFact['mode']): LockFact => ({
  file: c.file,
  line: c.line,
  column: c.column,
  lock,
  mode,
  primitive: 'callers',
  via: [],
});

/** How far up callers are asked. */
const DEEPEST = 6;

/** At least so much is to be inferred to the same effect. */
const BAR = 0.95;

async function main(root: string): Promise<number> {
  const parser = await CParser.create({ runtime: wasm('web-tree-sitter'), grammar: wasm('tree-sitter-c') });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  // EVERY=n: each n-th alone, for a look in between.
  const every = Number(process.env.EVERY ?? 1);
  const all = annotated(root, parser, loops).filter((_, i) => i % every === 0);
  const tree = new DiskTree(root);
  const counts = new Map<Verdict, number>();
  let byCallers = 0;
  const lines: string[] = [];
  const began = performance.now();
  const { index } = await openIndex({ root, cache: cacheFolder(), threads: 0 });
  let analyser = new ContractAnalyser(tree, { loops, index });
  let callers = new HeldByCallers(analyser, index, DEEPEST);
  let file = '';
  let files = 0;
  for (const { file: path, line, name, says } of all) {
    // Headers stay known for a while; not all of a tree does.
    if (path !== file && ++files % 40 === 0) {
      analyser = new ContractAnalyser(tree, { loops, index });
      callers = new HeldByCallers(analyser, index, DEEPEST);
    }
    file = path;
    const at = performance.now();
    const contract = await analyser.contractOf(path, name).catch(() => undefined);
    let verdict = verdictOf(says, contract);
    if (contract && verdict !== 'same' && says.some(s => s.kind === 'must_hold')) {
      // What a body does not show, its callers may: held at every call that is known.
      const { entry } = (await callers.at(path, contract.line)) ?? {};
      const whole = entry?.sites ? entry.locks.filter(l => l.sites === entry.sites) : [];
      const held = whole.map(({ lock, mode }) => fact(contract, lock, mode));
      verdict = verdictOf(says, { ...contract, requires: [...contract.requires, ...held] });
      if (verdict === 'same') byCallers++;
    }
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (process.stderr.isTTY || process.env.VERBOSE)
      process.stderr.write(`${path}: ${name}: ${verdict} ${(performance.now() - at).toFixed(0)} ms\n`);
    const said = says.map(s => `${s.kind} ${s.lock}`).join(', ');
    const show = (facts: readonly LockFact[] | undefined): string => facts?.map(f => f.lock).join(' ') ?? '';
    if (verdict !== 'same')
      lines.push(
        `${path}:${line}: ${name}: ${verdict}: says ${said}; acquires [${show(contract?.acquires)}] releases [${show(contract?.releases)}] requires [${show(contract?.requires)}] (${(performance.now() - at).toFixed(0)} ms)`,
      );
  }
  console.log(
    `\n${root}: ${all.length} annotated definitions of .c and .h files, their annotations hidden, ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  for (const [verdict, n] of counts)
    console.log(`${verdict.padEnd(14)} ${n}  ${((100 * n) / all.length).toFixed(1)} %`);
  console.log(`${byCallers} of those that are the same show only in what all known callers hold`);
  if (process.env.MISSES) writeFileSync(process.env.MISSES, `${lines.join('\n')}\n`);
  return (counts.get('same') ?? 0) < BAR * all.length ? 1 : 0;
}

measure(__filename, main);
