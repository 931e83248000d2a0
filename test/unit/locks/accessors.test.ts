import assert from 'node:assert/strict';
import type { FunctionContract, LockFact } from '../../../extension/core/report/documents.ts';
import { analyserOf, brief } from '../../support/contracts.ts';

/** Contracts of a file's functions, by name. */
async function contractsOf(text: string): Promise<(name: string) => Promise<FunctionContract>> {
  const analyser = await analyserOf({ 'fs/a.c': text });
  return name => analyser.requireContract('fs/a.c', name);
}

/** What a function requires, releases and acquires: names and modes. */
const effects = (c: FunctionContract): string[][] => [c.requires, c.releases, c.acquires].map(named);

const named = (facts: readonly LockFact[]): string[] => brief(facts).map(fact => fact.replace(/ \d+$/, ''));

const GROUPS = `struct bucket { spinlock_t lock; };
struct table { struct bucket locks[128]; };
struct info { struct table *groups; };
struct sb { struct info *info; };
static spinlock_t *lock_of(struct sb *sb, int g)
{
	return &sb->info->groups->locks[g & 127].lock;
}
`;

describe('a lock that an accessor names by a long path', () => {
  const CALL = 'lock_of(sb, g) write';

  it('is required, and taken anew, by a function that lets it go meanwhile, and by its callers', async () => {
    const of = await contractsOf(`${GROUPS}static void relock(struct sb *sb, int g)
{
	spin_unlock(lock_of(sb, g));
	prepare(sb);
	spin_lock(lock_of(sb, g));
}
void caller(struct sb *sb, int g)
{
	relock(sb, g);
}
void outermost(struct sb *sb, int g)
{
	caller(sb, g);
}
`);
    for (const name of ['relock', 'caller', 'outermost']) {
      const c = await of(name);
      assert.deepEqual(effects(c), [[CALL], [], []], name);
      assert.deepEqual(named(c.takes), [CALL], name);
    }
  });

  it('is required and let go where one callee unlocks it, acquired where another locks it, and required by who calls both', async () => {
    const of = await contractsOf(`${GROUPS}static void leave(struct sb *sb, int g)
{
	spin_unlock(lock_of(sb, g));
}
static void enter(struct sb *sb, int g)
{
	spin_lock(lock_of(sb, g));
}
void meanwhile(struct sb *sb, int g)
{
	leave(sb, g);
	prepare(sb);
	enter(sb, g);
}
`);
    assert.deepEqual(effects(await of('leave')), [[CALL], [CALL], []]);
    assert.deepEqual(effects(await of('enter')), [[], [], [CALL]]);
    assert.deepEqual(effects(await of('meanwhile')), [[CALL], [], []]);
  });

  it('is neither required nor left held where the caller holds it across the call', async () => {
    const of = await contractsOf(`${GROUPS}static void relock(struct sb *sb, int g)
{
	spin_unlock(lock_of(sb, g));
	spin_lock(lock_of(sb, g));
}
void holder(struct sb *sb, int g)
{
	spin_lock(lock_of(sb, g));
	relock(sb, g);
	spin_unlock(lock_of(sb, g));
}
`);
    assert.deepEqual(effects(await of('holder')), [[], [], []]);
  });

  it('is another lock for other arguments', async () => {
    const of = await contractsOf(`${GROUPS}void both(struct sb *sb, int g, int h)
{
	spin_lock(lock_of(sb, g));
	spin_unlock(lock_of(sb, h));
}
void same(struct sb *sb, int g)
{
	spin_lock(lock_of(sb, g));
	spin_unlock(lock_of(sb, g));
}
`);
    const other = ['lock_of(sb, h) write'];
    assert.deepEqual(effects(await of('both')), [other, other, [CALL]]);
    assert.deepEqual(effects(await of('same')), [[], [], []]);
  });

  it('is another lock for other arguments where the accessor returns what the lock is in', async () => {
    const of = await contractsOf(`${GROUPS}static struct bucket *bucket_of(struct sb *sb, int g)
{
	return &sb->info->groups->locks[g & 127];
}
void both(struct sb *sb, int g, int h)
{
	spin_lock(&bucket_of(sb, g)->lock);
	spin_unlock(&bucket_of(sb, h)->lock);
}
void same(struct sb *sb, int g)
{
	struct bucket *bucket = bucket_of(sb, g);

	spin_lock(&bucket->lock);
	spin_unlock(&bucket_of(sb, g)->lock);
}
`);
    // With brackets around the call or without.
    const bare = (c: FunctionContract) =>
      effects(c).map(facts => facts.map(f => f.replace(/\((\w+\([^()]*\))\)/, '$1')));
    const other = ['&bucket_of(sb, h)->lock write'];
    assert.deepEqual(bare(await of('both')), [other, other, ['&bucket_of(sb, g)->lock write']]);
    assert.deepEqual(effects(await of('same')), [[], [], []]);
  });

  it('goes by the arguments of the caller, whatever the callee calls them', async () => {
    const of = await contractsOf(`${GROUPS}static void take(struct sb *s, int n)
{
	spin_lock(lock_of(s, n));
}
void first(struct sb *sb, int g, int h)
{
	take(sb, h);
	spin_unlock(lock_of(sb, h));
}
void second(struct sb *sb, int g, int h)
{
	take(sb, h);
	spin_unlock(lock_of(sb, g));
}
`);
    assert.deepEqual(effects(await of('first')), [[], [], []]);
    assert.deepEqual(effects(await of('second')), [[CALL], [CALL], ['lock_of(sb, h) write']]);
  });
});

