import assert from 'node:assert/strict';
import { explore } from '../../../../extension/core/explore/dpor/explore.ts';
import type { AbstractProgram } from '../../../support/abstractProgram.ts';
import { classOfSchedule, everySchedule, stateOf } from '../../../support/naiveExploration.ts';
import { type Parts, randomProgram } from '../../../support/randomProgram.ts';

const PARTS: Readonly<Record<string, Parts>> = {
  'reads, writes and branches': {},
  'accesses of two sizes': { pairs: true },
  locks: { locks: true },
  'reader-writer locks': { readers: true },
  'locks, trylocks, cmpxchg': { locks: true, tries: true },
  'reader-writer locks and trylocks': { readers: true, tries: true },
  'steps that take a lock and more': { compound: true, locks: true, readers: true },
  'waiting for values': { awaits: true },
  semaphores: { semaphores: true },
  'waiting for values, and locks': { locks: true, readers: true, awaits: true },
  'steps that go on by what they read': { varying: true },
  'the same, and waiting': { varying: true, awaits: true, locks: true },
  everything: {
    locks: true,
    readers: true,
    tries: true,
    awaits: true,
    semaphores: true,
    pairs: true,
    varying: true,
    compound: true,
  },
};
/** Threads, and operations that each has at least. */
const SHAPES = [
  [2, 5],
  [3, 2],
  [4, 1],
] as const;
const PROGRAMS = 25;
const SCHEDULES = 2000;

/** Holds exploration to every class once and to all final states; false when there are too many schedules to compare. */
function compares(program: AbstractProgram, limit: number, what: string): boolean {
  const naive = everySchedule(program, limit);
  if (naive.schedules === undefined) return false;
  const schedules: number[][] = [];
  const states = new Set<string>();
  const found = explore(program, {
    onExecution(_, schedule, taken) {
      schedules.push(Array.from(schedule.subarray(0, taken)));
      states.add(stateOf(program));
      return schedules.length <= limit;
    },
  });
  const classes = schedules.map(s => classOfSchedule(program, s));
  assert.deepEqual(new Set(classes), naive.classes, `${what}: the classes`);
  assert.equal(classes.length, naive.classes.size, `${what}: each class once`);
  assert.deepEqual(states, naive.states, `${what}: the final states`);
  assert.equal(found.blocked, 0, `${what}: no execution is given up`);
  assert.ok(found.complete);
  return true;
}

describe('random programs against every schedule', () => {
  for (const [name, parts] of Object.entries(PARTS))
    it(name, () => {
      let compared = 0;
      for (let seed = 1; compared < PROGRAMS; seed++) {
        const [threads, length] = SHAPES[seed % SHAPES.length]!;
        if (compares(randomProgram(seed, threads, length, parts), SCHEDULES, `seed ${seed}`)) compared++;
      }
    });

  // Each had classes missed when a reversal ended with the race's second event.
  it('a sleeping step that only what follows the race wakes', () => {
    assert.ok(compares(randomProgram(700632, 5, 1, { readers: true, tries: true }), 2000, 'readers'));
    assert.ok(compares(randomProgram(700427, 4, 2, { locks: true, tries: true }), 6000, 'locks'));
  });

  // Classes were missed when a race was taken for settled by where its reversal began.
  it('reversals of one race that differ by what follows it', () => {
    assert.ok(compares(randomProgram(35000838, 3, 3, { varying: true }), 2000, 'three threads'));
    assert.ok(compares(randomProgram(35000224, 4, 2, { varying: true }), 3000, 'four threads'));
  });
});
