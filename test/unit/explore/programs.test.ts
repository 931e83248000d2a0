import assert from 'node:assert/strict';
import { enumerated, explored, load } from '../../support/everySchedule.ts';
import { randomScenario } from '../../support/scenarioPrograms.ts';

/** So many programs; `PROGRAMS=10000 SEED=1` for more of them. */
const PROGRAMS = Number(process.env['PROGRAMS'] ?? 50);
const SEED = Number(process.env['SEED'] ?? 1);
/** Programs with more schedules are left out. */
const MOST = 1_500;

describe('exploring random scenarios', function () {
  this.timeout(0);

  it('comes to the same ends as every schedule does, in one execution of each class', async () => {
    let compared = 0;
    let executions = 0;
    let schedules = 0;
    let bugs = 0;
    for (let seed = SEED; compared < PROGRAMS; seed++) {
      const text = randomScenario(seed);
      const simulation = await load(text);
      const all = enumerated(simulation, MOST);
      if (!all) continue;
      compared++;
      schedules += all.executions;
      const found = explored(simulation);
      executions += found.executions;
      bugs += Number(found.bugs);
      const where = `seed ${seed}\n${text}`;
      assert.equal(found.redundant, 0, where);
      assert.ok(found.executions <= all.executions, where);
      assert.equal(found.bugs, all.bugs, where);
      if (found.bugs) for (const end of found.ends) assert.ok(all.ends.has(end), `${end}\n${where}`);
      else assert.deepEqual([...found.ends].sort(), [...all.ends].sort(), where);
    }
    if (PROGRAMS > 1000)
      console.log(
        `      ${compared} programs: ${executions} executions for ${schedules} schedules; ${bugs} programs with a bug`,
      );
    assert.ok(bugs < compared / 2, `${bugs} of ${compared} have a bug`);
  });
});
