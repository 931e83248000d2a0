import assert from 'node:assert/strict';
import { TreeIndex } from '../../../extension/core/index/tree/treeIndex.ts';
import type { Verdict } from '../../../extension/core/locks/barriers/search.ts';
import { barrierOf, orderOf } from '../../../extension/core/locks/barriers/vocabulary.ts';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { textTree } from '../../support/contracts.ts';

type Files = Readonly<Record<string, string>>;

const RING = `struct ring {
	int data;
	int ready;
	spinlock_t lock;
};
`;
const PUBLISH = `
void publish(struct ring *r, int v)
{
	r->data = v;
	smp_wmb();
	WRITE_ONCE(r->ready, 1);
}
`;
const consume = (between: string, before = ''): string => `
int consume(struct ring *r)
{
	${before}
	if (!READ_ONCE(r->ready))
		return -1;
	${between}
	return r->data;
}
`;

function analyserOf(files: Files, indexed: boolean): ContractAnalyser {
  const index = new TreeIndex();
  for (const [file, text] of Object.entries(files)) index.add(file, new TextEncoder().encode(text));
  return new ContractAnalyser(textTree(files), indexed ? { index, barriers: { index } } : {});
}

/** What became of the barriers of `a.c`, in order of the text. */
async function verdicts(files: Files | string, indexed = false): Promise<Verdict[]> {
  const all = typeof files === 'string' ? { 'a.c': files } : files;
  return (await analyserOf(all, indexed).judgedBarriers('a.c')).map(j => j.verdict);
}

async function unpaired(files: Files | string, indexed = false): Promise<readonly Finding[]> {
  const all = typeof files === 'string' ? { 'a.c': files } : files;
  const { findings } = await analyserOf(all, indexed).findings('a.c', undefined, true);
  return findings.filter(f => f.kind === 'unpaired-barrier');
}

