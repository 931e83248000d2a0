import assert from 'node:assert/strict';
import type { FunctionContract } from '../../../extension/core/report/documents.ts';
import { analyserOf, brief, contractOf } from '../../support/contracts.ts';

const HEADER = `#ifndef _THING_H
#define _THING_H
struct thing { struct mutex mtx; spinlock_t slock; struct thing *next; int error; };
struct held { struct thing *lock; unsigned long flags; };
static inline void thing_lock(struct thing *t) { mutex_lock(&t->mtx); }
static inline void thing_unlock(struct thing *t) { mutex_unlock(&t->mtx); }
static inline void put_thing(struct thing *t) { might_sleep(); }

DEFINE_GUARD(thing, struct thing *, thing_lock(_T), thing_unlock(_T))
DEFINE_GUARD_COND(thing, _try, mutex_trylock(&_T->mtx))
DEFINE_LOCK_GUARD_1(thing_irq, struct thing,
		    spin_lock_irqsave(&_T->lock->slock, _T->flags),
		    spin_unlock_irqrestore(&_T->lock->slock, _T->flags),
		    unsigned long flags)
DEFINE_LOCK_GUARD_2(two_things, struct thing,
		    two_things_lock(_T->lock, _T->lock2),
		    two_things_unlock(_T->lock, _T->lock2))
DEFINE_LOCK_GUARD_0(big, mutex_lock(&big_mutex), mutex_unlock(&big_mutex))
DEFINE_CLASS(found, struct thing *, if (_T) thing_unlock(_T), find_locked(list), struct thing *list)
DEFINE_FREE(put_thing, struct thing *, if (_T) put_thing(_T))
static inline void two_things_lock(struct thing *a, struct thing *b) { mutex_lock(&a->mtx); mutex_lock(&b->mtx); }
static inline void two_things_unlock(struct thing *a, struct thing *b) { mutex_unlock(&b->mtx); mutex_unlock(&a->mtx); }
#endif
`;

async function thing(text: string): Promise<FunctionContract> {
  const analyser = await analyserOf({
    'drivers/thing.h': HEADER,
    'drivers/a.c': `#include "thing.h"\nstatic DEFINE_MUTEX(big_mutex);\n${text}`,
  });
  return analyser.requireContract('drivers/a.c', 'f');
}

/** What is held at each exit, in order. */
const held = (c: FunctionContract): string[] =>
  c.exits.map(e => e.held.map(fact => `${fact.maybe ? '?' : ''}${fact.lock}`).join(' '));

