import assert from 'node:assert/strict';
import { heldAt } from '../../../extension/core/locks/heldAt.ts';
import { analyserOf, brief, contractOf } from '../../support/contracts.ts';

describe('lock contracts: control flow', () => {
  it('tells what is taken and released inside from what is acquired', async () => {
    const c = await contractOf(`
void f(struct a *a)
{
	spin_lock(&a->lock);
	spin_unlock(&a->lock);
	mutex_lock(&a->m);
}
`);
    assert.deepEqual(brief(c.takes), ['&a->lock write 4']);
    assert.deepEqual(brief(c.acquires), ['&a->m write 6']);
    assert.equal(c.maySleep, true);
    assert.equal(c.sleepsAt?.line, 6);
  });

  it('keeps paths apart by the condition that they depend on', async () => {
    const c = await contractOf(`
void f(struct mm *mm)
{
	if (mm != &init_mm)
		down_write(&init_mm.lock);
	work = 1;
	if (mm != &init_mm)
		up_write(&init_mm.lock);
}
`);
    assert.deepEqual([brief(c.takes), brief(c.acquires), brief(c.requires)], [['&init_mm.lock write 5'], [], []]);
  });

  it('sees a lock left held on an error path', async () => {
    const c = await contractOf(`
int f(struct a *a)
{
	int ret;

	mutex_lock(&a->m);
	ret = a->error;
	if (ret)
		return ret;
	mutex_unlock(&a->m);
	return 0;
}
`);
    assert.deepEqual(
      c.exits.map(e => [e.line, brief(e.held)]),
      [
        [9, ['&a->m write 6']],
        [11, []],
      ],
    );
  });

  for (const [name, body] of [
    ['trylock', 'if (!spin_trylock(&a->lock))\n\t\treturn 1;'],
    ['trylock into a variable', 'int ok = spin_trylock(&a->lock);\n\tif (!ok) return 1;'],
    ['killable', 'int ret = down_write_killable(&a->lock);\n\tif (ret) return ret;'],
    ['killable compared', 'if (down_read_killable(&a->lock) < 0)\n\t\treturn 1;'],
    ['trylock among conditions', 'if (a->x || !spin_trylock(&a->lock))\n\t\treturn 1;'],
  ] as const) {
    it(`takes the outcome of a ${name}`, async () => {
      const c = await contractOf(`int f(struct a *a)\n{\n\t${body}\n\treturn 0;\n}\n`);
      const held = c.exits.map(e => e.held.map(fact => `${fact.maybe ? '?' : ''}${fact.lock}`));
      assert.deepEqual(held, [[], ['&a->lock']]);
    });
  }

  it('follows goto, switch with fallthrough, and loops', async () => {
    const c = await contractOf(`
int f(struct a *a, int how)
{
	int i;

	spin_lock(&a->lock);
	switch (how) {
	case 1:
		goto out;
	case 2:
		a->x = 2;
		/* fallthrough */
	default:
		for (i = 0; i < 3; i++) {
			if (i == how)
				break;
		}
	}
	spin_unlock(&a->lock);
	return 0;
out:
	spin_unlock(&a->lock);
	return 1;
}
`);
    assert.deepEqual([brief(c.acquires), brief(c.releases), brief(c.takes)], [[], [], ['&a->lock write 6']]);
  });

  it('downgrades without letting go', async () => {
    const c = await contractOf(
      'void f(struct a *a)\n{\n\tdown_write(&a->sem);\n\tdowngrade_write(&a->sem);\n\tup_read(&a->sem);\n}\n',
    );
    assert.deepEqual([brief(c.acquires), brief(c.requires)], [[], []]);
  });

  it('requires what it releases and what lockdep asserts', async () => {
    const c = await contractOf(
      'void f(struct a *a)\n{\n\tlockdep_assert_held_write(&a->sem);\n\tspin_unlock(&a->lock);\n}\n',
    );
    assert.deepEqual(brief(c.requires), ['&a->sem write 3', '&a->lock write 4']);
    assert.deepEqual(brief(c.releases), ['&a->lock write 4']);
  });

  it('decides sleeping by the gfp mask, through parameters', async () => {
    const text = (gfp: string) =>
      `static void *get(int n, gfp_t gfp)\n{\n\treturn kmalloc(n, gfp | __GFP_ZERO);\n}\nvoid f(gfp_t gfp)\n{\n\tget(3, ${gfp});\n}\n`;
    assert.equal((await contractOf(text('GFP_KERNEL'))).maySleep, true);
    assert.equal((await contractOf(text('GFP_ATOMIC'))).maySleep, false);
    assert.equal((await contractOf(text('GFP_KERNEL & ~__GFP_DIRECT_RECLAIM'))).maySleep, false);
    assert.equal((await contractOf(text('gfp'))).sleepsAt?.maybe, true);
  });

  it('tells what is held at a line', async () => {
    const analyser = await analyserOf({
      'mm/a.c':
        'void f(struct a *a)\n{\n\tspin_lock(&a->lock);\n\ta->x = 1;\n\tspin_unlock(&a->lock);\n\ta->y = 1;\n}\n',
    });
    assert.deepEqual(brief((await heldAt(analyser, 'mm/a.c', 4))!.held), ['&a->lock write 3']);
    assert.deepEqual((await heldAt(analyser, 'mm/a.c', 6))!.held, []);
    assert.equal(await heldAt(analyser, 'mm/a.c', 40), undefined);
  });

  it('names near functions when there is none of that name', async () => {
    const analyser = await analyserOf({ 'mm/a.c': 'void split_pmd(void)\n{\n}\n' });
    await assert.rejects(analyser.requireContract('mm/a.c', 'split_pdm'), {
      name: 'InputError',
      message: 'mm/a.c: no function split_pdm; did you mean split_pmd?',
    });
    await assert.rejects(analyser.contracts('mm/none.c'), { name: 'InputError' });
  });

  it('a lock that is passed on and taken anew follows the pointer that stands for it', async () => {
    const c = await contractOf(`
extern struct pool pool;
static struct vec *relock(struct vec *locked)
{
	if (locked) {
		if (fits(locked))
			return locked;
		spin_unlock(&locked->lock);
	}
	spin_lock(&pool.vec.lock);
	return &pool.vec;
}
static struct vec *one(struct vec *v)
{
	int taken = 0;

	if (!wanted())
		goto out;
	taken = 1;
	v = relock(v);
out:
	if (taken)
		count();
	return v;
}
void f(int n)
{
	struct vec *v = NULL;
	int i;

	for (i = 0; i < n; i++)
		v = one(v);
	if (v)
		spin_unlock(&v->lock);
}
`);
    assert.deepEqual([brief(c.acquires), brief(c.releases), brief(c.requires)], [[], [], []]);
    assert.deepEqual(brief(c.takes), ['&pool.vec.lock write 32']);
  });
});
