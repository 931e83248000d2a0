import assert from 'node:assert/strict';
import { analyserOf, brief, contractOf } from '../../support/contracts.ts';

const HEAD = `struct vma { spinlock_t lock; int n; };
struct obj { spinlock_t lock; struct obj *parent; };
`;

/** What `f` requires, lets go and acquires. */
async function effects(text: string): Promise<string[][]> {
  const c = await contractOf(HEAD + text);
  return [c.requires, c.releases, c.acquires].map(facts => brief(facts).map(fact => fact.replace(/ \d+$/, '')));
}

/** Locks that are found to be taken while they are held. */
async function doubled(text: string): Promise<(string | undefined)[]> {
  const { findings } = await (await analyserOf({ 'mm/a.c': HEAD + text })).findings('mm/a.c');
  return findings.filter(f => f.kind === 'double-lock').map(f => f.lock);
}

describe('what a loop macro is called with', () => {
  it('a container that was given a value before is the same one after the loop', async () => {
    assert.deepEqual(
      await effects(`void f(struct obj *from)
{
	struct obj *obj = from->parent;
	struct vma *vma;

	for_each_thing(vma, obj)
		visit(vma);
	spin_unlock(&obj->lock);
}
`),
      [['&from->parent->lock write'], ['&from->parent->lock write'], []],
    );
  });

  it('a container that was locked before the loop is let go after it', async () => {
    assert.deepEqual(
      await effects(`void f(struct obj *from)
{
	struct obj *obj = from->parent;
	struct vma *vma;

	spin_lock(&from->parent->lock);
	for_each_thing(vma, obj)
		vma->n = 1;
	spin_unlock(&obj->lock);
}
`),
      [[], [], []],
    );
  });

  it('a parameter that is the container stays what it was', async () => {
    assert.deepEqual(
      await effects(`void f(struct obj *obj)
{
	struct vma *vma;

	for_each_thing(vma, obj)
		vma->n = 1;
	spin_unlock(&obj->lock);
}
`),
      [['&obj->lock write'], ['&obj->lock write'], []],
    );
  });

  it('the cursor is another one after the loop', async () => {
    assert.deepEqual(
      await effects(`void f(struct obj *obj, struct vma *first)
{
	struct vma *vma = first;

	for_each_thing(vma, obj)
		vma->n = 1;
	spin_unlock(&vma->lock);
}
`),
      [[], [], []],
    );
  });

  it('a cursor that the loop does not have stays what it was', async () => {
    assert.deepEqual(
      await effects(`void f(struct obj *obj, struct vma *first)
{
	struct vma *vma = first;
	struct vma *other;

	for_each_thing(other, obj)
		other->n = 1;
	spin_unlock(&vma->lock);
}
`),
      [['&first->lock write'], ['&first->lock write'], []],
    );
  });

  const second = (given: string) => `void f(struct obj *table, struct vma *first)
{
	struct vma *vma${given};
	int bkt;

	hash_for_each(table, bkt, vma, member)
		vma->n = 1;
	spin_unlock(&vma->lock);
}
`;

  it('a second cursor, and one that was NULL before, are renewed', async () => {
    for (const given of ['', ' = NULL']) assert.deepEqual(await effects(second(given)), [[], [], []], given);
  });

  const locking = (of: string, given: string) => `void f(struct obj *from)
{
	struct obj *obj = from->parent;
	struct vma *vma${given};
	int bkt;

	hash_for_each(obj, bkt, vma, member)
		spin_lock(&${of}->lock);
}
`;

  it("locking a second cursor's object in each round is not locking one object twice", async () => {
    for (const given of ['', ' = NULL']) assert.deepEqual(await doubled(locking('vma', given)), [], given);
  });

  it('locking the container in each round is', async () => {
    const text = locking('obj', '').replace('hash_for_each(obj, bkt, vma, member)', 'for_each_thing(vma, obj)');
    assert.deepEqual(await doubled(text), ['&from->parent->lock']);
  });
});
