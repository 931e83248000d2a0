import assert from 'node:assert/strict';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { analyserOf } from '../../support/contracts.ts';

const HEAD = 'struct dev { spinlock_t lock; struct mutex m; struct mutex n; int ready; };\n';

async function all(text: string): Promise<readonly Finding[]> {
  const analyser = await analyserOf({ 'drivers/a.c': HEAD + text });
  return (await analyser.findings('drivers/a.c')).findings;
}

/** `kind function line confidence`, the line counted from the first of `text`. */
async function found(text: string): Promise<string[]> {
  const [skip] = [HEAD.split('\n').length - 1];
  return (await all(text)).map(f => `${f.kind} ${f.function} ${f.line - skip} ${f.confidence}`);
}

describe('findings of a file', () => {
  it('a callee that sleeps only if it is told that it may', async () => {
    const text = `static void flush(struct dev *d, bool may_sleep)
{
	if (may_sleep)
		msleep(1);
}
static struct es *get(bool nofail)
{
	if (!nofail)
		return kmalloc(1, GFP_ATOMIC);
	return kmalloc(1, GFP_KERNEL);
}
static void through(struct dev *d, bool may_sleep)
{
	flush(d, may_sleep);
}
void f(struct dev *d)
{
	through(d, true);
	spin_lock(&d->lock);
	through(d, false);
	get(false);
	spin_unlock(&d->lock);
}
void g(struct dev *d)
{
	spin_lock(&d->lock);
	through(d, false);
	through(d, true);
	get(true);
	spin_unlock(&d->lock);
}
`;
    assert.deepEqual(await found(text), ['sleep-in-atomic g 28 medium', 'gfp-in-atomic g 29 high']);
  });

  it('an error path that leaves a lock held which others let go', async () => {
    const text = `int f(struct dev *d, int n)
{
	int ret;

	mutex_lock(&d->m);
	ret = setup(d);
	if (ret)
		return -EIO;
	mutex_unlock(&d->m);
	return 0;
}
`;
    assert.deepEqual(await found(text), ['missing-unlock f 8 high']);
    const [finding] = await all(text);
    assert.equal(finding!.lock, '&d->m');
    assert.equal(finding!.text, 'return -EIO;');
    assert.deepEqual(
      finding!.related.map(r => r.message),
      ['taken', 'let go on another path'],
    );
  });

  it('a function that hands a lock out on success is by design', async () => {
    assert.deepEqual(
      await found(`int lock_ready(struct dev *d)
{
	mutex_lock(&d->m);
	if (!d->ready) {
		mutex_unlock(&d->m);
		return -ENODEV;
	}
	return 0;
}
`),
      [],
    );
  });

  it('locking on one condition, and unlocking on the same, leaves nothing held', async () => {
    assert.deepEqual(
      await found(`int f(struct dev *d, bool locked)
{
	int ret;

	if (!locked)
		mutex_lock(&d->m);
	ret = setup(d);
	if (ret)
		goto out;
	ret = start(d);
out:
	if (!locked)
		mutex_unlock(&d->m);
	return ret;
}
`),
      [],
    );
  });

  it('a lock taken twice, but not one that another path takes', async () => {
    assert.deepEqual(
      await found(`void f(struct dev *d, struct dev *e)
{
	spin_lock(&d->lock);
	spin_lock(&d->lock);
	spin_unlock(&d->lock);
}
void g(struct dev *d, struct dev *e)
{
	spin_lock(&d->lock);
	spin_lock(&e->lock);
	spin_unlock(&e->lock);
	spin_unlock(&d->lock);
}
void h(struct list_head *all)
{
	struct dev *d;

	list_for_each_entry(d, all, list)
		spin_lock(&d->lock);
}
`),
      ['double-lock f 4 high'],
    );
  });

  it('a lock let go twice', async () => {
    assert.deepEqual(
      await found(`void f(struct dev *d)
{
	spin_lock(&d->lock);
	if (d->ready)
		spin_unlock(&d->lock);
	else
		work(d);
	spin_unlock(&d->lock);
}
void g(struct dev *d)
{
	spin_lock(&d->lock);
	spin_unlock(&d->lock);
	spin_unlock(&d->lock);
}
`),
      ['unlock-not-held f 8 medium', 'unlock-not-held g 14 high'],
    );
  });

  it('sleeping under a spinlock, through a call, and by a gfp mask', async () => {
    assert.deepEqual(
      await found(`static void nap(struct dev *d)
{
	msleep(10);
}
void f(struct dev *d)
{
	void *p;

	spin_lock(&d->lock);
	nap(d);
	p = kmalloc(8, GFP_KERNEL);
	p = kmalloc(8, GFP_ATOMIC);
	spin_unlock(&d->lock);
	p = kmalloc(8, GFP_KERNEL);
	mutex_lock(&d->m);
	nap(d);
	mutex_unlock(&d->m);
}
`),
      ['sleep-in-atomic f 10 high', 'gfp-in-atomic f 11 high'],
    );
  });

  it('a callee that lets the lock go before it sleeps is no fault', async () => {
    assert.deepEqual(
      await found(`static void wait_ready(struct dev *d)
{
	spin_unlock(&d->lock);
	msleep(10);
	spin_lock(&d->lock);
}
void f(struct dev *d)
{
	spin_lock(&d->lock);
	wait_ready(d);
	spin_unlock(&d->lock);
}
`),
      [],
    );
  });

  it('two locks in both orders, told in both places', async () => {
    const text = `void f(struct dev *d)
{
	mutex_lock(&d->m);
	mutex_lock(&d->n);
	mutex_unlock(&d->n);
	mutex_unlock(&d->m);
}
void g(struct dev *d)
{
	mutex_lock(&d->n);
	mutex_lock(&d->m);
	mutex_unlock(&d->m);
	mutex_unlock(&d->n);
}
`;
    assert.deepEqual(
      (await found(text)).map(f => f.replace(/ \w+$/, '')),
      ['lock-order f 4', 'lock-order g 11'],
    );
    const [finding] = await all(text);
    assert.match(finding!.message, /dev\.n is taken while dev\.m is held; g\(\) takes them the other way round/);
  });

  it('a lock that an interrupt handler takes, taken with interrupts on', async () => {
    assert.deepEqual(
      await found(`static irqreturn_t dev_interrupt(int irq, void *data)
{
	struct dev *d = data;

	spin_lock(&d->lock);
	spin_unlock(&d->lock);
	return IRQ_HANDLED;
}
void f(struct dev *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->lock, flags);
	spin_unlock_irqrestore(&d->lock, flags);
}
void g(struct dev *d)
{
	spin_lock(&d->lock);
	spin_unlock(&d->lock);
}
`),
      ['irq-unsafe g 18 high'],
    );
  });

  it('a callee that asserts a lock which has just been let go', async () => {
    assert.deepEqual(
      await found(`static void update(struct dev *d)
{
	lockdep_assert_held(&d->m);
	d->ready = 1;
}
void f(struct dev *d)
{
	mutex_lock(&d->m);
	mutex_unlock(&d->m);
	update(d);
}
`),
      ['requires-not-held f 10 high'],
    );
  });

  it('trylocks, guards and BUG_ON are understood', async () => {
    assert.deepEqual(
      await found(`int f(struct dev *d)
{
	if (!mutex_trylock(&d->m))
		return -EBUSY;
	BUG_ON(!spin_trylock(&d->lock));
	spin_unlock(&d->lock);
	mutex_unlock(&d->m);
	return 0;
}
`),
      [],
    );
  });
});