describe('guards of include/linux/cleanup.h', () => {
  it('guard() holds its lock from there to the end of the scope, on every way out', async () => {
    const c = await contractOf(`
int f(struct thing *t)
{
	if (t->error)
		return -1;
	{
		guard(mutex)(&t->mtx);
		if (t->next)
			return use(t);
	}
	lockdep_assert_held(&t->mtx);
	return 0;
}
`);
    assert.deepEqual(brief(c.takes), ['&t->mtx write 7']);
    assert.deepEqual([c.acquires, c.releases], [[], []]);
    assert.deepEqual(held(c), ['', '', '']);
    assert.deepEqual(brief(c.requires), ['&t->mtx read 11']);
  });

  it('lets go of what it took, whatever has become of the variables since', async () => {
    const c = await contractOf(`
void f(struct thing *t)
{
	guard(spinlock_irqsave)(&t->slock);
	t = t->next;
}
`);
    assert.deepEqual(brief(c.takes), ['&t->slock write 4']);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
  });

  it('guards of no lock: rcu, preempt, irqsave', async () => {
    for (const [name, lock] of [
      ['rcu', 'rcu'],
      ['preempt', 'preempt'],
      ['irqsave', 'local_irq'],
    ]) {
      const c = await contractOf(`\nvoid f(void)\n{\n\tguard(${name})();\n\tschedule();\n}\n`);
      assert.deepEqual(brief(c.takes), [`${lock} ${name === 'rcu' ? 'read' : 'write'} 4`], name);
      assert.deepEqual([c.acquires, c.releases], [[], []]);
    }
  });

  it('scoped_guard() holds it for the statement, and break and continue leave only that', async () => {
    const c = await contractOf(`
void f(struct thing *t, int n)
{
	while (n--) {
		scoped_guard(mutex, &t->mtx) {
			if (t->error)
				break;
			if (t->next)
				continue;
			use(t);
		}
		lockdep_assert_not_held(&t->mtx);
		mutex_lock(&t->mtx);
		mutex_unlock(&t->mtx);
	}
}
`);
    assert.deepEqual(brief(c.takes), ['&t->mtx write 5', '&t->mtx write 13']);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
  });

  it('a conditional class: the body is skipped, or the failure is what happens, when it was not acquired', async () => {
    const c = await contractOf(`
int f(struct thing *t)
{
	scoped_cond_guard(mutex_intr, return -EINTR, &t->mtx) {
		lockdep_assert_held(&t->mtx);
	}
	scoped_guard(spinlock_try, &t->slock)
		return 1;
	return 0;
}
`);
    assert.deepEqual(brief(c.takes), ['&t->mtx write 4', '&t->slock write 7']);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
    assert.deepEqual(held(c), ['', '', '']);
  });

  it('CLASS() of a conditional guard, asked whether it has the lock', async () => {
    const c = await contractOf(`
int f(struct thing *t)
{
	CLASS(mutex_try, got)(&t->mtx);
	if (!got)
		return 0;
	lockdep_assert_held(&t->mtx);
	return 1;
}
`);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
  });

  it('a class of the tree: DEFINE_GUARD() is read where it stands', async () => {
    const c = await thing(`
int f(struct thing *t)
{
	guard(thing)(t);
	lockdep_assert_held(&t->mtx);
	return t->error;
}
`);
    assert.deepEqual(
      c.takes.map(fact => [fact.lock, fact.primitive, fact.via]),
      [['&t->mtx', 'mutex_lock', ['class_thing_constructor', 'thing_lock']]],
    );
    assert.deepEqual([c.acquires, c.releases, c.requires, c.unknown], [[], [], [], []]);
  });

  it('DEFINE_GUARD_COND(), DEFINE_LOCK_GUARD_0(), _1() and _2()', async () => {
    const c = await thing(`
int f(struct thing *t, struct thing *u)
{
	scoped_cond_guard(thing_try, return -EBUSY, t)
		lockdep_assert_held(&t->mtx);
	scoped_guard(big)
		lockdep_assert_held(&big_mutex);
	guard(two_things)(t, u);
	scoped_guard(thing_irq, t) {
		lockdep_assert_held(&t->slock);
		lockdep_assert_held(&u->mtx);
	}
	return 0;
}
`);
    assert.deepEqual([c.acquires, c.releases, c.requires, c.unknown], [[], [], [], []]);
    assert.deepEqual(
      new Set(c.takes.map(fact => fact.lock)),
      new Set(['&t->mtx', '&big_mutex', '&u->mtx', '&t->slock']),
    );
  });

  it('DEFINE_CLASS() runs its own code at both ends', async () => {
    const c = await thing(`
static struct thing *find_locked(struct thing *list)
{
	thing_lock(list);
	return list;
}
int f(struct thing *t)
{
	CLASS(found, one)(t);
	lockdep_assert_held(&t->mtx);
	return 0;
}
`);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
    assert.deepEqual(brief(c.takes), ['&t->mtx write 11']);
  });

  it('__free() runs when the variable goes, after a guard that came later', async () => {
    const findings = async (text: string) => {
      const analyser = await analyserOf({ 'drivers/thing.h': HEADER, 'drivers/a.c': `#include "thing.h"\n${text}` });
      return (await analyser.findings('drivers/a.c')).findings.map(f => `${f.kind} ${f.line}`);
    };
    const body = (first: string, second: string) =>
      `void f(struct thing *t)\n{\n\t${first}\n\t${second}\n\tt->error = 0;\n}\n`;
    const guard = 'guard(spinlock)(&t->slock);';
    const free = 'struct thing *old __free(put_thing) = t->next;';
    assert.deepEqual(await findings(body(free, guard)), []);
    const [found, ...more] = await findings(body(guard, free));
    assert.match(found!, /^sleep-in-atomic /);
    assert.deepEqual(more, []);
  });

  it('what return_ptr() and no_free_ptr() hand out is not freed', async () => {
    const c = await thing(`
struct thing *f(struct thing *list)
{
	struct thing *one __free(put_thing) = list->next;
	guard(mutex)(&list->mtx);

	if (one->error)
		return_ptr(one);
	return NULL;
}
`);
    assert.deepEqual(held(c), ['', '']);
    assert.deepEqual([c.acquires, c.releases], [[], []]);
  });

  it('goto back before a guard lets it go; goto past it into the same scope does not', async () => {
    const c = await contractOf(`
int f(struct thing *t)
{
	if (t->next) {
again:
		cond_resched();
		guard(mutex)(&t->mtx);
		if (t->error)
			goto again;
		if (t->next)
			goto out;
		use(t);
out:
		lockdep_assert_held(&t->mtx);
		return 1;
	}
	return 0;
}
`);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
    assert.deepEqual(held(c), ['', '']);
    const analyser = await analyserOf({
      'drivers/a.c': `int f(struct thing *t)\n{\nagain:\n\tguard(mutex)(&t->mtx);\n\tif (t->error)\n\t\tgoto again;\n\treturn 0;\n}\n`,
    });
    assert.deepEqual((await analyser.findings('drivers/a.c')).findings, []);
  });

  it('goto out of a scoped_guard() lets it go, goto within does not', async () => {
    const c = await contractOf(`
int f(struct thing *t)
{
	scoped_guard(mutex, &t->mtx) {
		if (t->error)
			goto inside;
		if (t->next)
			goto err;
		use(t);
inside:
		lockdep_assert_held(&t->mtx);
	}
	scoped_guard(spinlock, &t->slock)
		use(t);
	return 0;
err:
	mutex_lock(&t->mtx);
	mutex_unlock(&t->mtx);
	return 1;
}
`);
    assert.deepEqual([c.acquires, c.releases, c.requires], [[], [], []]);
    assert.deepEqual(held(c), ['', '']);
    assert.deepEqual(brief(c.takes), ['&t->mtx write 4', '&t->slock write 13', '&t->mtx write 17']);
  });

  it('an unknown class is named, and nothing is made up of it', async () => {
    const c = await contractOf('\nvoid f(struct thing *t)\n{\n\tguard(nobody)(t);\n\tuse(t);\n}\n');
    assert.ok(c.unknown.includes('class_nobody_constructor'));
    assert.deepEqual([c.takes, c.acquires, c.releases], [[], [], []]);
  });
});
