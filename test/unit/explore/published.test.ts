import assert from 'node:assert/strict';
import { explored, load } from '../../support/everySchedule.ts';
import { filesystem, indexer, lastzero, lockers, readers } from '../../support/publishedScenarios.ts';

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

describe('published programs, as C scenarios', function () {
  this.timeout(60_000);

  const explores = (name: string, text: string, executions: number): void => {
    it(`${name}: ${executions.toLocaleString('en')} executions`, async () => {
      const found = await load(text).then(explored);
      assert.deepEqual([found.executions, found.redundant, found.bugs], [executions, 0, false]);
    });
  };
  for (let n = 2; n <= 7; n++) explores(`lockers(${n})`, lockers(n), factorial(n));
  for (const n of [2, 8, 13]) explores(`readers(${n})`, readers(n), 2 ** n);
  for (const n of [5, 10]) explores(`lastzero(${n})`, lastzero(n), (n + 3) * 2 ** (n - 2));
  explores('indexer(12)', indexer(12), 8);
  explores('indexer(15)', indexer(15), 4096);
  for (const [n, executions] of [
    [14, 2],
    [16, 8],
    [18, 32],
    [19, 64],
  ] as const)
    explores(`filesystem(${n})`, filesystem(n), executions);
});