describe('a lock of an object that an accessor chooses', () => {
  const CHOSEN = `struct x { spinlock_t lock; };
struct b { struct x *p; struct x *q; int n; };
static struct x *pick(struct x *a, struct b *b)
{
	struct x *p;

	if (b->n)
		p = b->p;
	else
		p = b->q;
	return p;
}
static struct x *far(struct x *a, struct b *b)
{
	struct x *p = b->x->y->z->n ? b->x->y->z->p : a;
	return p;
}
static struct x *near(struct x *a, struct b *b)
{
	struct x *p = a ? b->p : a;
	return p;
}
`;

  for (const [accessor, how, name] of [
    ['pick', 'on two paths', '&pick(a, b)->lock write'],
    ['far', 'by a condition that is long to write', '&far(a, b)->lock write'],
    ['near', 'by a condition that is short to write', '&(a ? b->p : a)->lock write'],
  ] as const)
    it(`${how} goes by ${name}, never by the accessor's local`, async () => {
      const of = await contractsOf(`${CHOSEN}void unlocks(struct x *a, struct b *b)
{
	spin_unlock(&${accessor}(a, b)->lock);
}
void locks(struct x *a, struct b *b)
{
	struct x *got = ${accessor}(a, b);

	spin_lock(&got->lock);
}
void through(struct x *a, struct b *b)
{
	unlocks(a, b);
}
`);
      assert.deepEqual(effects(await of('unlocks')), [[name], [name], []]);
      assert.deepEqual(effects(await of('locks')), [[], [], [name]]);
      assert.deepEqual(effects(await of('through')), [[name], [name], []]);
    });

  it('is taken and let go again under one name, with the result kept', async () => {
    const of = await contractsOf(`${CHOSEN}void balanced(struct x *a, struct b *b)
{
	struct x *got = pick(a, b);

	spin_lock(&got->lock);
	spin_unlock(&got->lock);
}
`);
    assert.deepEqual(effects(await of('balanced')), [[], [], []]);
  });
});

describe('a lock of a per-CPU variable', () => {
  it('goes by the per_cpu() it is of, not by the local that points there', async () => {
    const of = await contractsOf(`struct pcb { raw_spinlock_t lock; int n; };
static void leave(int cpu)
{
	struct pcb *pcb = &per_cpu(pcpub, cpu);

	raw_spin_unlock(&pcb->lock);
}
static void enter(int cpu)
{
	struct pcb *pcb = &per_cpu(pcpub, cpu);

	raw_spin_lock(&pcb->lock);
}
void through(int cpu, int other)
{
	leave(other);
}
`);
    const others = ['&per_cpu(pcpub, other).lock write'];
    assert.deepEqual(effects(await of('through')), [others, others, []]);
    const own = ['&per_cpu(pcpub, cpu).lock write'];
    assert.deepEqual(effects(await of('leave')), [own, own, []]);
    assert.deepEqual(effects(await of('enter')), [[], [], own]);
  });
});
