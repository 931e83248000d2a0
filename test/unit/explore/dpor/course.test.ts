import assert from 'node:assert/strict';
import { Kind, Touches } from '../../../../extension/core/explore/dpor/executable.ts';
import { type End, Exploration, explore } from '../../../../extension/core/explore/dpor/explore.ts';
import type { SavedExploration } from '../../../../extension/core/explore/dpor/saved.ts';
import { AbstractProgram, type Op } from '../../../support/abstractProgram.ts';
import { lastzero, lockers } from '../../../support/publishedPrograms.ts';
import { randomProgram } from '../../../support/randomProgram.ts';

const lock = (n: number): Op => ({ op: 'lock', lock: n });
const unlock = (n: number): Op => ({ op: 'unlock', lock: n });

/** Two threads that take two locks in opposite orders. */
const abba = (): AbstractProgram =>
  new AbstractProgram(
    [
      [lock(0), lock(1), unlock(1), unlock(0)],
      [lock(1), lock(0), unlock(0), unlock(1)],
    ],
    0,
    2,
  );

describe('the course of an exploration', () => {
  it('a deadlock is an execution that ends blocked, and is found once', () => {
    const program = abba();
    const ends: [End, boolean[]][] = [];
    const found = explore(program, {
      onExecution: end => void ends.push([end, [0, 1].map(t => program.isDone(t))]),
    });
    assert.deepEqual(
      ends.filter(([end]) => end === 'blocked'),
      [['blocked', [false, false]]],
    );
    assert.deepEqual([found.executions, found.deadlocks, found.blocked], [3, 1, 0]);
    assert.ok(found.complete);
  });

  it('a lock that is never given back: both orders are found', () => {
    const program = new AbstractProgram([[lock(0)], [lock(0)]], 0, 1);
    const orders: number[][] = [];
    explore(program, { onExecution: (_, s, n) => void orders.push(Array.from(s.subarray(0, n))) });
    assert.deepEqual(orders, [[0], [1]]);
  });

  it('a bug ends its execution and is told; the other orders are explored, and it is not called complete', () => {
    const program = new AbstractProgram(
      [
        [{ op: 'write', at: 0, value: 1 }],
        [{ op: 'read', at: 0, to: 0 }, { op: 'skipIf', from: 0, equals: 0, ops: 1 }, { op: 'fail' }],
      ],
      1,
      0,
    );
    const ends: End[] = [];
    const found = explore(program, { onExecution: end => void ends.push(end) });
    assert.deepEqual(ends, ['stopped', 'done']);
    assert.equal(found.complete, false);
    assert.equal(found.stopped, 1);
  });

  it('ends where it is told to, by the callback, a signal, or limits', () => {
    let told = 0;
    assert.equal(explore(lockers(4), { onExecution: () => ++told < 5 }).executions, 5);
    const signal = { aborted: false };
    const exploration = new Exploration(lockers(4), {
      onExecution: () => {
        signal.aborted = exploration.explored.executions === 7;
      },
    });
    exploration.run({ signal });
    assert.deepEqual([exploration.explored.executions, exploration.finished], [7, false]);
    const limited = explore(lockers(4), { limits: { executions: 9 } });
    assert.deepEqual([limited.executions, limited.complete], [9, false]);
    assert.ok(explore(lockers(4), { limits: { steps: 100 } }).steps < 200);
  });

  it('goes on from where it was saved, as if it had not stopped', () => {
    const programs = [lockers(4), lastzero(5), abba()];
    for (let seed = 1; seed < 30; seed++)
      programs.push(randomProgram(seed, 3, 2, { locks: true, tries: true, awaits: true, pairs: true }));
    for (const program of programs) {
      const whole: string[] = [];
      const all = explore(program, { onExecution: (_, s, n) => void whole.push(s.subarray(0, n).join(' ')) });
      const pieces: string[] = [];
      let saved: SavedExploration | undefined;
      const shares = [0];
      for (;;) {
        const exploration: Exploration = new Exploration(
          program,
          { onExecution: (_, s, n) => void pieces.push(s.subarray(0, n).join(' ')) },
          saved,
        );
        exploration.run({ executions: 3 });
        shares.push(exploration.progress);
        if (exploration.finished) {
          const { steps: _, ...found } = exploration.explored;
          const { steps: __, ...expected } = all;
          assert.deepEqual(found, expected);
          break;
        }
        saved = JSON.parse(JSON.stringify(exploration.save())) as SavedExploration;
      }
      assert.deepEqual(pieces, whole);
      assert.equal(shares.at(-1), 1);
      assert.ok(shares.every(share => share >= 0 && share <= 1));
    }
  });

  it('refuses what was saved of another program, and a program that is not deterministic', () => {
    const exploration = new Exploration(abba());
    exploration.run({ executions: 1 });
    const saved = exploration.save();
    assert.throws(() => new Exploration(lockers(3), {}, saved), /has 2 threads, the program 3/);
    const done = new AbstractProgram([[], [lock(0)]], 0, 1);
    assert.throws(() => new Exploration(done, {}, { ...saved, schedule: [0] }), /does not fit the program/);
    let restarts = 0;
    const fickle = new AbstractProgram(
      [
        [lock(0), unlock(0)],
        [lock(0), unlock(0)],
      ],
      0,
      1,
    );
    const program = {
      threads: 2,
      restart: () => {
        restarts++;
        fickle.restart();
      },
      isEnabled: (t: number) => (restarts === 1 || t === 0) && fickle.isEnabled(t),
      isDone: (t: number) => fickle.isDone(t),
      step: (t: number, touches: Touches) => fickle.step(t, touches),
      pending: (t: number, touches: Touches) => fickle.pending(t, touches),
    };
    assert.throws(() => explore(program), /not deterministic/);
    assert.throws(() => explore({ ...program, threads: 32 }), /32 threads; exploration takes 31 at most/);
  });

  it('uses a faster way to a state where there is one', () => {
    const program = lockers(3);
    let replays = 0;
    const touches = new Touches();
    const found = explore({
      threads: 3,
      restart: () => assert.fail('not asked for'),
      replay: (schedule, count) => {
        replays++;
        program.restart();
        for (let i = 0; i < count; i++) program.step(schedule[i]!, touches);
      },
      isEnabled: t => program.isEnabled(t),
      isDone: t => program.isDone(t),
      step: (t, into) => program.step(t, into),
      pending: (t, into) => program.pending(t, into),
    });
    assert.deepEqual([found.executions, replays], [6, 6]);
  });

  it('a bound on preemptions holds for every execution, and says that it left something out', () => {
    let before = 0;
    for (const bound of [0, 1, 2, 20]) {
      const program = lastzero(5);
      const found = explore(program, {
        preemptionBound: bound,
        onExecution: (_, schedule, length) => assert.ok(preemptions(program, schedule.slice(0, length)) <= bound),
      });
      assert.ok(found.executions >= before);
      assert.equal(found.complete, bound === 20);
      before = found.executions;
    }
    assert.equal(before, 64);
  });

  it('touches grow as they are needed', () => {
    const touches = new Touches();
    for (let i = 0; i < 40; i++) touches.add(i * 8, 4, Kind.read);
    assert.deepEqual([touches.count, touches.at[39], touches.size[39], touches.kind[39]], [40, 312, 4, Kind.read]);
  });
});

/** Switches from a thread that was enabled. */
function preemptions(program: AbstractProgram, schedule: Int32Array): number {
  program.restart();
  let count = 0;
  for (const [i, thread] of schedule.entries()) {
    if (i > 0 && schedule[i - 1] !== thread && program.isEnabled(schedule[i - 1]!)) count++;
    program.step(thread, new Touches());
  }
  return count;
}
