import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import type { FunctionContract } from '../../extension/core/report/documents.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';

const root = process.env.KERNEL_TREE ?? '';

const tree: SourceTree = {
  label: 'kernel tree',
  read: async path => (existsSync(join(root, path)) ? new Uint8Array(readFileSync(join(root, path))) : undefined),
  list: async path => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : undefined),
};

/** The line (1-based) of the nth place where `text` stands in a file. */
function lineOf(file: string, text: string, nth = 1): number {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  let left = nth;
  return 1 + lines.findIndex(line => line.includes(text) && --left === 0);
}

describe('lock contracts of the kernel', function () {
  this.timeout(120_000);
  let analyser: ContractAnalyser;
  const contract = (file: string, name: string): Promise<FunctionContract> => analyser.requireContract(file, name);

  before(async () => {
    const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
    analyser = new ContractAnalyser(tree, { loops });
  });

  it('split_vmemmap_huge_pmd takes page_table_lock twice, and allocates in between', async () => {
    const file = 'mm/hugetlb_vmemmap.c';
    const c = await contract(file, 'split_vmemmap_huge_pmd');
    const lock = 'spin_lock(&init_mm.page_table_lock)';
    assert.deepEqual(
      c.takes.map(t => [t.lock, t.mode, t.line]),
      [1, 2].map(nth => ['&init_mm.page_table_lock', 'write', lineOf(file, lock, nth)]),
    );
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
    assert.ok(c.exits.length > 1 && c.exits.every(e => e.held.length + e.released.length === 0));
    assert.equal(c.maySleep, true);
    assert.equal(c.sleepsAt?.line, lineOf(file, 'pte_alloc_one_kernel(&init_mm)'));
  });

  it('vmemmap_remap_free reads under init_mm.mmap_lock', async () => {
    const c = await contract('mm/hugetlb_vmemmap.c', 'vmemmap_remap_free');
    const mmap = c.takes.filter(t => t.lock === '&init_mm.mmap_lock');
    assert.deepEqual(
      mmap.map(t => [t.mode, t.via, t.primitive, t.line]),
      [['read', ['mmap_read_lock'], 'down_read', lineOf('mm/hugetlb_vmemmap.c', 'mmap_read_lock(&init_mm)')]],
    );
    assert.ok(c.takes.some(t => t.lock === '&init_mm.page_table_lock' && t.via.at(-1) === 'split_vmemmap_huge_pmd'));
    assert.deepEqual([c.acquires, c.requires], [[], []]);
  });

  it('ptdump_walk_pgd holds off hotplug and writers, init_mm only when it is another mm', async () => {
    const c = await contract('mm/ptdump.c', 'ptdump_walk_pgd');
    const own = c.takes.filter(t => t.via.length === 1).map(t => [t.lock, t.mode, t.via[0]]);
    assert.deepEqual(own, [
      ['&mem_hotplug_lock', 'read', 'get_online_mems'],
      ['&mm->mmap_lock', 'write', 'mmap_write_lock'],
      ['&init_mm.mmap_lock', 'write', 'mmap_write_lock_nested'],
    ]);
    // Whether or not mm is &init_mm: what walk_page_range_novma requires is held, and all is let go.
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
  });

  it('walk_page_range_novma requires mmap_lock for writing, by lockdep', async () => {
    const c = await contract('mm/pagewalk.c', 'walk_page_range_novma');
    const required = c.requires.map(r => [r.lock, r.mode, r.primitive]);
    assert.deepEqual(required[0], ['&mm->mmap_lock', 'write', 'lockdep_assert_held_write']);
    assert.ok(c.unknown.includes('ops->pmd_entry'), 'callbacks from outside are visible');
  });

  it('walk_pte_range locks and unlocks the pte lock that pte_offset_map_lock hands out', async () => {
    const c = await contract('mm/pagewalk.c', 'walk_pte_range');
    assert.equal(c.takes.length, 1);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
  });

  for (const file of ['mm/hugetlb_vmemmap.c', 'mm/ptdump.c', 'mm/pagewalk.c', 'arch/x86/mm/dump_pagetables.c']) {
    it(`no function of ${file} is said to leave a lock held`, async () => {
      const { functions } = await analyser.contracts(file);
      assert.ok(functions.length > 5);
      const leaks = functions.filter(f => f.acquires.length + f.releases.length > 0).map(f => f.name);
      assert.deepEqual(leaks, []);
    });
  }
});
