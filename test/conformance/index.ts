import { spawnSync } from 'node:child_process';
import { openIndex } from '../../extension/worker/indexStore.ts';
import { ctagsFunctions } from '../support/ctags.ts';
import { providedTrees } from './trees.ts';

interface Row {
  readonly folder: string;
  functions: number;
  found: number;
  /** Functions of ours where ctags has none. */
  more: number;
}

/** At least so much of ctags' functions must be in the index. */
const BAR = 0.999;

/** Functions of all .c files of a tree, ours against universal-ctags' by name and line. */
async function compare(root: string, folders: readonly string[]): Promise<{ rows: Row[]; misses: string[] }> {
  const { index } = await openIndex({ root, folders });
  const files = [...index.data.paths()].filter(path => path.endsWith('.c')).sort();
  const tags = ctagsFunctions(root, files);
  const rows = new Map<string, Row>();
  const misses: string[] = [];
  for (const file of files) {
    const folder = file.split('/')[0]!;
    let row = rows.get(folder);
    if (!row) rows.set(folder, (row = { folder, functions: 0, found: 0, more: 0 }));
    const own = index.outlineOf(file).filter(s => s.kind === 'function');
    const named = new Set(own.map(s => `${s.name}:${s.line}`));
    const lines = new Set(own.map(s => s.line));
    const told = tags.get(file) ?? [];
    for (const { name, line } of told) {
      row.functions++;
      // SYSCALL_DEFINE1(acct, …) { is a function that ctags calls by its macro and we by what it makes.
      if (named.has(`${name}:${line}`) || (/^[A-Z][A-Z0-9_]*$/.test(name) && lines.has(line))) row.found++;
      else misses.push(`${file}:${line}: ${name}`);
    }
    const theirs = new Set(told.map(t => t.line));
    row.more += [...lines].filter(line => !theirs.has(line)).length;
  }
  return { rows: [...rows.values()].sort((a, b) => b.functions - a.functions), misses };
}

async function main(): Promise<number> {
  const [given, ...folders] = process.argv.slice(2);
  const trees = given ? [given] : providedTrees();
  if (trees.length === 0) console.log('no kernel tree: npm run kernel, and npm run kernel -- 6.12, provide two');
  if (spawnSync('ctags', ['--version']).error) console.log('universal-ctags is needed');
  let status = trees.length > 0 ? 0 : 2;
  for (const root of trees) {
    const { rows, misses } = await compare(root, folders);
    const total: Row = { folder: 'all', functions: 0, found: 0, more: 0 };
    for (const { functions, found, more } of rows) {
      total.functions += functions;
      total.found += found;
      total.more += more;
    }
    console.log(`\n${root}: functions by ctags, in the index by name and line, in the index alone`);
    for (const { folder, functions, found, more } of [...rows, total]) {
      const share = ((100 * found) / Math.max(1, functions)).toFixed(3);
      console.log(
        `${folder.padEnd(16)}${String(functions).padStart(8)}  ${share.padStart(7)} %${String(more).padStart(7)}`,
      );
    }
    if (process.env.MISSES) console.log(misses.join('\n'));
    if (total.found < BAR * total.functions) status = 1;
  }
  return status;
}

void main().then(status => {
  process.exitCode = status;
});
