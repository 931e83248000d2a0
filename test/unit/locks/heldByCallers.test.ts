import assert from 'node:assert/strict';
import { HeldByCallers } from '../../../extension/core/locks/heldByCallers.ts';
import { analyserOf } from '../../support/contracts.ts';

const TEXT = `struct dev { struct mutex m; spinlock_t lock; };
static void leaf(struct dev *d)
{
	work(d);
}
static void middle(struct dev *d)
{
	leaf(d);
}
void one(struct dev *d)
{
	mutex_lock(&d->m);
	middle(d);
	mutex_unlock(&d->m);
}
void two(struct dev *d)
{
	mutex_lock(&d->m);
	spin_lock(&d->lock);
	leaf(d);
	spin_unlock(&d->lock);
	mutex_unlock(&d->m);
}
`;

describe('locks that callers hold', () => {
  it('are those held at every call, through callers of callers', async () => {
    const held = new HeldByCallers(await analyserOf({ 'mm/a.c': TEXT }));
    const at = await held.at('mm/a.c', 4);
    assert.equal(at!.function, 'leaf');
    assert.deepEqual([at!.held, at!.required], [[], []]);
    assert.deepEqual([at!.entry.callers, at!.entry.sites, at!.entry.incomplete], [2, 2, false]);
    assert.deepEqual(
      at!.entry.locks.map(l => `${l.lockClass} ${l.sites}`),
      ['dev.m 2', 'dev.lock 1'],
    );
  });

  it('take in what a caller asserts, but for what it has let go', async () => {
    const text = `void leaf(struct dev *d) { d->n++; }
void one(struct dev *d)
{
	lockdep_assert_held(&d->m);
	leaf(d);
}
void two(struct dev *d, int unlocked)
{
	if (unlocked)
		mutex_lock(&d->m);
	lockdep_assert_held(&d->m);
	leaf(d);
}
void three(struct dev *d)
{
	lockdep_assert_held(&d->m);
	mutex_unlock(&d->m);
	leaf(d);
	mutex_lock(&d->m);
}
`;
    const held = new HeldByCallers(await analyserOf({ 'mm/a.c': text }));
    const { entry } = (await held.at('mm/a.c', 1))!;
    assert.deepEqual([entry.sites, entry.locks.map(l => `${l.lockClass} ${l.sites}`)], [3, ['dev.m 2']]);
  });

  it('take in who has the object to himself: it has just made it, or frees it', async () => {
    const text = (maker: string, freer: string) => `struct dev { struct mutex m; int n; };
static void leaf(struct dev *d) { d->n++; }
static struct dev *make(void)
{
	struct dev *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	d->n = 1;
	return d;
}
void one(struct dev *d)
{
	mutex_lock(&d->m);
	leaf(d);
	mutex_unlock(&d->m);
}
void two(void)
{
	struct dev *d = ${maker}();

	if (d)
		leaf(d);
}
void three(struct dev *d)
{
	leaf(d);
	${freer}(d);
}
`;
    const sites = async (maker: string, freer: string) => {
      const held = new HeldByCallers(await analyserOf({ 'mm/a.c': text(maker, freer) }));
      return (await held.at('mm/a.c', 2))!.entry.locks.map(l => `${l.lockClass} ${l.sites}`);
    };
    assert.deepEqual(await sites('make', 'kfree'), ['dev.m 3']);
    assert.deepEqual(await sites('find', 'kfree'), ['dev.m 2']);
    assert.deepEqual(await sites('make', 'put'), ['dev.m 2']);
  });

  it('a place of which nobody is known to call the function says so', async () => {
    const held = new HeldByCallers(await analyserOf({ 'mm/a.c': TEXT }));
    const at = await held.at('mm/a.c', 12);
    assert.deepEqual(at!.held, []);
    assert.deepEqual(
      (await held.at('mm/a.c', 13))!.held.map(h => h.lock),
      ['&d->m'],
    );
    assert.equal(at!.entry.callers, 0);
    assert.equal(await held.at('mm/a.c', 1), undefined);
  });
});
