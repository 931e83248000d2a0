import assert from 'node:assert/strict';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { LockEvidence, wordsOf } from '../../../extension/core/locks/lockEvidence.ts';
import type { FieldHover, LockHover } from '../../../extension/core/locks/protection.ts';
import { callersMarkdown, fieldMarkdown, lockMarkdown } from '../../../extension/core/report/lockText.ts';
import { textTree } from '../../support/contracts.ts';

const POOL = `struct pool {
	spinlock_t lock;
	struct pool_owner *owner;
	int used, left;
	int seen;
};
struct pool_owner {
	struct mutex big;
	int pools;
};
`;
const A = `#include "pool.h"
static DEFINE_SPINLOCK(list_lock);
static int listed;

static void count(struct pool *pool)
{
	pool->used++;
	pool->left--;
}

void take(struct pool *pool)
{
	spin_lock(&pool->lock);
	count(pool);
	if (pool->left)
		pool->seen = 1;
	spin_unlock(&pool->lock);
	if (pool->seen)
		return;
	spin_lock(&list_lock);
	listed++;
	spin_lock(&pool->lock);
	count(pool);
	spin_unlock(&pool->lock);
	spin_unlock(&list_lock);
}

int peek(struct pool *pool)
{
	return pool->seen;
}

void adopt(struct pool *pool)
{
	mutex_lock(&pool->owner->big);
	pool->owner->pools++;
	mutex_unlock(&pool->owner->big);
}
`;
const B = `#include "pool.h"
void give(struct pool *pool)
{
	spinlock_t *ptl = &pool->lock;

	if (!spin_trylock(ptl))
		return;
	pool->used--;
	spin_unlock(ptl);
	take(pool);
}

void orphan(struct pool_owner *owner)
{
	owner->pools = 0;
}
`;

function evidence(a = A) {
  const tree = textTree({ 'mm/pool.h': POOL, 'mm/a.c': a, 'mm/b.c': B });
  return new LockEvidence(tree, new ContractAnalyser(tree), async () => undefined);
}
const offset = (text: string, what: string) => text.indexOf(what) + what.length - 1;
const field = async (e: LockEvidence, what: string) => (await e.at('mm/a.c', offset(A, what))) as FieldHover;
const lock = async (e: LockEvidence, file: string, text: string, what: string) =>
  (await e.at(file, offset(text, what))) as LockHover;
const brief = (f: FieldHover) => [
  f.field,
  f.accesses,
  f.writes,
  f.held.map(h => [h.lockClass, h.accesses, h.writes]),
  f.bare,
];

