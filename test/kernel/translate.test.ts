import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultConfig } from '../../extension/core/index/config.ts';
import { Unit } from '../../extension/core/index/unit.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import { moduleText } from '../../extension/core/translate/load.ts';
import { modelOf } from '../../extension/core/translate/model.ts';
import { type LinkUnit, Program } from '../../extension/core/translate/program.ts';
import { sizeOf } from '../../extension/core/translate/read/layout.ts';
import { Reader } from '../../extension/core/translate/reader.ts';

const root = process.env.KERNEL_TREE!;
const diskTree: SourceTree = {
  label: root,
  list: async () => undefined,
  read: async path =>
    readFile(join(root, path)).then(
      b => new Uint8Array(b),
      () => undefined,
    ),
};

const SLICE = ['mm/hugetlb_vmemmap.c', 'mm/ptdump.c', 'mm/pagewalk.c', 'arch/x86/mm/dump_pagetables.c'];

/** Primitives by signature alone: these tests translate, they do not run. */
const primitives = new Map(
  [
    'T READ_ONCE(T &x)',
    'void WRITE_ONCE(T &x, T v)',
    'void smp_wmb(void)',
    'void spin_lock(spinlock_t *lock)',
    'void spin_unlock(spinlock_t *lock)',
    'void down_read(struct rw_semaphore *sem)',
    'void up_read(struct rw_semaphore *sem)',
    'void down_write(struct rw_semaphore *sem)',
    'void up_write(struct rw_semaphore *sem)',
    'void down_write_nested(struct rw_semaphore *sem, int subclass)',
    'void BUG(void)',
    'void seq_printf(struct seq_file *m, const char *fmt, ...)',
    'int WARN_ONCE(int condition, const char *fmt, ...)',
    'int _printk(const char *fmt, ...)',
    'unsigned long __get_free_pages(gfp_t gfp, unsigned int order)',
    'void __free_pages(struct page *page, unsigned int order)',
    'void free_pages(unsigned long addr, unsigned int order)',
    'void split_page(struct page *page, unsigned int order)',
    'void flush_tlb_kernel_range(unsigned long start, unsigned long end)',
    'int test_bit(long nr, const volatile unsigned long *addr)',
    'void percpu_down_read(struct percpu_rw_semaphore *sem)',
    'void percpu_up_read(struct percpu_rw_semaphore *sem)',
    'void copy_page(void *to, void *from)',
    'void *memcpy(void *to, const void *from, size_t size)',
  ].map(signature => {
    const name = /(\w+)\s*\(/.exec(signature)![1]!;
    return [name, { name, signature, standsFor: '', visible: true, run: () => undefined }] as const;
  }),
);

async function linkUnit(path: string): Promise<{ unit: Unit; link: LinkUnit }> {
  const unit = await Unit.load(diskTree, path, { config: defaultConfig });
  return { unit, link: { path, reader: new Reader(unit, primitives), seesStatics: false } };
}

describe('the slice, translated', () => {
  it('knows the constants and layouts of x86-64', async () => {
    const { link } = await linkUnit(SLICE[0]!);
    const facts: Record<string, bigint> = {
      PAGE_SIZE: 4096n,
      PTRS_PER_PTE: 512n,
      PMD_SHIFT: 21n,
      VMEMMAP_START: 0xffffea0000000000n,
      PMD_MASK: 0xffffffffffe00000n,
      GFP_KERNEL: 0xcc0n,
      HUGETLB_VMEMMAP_RESERVE_SIZE: 4096n,
    };
    for (const [name, value] of Object.entries(facts)) assert.equal(link.reader.constant(name), value, name);
    assert.equal(sizeOf(link.reader.type('struct page')), 64);
    assert.equal(sizeOf(link.reader.type('pmd_t')), 8);
  });

  for (const file of SLICE)
    it(`reads every function of ${file}`, async () => {
      const { unit, link } = await linkUnit(file);
      const functions = unit.items().filter(i => i.kind === 'function');
      assert.ok(functions.length > 5);
      for (const { name, line } of functions) assert.equal(link.reader.function(name).line, line, name);
    });

  it('links vmemmap_remap_free and the dump into one program that compiles', async () => {
    const files = [...SLICE, 'arch/x86/mm/init_64.c', 'mm/init-mm.c', 'mm/memory_hotplug.c'];
    const units = (await Promise.all(files.map(linkUnit))).map(u => u.link);
    const entries = [
      { unit: units[0]!, name: 'vmemmap_remap_free' },
      { unit: units[3]!, name: 'ptdump_walk_pgd_level_debugfs' },
    ];
    const program = Program.link(units, entries, primitives);
    const failures = program.functions.filter(f => f.failure !== undefined).map(f => `${f.name}: ${f.failure}`);
    assert.deepEqual(failures, []);
    assert.ok(program.functions.length > 100);
    new Function('$', moduleText(program));
    const split = program.functions.find(f => f.name === 'split_vmemmap_huge_pmd')!;
    assert.deepEqual([...split.uses.primitives].sort(), [
      'flush_tlb_kernel_range',
      'smp_wmb',
      'spin_lock',
      'spin_unlock',
      'split_page',
    ]);
    console.log(`      ${program.functions.length} functions, ${program.globals.length} objects`);
  });

  it('shows a model with its declarations and a map back to the C', async () => {
    const model = await modelOf(diskTree, SLICE[0]!, 'vmemmap_pte_range', primitives);
    const shown = model.typescript.split('\n');
    const text = new TextDecoder().decode(await diskTree.read(SLICE[0]!)).split('\n');
    for (const [ts, c] of model.map)
      if (/remap_pte, 'ptr'/.test(shown[ts - 1]!)) assert.match(text[c - 1]!, /walk->remap_pte\(/);
    assert.ok(model.map.some(([ts]) => /remap_pte, 'ptr'/.test(shown[ts - 1]!)));
    assert.ok(shown.some(l => l.startsWith('const PAGE_SIZE = 4096n')));
    assert.deepEqual(model.unmodelled, []);
  });
});
