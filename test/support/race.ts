import type { TraceDocument } from '../../extension/core/report/documents.ts';
import { hex, TraceBuilder } from './trace.ts';

export const PMD_TABLE = 0xffff888000200000n;
export const PTE_TABLE = 0xffff888000300000n;

export interface RaceOptions {
  /** PTEs written by the split. */
  readonly entries?: number;
  /** The remaps take mmap_lock for write, so that they exclude one another. */
  readonly exclusive?: boolean;
  /** The dump goes on into the table that the PMD was split into, and reports the region twice. */
  readonly twice?: boolean;
}

/** Two remaps and a dump over one PMD, as the panel and the diagrams see such a run; made up, but consistent. */
export function raceTrace({ entries = 512, exclusive = false, twice = false }: RaceOptions = {}): TraceDocument {
  const b = new TraceBuilder(['remap0', 'remap1', 'dump'], 'mm/vmemmap.c');
  const mm = b.lock('init_mm.mmap_lock', 'struct rw_semaphore');
  const ptl = b.lock('init_mm.page_table_lock', 'spinlock_t');
  const mode = exclusive ? 'write' : 'read';
  const split = { function: 'split_pmd' };
  const remap = { function: 'remap_free' };
  const dumping = { file: 'mm/dump.c', function: 'dump_pmd' };
  const leaf = (i: number) => 0x80000000400001e3n + BigInt(i) * 0x200000n;
  const pte = (i: number) => 0x8000000040000163n + BigInt(i) * 0x1000n;
  b.tables.push({
    level: 'pmd',
    address: hex(PMD_TABLE),
    maps: '0xffffea0000000000',
    span: '0x200000',
    entries: Array.from({ length: 4 }, (_, i) => [i, hex(leaf(i))]),
  });
  for (let t = 0; t < 3; t++) b.event(t, 'start', 1, { function: '' });
  b.acquire(0, mm, mode, 40, remap);
  if (exclusive) b.wait(1, mm, mode, 40, remap);
  else b.acquire(1, mm, mode, 40, remap);
  b.acquire(2, b.lock('dump_mutex', 'struct mutex'), 'write', 12, { ...dumping, function: 'dump' });
  if (!exclusive) b.acquire(2, mm, 'read', 14, { ...dumping, function: 'dump' });
  b.event(2, 'read', 21, { ...dumping, address: hex(PMD_TABLE), value: hex(leaf(0)), size: 8 });

  const fill = (thread: number, table: bigint) => {
    b.event(thread, 'alloc', 18, { ...split, text: 'pte table', address: hex(table), size: 4096 });
    for (let i = 0; i < entries; i++) b.entry(thread, table, i, 0n, pte(i), 22, { ...split, level: 'pte' });
  };
  const install = (thread: number, table: bigint, lost: boolean) => {
    b.acquire(thread, ptl, 'write', 25, split);
    b.event(thread, 'read', 26, { ...split, address: hex(PMD_TABLE), value: hex(lost ? 0x300063n : leaf(0)), size: 8 });
    if (lost) b.event(thread, 'free', 32, { ...split, text: 'pte table', address: hex(table), size: 4096 });
    else {
      b.event(thread, 'barrier', 28, { ...split, text: 'smp_wmb' });
      b.entry(thread, PMD_TABLE, 0, leaf(0), 0x300063n, 29, { ...split, level: 'pmd', maps: '0xffffea0000000000' });
      b.event(thread, 'tlbflush', 30, { ...split, text: '0xffffea0000000000-0xffffea0000200000' });
    }
    b.release(thread, ptl, 34, split);
  };
  const free = (thread: number, first: number) => {
    for (let i = 0; i < 7; i++)
      b.entry(thread, PTE_TABLE, first + i, pte(first + i), pte(first) & ~2n, 60, {
        function: 'remap_pte',
        level: 'pte',
      });
    b.event(thread, 'tlbflush', 62, { ...remap, text: '0xffffea0000001000-0xffffea0000008000' });
    b.release(thread, mm, 45, remap);
    for (let i = 0; i < 7; i++) b.event(thread, 'free', 48, { ...remap, text: 'vmemmap page', size: 4096 });
    b.event(thread, 'exit', 50, remap);
  };
  fill(0, PTE_TABLE);
  if (exclusive) {
    install(0, PTE_TABLE, false);
    free(0, 1);
    b.acquire(1, mm, mode, 40, remap);
  } else {
    fill(1, PTE_TABLE + 0x1000n);
    b.acquire(0, ptl, 'write', 25, split).wait(1, ptl, 'write', 25, split).gap(2);
    b.event(0, 'barrier', 28, { ...split, text: 'smp_wmb' });
    b.entry(0, PMD_TABLE, 0, leaf(0), 0x300063n, 29, { ...split, level: 'pmd', maps: '0xffffea0000000000' });
    b.event(0, 'tlbflush', 30, { ...split, text: '0xffffea0000000000-0xffffea0000200000' }).release(0, ptl, 34, split);
    b.acquire(1, ptl, 'write', 25, split);
    b.event(1, 'free', 32, { ...split, text: 'pte table', address: hex(PTE_TABLE + 0x1000n), size: 4096 });
    b.release(1, ptl, 34, split);
    free(0, 1);
  }
  const say = (text: string) => b.output(2, text, 70, 'seq', { file: 'mm/dump.c', function: 'note_page' });
  say('---[ Vmemmap ]---\n');
  if (twice) {
    say('0xffffea0000000000-0xffffea0000000000           0E     ');
    say('RW         PSE     GLB NX pmd\n');
    b.event(2, 'read', 30, { ...dumping, address: hex(PMD_TABLE), value: '0x0000000000300063', size: 8 });
    say('0xffffea0000000000-0xffffea0000001000           4K     RW                 GLB NX pte\n');
    say('0xffffea0000001000-0xffffea0000008000          28K     ro                 GLB NX pte\n');
    say('0xffffea0000008000-0xffffea0000200000        2016K     RW                 GLB NX pte\n');
  } else say('0xffffea0000000000-0xffffea0000200000           2M     RW         PSE     GLB NX pmd\n');
  say('0xffffea0000200000-0xffffea0000800000           6M     RW         PSE     GLB NX pmd\n');
  if (!exclusive) b.release(2, mm, 16, { ...dumping, function: 'dump' });
  b.release(2, 2, 18, { ...dumping, function: 'dump' }).event(2, 'exit', 19, { ...dumping, function: 'dump' });
  free(1, 9);
  b.unmodelled(1, 'count_vm_event', 52);
  return b.build('finished', {
    scenario: 'two remaps and a dump over one PMD',
    scenarioFile: 'race.scenario.c',
    source: 'made up',
    invariants: [{ name: 'the region is reported once', held: !twice, line: 30 }],
    ...(exclusive || twice ? { patch: 'take-back.patch' } : {}),
  });
}