describe('barriers that nothing pairs with', () => {
  it('are told with both sides', async () => {
    const [found, ...more] = await unpaired(RING + PUBLISH + consume(''));
    assert.equal(more.length, 0);
    assert.equal(found?.line, 10);
    assert.equal(found.confidence, 'low');
    assert.equal(found.function, 'publish');
    assert.match(
      found.message,
      /^smp_wmb\(\) keeps the store to ring\.data before the store to ring\.ready; consume\(\)/,
    );
    assert.deepEqual(
      found.related.map(r => r.line),
      [9, 11, 17, 20],
    );
  });

  it('are not when the other side has a barrier, or anything else that orders', async () => {
    assert.deepEqual(await verdicts(RING + PUBLISH + consume('smp_rmb();')), ['paired', 'paired']);
    assert.deepEqual(await verdicts(RING + PUBLISH + consume('smp_mb();')), ['paired', 'paired']);
    assert.deepEqual(await verdicts(RING + PUBLISH + consume('atomic_inc_return(&r->users);')), ['paired']);
    assert.deepEqual(await verdicts(RING + PUBLISH + consume('spin_lock(&r->lock);')), ['implied']);
  });

  it('are when what stands between orders nothing, or not loads', async () => {
    for (const between of [
      'smp_wmb();',
      'atomic_inc(&r->users);',
      'cpu_relax();',
      'atomic_add_return_relaxed(1, &r->users);',
    ])
      assert.equal((await unpaired(RING + PUBLISH + consume(between)))[0]?.line, 10, between);
  });

  it('pair with an acquire, and a release with a dependency', async () => {
    const acquire = consume('').replace('READ_ONCE(r->ready)', 'smp_load_acquire(&r->ready)');
    assert.deepEqual(await verdicts(RING + PUBLISH + acquire), ['paired', 'paired']);
    const release = `struct ring { int data; struct ring *next; };
void publish(struct ring *r, struct ring *n)
{
	n->data = 1;
	smp_store_release(&r->next, n);
}
`;
    const reader = (use: string): string => `
int first(struct ring *r)
{
	struct ring *n = READ_ONCE(r->next);

	return n ? ${use} : 0;
}
`;
    assert.deepEqual(await verdicts(release + reader('n->data')), ['paired']);
    assert.deepEqual(await verdicts(release + reader('r->data')), ['unpaired']);
  });

  it('are asked for on the reading side as well', async () => {
    const writer = (between: string): string => PUBLISH.replace('smp_wmb();', between);
    const reader = consume('smp_rmb();');
    assert.deepEqual(await verdicts(RING + writer('') + reader), ['unpaired']);
    assert.deepEqual(await verdicts(RING + writer('smp_mb();') + reader), ['paired', 'paired']);
    // Nobody else has the object yet.
    const fresh = `
struct ring *make(void)
{
	struct ring *r = kzalloc(sizeof(*r), GFP_KERNEL);

	r->data = 1;
	r->ready = 1;
	return r;
}
`;
    assert.deepEqual(await verdicts(RING + fresh + reader), ['alone']);
    const reset = 'void reset(struct ring *r)\n{\n\tr->data = r->ready = 0;\n}\n';
    assert.deepEqual(await verdicts(RING + reset + reader), ['alone']);
    assert.deepEqual(await verdicts(RING + reset.replace('0;', '7;') + reader), ['unpaired']);
  });

  it('are asked for between a store and a load', async () => {
    const text = (between: string): string => `static int a;
static int b;
int left(void)
{
	WRITE_ONCE(a, 1);
	smp_mb();
	return READ_ONCE(b);
}
int right(void)
{
	WRITE_ONCE(b, 1);
	${between}
	return READ_ONCE(a);
}
`;
    assert.deepEqual(await verdicts(text('')), ['unpaired']);
    assert.deepEqual(await verdicts(text('smp_mb();')), ['paired', 'paired']);
    assert.deepEqual(await verdicts(text('wake_up(&q);')), ['implied']);
  });

  it('are not when a comment names the partner, and there is such a function', async () => {
    const said = (name: string): string =>
      PUBLISH.replace('\tsmp_wmb();', `\t/* pairs with the read side in ${name}() */\n\tsmp_wmb();`);
    const other = (body: string): string => `int peek_ring(struct ring *r)\n{\n\t${body}\n\treturn r->more;\n}\n`;
    assert.equal((await verdicts(RING + said('peek_ring') + other('smp_rmb();') + consume('')))[0], 'said');
    assert.equal((await verdicts(RING + said('peek_ring') + other('') + consume('')))[0], 'unpaired');
    assert.deepEqual(await verdicts(RING + said('gone_since') + other('') + consume('')), ['unpaired']);
  });

  it('are not under a lock, and not when a call between may order', async () => {
    assert.deepEqual(await verdicts(RING + PUBLISH + consume('', 'spin_lock(&r->lock);')), ['alone']);
    assert.deepEqual(await verdicts(RING + PUBLISH + consume('elsewhere(r);')), ['call']);
    const helper = (body: string): string => `static void help(struct ring *r)\n{\n\t${body}\n}\n`;
    assert.deepEqual(await verdicts(RING + helper('smp_rmb();') + PUBLISH + consume('help(r);')), [
      'objects',
      'implied',
    ]);
    assert.deepEqual(await verdicts(RING + helper('r->data++;') + PUBLISH + consume('help(r);')), ['unpaired']);
  });

  it('follow branches, loops and goto, not the text', async () => {
    const reader = `
int consume(struct ring *r)
{
	if (r->gone) {
		smp_rmb();
		return r->data;
	}
	while (!READ_ONCE(r->ready))
		cpu_relax();
	goto out;
out:
	return r->data;
}
`;
    assert.deepEqual(await verdicts(RING + PUBLISH + reader), ['unpaired', 'alone']);
    const poll = `
int consume(struct ring *r)
{
	int ready = 0;

	do {
		if (ready)
			return r->data;
		ready = READ_ONCE(r->ready);
		smp_rmb();
	} while (1);
}
`;
    assert.equal((await verdicts(RING + PUBLISH + poll))[0], 'paired');
  });

  it('are left alone when they are for devices, or have nothing on one side', async () => {
    assert.deepEqual(
      await verdicts(`${RING}void f(struct ring *r)\n{\n\tr->data = 1;\n\twmb();\n\tr->ready = 1;\n}\n`),
      ['device'],
    );
    assert.deepEqual(await verdicts(`${RING}void f(struct ring *r)\n{\n\tr->data = 1;\n\tsmp_wmb();\n}\n`), [
      'objects',
    ]);
  });

  it('are looked for in other files with an index, and without one not claimed', async () => {
    const include = '#include "ring.h"\n';
    const files = (other: string): Files => ({
      'ring.h': RING,
      'a.c': include + PUBLISH,
      'b/b.c': include + other,
      'c.c': 'int unrelated;\n',
    });
    assert.deepEqual(await verdicts(files(consume(''))), ['elsewhere']);
    assert.deepEqual(await verdicts(files(consume('')), true), ['unpaired']);
    assert.deepEqual(await verdicts(files(consume('smp_rmb();')), true), ['paired']);
    const [found] = await unpaired(files(consume('')), true);
    assert.deepEqual(
      found?.related.map(r => `${r.file}:${r.line}`),
      ['a.c:5', 'a.c:7', 'b/b.c:6', 'b/b.c:9'],
    );
  });

  it('are not said to be unpaired of fields that only are called alike', async () => {
    const other = RING.replace('struct ring', 'struct other') + consume('').replace('struct ring', 'struct other');
    assert.deepEqual(await verdicts(RING + PUBLISH + other), ['alone']);
  });

  it('take a name that many structs have for no more than it says', async () => {
    const many = Array.from({ length: 9 }, (_, i) => `struct many${i} {\n\tint data;\n};\n`).join('');
    const other = `
void other(struct holder *h)
{
	if (h->it->ready) {
		smp_rmb();
		h->it->data++;
	}
}
`;
    const files = (structs: string): Files => ({
      'ring.h': RING + structs,
      'a.c': PUBLISH + consume(''),
      'b.c': other,
    });
    assert.deepEqual(await verdicts(files(''), true), ['paired']);
    assert.deepEqual(await verdicts(files(many), true), ['unpaired']);
  });

  it('are not looked for unless that is asked', async () => {
    const analyser = analyserOf({ 'a.c': RING + PUBLISH + consume('') }, false);
    assert.deepEqual((await analyser.findings('a.c')).findings, []);
  });
});

