import assert from 'node:assert/strict';
import { mutexPrimitives } from '../../../extension/core/kernel/locking/mutex.ts';
import { rwsemPrimitives } from '../../../extension/core/kernel/locking/rwsem.ts';
import { spinlockPrimitives } from '../../../extension/core/kernel/locking/spinlock.ts';
import type { Running } from '../../../extension/core/machine/abi.ts';
import type { EventSink } from '../../../extension/core/machine/events.ts';
import { Machine } from '../../../extension/core/machine/machine.ts';
import { Stop } from '../../../extension/core/machine/stop.ts';
import type { MachineThread } from '../../../extension/core/machine/thread.ts';

const locks = [...spinlockPrimitives, ...rwsemPrimitives, ...mutexPrimitives];

type Act = [primitive: string, lock?: number];

/** Runs one list of calls per thread under a list of thread choices; gives `thread what mode` per event. */
function play(plans: Act[][], schedule: number[]): { events: string[]; blocked: number[] } {
  const events: string[] = [];
  const ignore = (): undefined => undefined;
  const lock: EventSink['lock'] = (k, kind, _line, _lock, mode) => void events.push(`${k.name} ${kind} ${mode}`);
  const machine = new Machine({
    sink: {
      clock: 0,
      allReads: false,
      read: ignore,
      write: ignore,
      note: ignore,
      output: ignore,
      unmodelled: ignore,
      lock,
    },
  });
  const bodies = plans.map((plan, i) => {
    const k = machine.thread(`t${i}`);
    function* body(): Running<void> {
      for (const [name, which] of plan) {
        const run = locks.find(p => p.name === name)!.run as unknown as (
          k: MachineThread,
          p: number,
          line: number,
        ) => Running;
        yield* run(k, -0x7d000000 + 64 * (which ?? 0), 1);
      }
    }
    const steps = body();
    steps.next();
    return { k, steps };
  });
  const blocked: number[] = [];
  for (const choice of schedule) {
    const { k, steps } = bodies[choice]!;
    if (k.pending?.enabled?.() === false) blocked.push(choice);
    else steps.next();
  }
  return { events, blocked };
}

describe('locks', () => {
  it('a spinlock is handed over in the order of arrival', () => {
    const plan: Act[] = [['spin_lock'], ['spin_unlock']];
    const { events, blocked } = play([plan, plan, plan], [0, 2, 1, 1, 0, 1, 2, 2, 1]);
    assert.deepEqual(blocked, [1, 1]);
    assert.deepEqual(events, [
      't0 acquire write',
      't2 wait write',
      't1 wait write',
      't0 release write',
      't2 acquire write',
      't2 release write',
      't1 acquire write',
    ]);
  });

  it('a queued writer stops new readers of an rw_semaphore, and readers come in together', () => {
    const reader: Act[] = [['down_read'], ['up_read']];
    const { events } = play([reader, [['down_write'], ['up_write']], reader, reader], [0, 1, 2, 3, 0, 1, 1, 2, 3]);
    assert.deepEqual(events, [
      't0 acquire read',
      't1 wait write',
      't2 wait read',
      't3 wait read',
      't0 release read',
      't1 acquire write',
      't1 release write',
      't2 acquire read',
      't3 acquire read',
    ]);
  });

  it('downgrade_write lets waiting readers in and keeps writers out', () => {
    const { events, blocked } = play(
      [[['down_write'], ['downgrade_write'], ['up_read']], [['down_read']], [['down_write']]],
      [0, 1, 2, 0, 1, 2, 0],
    );
    assert.deepEqual(blocked, [2]);
    assert.deepEqual(events.slice(3), ['t0 downgrade read', 't1 acquire read', 't0 release read']);
  });

  it('trylock never waits', () => {
    const { events } = play([[['spin_lock']], [['spin_trylock'], ['spin_trylock', 1]]], [0, 1, 1]);
    assert.deepEqual(events, ['t0 acquire write', 't1 acquire write']);
  });

  it('taking twice and letting go of what one does not have are bugs', () => {
    assert.throws(
      () => play([[['spin_lock'], ['spin_lock']]], [0, 0]),
      (e: Error) => e instanceof Stop && /taken again by t0/.test(e.message),
    );
    assert.throws(
      () => play([[['down_read']], [['up_read']]], [0, 1]),
      (e: Error) => e instanceof Stop && /t1, which does not have it \(t0 has\)/.test(e.message),
    );
  });
});
