import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** One measured figure beside what it should be compared with, taken in the same run. */
export interface Figure {
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  readonly reference: string;
  readonly referenceFigure: number;
}

const require = createRequire(import.meta.url);

function median(runs: number, run: (round: number) => void): number {
  const times: number[] = [];
  for (let round = 0; round < runs; round++) {
    const began = performance.now();
    run(round);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[runs >> 1]!;
}

/** A file in kernel style with about that many lines. */
function synthetic(lines: number): string {
  const parts = ['#include <linux/list.h>\n\nMODULE_LICENSE("GPL");\n'];
  for (let at = 0; parts.length * 25 < lines; at++) {
    parts.push(`
/* Walks the items of table ${at} and counts those that are busy. */
static int __must_check walk_${at}(struct table_${at} *table, unsigned long flags)
	__must_hold(&table->lock)
{
	struct item *item;
	int busy = 0;

	list_for_each_entry(item, &table->items, node) {
		if (!(item->flags & flags))
			continue;
#ifdef CONFIG_TABLE_STATS
		this_cpu_inc(table->stats->seen);
#endif
		busy += item_busy(container_of(item, struct slot, item),
				  min_t(unsigned int, flags, ${at}));
	}
	if (busy > ${at}) {
		pr_debug("%s: %d busy\\n", table->name, busy);
		return -EBUSY;
	}
	return busy;
}
`);
  }
  return parts.join('');
}

type Shipped = typeof import('../../extension/core/syntax/parser.ts') &
  typeof import('../../extension/core/syntax/normalise.ts') &
  typeof import('../../extension/core/syntax/idioms.ts');

/** The code as it ships, bundled: run from its sources every constant of another module costs a call. */
async function shipped(): Promise<Shipped> {
  const outfile = 'dist/bench/syntax.mjs';
  const room = './extension/core/syntax';
  const contents = ['parser', 'normalise', 'idioms'].map(name => `export * from '${room}/${name}.ts';`).join('\n');
  await build({
    stdin: { contents, resolveDir: process.cwd() },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['web-tree-sitter'],
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

/** A plain parse of the same text: the native module where it loads, else the WebAssembly one without normalising. */
async function plainParse(): Promise<{ name: string; parse: (text: string) => void; dispose: () => void }> {
  try {
    const Native = require('tree-sitter') as new () => {
      setLanguage(language: unknown): void;
      parse(text: string, old: undefined, options: { bufferSize: number }): unknown;
    };
    const native = new Native();
    native.setLanguage(require('tree-sitter-c'));
    const parse = (text: string) => void native.parse(text, undefined, { bufferSize: 4 * text.length + 64 });
    parse('int x;');
    return { name: 'native tree-sitter, whole parse', parse, dispose: () => {} };
  } catch {
    const { Language, Parser } = await import('web-tree-sitter');
    const parser = new Parser();
    parser.setLanguage(await Language.load(readFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm'))));
    const parse = (text: string) => parser.parse(text)?.delete();
    return { name: 'WebAssembly tree-sitter, whole parse', parse, dispose: () => parser.delete() };
  }
}

/** Reparse after an edit, and what normalising costs; over our own text, and a kernel file where KERNEL_TREE is set. */
export async function bench(): Promise<Figure[]> {
  const { CParser, normalise, idiomTables, loopMacros } = await shipped();
  const parser = await CParser.create({
    runtime: readFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm')),
    grammar: readFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm')),
  });
  const plain = await plainParse();
  const figures: Figure[] = [];
  const tree = process.env.KERNEL_TREE;
  const loops = tree ? loopMacros(readFileSync(join(tree, '.clang-format'), 'utf8')) : ['list_for_each_entry'];
  const texts: [string, string][] = [['5,000 synthetic lines', synthetic(5000)]];
  if (tree) texts.push(['mm/vmscan.c', readFileSync(join(tree, 'mm/vmscan.c'), 'utf8')]);
  for (const [name, text] of texts) {
    const tables = idiomTables(loops);
    const normalised = normalise(text, tables).text;
    const whole = median(15, () => plain.parse(normalised));
    let file = parser.parse(text, { loops });
    const middle = text.indexOf('\n\tif (', text.length >> 1);
    const states = [`${text.slice(0, middle)}\n\tif (x)\n\t\treturn 1;${text.slice(middle)}`, text];
    const reparse = median(30, round => {
      file = file.edit(states[round % 2]!);
      file.functions();
    });
    file.dispose();
    figures.push({
      name: `reparse and list functions after an edit, ${name}`,
      figure: reparse,
      unit: 'ms',
      reference: plain.name,
      referenceFigure: whole,
    });
    const perMegabyte = 1e6 / text.length;
    figures.push({
      name: `normalise, ${name}`,
      figure: median(15, () => normalise(text, tables)) * perMegabyte,
      unit: 'ms/MB',
      reference: plain.name,
      referenceFigure: whole * perMegabyte,
    });
  }
  plain.dispose();
  parser.dispose();
  return figures;
}
