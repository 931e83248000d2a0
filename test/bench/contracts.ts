import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import { contractMarkdown } from '../../extension/core/report/contractText.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { CParser } from '../../extension/core/syntax/parser.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import type { Figure } from './syntax.ts';

const require = createRequire(import.meta.url);
const FILE = 'mm/hugetlb_vmemmap.c';

function quantile(times: number[], q: number): number {
  return times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))]!;
}

/** Hover latency and the contracts of a whole file, beside the parse of that file. Needs KERNEL_TREE; else no figures. */
export async function bench(): Promise<Figure[]> {
  const root = process.env.KERNEL_TREE;
  if (!root) return [];
  const tree: SourceTree = {
    label: 'kernel tree',
    read: async path => (existsSync(join(root, path)) ? new Uint8Array(readFileSync(join(root, path))) : undefined),
    list: async path => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : undefined),
  };
  const parser = await CParser.create({
    runtime: readFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm')),
    grammar: readFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm')),
  });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  const text = readFileSync(join(root, FILE), 'utf8');
  const parses: number[] = [];
  for (let round = 0; round < 15; round++) {
    const began = performance.now();
    parser.parse(text, { loops }).dispose();
    parses.push(performance.now() - began);
  }
  const reference = { reference: `parse of ${FILE}`, referenceFigure: quantile(parses, 0.5) };
  const analyser = new ContractAnalyser(tree, { loops });
  const cold = performance.now();
  const { functions } = await analyser.contracts(FILE, text);
  const first = performance.now() - cold;
  const edited = performance.now();
  await analyser.contracts(FILE, `${text}\n`);
  const again = performance.now() - edited;
  const hovers: number[] = [];
  for (const { name } of functions) {
    const began = performance.now();
    const contract = await analyser.contractOf(FILE, name, `${text}\n`);
    contractMarkdown(contract!, fact => `${fact.file}#${fact.line}`);
    hovers.push(performance.now() - began);
  }
  parser.dispose();
  return [
    {
      name: `hover, 95th percentile over ${functions.length} functions of ${FILE}`,
      figure: quantile(hovers, 0.95),
      unit: 'ms',
      ...reference,
    },
    { name: `contracts of ${FILE} after an edit`, figure: again, unit: 'ms', ...reference },
    { name: `contracts of ${FILE}, nothing read yet`, figure: first, unit: 'ms', ...reference },
  ];
}
