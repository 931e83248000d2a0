import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { exploreScenario } from '../../extension/core/explore/explorer.ts';
import { whyLines } from '../../extension/core/explore/why/why.ts';
import { patchedTree } from '../../extension/core/patch/overlay.ts';
import type { VerdictDocument } from '../../extension/core/report/documents.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';

const KERNEL = process.env['KERNEL_TREE']!;
const SCENARIO = 'vmemmap-split.scenario.c';
const scenarioText = readFileSync(join(__dirname, '../../extension/scenarios', SCENARIO), 'utf8');
const patchText = (name: string): string => readFileSync(join(__dirname, '../fixtures/patches', name), 'utf8');

async function under(...patches: readonly string[]): Promise<SourceTree> {
  let tree: SourceTree = new DiskTree(KERNEL);
  for (const name of patches) ({ tree } = await patchedTree(tree, patchText(name), name));
  return tree;
}

const explore = async (patches: readonly string[], preemptions?: number): Promise<VerdictDocument> =>
  exploreScenario({
    tree: await under(...patches),
    scenario: SCENARIO,
    scenarioText,
    ...(preemptions === undefined ? {} : { preemptions }),
  });
const told = ({ violations }: VerdictDocument): string[] => violations.map(v => v.invariant);

/** No expectation is built in: all of this comes out of exploring, by invariants that hold for any kernel code or any dump. */
describe('the vmemmap split, every interleaving, from the kernel source', function () {
  this.timeout(120_000);
  it('as it stands: nothing goes wrong', async () => {
    const verdict = await explore([]);
    assert.deepEqual([verdict.complete, verdict.violations, verdict.blocked], [true, [], 0]);
    assert.ok(verdict.executions > 1, `${verdict.executions} executions`);
    assert.deepEqual(verdict.unmodelled, []);
  });

  it('without the recheck the loser’s table takes a remap back', async () => {
    const verdict = await explore(['no-recheck.patch']);
    // Also a warning of split_page(), which finds no block to split, and the race of the plain check of *pmd.
    const lost = verdict.violations.find(v => v.invariant.startsWith('each remapped page maps the page'));
    assert.ok(lost, told(verdict).join());
    assert.equal(lost.switches, 3);
  });

  it('reads the page after the leaf check has dropped the lock, as the patch was posted: a data race', async () => {
    const { violations } = await explore(['page-after-check.patch']);
    assert.deepEqual(
      violations.map(v => [v.invariant, v.file]),
      [['data race', 'mm/hugetlb_vmemmap.c']],
    );
    assert.match(violations[0]!.message, /plain read by remap\d, marked write by remap\d/);
    const { steps, switches } = violations[0]!;
    assert.ok(steps <= 20 && switches <= 3, `${steps} steps, ${switches} switches`);
  });

  it('an allocation under page_table_lock sleeps in atomic context', async () => {
    const [violation] = (await explore(['alloc-under-lock.patch'])).violations;
    assert.equal(violation!.invariant, 'sleep in atomic context');
    assert.match(violation!.message, /holding init_mm\.page_table_lock/);
  });

  it('the write lock in vmemmap_remap_free is right too, and leaves fewer orders', async () => {
    const write = await explore(['hvo-write-lock.patch']);
    assert.deepEqual([write.complete, write.violations], [true, []]);
    assert.ok(write.executions < (await explore([])).executions);
  });

  it('without ACTION_CONTINUE, under a read lock, ptdump prints an empty range', async () => {
    const kept = told(await explore(['ptdump-read-lock.patch'], 2));
    const gone = told(await explore(['ptdump-no-continue.patch'], 2));
    assert.ok(!kept.includes('ptdump prints no empty range'), kept.join());
    assert.ok(gone.includes('ptdump prints no empty range'), gone.join());
  });

  describe('under the kernel’s memory model', () => {
    const HOLE = 'ptdump prints no hole in a PTE table';
    const weakly = async (patches: readonly string[], executions?: number): Promise<VerdictDocument> =>
      exploreScenario({
        ...{ tree: await under(...patches), scenario: SCENARIO, scenarioText, memory: 'weak' },
        ...(executions === undefined ? {} : { executions }),
        until: v => v.invariant === HOLE,
      });
    const marked = ['ptdump-read-lock.patch', 'walk-marked-pmd.patch'];

    it('as it stands: nothing goes wrong', async () => {
      const verdict = await weakly([]);
      // As many whichever thread is run first where several could be.
      assert.deepEqual([verdict.complete, verdict.violations, verdict.executions], [true, [], 54]);
    });

    it('without smp_wmb a walker with the read lock finds the table before its entries; the witness names both stores', async () => {
      const { violations } = await weakly([...marked, 'no-split-wmb.patch']);
      const { reads } = violations.find(v => v.invariant === HOLE)!;
      const [read] = reads!;
      assert.equal(read!.value, '0x0');
      assert.deepEqual(
        [read!.function, read!.missed.function, read!.seen!.function],
        ['ptdump_pte_entry', 'split_vmemmap_huge_pmd', 'split_vmemmap_huge_pmd'],
      );
      assert.notDeepEqual(read!.missed, read!.seen);
    });

    it('with it, and a marked read on the way, it does not', async () => {
      const { violations } = await weakly(marked, 200);
      assert.ok(!violations.some(v => v.invariant === HOLE));
      // The plain reads of the PMD before that one race all the same.
      assert.deepEqual([...new Set(violations.map(v => v.invariant))], ['data race']);
    });
  });

  it('says why lines of the split are there', async () => {
    const tree = await under();
    const lineOf = (text: string, file: string): number => file.split('\n').findIndex(l => l.includes(text)) + 1;
    const file = 'mm/hugetlb_vmemmap.c';
    const source = readFileSync(join(KERNEL, file), 'utf8');
    const recheck = lineOf('if (likely(pmd_leaf(*pmd)))', source);
    const barrier = lineOf('smp_wmb();', source);
    const first = lineOf('spin_lock(&init_mm.page_table_lock);', source);
    const asked = [recheck, barrier, first, first + 2].map(line => ({ file, first: line, last: line }));
    const request = { before: tree, after: tree, files: [], lines: asked, patch: 'as it stands' };
    const { lines } = await whyLines({ ...request, scenario: SCENARIO, scenarioText });
    const of = (line: number) => lines.find(l => l.line === line)!;
    assert.equal(of(recheck).effect, 'needed');
    assert.equal(of(first).effect, 'needed');
    assert.match(of(first).reason, /without spin_lock\(\) and spin_unlock\(\)/);
    assert.equal(of(barrier).effect, 'no-effect');
    assert.match(of(barrier).reason, /barrier does nothing under sequential consistency/);
  });

  it('says that ACTION_CONTINUE is needed under a read lock, and not as it stands', async () => {
    const file = 'mm/ptdump.c';
    const source = readFileSync(join(KERNEL, file), 'utf8').split('\n');
    const entry = source.findIndex(l => l.includes('static int ptdump_pmd_entry('));
    const line = source.findIndex((l, i) => i > entry && l.includes('walk->action = ACTION_CONTINUE;')) + 1;
    const ask = async (...patches: string[]): Promise<string> => {
      const tree = await under(...patches);
      const request = {
        before: tree,
        after: tree,
        files: [],
        lines: [{ file, first: line, last: line }],
        patch: 'as it stands',
      };
      return (await whyLines({ ...request, scenario: SCENARIO, scenarioText, preemptions: 2 })).lines[0]!.effect;
    };
    assert.equal(await ask(), 'no-effect');
    assert.equal(await ask('ptdump-read-lock.patch'), 'needed');
  });
});
