import assert from 'node:assert/strict';
import { analyserOf } from '../../support/contracts.ts';

const HEAD = `struct node { int count; struct node *next; };
struct dev { spinlock_t lock; struct node *node; int ready; struct list_head list; };
struct node *make_node(void) { return 0; }
void write_node(struct node **p, struct node *n) { *p = n; }
int peek(struct node *n) { return n->count; }
void change(struct dev *d) { spin_lock(&d->lock); d->node = 0; spin_unlock(&d->lock); }
`;
const LINES = HEAD.split('\n').length - 1;

/** `kind line` of the findings of this task's kinds, the line counted from the first of `text`. */
async function found(text: string): Promise<string[]> {
  const analyser = await analyserOf({ 'drivers/a.c': HEAD + text });
  const { findings } = await analyser.findings('drivers/a.c');
  return findings
    .filter(f => f.kind === 'check-then-act' || f.kind === 'missing-recheck')
    .map(f => `${f.kind} ${f.line - LINES} ${f.confidence}`);
}

const install = (second: string, first = '') => `int f(struct dev *d)
{
	struct node *n;

	spin_lock(&d->lock);
	if (d->node) {
		spin_unlock(&d->lock);
		return 0;
	}
	${first}
	spin_unlock(&d->lock);
	n = make_node();
	spin_lock(&d->lock);
	${second}
	spin_unlock(&d->lock);
	return 0;
}
`;

describe('what is relied upon after a lock was let go', () => {
  it('a store decided by a test from before the lock was let go and taken again', async () => {
    assert.deepEqual(await found(install('d->node = n;')), ['missing-recheck 14 low']);
  });

  it('nothing when it is tested again', async () => {
    assert.deepEqual(await found(install('if (!d->node) d->node = n;')), []);
  });

  it('nothing when the test was followed by a claim under the same lock', async () => {
    assert.deepEqual(await found(install('d->node = n;', 'd->ready = 1;')), []);
  });

  it('a callee that stores through the pointer it is given', async () => {
    assert.deepEqual(await found(install('write_node(&d->node, n);')), ['missing-recheck 14 low']);
  });

  it('nothing when both branches of the test lead there', async () => {
    assert.deepEqual(
      await found(`void f(struct dev *d)
{
	spin_lock(&d->lock);
	if (d->node)
		d->ready = 1;
	spin_unlock(&d->lock);
	spin_lock(&d->lock);
	d->node = 0;
	spin_unlock(&d->lock);
}
`),
      [],
    );
  });

  it('a test whose outcome is kept in a local', async () => {
    assert.deepEqual(
      await found(`void f(struct dev *d)
{
	int has;

	spin_lock(&d->lock);
	has = peek(d->node);
	spin_unlock(&d->lock);
	if (has)
		return;
	spin_lock(&d->lock);
	d->node = make_node();
	spin_unlock(&d->lock);
}
`),
      ['missing-recheck 11 low'],
    );
  });

  const pointer = (between: string, again: string, under = '') => `void f(struct dev *d)
{
	struct node *n;

	spin_lock(&d->lock);
	n = d->node;
	${under}
	spin_unlock(&d->lock);
	${between}
	spin_lock(&d->lock);
	${again}
	n->count = 1;
	spin_unlock(&d->lock);
}
`;

  it('a pointer read before the lock was let go and followed after it was taken again', async () => {
    assert.deepEqual(await found(pointer('wait();', '')), ['missing-recheck 12 low']);
  });

  it('nothing when it is read or compared again, pinned, or of another object', async () => {
    assert.deepEqual(await found(pointer('wait();', 'n = d->node;')), []);
    assert.deepEqual(await found(pointer('wait();', 'if (n != d->node) return;')), []);
    assert.deepEqual(await found(pointer('wait();', '', 'hold(n);')), []);
    assert.deepEqual(await found(pointer('wait();', '', 'n->count++;')), []);
    assert.deepEqual(await found(pointer('use(n->count);', '')), []);
    assert.deepEqual(await found(pointer('wait();', 'n = make_node();')), []);
    assert.deepEqual(await found(pointer('d = other();', '')), []);
  });

  it('nothing of a field that nobody changes under the lock', async () => {
    assert.deepEqual(await found(pointer('wait();', '').replace('n = d->node', 'n = d->parent')), []);
  });

  it('what was tested under the lock, read without it, and used under it', async () => {
    const text = (read: string) => `int f(struct dev *d)
{
	struct node *n;
	int ok;

	spin_lock(&d->lock);
	ok = peek(d->node);
	spin_unlock(&d->lock);
	if (!ok)
		return 0;
	${read}
	spin_lock(&d->lock);
	if (peek(d->node))
		n->count = 1;
	spin_unlock(&d->lock);
	return 0;
}
`;
    assert.deepEqual(await found(text('n = d->node;')), ['check-then-act 11 low']);
    assert.deepEqual(await found(text('n = make_node();')), []);
  });
});
