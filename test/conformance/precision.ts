import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import type { Finding, FunctionContract } from '../../extension/core/report/documents.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { openIndex } from '../../extension/worker/indexStore.ts';
import { cacheFolder } from '../../extension/worker/keptFiles.ts';
import { measure } from './trees.ts';

/** What one folder as shipped is said to have wrong. */
interface Row {
  readonly folder: string;
  files: number;
  functions: number;
  /** Functions that take, let go or need a lock, themselves or by what they call. */
  locking: number;
  readonly findings: Finding[];
  readonly faults: string[];
}

const FOLDERS = ['mm', 'fs/ext4', 'kernel/locking', 'net/core', 'block'];
/** High-confidence findings per 1,000 functions that use locks: at most so many. */
const BAR = 1;
/** Functions after which what an analyser has worked out is let go. */
const FRESH = 25_000;

const locks = (c: FunctionContract): boolean =>
  c.requires.length + c.acquires.length + c.releases.length + c.takes.length > 0;

async function look(root: string, folders: readonly string[]): Promise<Row[]> {
  const { index } = await openIndex({ root, cache: cacheFolder(), threads: 0 });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  const fresh = (): ContractAnalyser => new ContractAnalyser(new DiskTree(root), { loops, index });
  let analyser = fresh();
  const rows: Row[] = [];
  for (const folder of folders) {
    const row: Row = { folder, files: 0, functions: 0, locking: 0, findings: [], faults: [] };
    rows.push(row);
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of files.filter(f => f.endsWith('.c')).sort()) {
      if (analyser.known > FRESH) analyser = fresh();
      const file = `${folder}/${name}`;
      process.stderr.write(`${file}, ${performance.now().toFixed(0)} ms\n`);
      row.files++;
      try {
        const { functions } = await analyser.contracts(file);
        row.functions += functions.length;
        row.locking += functions.filter(locks).length;
        row.findings.push(...(await analyser.findings(file)).findings);
      } catch (error) {
        row.faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return rows;
}

/** The findings as rows of a table of docs/findings.md; what each one is, a person writes into the last column. */
export function findingRows(findings: readonly Finding[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    '| place | function | kind | lock | what it says | is |',
    '| --- | --- | --- | --- | --- | --- |',
    ...findings.map(
      f => `| ${f.file}:${f.line} | \`${f.function}\` | ${f.kind} | \`${f.lock ?? ''}\` | ${cell(f.message)} | |`,
    ),
  ].join('\n');
}

async function main(root: string, folders: readonly string[]): Promise<number> {
  const began = performance.now();
  const rows = await look(root, folders.length ? folders : FOLDERS);
  const counted = (row: Row, confidence: Finding['confidence']): number =>
    row.findings.filter(f => f.confidence === confidence && f.suppressed === undefined).length;
  const sum = (of: (row: Row) => number): number => rows.reduce((n, row) => n + of(row), 0);
  console.log(`\n${root} as shipped, ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  console.log('| folder | functions | using locks | high | medium | low | high per 1,000 |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  const tell = (name: string, n: readonly number[]): void =>
    console.log(`| ${name} | ${n.join(' | ')} | ${((1000 * n[2]!) / Math.max(1, n[1]!)).toFixed(2)} |`);
  for (const row of rows)
    tell(row.folder, [row.functions, row.locking, counted(row, 'high'), counted(row, 'medium'), counted(row, 'low')]);
  const high = sum(r => counted(r, 'high'));
  const locking = sum(r => r.locking);
  tell('all', [sum(r => r.functions), locking, high, sum(r => counted(r, 'medium')), sum(r => counted(r, 'low'))]);
  for (const fault of rows.flatMap(r => r.faults)) console.log(fault);
  const to = process.env.FINDINGS ?? join(__dirname, '../../dist/tmp/precision.md');
  mkdirSync(dirname(to), { recursive: true });
  const sure = rows.flatMap(r => r.findings).filter(f => f.confidence === 'high');
  writeFileSync(to, `${findingRows(sure)}\n`);
  console.log(`\n${sure.length} high-confidence findings: ${to}`);
  return high * 1000 > BAR * locking || rows.some(r => r.faults.length) ? 1 : 0;
}

measure(__filename, main);
