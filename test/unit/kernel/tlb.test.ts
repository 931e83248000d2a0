import assert from 'node:assert/strict';
import { tableRoot, tlbPrimitives } from '../../../extension/core/kernel/x86/tlb.ts';
import { DATA, DIRECT_MAP } from '../../../extension/core/machine/layout.ts';
import { Calls } from './calls.ts';

describe('the TLB', () => {
  it('tells which range a flush is for, as one step', () => {
    const run = new Calls(tlbPrimitives);
    const steps = run.start(
      run.k,
      'flush_tlb_kernel_range',
      0xffffea0000001000n,
      0xffffea0000008000n,
      9,
    ) as Iterator<unknown>;
    assert.equal(steps.next().done, false);
    assert.deepEqual(run.notes, []);
    assert.equal(steps.next().done, true);
    assert.deepEqual(run.notes, [
      {
        kind: 'tlbflush',
        line: 9,
        text: '0xffffea0000001000-0xffffea0000008000',
        address: -0x160000000000 + 0x1000,
        size: 0x7000,
      },
    ]);
  });

  it('flushes one page, or all', () => {
    const run = new Calls(tlbPrimitives);
    run.by(run.k, 'flush_tlb_one_kernel', 0xffffea0000000000n, 1);
    run.by(run.k, 'flush_tlb_all', 2);
    assert.deepEqual(run.told('tlbflush'), ['0xffffea0000000000-0xffffea0000001000', 'all']);
  });

  it('knows the page tables that were loaded, on each machine its own', () => {
    const [one, other] = [new Calls(tlbPrimitives), new Calls(tlbPrimitives)];
    assert.equal(tableRoot(one.machine), undefined);
    one.by(one.k, 'load_cr3', DATA, 1);
    assert.equal(tableRoot(one.machine), DATA);
    assert.equal(tableRoot(other.machine), undefined);
    other.by(other.k, 'native_write_cr3', 0x8000_0000_1234_5001n, 1);
    assert.equal(tableRoot(other.machine), DIRECT_MAP + 0x12345000);
  });

  it('has the features of the machine', () => {
    const run = new Calls(tlbPrimitives, { cpuFeatures: new Set([13]) });
    for (const name of ['boot_cpu_has', 'static_cpu_has', 'cpu_feature_enabled', 'this_cpu_has'])
      assert.deepEqual([run.call(name, 13, 1), run.call(name, 3, 1)], [1, 0], name);
  });
});
