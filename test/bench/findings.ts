import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, KeyedTree } from '../../extension/editor/engine.ts';
import type { Figure } from './syntax.ts';

/** The largest of what reviewers of mm and sched have open: 5,000 to 11,000 lines. */
const FILES = ['mm/memory.c', 'mm/page_alloc.c', 'kernel/sched/core.c'];
const EDITS = 20;

const quantile = (times: readonly number[], q: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))]!;

/**
 * How long findings take through the worker, with the names indexed: of a file that is opened, and after an edit of one of
 * its functions. `name` is a function of `file` whose hover is asked for meanwhile.
 */
export async function benchFindings(
  engine: Engine,
  tree: KeyedTree,
  kernel: string,
  reference: Pick<Figure, 'reference' | 'referenceFigure'>,
  { file, name }: { readonly file: string; readonly name: string },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const edits: number[] = [];
  const held: number[] = [];
  const hovers: number[] = [];
  for (const path of FILES) {
    let text = readFileSync(join(kernel, path), 'utf8');
    const timed = async (what: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await what();
      return performance.now() - began;
    };
    let opening = true;
    const opened = timed(() => engine.findings(tree, path, text)).finally(() => {
      opening = false;
    });
    while (opening) hovers.push(await timed(() => engine.contractOf(tree, file, name)));
    figures.push({
      name: `findings of ${path} when it is opened`,
      figure: await opened,
      unit: 'ms',
      ...reference,
    });
    for (let i = 1; i <= EDITS; i++) {
      const at = text.indexOf('\n}\n', (text.length * i) / (EDITS + 1));
      text = `${text.slice(0, at)}\n\tedited();${text.slice(at)}`;
      edits.push(await timed(() => engine.findings(tree, path, text)));
      const first = text.slice(0, at).split('\n').length;
      held.push(await timed(() => engine.heldLines(tree, path, text, { first, last: first + 60 })));
    }
  }
  const many = `${edits.length} edits in ${FILES.length} files`;
  return [
    ...figures,
    { name: `findings after an edit, median of ${many}`, figure: quantile(edits, 0.5), unit: 'ms', ...reference },
    { name: 'findings after an edit, 95th percentile', figure: quantile(edits, 0.95), unit: 'ms', ...reference },
    { name: 'findings after an edit, worst', figure: quantile(edits, 1), unit: 'ms', ...reference },
    {
      name: 'held locks of 60 lines after that, 95th percentile',
      figure: quantile(held, 0.95),
      unit: 'ms',
      ...reference,
    },
    {
      name: `hover while a file is opened, median of ${hovers.length}`,
      figure: quantile(hovers, 0.5),
      unit: 'ms',
      ...reference,
    },
    { name: 'hover while a file is opened, 95th', figure: quantile(hovers, 0.95), unit: 'ms', ...reference },
  ];
}
