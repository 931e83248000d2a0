import assert from 'node:assert/strict';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { analyserOf, brief, contractOf } from '../../support/contracts.ts';

const HEAD = `struct item { int n; };
struct box { spinlock_t lock; struct item *item; };
`;

/** `kind function` of a file's findings, of any confidence. */
async function found(text: string): Promise<string[]> {
  const { findings } = await (await analyserOf({ 'drivers/a.c': HEAD + text })).findings('drivers/a.c');
  return findings.map((f: Finding) => `${f.kind} ${f.function}`);
}

const requires = async (text: string): Promise<string[]> => brief((await contractOf(HEAD + text)).requires);

describe('what a function needs its callers to hold: readers of RCU-protected pointers', () => {
  const reading = (read: string, before = '', after = '') => `int f(struct box *a, int known)
{
	struct item *p;

	${before}
	p = ${read};
	${after}
	return 0;
}
`;

  it('rcu_dereference() requires an RCU read-side section', async () => {
    assert.deepEqual(await requires(reading('rcu_dereference(a->item)')), ['rcu read 8']);
  });

  it('rcu_dereference() within rcu_read_lock() requires nothing', async () => {
    assert.deepEqual(await requires(reading('rcu_dereference(a->item)', 'rcu_read_lock();', 'rcu_read_unlock();')), []);
  });

  for (const how of [
    'rcu_dereference_raw(a->item)',
    'rcu_dereference_check(a->item, known)',
    'rcu_access_pointer(a->item)',
  ])
    it(`${how} requires nothing`, async () => {
      assert.deepEqual(await requires(reading(how)), []);
    });

  it('goes up through callers until one of them takes rcu_read_lock()', async () => {
    const text = `static struct item *leaf(struct box *a)
{
	return rcu_dereference(a->item);
}
static struct item *middle(struct box *a)
{
	return leaf(a);
}
void top(struct box *a)
{
	rcu_read_lock();
	middle(a);
	rcu_read_unlock();
}
`;
    const analyser = await analyserOf({ 'mm/a.c': HEAD + text });
    const needs = async (name: string) => brief((await analyser.requireContract('mm/a.c', name)).requires);
    assert.deepEqual(await needs('leaf'), ['rcu read 5']);
    assert.deepEqual(await needs('middle'), ['rcu read 9']);
    assert.deepEqual(await needs('top'), []);
  });

  it('rcu_dereference_protected() requires the lock of which its condition asks whether it is held', async () => {
    assert.deepEqual(await requires(reading('rcu_dereference_protected(a->item, lockdep_is_held(&a->lock))')), [
      '&a->lock read 8',
    ]);
    assert.deepEqual(
      await requires(
        reading(
          'rcu_dereference_protected(a->item, lockdep_is_held(&a->lock))',
          'spin_lock(&a->lock);',
          'spin_unlock(&a->lock);',
        ),
      ),
      [],
    );
  });

  it('rcu_dereference_protected() requires nothing when the lock is only one of several ways', async () => {
    assert.deepEqual(
      await requires(reading('rcu_dereference_protected(a->item, known || lockdep_is_held(&a->lock))')),
      [],
    );
  });

  for (const read of [
    'rcu_dereference(a->item)',
    'rcu_dereference_raw(a->item)',
    'rcu_dereference_check(a->item, known)',
  ])
    it(`${read} after rcu_read_unlock() is no finding`, async () => {
      assert.deepEqual(await found(reading(read, 'rcu_read_lock();\n\trcu_read_unlock();')), []);
    });

  it('rcu_dereference_protected() after its lock was let go is no finding', async () => {
    assert.deepEqual(
      await found(
        reading(
          'rcu_dereference_protected(a->item, lockdep_is_held(&a->lock))',
          'spin_lock(&a->lock);\n\tspin_unlock(&a->lock);',
        ),
      ),
      [],
    );
  });

  it('an assertion of the lock after it was let go is a finding', async () => {
    assert.deepEqual(
      await found(`static void asserts(struct box *a)
{
	lockdep_assert_held(&a->lock);
	a->item = 0;
}
void f(struct box *a)
{
	spin_lock(&a->lock);
	spin_unlock(&a->lock);
	asserts(a);
}
`),
      ['requires-not-held f'],
    );
  });
});

describe('what a function needs its callers to hold: a lock that is let go meanwhile', () => {
  it('cond_resched_lock() requires its lock, and takes it', async () => {
    const c = await contractOf(`${HEAD}void f(struct box *a)
{
	cond_resched_lock(&a->lock);
}
`);
    // In whatever mode: one entry of the vocabulary stands for the spinlock's and both of the rwlock's.
    const locks = (facts: typeof c.requires) => facts.map(fact => `${fact.lock} ${fact.line}`);
    assert.deepEqual([locks(c.requires), locks(c.takes)], [['&a->lock 5'], ['&a->lock 5']]);
    assert.deepEqual([c.acquires, c.releases], [[], []]);
    assert.equal(c.maySleep, true);
  });

  it('cond_resched_lock() requires nothing of a caller where the lock is held', async () => {
    const c = await contractOf(`${HEAD}void f(struct box *a)
{
	spin_lock(&a->lock);
	cond_resched_lock(&a->lock);
	spin_unlock(&a->lock);
}
`);
    assert.deepEqual([c.requires, c.acquires, c.releases], [[], [], []]);
  });

  const under = (before: string, after: string) => `void f(struct box *a, struct box *b)
{
	${before}
	spin_lock(&a->lock);
	cond_resched_lock(&a->lock);
	spin_unlock(&a->lock);
	${after}
}
`;

  it('cond_resched_lock() under its own lock alone is no finding', async () => {
    assert.deepEqual(await found(under('', '')), []);
  });

  it('cond_resched_lock() under another spinlock too sleeps in atomic context', async () => {
    assert.deepEqual(await found(under('spin_lock_irq(&b->lock);', 'spin_unlock_irq(&b->lock);')), [
      'sleep-in-atomic f',
    ]);
  });
});
