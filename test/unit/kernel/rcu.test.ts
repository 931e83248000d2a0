import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Run } from '../../../extension/core/explore/run.ts';
import { schedulerOf } from '../../../extension/core/explore/schedule.ts';
import { rcuPrimitives } from '../../../extension/core/kernel/rcu/rcu.ts';
import { contextOf } from '../../../extension/core/kernel/sched/context.ts';
import type { Running } from '../../../extension/core/machine/abi.ts';
import { silentSink } from '../../../extension/core/machine/events.ts';
import { Machine } from '../../../extension/core/machine/machine.ts';
import type { MachineThread } from '../../../extension/core/machine/thread.ts';
import { assertBug, Calls } from './calls.ts';

const enabled = (k: MachineThread): boolean => k.pending?.enabled?.() ?? true;

/** A writer that stands before the end of its grace period. */
function waiting(run: Calls, name = 'synchronize_rcu', ...args: number[]): { k: MachineThread; steps: Generator } {
  const k = run.thread('writer');
  const steps = run.start(k, name, ...args, 90) as Generator;
  steps.next();
  steps.next();
  return { k, steps };
}

describe('RCU', () => {
  it('a grace period waits for sections that were open when it began, and for no later one', () => {
    const run = new Calls(rcuPrimitives);
    const late = run.thread('late');
    run.call('rcu_read_lock', 1);
    run.call('rcu_read_lock', 2);
    const writer = waiting(run);
    assert.equal(enabled(writer.k), false);
    run.by(late, 'rcu_read_lock', 4);
    run.call('rcu_read_unlock', 5);
    assert.equal(enabled(writer.k), false, 'the inner section has ended, the outer one has not');
    run.call('rcu_read_unlock', 6);
    assert.equal(enabled(writer.k), true, 'the later section of another thread does not matter');
    assert.equal(writer.steps.next().done, true);
    assert.deepEqual(run.told('barrier'), ['synchronize_rcu begins', 'synchronize_rcu']);
  });

  it('a section that ends and begins again is another one', () => {
    const run = new Calls(rcuPrimitives);
    run.call('rcu_read_lock', 1);
    const writer = waiting(run);
    run.call('rcu_read_unlock', 2);
    run.call('rcu_read_lock', 3);
    assert.equal(enabled(writer.k), true);
  });

  it('a grace period waits for _bh and _sched sections, which turn off what they say', () => {
    for (const [kind, off] of [
      ['_bh', 'bottomHalvesOff'],
      ['_sched', 'preempt'],
    ] as const) {
      const run = new Calls(rcuPrimitives);
      run.call(`rcu_read_lock${kind}`, 1);
      assert.equal(contextOf(run.k)[off], 1);
      assert.equal(run.call(`rcu_read_lock${kind}_held`, 2), 1);
      assert.equal(run.call('rcu_read_lock_held', 2), 0);
      assert.equal(run.call('rcu_read_lock_any_held', 2), 1);
      const writer = waiting(run);
      assert.equal(enabled(writer.k), false, kind);
      run.call(`rcu_read_unlock${kind}`, 3);
      assert.equal(enabled(writer.k), true, kind);
      assert.equal(contextOf(run.k)[off], 0);
    }
  });

  it('leaving no section, and the wrong kind of section, are bugs', () => {
    const run = new Calls(rcuPrimitives);
    assertBug(() => run.call('rcu_read_unlock', 3), /rcu_read_unlock outside any rcu read-side critical section/);
    run.call('rcu_read_lock_bh', 4);
    assertBug(() => run.call('rcu_read_unlock', 5), /outside any rcu read-side/);
    assertBug(() => run.by(run.thread('other'), 'rcu_read_unlock_bh', 5), /outside any rcu_bh read-side/);
  });

  it('a grace period inside a section is a sleep where none may be, and waits for itself', () => {
    const run = new Calls(rcuPrimitives);
    run.call('rcu_read_lock', 1);
    assertBug(() => run.call('synchronize_rcu', 2), /in a rcu read-side critical section, for whose end it waits/);
    assert.match(run.told('warning')[0]!, /synchronize_rcu.*RCU read-side/);
  });

  it('shows its sections as a lock that readers share', () => {
    const run = new Calls(rcuPrimitives);
    const seen: string[] = [];
    run.machine.sink = {
      ...silentSink(),
      lock: (_k, kind, line, lock, mode) => void seen.push(inspect([kind, line, lock.name, mode])),
    };
    run.call('rcu_read_lock', 7);
    run.call('rcu_read_unlock', 8);
    assert.deepEqual(seen, ["[ 'acquire', 7, 'rcu', 'read' ]", "[ 'release', 8, 'rcu', 'read' ]"]);
    assert.deepEqual(run.k.held, [], 'but lockdep does not count it as held');
  });

  it('SRCU waits for the readers of one srcu_struct, and they may sleep', () => {
    const run = new Calls(rcuPrimitives);
    const [a, b] = ['a', 'b'].map(n => run.machine.defineGlobal(n, 64, 8, { const: false })) as [number, number];
    const index = run.call('srcu_read_lock', a, 1);
    run.call('synchronize_srcu', b, 2);
    run.call('synchronize_rcu', 2);
    const writer = waiting(run, 'synchronize_srcu', a);
    assert.equal(enabled(writer.k), false);
    assert.deepEqual(run.told('warning'), []);
    run.call('srcu_read_unlock', a, index, 3);
    assert.equal(enabled(writer.k), true);
    assertBug(() => run.call('srcu_read_unlock', b, 0, 4), /outside any b read-side/);
  });

  it('dereferencing outside a section is suspicious, unless a condition stands for it', () => {
    const run = new Calls(rcuPrimitives);
    const p = run.machine.defineGlobal('p', 8, 8, { const: false });
    run.machine.poke(p, 'ptr', -4096);
    const ask = (name: string, ...rest: number[]): number =>
      run.call(name, ...(['ptr', p, ...rest, 1] as unknown as number[]));
    for (const name of ['rcu_dereference_raw', 'rcu_access_pointer']) assert.equal(ask(name), -4096);
    assert.equal(ask('rcu_dereference_check', 1), -4096);
    assert.deepEqual(run.told('warning'), []);
    assert.equal(ask('rcu_dereference'), -4096);
    ask('rcu_dereference_check', 0);
    ask('rcu_dereference_protected', 0);
    assert.equal(run.told('warning').length, 3);
    run.call('rcu_read_lock', 1);
    ask('rcu_dereference');
    ask('rcu_dereference_check', 0);
    assert.equal(run.told('warning').length, 3);
    ask('rcu_dereference_bh');
    ask('rcu_dereference_protected', 0);
    assert.equal(run.told('warning').length, 5, 'a section of another kind, and the updater has its own rule');
  });

  it('no schedule lets an updater free what a reader is still looking at', () => {
    const call = (k: MachineThread, name: string, ...args: unknown[]): Running =>
      (rcuPrimitives.find(p => p.name === name)!.run as unknown as (...a: unknown[]) => Running)(k, ...args);
    const orders = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const machine = new Machine({});
      const p = machine.defineGlobal('p', 8, 8, { const: false });
      const object = machine.defineGlobal('object', 8, 8, { const: false });
      machine.poke(p, 'ptr', object);
      machine.poke(object, 'u64', 1n);
      const order: string[] = [];
      function* reader(k: MachineThread): Running<void> {
        yield* call(k, 'rcu_read_lock', 1);
        const found = (yield* call(k, 'rcu_dereference', 'ptr', p, 2)) as number;
        if (found !== 0) assert.equal(yield* k.load(found, 'u64', 3), 1n, `seed ${seed}: read after it was freed`);
        order.push(found === 0 ? 'nothing' : 'object');
        yield* call(k, 'rcu_read_unlock', 4);
      }
      function* updater(k: MachineThread): Running<void> {
        yield* call(k, 'rcu_assign_pointer', 'ptr', p, 0, 5);
        yield* call(k, 'synchronize_rcu', 6);
        yield* k.store(object, 'u64', 0n, 7);
        order.push('freed');
      }
      const parts = [reader, reader, updater].map((body, i) => ({ name: `t${i}`, body, file: 'x.c', line: 1 }));
      const run = new Run(machine, parts, schedulerOf({ kind: 'random', seed }, ['t0', 't1', 't2']), 1000);
      assert.deepEqual(run.advance(1000), { kind: 'finished' });
      orders.add(order.join());
    }
    assert.ok(
      orders.has('freed,nothing,nothing') && orders.has('object,object,freed') && orders.size >= 4,
      [...orders].join(' '),
    );
  });
});
