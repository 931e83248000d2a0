import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ScheduleChoice, ScheduleRecord, schedulerOf } from '../../../extension/core/explore/schedule.ts';
import { InputError } from '../../../extension/core/text/source.ts';

/** Lets a scheduler choose among threads that have so many steps left each; gives who took them. */
function play(choice: ScheduleChoice, steps: number[]): { order: number[]; record: ScheduleRecord; diverged: unknown } {
  const scheduler = schedulerOf(
    choice,
    steps.map((_, i) => `t${i}`),
  );
  const left = [...steps];
  const order: number[] = [];
  const record = new ScheduleRecord();
  for (;;) {
    const enabled = left.flatMap((n, i) => (n > 0 ? [i] : []));
    if (enabled.length === 0) return { order, record, diverged: scheduler.diverged };
    const t = scheduler.pick(enabled, () => 'start');
    assert.ok(enabled.includes(t));
    left[t]!--;
    order.push(t);
    record.took(t);
  }
}

describe('schedules', () => {
  it('round robin takes turns of a quantum each', () => {
    assert.deepEqual(play({ kind: 'round-robin' }, [2, 3, 1]).order, [0, 1, 2, 0, 1, 1]);
    assert.deepEqual(play({ kind: 'round-robin', quantum: 2 }, [3, 3]).order, [0, 0, 1, 1, 0, 1]);
  });

  it('one seed is one order; another seed another', () => {
    const random = (seed: number) => play({ kind: 'random', seed }, [20, 20, 20]).order;
    assert.deepEqual(random(7), random(7));
    assert.notDeepEqual(random(7), random(8));
  });

  it('what was recorded replays exactly', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), (seed, steps) => {
        const { order, record } = play({ kind: 'random', seed }, steps);
        const again = play({ kind: 'explicit', choices: record.choices }, steps);
        assert.deepEqual(again.order, order);
        assert.equal(again.diverged, undefined);
      }),
    );
  });

  it('an explicit list that cannot be followed says where, and goes on', () => {
    const { order, diverged } = play({ kind: 'explicit', choices: [1, 2, 0, 5, 1, 1] }, [2, 3]);
    assert.deepEqual(order, [1, 1, 0, 0, 1]);
    assert.equal(diverged, 4);
  });

  it('what is no schedule is refused', () => {
    for (const choices of [[0], [2, 1], [0, 0], [0, 1.5], [-1, 1]])
      assert.throws(() => schedulerOf({ kind: 'explicit', choices }, ['a', 'b']), InputError);
    for (const script of ['', 'c', 'a to', 'a to x.c', 'a b', 'a to f:x'])
      assert.throws(() => schedulerOf({ kind: 'script', script }, ['a', 'b']), InputError, script);
    assert.throws(() => schedulerOf({ kind: 'round-robin', quantum: 0 }, ['a', 'b']), InputError);
    assert.throws(() => schedulerOf({ kind: 'random', seed: Number.NaN }, ['a', 'b']), InputError);
  });
});
