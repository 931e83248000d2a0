import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { TreeIndex } from '../../extension/core/index/tree/treeIndex.ts';
import { openIndex } from '../../extension/worker/indexStore.ts';
import { ctagsFunctions } from '../support/ctags.ts';

const tree = process.env.KERNEL_TREE!;
const FOLDERS = ['mm', 'kernel', 'net/core', 'fs/ext4', 'drivers/net/ethernet/intel', 'include/linux'];

describe('the index of a kernel', function () {
  this.timeout(120_000);
  let index: TreeIndex;
  before(async () => {
    const opened = await openIndex({ root: tree, folders: FOLDERS, threads: 0 });
    assert.ok(opened.complete);
    index = opened.index;
  });

  it('has the functions of universal-ctags by name and line, and few more', () => {
    const files = [...index.data.paths()].filter(f => !f.startsWith('include/'));
    const tags = ctagsFunctions(tree, files);
    const missed: string[] = [];
    let wanted = 0;
    let more = 0;
    for (const file of files) {
      const functions = index.outlineOf(file).filter(s => s.kind === 'function');
      const lines = new Set(functions.map(s => s.line));
      const found = new Set(functions.map(s => `${s.name}:${s.line}`));
      const told = tags.get(file) ?? [];
      for (const { name, line } of told) {
        wanted++;
        // SYSCALL_DEFINE1(acct, …) { is a function that ctags calls by its macro and we by what it makes.
        const ok = found.has(`${name}:${line}`) || (/^[A-Z][A-Z0-9_]*$/.test(name) && lines.has(line));
        if (!ok) missed.push(`${file}:${line} ${name}`);
      }
      const theirs = new Set(told.map(t => t.line));
      more += functions.filter(s => !theirs.has(s.line)).length;
    }
    assert.ok(wanted > 30_000, `${wanted}`);
    assert.ok(
      missed.length <= wanted * 0.001,
      `${missed.length} of ${wanted} missed: ${missed.slice(0, 10).join(', ')}`,
    );
    // Most of these are functions that ctags misses.
    assert.ok(more <= wanted * 0.002, `${more} more than ctags has`);
  });

  it('answers what lock analysis asks', async () => {
    assert.deepEqual(index.definers('spin_lock'), ['include/linux/spinlock.h', 'include/linux/spinlock_rt.h']);
    assert.deepEqual(index.definers('handle_mm_fault'), ['include/linux/mm.h', 'mm/memory.c']);
    const callers = index.callers('walk_page_range');
    assert.ok(
      callers.some(c => (c.file === 'mm/mincore.c' && c.function === 'sys_mincore') || c.function === 'do_mincore'),
    );
    const faults = index.stored('fault');
    for (const name of ['filemap_fault', 'shmem_fault', 'special_mapping_fault'])
      assert.ok(faults.includes(name), name);
    assert.ok(!faults.includes('vma'));
    const entries = index.stored('pmd_entry');
    assert.ok(entries.length > 5 && entries.every(name => /pmd|pte|walk|range|entry/.test(name)), entries.join());
    await turn();
    const began = performance.now();
    for (const c of index.callersOf('spin_lock_irqsave')) assert.ok(c.line > 0);
    assert.ok(performance.now() - began < 2000);
  });

  it('knows fields, locks with their initialisers, and conditions', () => {
    const [lock] = index.symbols('mmap_lock').filter(s => s.kind === 'field' && s.container === 'mm_struct');
    assert.equal(lock?.file, 'include/linux/mm_types.h');
    const [stats] = index.symbols('vmap_area_lock');
    assert.deepEqual([stats?.kind, stats?.static, stats?.initialiser], ['variable', true, 'DEFINE_SPINLOCK']);
    const head = index.symbols('sk_buff').find(s => s.kind === 'struct');
    assert.ok(head && head.endLine - head.line > 200);
    for (const field of ['protocol', 'pkt_type', 'dev', 'head', 'users'])
      assert.ok(
        index.symbols(field).some(s => s.kind === 'field' && s.container === 'sk_buff'),
        field,
      );
    const fault = index.symbols('fault').find(s => s.container === 'vm_operations_struct');
    assert.equal(fault?.functionPointer, true);
    const variants = index.symbols('pmd_trans_huge_lock').filter(s => s.kind === 'function');
    assert.deepEqual(
      variants.map(s => s.conditions.join(' && ')),
      ['defined(CONFIG_TRANSPARENT_HUGEPAGE)', '!(defined(CONFIG_TRANSPARENT_HUGEPAGE))'],
    );
    assert.ok(index.symbols('handle_mm_fault').some(s => s.kind === 'export'));
    assert.equal(index.search('hndlmmflt', 3)[0]?.name, 'handle_mm_fault');
    assert.equal(index.search('handle_mm_fault', 3)[0]?.name, 'handle_mm_fault');
  });
});
