import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ctagsFunctions } from '../support/ctags.ts';
import { providedTrees } from './trees.ts';

/** One file as a worker has read it. */
interface FileResult {
  readonly path: string;
  readonly functions: readonly (readonly [name: string, line: number, clean: number])[];
  readonly failed?: string;
}

export interface ParsingRow {
  readonly folder: string;
  functions: number;
  found: number;
  clean: number;
}

export interface ParsingResult {
  readonly rows: readonly ParsingRow[];
  readonly total: ParsingRow;
  /** `path:line: name: not found`, …: all that is not as ctags has it. */
  readonly misses: readonly string[];
  readonly seconds: number;
}

/**
 * Every function definition that universal-ctags finds in a tree's .c files, matched by name and line against our own
 * parse, and free of error nodes.
 *
 * @param under only files below these folders; all of the tree when empty
 */
export async function parsing(root: string, under: readonly string[]): Promise<ParsingResult> {
  const listed = spawnSync('find', [...(under.length > 0 ? under : ['.']), '-name', '*.c', '-type', 'f'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const files = listed.stdout
    .split('\n')
    .filter(Boolean)
    .map(f => f.replace(/^\.\//, ''))
    .sort();
  const tags = ctagsFunctions(root, files);
  const began = performance.now();
  const shares = Array.from({ length: Math.max(1, cpus().length) }, (_, i, { length } = cpus()) =>
    files.filter((_f, n) => n % length === i),
  );
  const results = (await Promise.all(shares.map(share => parseAll(root, share)))).flat();
  const seconds = (performance.now() - began) / 1000;

  const rows = new Map<string, ParsingRow>();
  const total: ParsingRow = { folder: 'all', functions: 0, found: 0, clean: 0 };
  const misses: string[] = [];
  for (const { path, functions, failed } of results) {
    const folder = path.split('/')[0]!;
    let row = rows.get(folder);
    if (!row) rows.set(folder, (row = { folder, functions: 0, found: 0, clean: 0 }));
    const clean = new Map(functions.map(([name, line, ok]) => [`${name}:${line}`, ok === 1]));
    const onLine = new Map(functions.map(([, line, ok]) => [line, ok === 1]));
    for (const { name, line } of tags.get(path) ?? []) {
      // SYSCALL_DEFINE1(acct, …) { is a function that ctags calls by its macro and we by what it makes.
      const ok = clean.get(`${name}:${line}`) ?? (/^[A-Z][A-Z0-9_]*$/.test(name) ? onLine.get(line) : undefined);
      for (const r of [row, total]) {
        r.functions++;
        if (ok !== undefined) r.found++;
        if (ok) r.clean++;
      }
      if (!ok) misses.push(`${path}:${line}: ${name}: ${failed ?? (ok === undefined ? 'not found' : 'error node')}`);
    }
  }
  return { rows: [...rows.values()].sort((a, b) => b.functions - a.functions), total, misses: misses.sort(), seconds };
}

function parseAll(root: string, files: readonly string[]): Promise<FileResult[]> {
  const worker = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'parseWorker.ts'), root], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  worker.stdin.end(files.join('\n'));
  return new Promise((resolve, reject) => {
    const results: FileResult[] = [];
    createInterface({ input: worker.stdout }).on('line', line => void results.push(JSON.parse(line) as FileResult));
    worker.on('error', reject);
    worker.on('close', status =>
      status === 0 ? resolve(results) : reject(new Error(`a parser ended with ${status}`)),
    );
  });
}

/** At least so much of a tree must be read without an error: clean functions of all that ctags names. */
const BAR = 0.999;

async function main(): Promise<number> {
  const [given, ...under] = process.argv.slice(2);
  const trees = given ? [given] : providedTrees();
  if (trees.length === 0) console.log('no kernel tree: npm run kernel, and npm run kernel -- 6.12, provide two');
  let status = trees.length > 0 ? 0 : 2;
  for (const root of trees) {
    const { rows, total, misses, seconds } = await parsing(root, under);
    const percent = (n: number, of: number): string => `${((100 * n) / Math.max(1, of)).toFixed(3)} %`;
    console.log(`\n${root}: functions by ctags, found by name and line, free of error nodes (${seconds.toFixed(0)} s)`);
    for (const r of [...rows, total])
      console.log(
        `${r.folder.padEnd(16)}${String(r.functions).padStart(8)}  ${percent(r.found, r.functions).padStart(9)}  ${percent(r.clean, r.functions).padStart(9)}`,
      );
    if (total.clean < BAR * total.functions) status = 1;
    if (process.env.MISSES) writeFileSync(process.env.MISSES, `${misses.join('\n')}\n`);
  }
  return status;
}

void main().then(status => {
  process.exitCode = status;
});
