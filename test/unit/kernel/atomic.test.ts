import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atomicPrimitives } from '../../../extension/core/kernel/sync/atomic.ts';
import { DATA } from '../../../extension/core/machine/layout.ts';
import { Calls, finish } from './calls.ts';

const V = DATA + 0x100;
const OLD = DATA + 0x200;
const int = (n: number): number => n | 0;

const calls = (value: number): Calls => {
  const run = new Calls(atomicPrimitives);
  run.machine.memory.write(V, 'i32', value);
  return run;
};
const now = (run: Calls): number => run.machine.memory.read(V, 'i32');

describe('atomics', () => {
  it('operations wrap as C does, and give the value before or after', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (start, by) => {
        for (const [name, expected] of [
          ['add', int(start + by)],
          ['sub', int(start - by)],
          ['and', start & by],
          ['or', start | by],
          ['xor', start ^ by],
          ['andnot', start & ~by],
        ] as const) {
          const run = calls(start);
          assert.equal(run.call(`atomic_fetch_${name}_relaxed`, by, V, 1), start);
          assert.equal(now(run), expected, name);
        }
        const run = calls(start);
        assert.equal(run.call('atomic_add_return', by, V, 1), int(start + by));
        assert.equal(run.call('atomic_dec_return_release', V, 1), int(start + by - 1));
      }),
    );
  });

  it('64 bits wrap at 64', () => {
    const run = new Calls(atomicPrimitives);
    run.machine.memory.write(V, 'i64', 2n ** 63n - 1n);
    assert.equal(run.by(run.k, 'atomic64_inc_return', V, 1), -(2n ** 63n));
    assert.equal(run.by(run.k, 'atomic_long_read', V, 1), -(2n ** 63n));
  });

  it('tests and conditions', () => {
    assert.equal(calls(1).call('atomic_dec_and_test', V, 1), 1);
    assert.equal(calls(2).call('atomic_dec_and_test', V, 1), 0);
    assert.equal(calls(3).call('atomic_sub_and_test', 3, V, 1), 1);
    assert.equal(calls(-1).call('atomic_inc_and_test', V, 1), 1);
    assert.equal(calls(1).call('atomic_add_negative', -2, V, 1), 1);
    const zero = calls(0);
    assert.deepEqual([zero.call('atomic_inc_not_zero', V, 1), now(zero)], [0, 0]);
    const two = calls(2);
    assert.deepEqual([two.call('atomic_inc_not_zero', V, 1), now(two)], [1, 3]);
    assert.deepEqual([two.call('atomic_add_unless', V, 5, 3, 1), now(two)], [0, 3]);
    assert.deepEqual([two.call('atomic_fetch_add_unless', V, 5, 4, 1), now(two)], [3, 8]);
    assert.deepEqual([zero.call('atomic_dec_if_positive', V, 1), now(zero)], [-1, 0]);
    assert.deepEqual([two.call('atomic_dec_if_positive', V, 1), now(two)], [7, 7]);
  });

  it('compare and exchange', () => {
    const run = calls(4);
    assert.deepEqual([run.call('atomic_cmpxchg', V, 3, 9, 1), now(run)], [4, 4]);
    assert.deepEqual([run.call('atomic_cmpxchg_acquire', V, 4, 9, 1), now(run)], [4, 9]);
    run.machine.memory.write(OLD, 'i32', 8);
    assert.deepEqual([run.call('atomic_try_cmpxchg', V, OLD, 1, 1), now(run)], [0, 9]);
    assert.equal(run.machine.memory.read(OLD, 'i32'), 9);
    assert.deepEqual([run.call('atomic_try_cmpxchg', V, OLD, 1, 1), now(run)], [1, 1]);
    assert.deepEqual([run.call('atomic_xchg', V, 6, 1), now(run)], [1, 6]);
  });

  it('are one step: two threads that count lose nothing', () => {
    const run = calls(0);
    const other = run.thread('t1');
    const started = [run.start(run.k, 'atomic_inc', V, 1), run.start(other, 'atomic_inc', V, 1)] as Generator[];
    for (const steps of started) steps.next();
    for (const steps of started) finish(steps);
    assert.equal(now(run), 2);
  });
});
