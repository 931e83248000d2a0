import assert from 'node:assert/strict';
import { exploreScenario } from '../../../extension/core/explore/explorer.ts';
import type { SourceTree } from '../../../extension/core/text/source.ts';
import { HEADER } from '../../support/scenarioPrograms.ts';

const tree: SourceTree = {
  label: 'test',
  list: async () => undefined,
  read: async path => (path === 'include/linux/spinlock.h' ? new TextEncoder().encode(HEADER) : undefined),
};

/** Races of two threads, by the lines of their plain sides: the bodies stand in lines 5 and 6. */
async function races(a: string, b: string): Promise<string[]> {
  const scenarioText = `SCENARIO("two threads");
#include <linux/spinlock.h>
static spinlock_t l, m;
static int x, y; static struct obj { int a; int b; } o, *p;
THREAD(a) { int r = 0; ${a} (void)r; }
THREAD(b) { int r = 0; ${b} (void)r; }
`;
  const { violations, complete } = await exploreScenario({ tree, scenario: 'a.scenario.c', scenarioText });
  assert.equal(complete, true);
  return violations.map(v => `${v.invariant} ${v.message.replace(/, .*/, '')}`);
}

describe('data races along executions', () => {
  for (const [what, a, b] of [
    ['plain accesses, one a write', 'x = 1;', 'r = x;'],
    ['a plain write and a marked read', 'x = 1;', 'r = READ_ONCE(x);'],
    ['a plain read and a marked write', 'WRITE_ONCE(x, 1);', 'r = x;'],
    ['a plain access beside an atomic operation', 'xchg(&x, 1);', 'r = x;'],
    ['different locks', 'spin_lock(&l); x = 1; spin_unlock(&l);', 'spin_lock(&m); x = 2; spin_unlock(&m);'],
    ['a lock on one side alone', 'spin_lock(&l); x = 1; spin_unlock(&l);', 'r = x;'],
    ['bytes of one object', 'o.b = 1;', 'o.a = o.b;'],
  ] as const)
    it(`finds ${what}`, async () => {
      const found = await races(a, b);
      assert.ok(found.length > 0 && found.every(f => /^data race (x|o\.b): plain/.test(f)), found.join());
    });

  for (const [what, a, b] of [
    ['reads alone', 'r = x;', 'r = x;'],
    ['marked accesses alone', 'WRITE_ONCE(x, 1);', 'r = READ_ONCE(x); WRITE_ONCE(x, r);'],
    ['one lock', 'spin_lock(&l); x = 1; spin_unlock(&l);', 'spin_lock(&l); r = x; spin_unlock(&l);'],
    [
      'a trylock that got it',
      'spin_lock(&l); x = 1; spin_unlock(&l);',
      'if (spin_trylock(&l)) { x = 2; spin_unlock(&l); }',
    ],
    ['members beside each other', 'o.a = 1;', 'o.b = 1;'],
    ['what a marked write publishes', 'o.a = 1; smp_store_release(&p, &o);', 'if (smp_load_acquire(&p)) r = o.a;'],
    ['a race that is meant', 'WRITE_ONCE(x, 1);', 'r = data_race(x);'],
    [
      'memory of its own',
      '{ struct obj *q = kzalloc(8, 0); q->a = 1; kfree(q); }',
      '{ struct obj *q = kzalloc(8, 0); q->a = 1; kfree(q); }',
    ],
  ] as const)
    it(`is quiet about ${what}`, async () => {
      assert.deepEqual(await races(a, b), []);
    });
});
