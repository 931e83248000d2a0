import assert from 'node:assert/strict';
import { assertPrimitives } from '../../../extension/core/kernel/locking/assert.ts';
import { rwsemPrimitives } from '../../../extension/core/kernel/locking/rwsem.ts';
import { spinlockPrimitives } from '../../../extension/core/kernel/locking/spinlock.ts';
import { contextPrimitives } from '../../../extension/core/kernel/sched/context.ts';
import { Calls } from './calls.ts';

/** Which assertions about a lock warn now. */
function warnings(run: Calls, lock: number): string[] {
  const found: string[] = [];
  for (const { name, signature } of assertPrimitives) {
    if (!signature.startsWith('void') || !signature.includes('*lock)')) continue;
    const before = run.told('warning').length;
    run.call(name, lock, 1);
    if (run.told('warning').length > before) found.push(name);
  }
  return found.sort();
}

const HELD = [
  'assert_raw_spin_locked',
  'assert_spin_locked',
  'lockdep_assert_held',
  'lockdep_assert_held_once',
  'rwsem_assert_held',
];
const WRITE = ['lockdep_assert_held_exclusive', 'lockdep_assert_held_write', 'rwsem_assert_held_write'];
const READ = ['lockdep_assert_held_read'];
const NOT = ['lockdep_assert_not_held'];

describe("lockdep's assertions", () => {
  it('warn by what the thread holds and how', () => {
    const run = new Calls([...assertPrimitives, ...rwsemPrimitives]);
    const [sem, other] = ['sem', 'other'].map(n => run.machine.defineGlobal(n, 64, 8, { const: false })) as [
      number,
      number,
    ];
    assert.deepEqual(warnings(run, sem), [...HELD, ...READ, ...WRITE].sort());
    run.call('down_read', sem, 1);
    assert.deepEqual(warnings(run, sem), [...WRITE, ...NOT, 'might_lock'].sort());
    assert.deepEqual(
      [-1, 0, 1].map(r => run.call('lockdep_is_held_type', sem, r, 1)),
      [1, 0, 1],
    );
    assert.deepEqual(warnings(run, other), [...HELD, ...READ, ...WRITE].sort());
    run.call('up_read', sem, 1);
    run.call('down_write', sem, 1);
    assert.deepEqual(warnings(run, sem), [...READ, ...NOT, 'might_lock', 'might_lock_read'].sort());
    assert.equal(run.call('lockdep_is_held', sem, 1), 1);
    const k = run.thread('t1');
    assert.equal(run.by(k, 'lockdep_is_held', sem, 1), 0, 'another thread has it');
  });

  it('warn by what the thread has turned off', () => {
    const run = new Calls([...assertPrimitives, ...contextPrimitives, ...spinlockPrimitives]);
    const lock = run.machine.defineGlobal('lock', 4, 4, { const: false });
    const wrong = (): string[] =>
      ['irqs_enabled', 'irqs_disabled', 'preemption_enabled', 'preemption_disabled'].filter(what => {
        const before = run.told('warning').length;
        run.call(`lockdep_assert_${what}`, 1);
        return run.told('warning').length > before;
      });
    assert.deepEqual(wrong(), ['irqs_disabled', 'preemption_disabled']);
    run.call('spin_lock', lock, 1);
    assert.deepEqual(wrong(), ['irqs_disabled', 'preemption_enabled']);
    run.call('spin_unlock', lock, 1);
    run.call('local_irq_disable', 1);
    assert.deepEqual(wrong(), ['irqs_enabled', 'preemption_enabled']);
    run.call('local_irq_enable', 1);
    run.call('local_bh_disable', 1);
    assert.deepEqual(wrong(), ['irqs_disabled', 'preemption_enabled']);
  });
});
