import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExploreRequest, exploreScenario } from '../../../extension/core/explore/explorer.ts';
import { Simulation } from '../../../extension/core/explore/simulate.ts';
import { summary, verdictText } from '../../../extension/core/report/verdictText.ts';
import { InputError, type SourceTree } from '../../../extension/core/text/source.ts';

const HEADER = `typedef struct { int raw; } spinlock_t;
struct rw_semaphore { int count; };
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
int spin_trylock(spinlock_t *lock);
void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
`;

const tree: SourceTree = {
  label: 'test',
  list: async () => undefined,
  read: async path => (path === 'include/linux/spinlock.h' ? new TextEncoder().encode(HEADER) : undefined),
};
const request = (text: string): ExploreRequest => ({ tree, scenario: 'a.scenario.c', scenarioText: text });
/** Without data races: the accesses here are plain, and dataRaces.test.ts is about these. */
const explore = async (text: string, more: Partial<ExploreRequest> = {}) => {
  const verdict = await exploreScenario({ ...request(text), ...more });
  return { ...verdict, violations: verdict.violations.filter(v => v.invariant !== 'data race') };
};
const fixture = (name: string): string => readFileSync(join(__dirname, '../../fixtures/explore', name), 'utf8');

/** A scenario of threads, each a body, over `int x, y;`, two spinlocks and an rw_semaphore. */
const scenario = (...bodies: string[]): string =>
  `SCENARIO("made for a test");
#include <linux/spinlock.h>
static spinlock_t l, m;
static struct rw_semaphore sem;
static int x, y;
${bodies.map((body, i) => `THREAD(t${i}) { ${body} }`).join('\n')}
`;

describe('exploring a scenario', () => {
  it('runs threads under one lock in each order once', async () => {
    const verdict = await explore(fixture('counted.scenario.c'));
    assert.deepEqual(
      [verdict.executions, verdict.blocked, verdict.complete, verdict.violations, verdict.stopped],
      [6, 0, true, [], undefined],
    );
    assert.equal(
      summary(verdict),
      'no violation in 6 executions (all of them), 3 threads, sequential consistency, 0 unmodelled calls',
    );
  });

  it('finds the update that is lost without the lock, and its witness replays', async () => {
    const verdict = await explore(fixture('lost.scenario.c'));
    const [lost] = verdict.violations;
    assert.equal(verdict.violations.length, 1);
    assert.equal(lost!.invariant, 'all are counted');
    assert.ok(lost!.executions < verdict.executions && lost!.executions > 0);
    const simulation = await Simulation.load(request(fixture('lost.scenario.c')));
    const trace = await simulation.run({ schedule: { kind: 'explicit', choices: lost!.schedule!.choices } });
    assert.deepEqual(
      trace.invariants.map(i => [i.name, i.held]),
      [['all are counted', false]],
    );
    assert.equal(trace.schedule.diverged, undefined);
  });

  it('finds a deadlock, says who waits for whom, and its witness replays', async () => {
    const text = scenario(
      'spin_lock(&l); spin_lock(&m); spin_unlock(&m); spin_unlock(&l);',
      'spin_lock(&m); spin_lock(&l); spin_unlock(&l); spin_unlock(&m);',
    );
    const verdict = await explore(text);
    assert.deepEqual([verdict.executions, verdict.complete], [3, true]);
    const [deadlock] = verdict.violations;
    assert.equal(deadlock!.invariant, 'deadlock');
    assert.match(deadlock!.message, /t0 waits for m \(write\), which t1 has; t1 waits for l \(write\), which t0 has/);
    const trace = await (await Simulation.load(request(text))).run({
      schedule: { kind: 'explicit', choices: deadlock!.schedule!.choices },
    });
    assert.equal(trace.end.kind, 'deadlock');
  });

  it('readers of a semaphore exclude nobody but writers', async () => {
    const read = 'down_read(&sem); up_read(&sem);';
    const write = 'down_write(&sem); x++; up_write(&sem);';
    assert.equal((await explore(scenario(read, read, read))).executions, 1);
    // Each reader before or after the writer.
    assert.equal((await explore(scenario(read, read, write))).executions, 4);
    assert.equal((await explore(scenario(write, write))).executions, 2);
  });

  it('a trylock succeeds in one order and fails in another', async () => {
    const verdict = await explore(
      `${scenario('spin_lock(&l); x = 1; spin_unlock(&l);', 'if (spin_trylock(&l)) { y = 1; spin_unlock(&l); }')}
INVARIANT("the trylock succeeds") { CHECK(y == 1); }
INVARIANT("the trylock fails") { CHECK(y == 0); }
`,
    );
    assert.deepEqual(verdict.violations.map(v => v.invariant).sort(), ['the trylock fails', 'the trylock succeeds']);
    // Before, while it is held, after.
    assert.equal(verdict.executions, 3);
  });

  it('a grace period waits for the readers that were there before it', async () => {
    const rcu = `${HEADER}void rcu_read_lock(void);\nvoid rcu_read_unlock(void);\nvoid synchronize_rcu(void);\n`;
    const text = `${scenario(
      'int a, b; rcu_read_lock(); a = x; b = y; rcu_read_unlock(); if (a == 1 && b == 1) seen = 1;',
      'x = 1; synchronize_rcu(); y = 1;',
    ).replace('static int x, y;', 'static int x, y, seen;')}
INVARIANT("who sees the second store sees the first") { CHECK(y == 1); }
`;
    const files: SourceTree = {
      ...tree,
      read: async path => (path === 'include/linux/spinlock.h' ? new TextEncoder().encode(rcu) : undefined),
    };
    const verdict = await explore(text, { tree: files });
    assert.deepEqual([verdict.complete, verdict.blocked, verdict.violations], [true, 0, []]);
    assert.ok(verdict.executions > 2);
    // A reader that began before the first store ends before the second: it never sees the second without the first.
    const never = text.replace('a == 1 && b == 1', 'a == 0 && b == 1').replace('CHECK(y == 1)', 'CHECK(seen == 0)');
    assert.deepEqual((await explore(never, { tree: files })).violations, []);
    const without = await explore(never.replace('synchronize_rcu();', ''), { tree: files });
    assert.deepEqual(
      without.violations.map(v => v.invariant),
      ['who sees the second store sees the first'],
    );
  });

  it('steps that do not touch the same make no difference', async () => {
    assert.equal((await explore(scenario('x = 1; x = 2; x = 3;', 'y = 1; y = 2; y = 3;'))).executions, 1);
  });

  it('an unlock of what is not held ends an execution, and the verdict says that what follows was not run', async () => {
    const verdict = await explore(scenario('spin_unlock(&l);', 'x = 1;'));
    assert.deepEqual([verdict.complete, verdict.violations.length], [false, 1]);
    assert.match(verdict.violations[0]!.message, /let go by t0, which does not have it/);
    assert.match(verdictText(verdict), /1 violation in 1 execution \(what comes after a violation was not run\)/);
  });

  it('gives up after so many executions, or when it is cancelled, with what it has', async () => {
    const few = await explore(fixture('lost.scenario.c'), { executions: 4 });
    assert.deepEqual([few.executions, few.complete, few.stopped], [4, false, 'given up after 4']);
    const stop = new AbortController();
    stop.abort();
    const cancelled = await explore(scenario(...Array(7).fill('spin_lock(&l); x++; spin_unlock(&l);')), {
      signal: stop.signal,
    });
    assert.deepEqual([cancelled.complete, cancelled.stopped], [false, 'cancelled']);
  });

  it('with a bound on preemptions says that it is not about all', async () => {
    const verdict = await explore(fixture('lost.scenario.c'), { preemptions: 0 });
    assert.deepEqual(
      [verdict.complete, verdict.violations, verdict.stopped],
      [false, [], 'with at most 0 preemptions'],
    );
  });

  it('says what is wrong with a SETUP that does not come to its end', async () => {
    await assert.rejects(explore(`${scenario('x = 1;')}SETUP { spin_unlock(&l); }\n`), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /SETUP: /);
      return true;
    });
  });
});

