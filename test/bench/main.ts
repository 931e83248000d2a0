import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bench as contracts } from './contracts.ts';
import { bench as editor } from './editor.ts';
import { bench as exploration } from './explore.ts';
import { bench as index } from './index.ts';
import { bench as product } from './product.ts';
import { type Figure, bench as syntax } from './syntax.ts';
import { bench as timeline } from './timeline.ts';

/** What the project promises: a figure's name begins like this, and it is at most so many of its unit. */
const BARS: readonly (readonly [name: string, most: number])[] = [
  ['extension activation', 150],
  ['hover, 95th percentile', 50],
  ['findings after an edit, 95th percentile', 200],
  ['lockstep demo', 5000],
  ['one run of the scenario', 1000],
  ['reparse and list functions after an edit', 100],
  ['the .vsix', 3 * 1024],
  ['index of the whole tree, nothing cached', 60],
  ['index of the whole tree, from the cache', 5],
  ['index of the whole tree, memory', 1000],
];
/** And what is at most so many times its reference. */
const RATIOS: readonly (readonly [name: string, most: number])[] = [['index of mm and kernel, processor time', 3]];

/** What provides what a figure needs, where that is not the kernel tree alone. */
const PROVIDE: readonly (readonly [name: string, by: string])[] = [
  ['the .vsix', 'npm run package'],
  ['index of the whole tree', 'KERNEL_BENCH_WHOLE=1, a minute or two,'],
];

/** Prints every figure beside its reference, measured in the same run, and the bar where there is one. */
async function main(): Promise<number> {
  process.env.KERNEL_TREE ??= await kernelTree();
  const rows: string[][] = [['figure', '', 'bar', 'ratio', 'reference', '']];
  const missing = new Set(BARS.map(([name]) => name));
  let over = 0;
  for (const bench of [product, editor, contracts, index, syntax, timeline, exploration]) {
    for (const f of await bench()) {
      const bar = BARS.find(([name]) => f.name.startsWith(name));
      if (bar) missing.delete(bar[0]);
      const most =
        bar?.[1] ?? (f.referenceFigure * (RATIOS.find(([name]) => f.name === name)?.[1] ?? Number.NaN) || undefined);
      const isOver = most !== undefined && f.figure > most;
      if (isOver) over++;
      rows.push([
        f.name,
        show(f.figure, f),
        most === undefined ? '' : `≤ ${bar ? most : most.toFixed(2)}${isOver ? ' OVER' : ''}`,
        ratio(f),
        f.reference,
        show(f.referenceFigure, f),
      ]);
    }
  }
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map(r => r[c]!.length)));
  const right = new Set([1, 3, 5]);
  for (const r of rows)
    console.log(
      r
        .map((cell, c) => (right.has(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
        .join('  ')
        .trimEnd(),
    );
  for (const name of missing)
    console.log(
      `not measured: ${name} (${PROVIDE.find(([begin]) => name.startsWith(begin))?.[1] ?? 'npm run kernel'} provides what it needs)`,
    );
  return over === 0 ? 0 : 1;
}

const show = (n: number, { unit }: Figure): string => `${n < 10 ? n.toFixed(2) : n.toFixed(0)} ${unit}`;
const ratio = (f: Figure): string => (f.figure / f.referenceFigure).toFixed(1);

async function kernelTree(): Promise<string | undefined> {
  const script = pathToFileURL(join(__dirname, '../../scripts/kernel.mjs')).href;
  const { stdout } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { kernelTree } from ${JSON.stringify(script)}; console.log(kernelTree() ?? '')`,
    ],
    { encoding: 'utf8' },
  );
  return stdout.trim() || undefined;
}

void main().then(status => {
  process.exitCode = status;
});
