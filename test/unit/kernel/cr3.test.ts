import assert from 'node:assert/strict';
import { contextPrimitives } from '../../../extension/core/kernel/sched/context.ts';
import { cr3Primitives } from '../../../extension/core/kernel/x86/cr3.ts';
import { tlbPrimitives } from '../../../extension/core/kernel/x86/tlb.ts';
import { DATA } from '../../../extension/core/machine/layout.ts';
import { Calls } from './calls.ts';

const calls = (): Calls => new Calls([...cr3Primitives, ...tlbPrimitives, ...contextPrimitives]);

describe('CR3', () => {
  it('reads as the physical address that was loaded, through whichever mapping', () => {
    const run = calls();
    assert.equal(run.by(run.k, 'read_cr3_pa', 1), 0n);
    run.by(run.k, 'load_cr3', DATA, 1);
    assert.equal(run.by(run.k, 'read_cr3_pa', 2), 0x3000000n);
    run.by(run.k, 'native_write_cr3', 0x12345000n, 3);
    assert.equal(run.by(run.k, '__native_read_cr3', 4), 0x12345000n);
  });
});

describe('flushes of an mm', () => {
  it('are for a range, a page or all', () => {
    const run = calls();
    run.by(run.k, 'flush_tlb_mm_range', 0, 0x400000n, 0x403000n, 12, 0, 1);
    run.by(run.k, 'flush_tlb_page', 0, 0x7fffffff0000n, 2);
    run.by(run.k, 'flush_tlb_mm_range', 0, 0n, 2n ** 64n - 1n, 0, 1, 3);
    assert.deepEqual(
      run.notes.map(n => [n.kind, n.line, n.text, n.size]),
      [
        ['tlbflush', 1, '0x0000000000400000-0x0000000000403000', 0x3000],
        ['tlbflush', 2, '0x00007fffffff0000-0x00007fffffff1000', 0x1000],
        ['tlbflush', 3, 'all', undefined],
      ],
    );
  });

  it('warn while interrupts are off', () => {
    const run = calls();
    run.by(run.k, 'local_irq_disable', 1);
    run.by(run.k, 'flush_tlb_page', 0, 0x1000n, 2);
    assert.deepEqual(run.told('warning'), ['flush_tlb_page with interrupts disabled']);
  });
});