describe('the witness of a violation', () => {
  const busy = 'for (int i = 0; i < 20; i++) { spin_lock(&m); y++; spin_unlock(&m); }';

  it('has only what happens before the fault, and ends there', async () => {
    const text = scenario(`${busy} x = 1; ${busy}`, `int seen = x; (void)seen; ${busy}`, busy);
    const { violations } = await exploreScenario({ ...request(text), preemptions: 0 });
    const race = violations.find(v => v.invariant === 'data race')!;
    // The loop before the write, at most; nothing of the third thread.
    assert.ok(race.steps <= 20 * 4 + 5, `${race.steps} steps`);
    assert.equal(race.switches, 1);
    const { choices, ends } = race.schedule!;
    assert.ok(!choices.some((thread, i) => i % 2 === 0 && thread === 2), choices.join());
    assert.equal(ends, `data race: ${race.message}`);
    const simulation = await Simulation.load(request(text));
    const trace = await simulation.run({ schedule: { kind: 'explicit', choices, ends } });
    assert.deepEqual([trace.end.kind, trace.end.message], ['violation', ends]);
    assert.deepEqual(trace.schedule.choices, choices);
    const last = trace.events.filter(e => e.kind === 'read' || e.kind === 'write').at(-1)!;
    assert.equal(last.line, race.line);
  });

  it('of what does not hold at the end goes to the end, with as few switches as its order has', async () => {
    const text = `${scenario('int a = x; y = 1; x = a + 1;', 'int b = x; x = b + 1;')}INVARIANT("both count") { return x != 2; }\n`;
    const { violations } = await exploreScenario(request(text));
    const lost = violations.find(v => v.invariant === 'both count')!;
    assert.equal(lost.switches, 2);
    assert.equal(lost.schedule!.ends, undefined);
  });
});