describe('grammars/barriers.json', () => {
  it('knows atomics by how they are called', () => {
    const orders = (...names: string[]): (string | undefined)[] => names.map(name => barrierOf(name)?.order);
    assert.deepEqual(
      orders('atomic_add_return', 'atomic_long_fetch_or', 'atomic64_cmpxchg', 'atomic_dec_and_test', 'xchg'),
      ['full', 'full', 'full', 'full', 'full'],
    );
    assert.deepEqual(orders('atomic_add_return_relaxed', 'xchg_relaxed', 'atomic_inc', 'atomic_read'), [
      'none',
      'none',
      'none',
      'none',
    ]);
    assert.deepEqual(orders('atomic_cmpxchg_acquire', 'xchg_release', 'cmpxchg64'), ['acquire', 'release', 'full']);
    assert.deepEqual(orders('smp_wmb', 'dma_rmb', 'rcu_dereference', 'frob'), [
      'write',
      'read',
      'dependency',
      undefined,
    ]);
  });

  it('takes lock operations from the other table', () => {
    assert.deepEqual(orderOf('spin_unlock'), { order: 'full', implied: true });
    assert.deepEqual(orderOf('lockdep_assert_held'), { order: 'none', implied: false });
    assert.equal(orderOf('frob'), undefined);
  });
});
