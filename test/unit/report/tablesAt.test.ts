import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeEntry, entryRuns } from '../../../extension/core/report/entry.ts';
import { TablesAt } from '../../../extension/core/report/tablesAt.ts';
import { hex, TraceBuilder } from '../../support/trace.ts';

const PMD = 0xffff888000200000n;
const PTE = 0xffff888000300000n;
const HUGE = 0x80000000400001e3n;

/** One PMD entry of three is split into a table of four PTEs, one of which is then changed. */
function split() {
  const b = new TraceBuilder(['a', 'b']);
  b.tables.push({
    level: 'pmd',
    address: hex(PMD),
    maps: '0xffffea0000000000',
    span: '0x200000',
    entries: [
      [0, hex(HUGE)],
      [1, hex(HUGE + 0x200000n)],
    ],
  });
  for (let i = 0; i < 4; i++)
    b.entry(0, PTE, i, 0n, 0x8000000040000163n + BigInt(i << 12), 20, { level: 'pte', maps: undefined });
  b.entry(0, PMD, 1, HUGE + 0x200000n, 0x300063n, 30, { level: 'pmd' });
  b.entry(1, PTE, 2, 0x8000000040002163n, 0x8000000040000161n, 40, { level: 'pte' });
  return b.build();
}

describe('page tables at a step', () => {
  it('are those of the start, brought up to the step, in either direction', () => {
    const tables = new TablesAt(split());
    const pte = () => [...tables.table(PTE)!.entries.values()].filter(Boolean).length;
    assert.equal(tables.table(PMD)!.entries.get(1), HUGE + 0x200000n);
    assert.equal(pte(), 0);
    tables.seek(3);
    assert.equal(pte(), 4);
    assert.equal(tables.table(PMD)!.entries.get(1), HUGE + 0x200000n);
    tables.seek(100);
    assert.equal(tables.table(PMD)!.entries.get(1), 0x300063n);
    assert.equal(tables.table(PTE)!.entries.get(2), 0x8000000040000161n);
    tables.seek(4);
    assert.equal(tables.table(PTE)!.entries.get(2), 0x8000000040002163n);
    assert.equal(tables.table(PMD)!.entries.get(1), 0x300063n);
    tables.seek(-1);
    assert.equal(pte(), 0);
  });

  it('find the split entry, and where its new table lies in the address space', () => {
    const tables = new TablesAt(split());
    assert.deepEqual(
      tables.splits.map(s => [s.step, s.table, s.index, s.maps, s.lower, s.before]),
      [[4, PMD, 1, 0xffffea0000200000n, PTE, HUGE + 0x200000n]],
    );
    const pte = tables.table(PTE)!;
    assert.equal(tables.maps(pte, 3), 0xffffea0000203000n);
    assert.equal(pte.initial, false);
  });

  it('name the newest writes first', () => {
    const tables = new TablesAt(split());
    tables.seek(5);
    assert.deepEqual(
      [...tables.newest(PTE)].map(c => c.index),
      [2, 3, 2, 1, 0],
    );
  });

  it('at any step, reached by any way, are what applying the writes in order gives', () => {
    const write = fc.record({ table: fc.nat(2), index: fc.nat(3), value: fc.bigInt(0n, 0xffn) });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), fc.array(fc.nat(45)), (writes, stops) => {
        const b = new TraceBuilder(['a']);
        const at = (table: number) => PTE + BigInt(table << 12);
        for (const w of writes)
          b.event(0, 'pagetable', 1, {
            level: 'pte',
            address: hex(at(w.table) + BigInt(w.index * 8)),
            value: hex(w.value),
          });
        const tables = new TablesAt(b.build());
        for (const stop of stops) {
          tables.seek(stop);
          for (let table = 0; table < 3; table++)
            for (let index = 0; index < 4; index++) {
              const last = writes.slice(0, stop + 1).findLast(w => w.table === table && w.index === index);
              assert.equal(tables.table(at(table))?.entries.get(index) ?? 0n, last?.value ?? 0n);
            }
        }
      }),
    );
  });
});

describe('page-table entries', () => {
  it('name their bits as the processor manuals do', () => {
    assert.deepEqual(decodeEntry(HUGE, 'pmd'), {
      value: HUGE,
      kind: 'page',
      pfn: 0x40000n,
      flags: ['P', 'RW', 'A', 'D', 'PSE', 'G', 'NX'],
    });
    assert.deepEqual(decodeEntry(0x10e3n, 'pmd').flags, ['P', 'RW', 'A', 'D', 'PSE', 'PAT']);
    assert.equal(decodeEntry(0x10e3n, 'pmd').pfn, 0n);
    assert.deepEqual(decodeEntry(0x10e3n, 'pte').flags, ['P', 'RW', 'A', 'D', 'PAT']);
    assert.equal(decodeEntry(0x10e3n, 'pte').pfn, 1n);
    assert.equal(decodeEntry(0x300063n, 'pmd').kind, 'table');
    assert.equal(decodeEntry(0x300062n, 'pmd').kind, 'none');
  });

  it('form runs by flags and by how the frame numbers go on', () => {
    const entries = new Map<number, bigint>();
    for (let i = 0; i < 4; i++) entries.set(i, 0x1063n + BigInt(i << 12));
    for (let i = 4; i < 8; i++) entries.set(i, 0x9061n);
    const runs = entryRuns(entries, 'pte', 10, i => i === 6);
    assert.deepEqual(
      runs.map(r => [r.first, r.count, r.entry.kind, r.stride, r.lit]),
      [
        [0, 4, 'page', 1n, false],
        [4, 2, 'page', 0n, false],
        [6, 1, 'page', 0n, true],
        [7, 1, 'page', 0n, false],
        [8, 2, 'none', 0n, false],
      ],
    );
  });
});
