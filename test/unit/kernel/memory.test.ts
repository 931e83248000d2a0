import assert from 'node:assert/strict';
import fc from 'fast-check';
import { memoryPrimitives } from '../../../extension/core/kernel/sync/memory.ts';
import { silentSink } from '../../../extension/core/machine/events.ts';
import { Machine } from '../../../extension/core/machine/machine.ts';
import type { Access } from '../../../extension/core/machine/scalar.ts';
import { Bench } from './callPrimitive.ts';
import { Calls } from './calls.ts';

const values: { type: Access; value: fc.Arbitrary<number | bigint> }[] = [
  { type: 'u8', value: fc.nat(255) },
  { type: 'i32', value: fc.integer() },
  { type: 'u64', value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { type: 'pmd_t', value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { type: 'ptr', value: fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }) },
];

describe('marked accesses', () => {
  it('write and read any type, one step each', () => {
    const bench = new Bench(memoryPrimitives);
    const p = bench.shared(8);
    for (const { type, value } of values)
      fc.assert(
        fc.property(value, v => {
          for (const [write, read] of [
            ['WRITE_ONCE', 'READ_ONCE'],
            ['smp_store_release', 'smp_load_acquire'],
          ] as const) {
            bench.machine.memory.fill(p, 0, 8);
            bench.call(write, [type, p, v]);
            assert.equal(bench.steps, 1);
            assert.equal(bench.call(read, [type, p]), v);
            assert.equal(bench.steps, 1);
          }
        }),
      );
  });

  it('READ_ONCE tells the trace what it read, WRITE_ONCE what was there before', () => {
    const told: unknown[] = [];
    const machine = new Machine({
      sink: {
        ...silentSink(),
        read: (_k, line, p, type, value) => void told.push([line, p, type, value]),
        write: (_k, line, p, type, before, value) => void told.push([line, p, type, before, value]),
      },
    });
    const k = machine.thread('t0');
    const p = machine.defineGlobal('x', 8, 8, { const: false });
    const call = (name: string, ...args: unknown[]): void => {
      const run = memoryPrimitives.find(m => m.name === name)!.run as unknown as (...a: unknown[]) => Generator;
      for (const _ of run(k, ...args));
    };
    call('WRITE_ONCE', 'u64', p, 5n, 11);
    call('READ_ONCE', 'u64', p, 12);
    assert.deepEqual(told, [
      [11, p, 'u64', 0n, 5n],
      [12, p, 'u64', 5n],
    ]);
  });

  it("a thread's own stack is read and written without a step", () => {
    const run = new Calls(memoryPrimitives);
    const own = run.k.enter({ name: 'g', file: 'mm/x.c', line: 2 }, 16);
    const steps = run.start(run.k, 'WRITE_ONCE', ...(['u64', own, 3n, 1] as unknown as bigint[])) as Generator;
    assert.equal(steps.next().done, true);
    assert.equal(run.k.get(own, 'u64'), 3n);
  });
});

describe('exchanges', () => {
  it('xchg, cmpxchg and try_cmpxchg, of every order and width', () => {
    const bench = new Bench(memoryPrimitives);
    const [p, old] = [bench.shared(8), bench.shared(8)];
    const names = memoryPrimitives.map(m => m.name).filter(n => /xchg/.test(n));
    assert.equal(names.length, 4 + 2 * 10);
    const small = fc.bigInt({ min: 0n, max: 3n });
    for (const name of names)
      fc.assert(
        fc.property(small, small, small, (now, expected, value) => {
          bench.machine.poke(p, 'u64', now);
          bench.machine.poke(old, 'u64', expected);
          const swaps = name.startsWith('xchg') || now === expected;
          if (name.startsWith('xchg')) assert.equal(bench.call(name, ['u64', p, value]), now);
          else if (name.startsWith('try')) {
            assert.equal(bench.call(name, ['u64', p, old, value]), swaps ? 1 : 0);
            assert.equal(bench.machine.peek(old, 'u64'), now);
          } else assert.equal(bench.call(name, ['u64', p, expected, value]), now);
          assert.equal(bench.machine.peek(p, 'u64'), swaps ? value : now);
        }),
        { numRuns: 30 },
      );
  });

  it('what another thread wrote just before is what cmpxchg compares with', () => {
    const bench = new Bench(memoryPrimitives);
    const p = bench.shared(4);
    const got = bench.call('cmpxchg', ['i32', p, 0, 1], { between: () => bench.machine.poke(p, 'i32', 9) });
    assert.equal(got, 9);
    assert.equal(bench.machine.peek(p, 'i32'), 9);
  });
});

describe('barriers', () => {
  it('between processors are steps of the trace; the compiler and the pipeline have none', () => {
    const bench = new Bench(memoryPrimitives);
    for (const name of [
      'mb',
      'smp_wmb',
      '__smp_rmb',
      'dma_mb',
      'smp_mb__before_atomic',
      'smp_acquire__after_ctrl_dep',
    ]) {
      bench.call(name, []);
      assert.equal(bench.steps, 1, name);
      assert.equal(bench.events.pop(), `barrier ${name}`);
    }
    for (const name of ['barrier', 'cpu_relax'])
      assert.equal(memoryPrimitives.find(m => m.name === name)?.visible, false);
    assert.equal(bench.call('barrier', []), undefined);
    assert.deepEqual(bench.events, []);
  });
});