describe('evidence about what locks protect', () => {
  it('counts accesses of a field under each class, what the callers of a static hold included', async () => {
    const e = evidence();
    assert.deepEqual(brief(await field(e, 'pool->used')), ['pool.used', 1, 1, [['pool.lock', 1, 1]], 0]);
    assert.deepEqual(brief(await field(e, 'pool->left')), ['pool.left', 2, 1, [['pool.lock', 2, 1]], 0]);
    const seen = await field(e, 'pool->seen');
    assert.deepEqual(brief(seen), ['pool.seen', 3, 1, [['pool.lock', 1, 1]], 2]);
    assert.deepEqual(
      seen.examples.map(x => [x.function, x.line]),
      [
        ['take', 18],
        ['peek', 30],
      ],
    );
    assert.deepEqual(brief(await field(e, '\tlisted')), ['listed', 1, 1, [['list_lock', 1, 1]], 0]);
  });

  it('forgets the caller of a static as soon as its address is taken', async () => {
    const taken = A.replace('int peek', 'static void (*hook)(struct pool *) = count;\nint peek');
    const e = evidence(taken);
    const used = (await e.at('mm/a.c', offset(taken, 'pool->used'))) as FieldHover;
    assert.deepEqual(brief(used), ['pool.used', 1, 1, [], 1]);
  });

  it('tells of a lock what it protects, who takes it and in which order', async () => {
    const l = await lock(evidence(), 'mm/a.c', A, 'spin_lock(&pool->lock');
    assert.equal(l.kind, 'lock');
    assert.equal(l.lockClass, 'pool.lock');
    assert.deepEqual(
      l.protects.map(p => [p.field, p.under, p.not]),
      [['pool.left', 2, 0]],
    );
    assert.deepEqual(
      l.takenBy.map(t => [t.function, t.times]),
      [['take', 2]],
    );
    assert.deepEqual([l.after.map(n => n.lockClass), l.before.map(n => n.lockClass)], [['list_lock'], []]);
    const list = await lock(evidence(), 'mm/a.c', A, 'spin_lock(&list_lock');
    assert.deepEqual([list.lockClass, list.before.map(n => n.lockClass)], ['list_lock', ['pool.lock']]);
  });

  it('knows a lock through a local, and the type that a field points to from the header', async () => {
    const l = await lock(evidence(), 'mm/b.c', B, 'spin_trylock(ptl');
    assert.deepEqual([l.lock, l.lockClass], ['&pool->lock', 'pool.lock']);
    const big = await lock(evidence(), 'mm/a.c', A, '&pool->owner->big');
    assert.equal(big.lockClass, 'pool_owner.big');
    assert.deepEqual(brief(await field(evidence(), 'pool->owner->pools')), [
      'pool_owner.pools',
      1,
      1,
      [['pool_owner.big', 1, 1]],
      0,
    ]);
  });

  it('takes other files in once they have been read, and says how much an answer is made of', async () => {
    const e = evidence();
    const before = await lock(e, 'mm/a.c', A, 'spin_lock(&pool->lock');
    assert.deepEqual(before.scope, { files: 1, functions: 4, more: 1 });
    assert.deepEqual(wordsOf(before.lockClass), ['lock', 'pool']);
    assert.ok(await e.widen('mm/a.c', wordsOf(before.lockClass)));
    assert.ok(!(await e.widen('mm/a.c', wordsOf(before.lockClass))), 'nothing is left to read');
    const after = await lock(e, 'mm/a.c', A, 'spin_lock(&pool->lock');
    assert.deepEqual(after.scope, { files: 2, functions: 6, more: 0 });
    assert.deepEqual(
      after.protects.map(p => [p.field, p.under, p.not]),
      [
        ['pool.left', 2, 0],
        ['pool.used', 2, 0],
      ],
    );
    assert.deepEqual(brief(await field(e, 'pool->owner->pools')), [
      'pool_owner.pools',
      2,
      2,
      [['pool_owner.big', 1, 1]],
      1,
    ]);
  });

  it('tells who calls a function holding what', async () => {
    const e = evidence();
    const count = await e.callers('mm/a.c', 'count');
    assert.deepEqual(
      count!.groups.map(g => [g.held.map(h => h.lockClass), g.calls, g.callers.map(c => c.line)]),
      [
        [['pool.lock'], 1, [14]],
        [['list_lock', 'pool.lock'], 1, [23]],
      ],
    );
    assert.equal(await e.callers('mm/a.c', 'take'), undefined);
    await e.widen('mm/a.c', ['take']);
    assert.deepEqual(
      (await e.callers('mm/a.c', 'take'))!.groups.map(g => [g.held, g.callers.map(c => `${c.file}:${c.line}`)]),
      [[[], ['mm/b.c:10']]],
    );
  });

  it('is nothing on locals, keywords and outside of functions', async () => {
    const e = evidence();
    assert.equal(await e.at('mm/a.c', A.indexOf('return')), undefined);
    assert.equal(await e.at('mm/b.c', B.indexOf('ptl = ')), undefined);
  });

  it('knows globals and fields where they are declared', async () => {
    const e = evidence();
    assert.deepEqual(brief(await field(e, 'static int listed')), ['listed', 1, 1, [['list_lock', 1, 1]], 0]);
    assert.equal((await lock(e, 'mm/a.c', A, 'DEFINE_SPINLOCK(list_lock')).lockClass, 'list_lock');
    const inHeader = (await e.at('mm/pool.h', POOL.indexOf('left;'))) as FieldHover;
    assert.deepEqual(brief(inHeader), ['pool.left', 2, 1, [['pool.lock', 2, 1]], 0]);
    assert.equal((await e.at('mm/pool.h', POOL.indexOf('lock;')))?.kind, 'lock');
    assert.equal(await e.at('mm/pool.h', POOL.indexOf('int used')), undefined);
  });

  it('tells the lock of a call from its other arguments, and knows one that no analysis comes to', async () => {
    const text = `#include "pool.h"
void f(struct pool *pool, unsigned long flags)
{
	spin_lock_irqsave(&pool->lock, flags);
	spin_unlock_irqrestore(&pool->lock, flags);
	return;
	mutex_lock(&far_mutex);
}
`;
    const tree = textTree({ 'mm/pool.h': POOL, 'mm/a.c': text });
    const e = new LockEvidence(tree, new ContractAnalyser(tree), async () => undefined);
    assert.equal((await lock(e, 'mm/a.c', text, '&pool->lock')).lockClass, 'pool.lock');
    assert.equal(await e.at('mm/a.c', offset(text, 'lock, flags')), undefined);
    assert.equal(await e.at('mm/a.c', offset(text, '(&pool')), undefined);
    const far = await lock(e, 'mm/a.c', text, '&far_mutex');
    assert.deepEqual([far.kind, far.lockClass, far.takers], ['lock', 'far_mutex', 0]);
  });

  it('after an edit is what it would be of the new text', async () => {
    const e = evidence();
    const asked = async (from: LockEvidence, text: string) => [
      await from.at('mm/a.c', offset(text, 'pool->seen'), text),
      await from.at('mm/a.c', offset(text, 'spin_lock(&pool->lock'), text),
      await from.callers('mm/a.c', 'count', text),
    ];
    const edits = [
      A.replace('static void count', '/* moved */\n\nstatic void count'),
      A.replace('\tpool->left--;', '\tpool->left--;\n\tpool->seen++;'),
      A.replace('\tpool->left--;', '\tspin_unlock(&pool->lock);'),
      A.replace('\tspin_lock(&list_lock);\n', ''),
      A.replace('int peek', 'void (*hook)(struct pool *) = count;\nint peek'),
      A,
    ];
    for (const text of edits) assert.deepEqual(await asked(e, text), await asked(evidence(), text), text);
  });

  it('tells what only one struct can have, and types by their typedefs', async () => {
    const header = `typedef struct box_s box_t;
struct box_s {
	spinlock_t box_lock;
	int boxed;
	int size;
};
struct crate {
	int size;
	box_t *in;
};
`;
    const text = `#include "box.h"
void f(void *p, struct crate *crate)
{
	spin_lock(&BOX(p)->box_lock);
	BOX(p)->boxed++;
	BOX(p)->size++;
	spin_unlock(&BOX(p)->box_lock);
	crate->in->boxed = 0;
}
`;
    const tree = textTree({ 'mm/box.h': header, 'mm/a.c': text });
    const e = new LockEvidence(tree, new ContractAnalyser(tree), async () => undefined);
    const boxed = (await e.at('mm/a.c', offset(text, '->boxed'))) as FieldHover;
    assert.deepEqual(brief(boxed), ['box_t.boxed', 2, 2, [['box_t.box_lock', 1, 1]], 1]);
    assert.deepEqual(await e.at('mm/a.c', offset(text, 'crate->in->boxed')), boxed);
    assert.equal((await lock(e, 'mm/a.c', text, 'spin_lock(&BOX(p)->box_lock')).lockClass, 'box_t.box_lock');
    assert.equal(await e.at('mm/a.c', offset(text, '->size')), undefined, 'two structs have one');
  });

  it('reads as markdown', async () => {
    const e = evidence();
    const link = ({ file, line }: { file: string; line: number }) => `x:${file}:${line}`;
    const l = lockMarkdown(await lock(e, 'mm/a.c', A, 'spin_lock(&pool->lock'), link);
    assert.match(l, /^\*\*lock\*\* `pool\.lock` · here `&pool->lock`\n\n\| protects/);
    assert.match(l, /\| \[`left`\]\(x:mm\/a\.c:\d+\) \| 2 \(1 store\) \| 0 \|/);
    assert.match(l, /\*\*taken by\*\* \[take\]\(x:mm\/a\.c:13\) 2×/);
    assert.match(l, /\*\*taken under\*\* `list_lock` \[take:22\]\(x:mm\/a\.c:22\)/);
    assert.match(l, /\*from 4 functions of 1 file; 1 more file that mentions it not read yet\*$/);
    const f = fieldMarkdown(await field(e, 'pool->seen'), link);
    assert.match(f, /\| `pool\.lock` \| 1 of 3 \| 1 of 1 \|/);
    assert.match(f, /\| none · \[take:18\]\(x:mm\/a\.c:18\), \[peek:30\]\(x:mm\/a\.c:30\) \| 2 of 3 \| 0 of 1 \|/);
    const c = callersMarkdown((await e.callers('mm/a.c', 'count'))!, link);
    assert.match(c, /^\*\*called\*\* holding `pool\.lock` · 1× \[take:14\]\(x:mm\/a\.c:14\)/);
  });
});
