import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { check } from '../../extension/cli/check.ts';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { TreeIndex } from '../../extension/core/index/tree/treeIndex.ts';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import type { FindingsComparison } from '../../extension/core/report/findingDiff.ts';

const tree = process.env.KERNEL_TREE ?? '';

/** The file without its only smp_rmb(). */
function withoutReadBarrier(file: string): { readonly before: string; readonly after: string } {
  const before = readFileSync(join(tree, file), 'utf8');
  assert.equal(before.match(/^\s*smp_rmb\(\);$/gm)?.length, 1, file);
  return { before, after: before.replace(/^\s*smp_rmb\(\);$/m, '') };
}

describe('barriers of a kernel tree', function () {
  this.timeout(120_000);
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-kernel-barriers-'));
  after(() => rmSync(dir, { recursive: true }));

  it('a read barrier that a patch takes away leaves the write barrier without its partner', async () => {
    const file = 'kernel/sched/loadavg.c';
    const { before, after } = withoutReadBarrier(file);
    const patch = join(dir, 'change.patch');
    writeFileSync(patch, createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after));
    const ask = async (confidence: string): Promise<{ added: FindingsComparison['added']; status: number }> => {
      const options = { tree, patch: [patch], confidence, json: true };
      const { text, status, problem } = await check([], options, new AbortController().signal);
      assert.equal(problem, undefined);
      return { added: (JSON.parse(text) as FindingsComparison).added, status };
    };
    const { added, status } = await ask('low');
    assert.deepEqual(
      added.map(f => [f.kind, f.function, f.text, f.confidence]),
      [['unpaired-barrier', 'calc_global_nohz', 'smp_wmb();', 'low']],
    );
    assert.match(added[0]!.message, /calc_load_write_idx\(\)/);
    assert.equal(status, 1);
    assert.deepEqual(await ask('medium'), { added: [], status: 0 });
  });

  it('the partner may be in another file of the index', async () => {
    const index = new TreeIndex();
    for (const name of readdirSync(join(tree, 'block')).filter(f => /\.[ch]$/.test(f)))
      index.add(`block/${name}`, readFileSync(join(tree, 'block', name)));
    const unpaired = async (text?: string): Promise<string[]> => {
      const analyser = new ContractAnalyser(new DiskTree(tree), { index, barriers: { index } });
      await analyser.analysis('block/bfq-wf2q.c', text);
      const judged = await analyser.judgedBarriers('block/bfq-cgroup.c');
      return judged.filter(j => j.verdict === 'unpaired').map(j => j.site.definition.name);
    };
    assert.deepEqual(await unpaired(), []);
    assert.deepEqual(await unpaired(withoutReadBarrier('block/bfq-wf2q.c').after), ['bfq_group_set_weight']);
  });
});
