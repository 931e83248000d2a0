import assert from 'node:assert/strict';
import { explore } from '../../../../extension/core/explore/dpor/explore.ts';
import { classOfSchedule, everySchedule, stateOf } from '../../../support/naiveExploration.ts';
import { type Parts, randomProgram } from '../../../support/randomProgram.ts';

const PARTS: Readonly<Record<string, Parts>> = {
  'reads, writes and branches': {},
  'accesses of two sizes': { pairs: true },
  locks: { locks: true },
  'reader-writer locks': { readers: true },
  'locks, trylocks, cmpxchg': { locks: true, tries: true },
  'reader-writer locks and trylocks': { readers: true, tries: true },
  'waiting for values': { awaits: true },
  semaphores: { semaphores: true },
  'waiting for values, and locks': { locks: true, readers: true, awaits: true },
  everything: { locks: true, readers: true, tries: true, awaits: true, semaphores: true, pairs: true },
};
/** Threads, and operations that each has at least. */
const SHAPES = [
  [2, 5],
  [3, 2],
  [4, 1],
] as const;
const PROGRAMS = 25;
const SCHEDULES = 2000;

describe('random programs against every schedule', () => {
  for (const [name, parts] of Object.entries(PARTS))
    it(name, () => {
      let compared = 0;
      for (let seed = 1; compared < PROGRAMS; seed++) {
        const [threads, length] = SHAPES[seed % SHAPES.length]!;
        const program = randomProgram(seed, threads, length, parts);
        const naive = everySchedule(program, SCHEDULES);
        if (naive.schedules === undefined) continue;
        compared++;
        const schedules: number[][] = [];
        const states = new Set<string>();
        const found = explore(program, {
          onExecution(_, schedule, taken) {
            schedules.push(Array.from(schedule.subarray(0, taken)));
            states.add(stateOf(program));
            return schedules.length <= SCHEDULES;
          },
        });
        const classes = schedules.map(s => classOfSchedule(program, s));
        assert.deepEqual(new Set(classes), naive.classes, `seed ${seed}: the classes`);
        assert.equal(classes.length, naive.classes.size, `seed ${seed}: each class once`);
        assert.deepEqual(states, naive.states, `seed ${seed}: the final states`);
        assert.equal(found.blocked, 0, `seed ${seed}: no execution is given up`);
        assert.ok(found.complete);
      }
    });
});
