import assert from 'node:assert/strict';
import { explore } from '../../../../extension/core/explore/dpor/explore.ts';
import type { AbstractProgram } from '../../../support/abstractProgram.ts';
import { classOfSchedule } from '../../../support/naiveExploration.ts';
import { filesystem, indexer, lastzero, lockers, readers } from '../../../support/publishedPrograms.ts';

/** Explores a program and holds it to so many executions, all of them of different classes, and nothing besides. */
function explores(program: AbstractProgram, executions: number): void {
  const found = explore(program);
  assert.deepEqual(
    { ...found, steps: 0 },
    { executions, deadlocks: 0, stopped: 0, blocked: 0, bounded: 0, complete: true, steps: 0 },
  );
}

describe('the published optimum', () => {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  for (const n of [2, 3, 4, 5, 6, 7])
    it(`${n} threads of lock, x++, unlock: ${n}!`, () => explores(lockers(n), factorial(n)));
  for (const n of [2, 8, 13]) it(`readers(${n}): 2^${n}`, () => explores(readers(n), 2 ** n));
  for (const n of [5, 10]) it(`lastzero(${n})`, () => explores(lastzero(n), (n + 3) * 2 ** (n - 2)));
  it('indexer(12)', () => explores(indexer(12), 8));
  it('indexer(15)', () => explores(indexer(15), 4096));
  for (const [n, executions] of [
    [14, 2],
    [16, 8],
    [18, 32],
    [19, 64],
  ] as const)
    it(`filesystem(${n})`, () => explores(filesystem(n), executions));

  it('no class is met twice', () => {
    const program = lastzero(5);
    const schedules: number[][] = [];
    explore(program, {
      onExecution(_, schedule, length) {
        schedules.push(Array.from(schedule.subarray(0, length)));
      },
    });
    assert.equal(new Set(schedules.map(s => classOfSchedule(program, s))).size, schedules.length);
  });
});
