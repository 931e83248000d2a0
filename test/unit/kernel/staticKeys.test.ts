import assert from 'node:assert/strict';
import { staticKeyPrimitives } from '../../../extension/core/kernel/locking/staticKeys.ts';
import { contextOf } from '../../../extension/core/kernel/sched/context.ts';
import { Calls } from './calls.ts';

function setUp(count = 0): { run: Calls; key: number; count: () => number } {
  const run = new Calls(staticKeyPrimitives);
  const key = run.machine.defineGlobal('key', 16, 8, { const: false });
  run.machine.poke(key, 'i32', count);
  return { run, key, count: () => run.machine.peek(key, 'i32') as number };
}

describe('static keys', () => {
  it('branches of both kinds ask whether the key is enabled', () => {
    const { run, key } = setUp();
    const ask = (): number[] =>
      [
        'static_branch_likely',
        'static_branch_unlikely',
        'static_key_enabled',
        'static_key_false',
        'static_key_true',
      ].map(n => run.call(n, key, 1));
    assert.deepEqual(ask(), [0, 0, 0, 0, 0]);
    run.call('static_key_enable', key, 2);
    assert.deepEqual(ask(), [1, 1, 1, 1, 1]);
    run.call('static_key_disable', key, 3);
    assert.deepEqual(ask(), [0, 0, 0, 0, 0]);
  });

  it('counting: the last one down disables, one more is a warning', () => {
    const { run, key, count } = setUp();
    assert.equal(run.call('static_key_fast_inc_not_disabled', key, 1), 0, 'not the first one');
    assert.equal(run.call('static_key_slow_inc', key, 1), 1);
    assert.equal(run.call('static_key_fast_inc_not_disabled', key, 1), 1);
    assert.equal(run.call('static_key_count', key, 1), 2);
    run.call('static_key_slow_dec_cpuslocked', key, 1);
    run.call('static_key_slow_dec', key, 1);
    assert.equal(run.call('static_key_enabled', key, 1), 0);
    assert.deepEqual(run.told('warning'), []);
    run.call('static_key_slow_dec', key, 1);
    assert.deepEqual(run.told('warning'), ['jump label: negative count! key']);
    assert.equal(count(), 0);
  });

  it('switching a key that is counted is a warning and does nothing', () => {
    for (const name of ['static_key_enable', 'static_key_disable']) {
      const { run, key, count } = setUp(2);
      run.call(name, key, 1);
      assert.deepEqual(run.told('warning'), [`${name}: key is counted, 2`]);
      assert.equal(count(), 2);
    }
  });

  it('switching may sleep, asking does not', () => {
    const { run, key } = setUp();
    contextOf(run.k).preempt++;
    run.call('static_branch_unlikely', key, 1);
    assert.deepEqual(run.told('warning'), []);
    run.call('static_key_enable', key, 1);
    assert.match(run.told('warning')[0]!, /static_key_enable, preemption disabled/);
  });
});
