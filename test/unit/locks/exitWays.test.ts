import assert from 'node:assert/strict';
import { contractText } from '../../../extension/core/report/contractText.ts';
import type { FunctionContract } from '../../../extension/core/report/documents.ts';
import { analyserOf, contractOf } from '../../support/contracts.ts';

/** Each way out: its line, what it returns, what it holds and lets go, and what it leaves of the CPU. */
const ways = (c: FunctionContract): string[] =>
  c.exits.flatMap(exit =>
    exit.ways.map(way => {
      const list = (facts: readonly { lock: string; maybe?: boolean }[], sign: string) =>
        facts.map(f => ` ${sign}${f.maybe ? '?' : ''}${f.lock}`).join('');
      const context = way.context ? ` ${JSON.stringify(way.context).replaceAll('"', '')}` : '';
      return `${exit.line} ${way.returns?.join('|') ?? '-'}${list(way.held, '+')}${list(way.released, '-')}${context}`;
    }),
  );

describe('ways out of a function: what is returned, held and left off', () => {
  it('an error holds nothing, zero holds the lock, at one return of a variable', async () => {
    const c = await contractOf(`
int f(struct a *a)
{
	int ret = 0;

	mutex_lock(&a->m);
	if (a->dead) {
		mutex_unlock(&a->m);
		ret = -ENODEV;
	}
	return ret;
}
`);
    assert.deepEqual(ways(c).sort(), ['11 error', '11 zero +&a->m']);
    assert.match(
      contractText(c),
      /exit :11 {3}return (?:an error, as at entry\n {13}return 0, holds|0, holds &a->m\n {13}return an error)/,
    );
  });

  it('a pointer, NULL and an ERR_PTR() are told apart', async () => {
    const c = await contractOf(`
struct b *f(struct a *a)
{
	if (!a->b)
		return NULL;
	if (a->dead)
		return ERR_PTR(-EIO);
	spin_lock(&a->b->lock);
	return &a->b->x;
}
`);
    assert.deepEqual(ways(c), ['5 null', '7 error', '9 pointer +&a->b->lock {preemption:off}']);
  });

  it('truth values, unsigned ones, and nothing', async () => {
    const truth = await contractOf('bool f(struct a *a)\n{\n\treturn spin_trylock(&a->lock);\n}\n');
    assert.deepEqual(ways(truth).sort(), ['3 false', '3 true +&a->lock {preemption:off}']);
    const unsigned = await contractOf('unsigned int f(struct a *a)\n{\n\treturn a->n;\n}\n');
    assert.deepEqual(ways(unsigned), ['3 nonzero|zero']);
    const none = await contractOf('void f(struct a *a)\n{\n\tif (a->n)\n\t\treturn;\n\ta->n = 1;\n}\n');
    assert.deepEqual(ways(none), ['4 -', '6 -']);
  });

  it('interrupts that are left off, turned on, or put back to what the flags say', async () => {
    const save = await contractOf(`
unsigned long f(struct a *a)
{
	unsigned long flags;

	spin_lock_irqsave(&a->lock, flags);
	return flags;
}
`);
    assert.deepEqual(ways(save), ['7 nonzero|zero +&a->lock {interrupts:off,preemption:off}']);
    const restore = await contractOf(
      'void f(struct a *a, unsigned long flags)\n{\n\tspin_unlock_irqrestore(&a->lock, flags);\n}\n',
    );
    assert.deepEqual(ways(restore), ['4 - -&a->lock {interrupts:restored,preemption:on}']);
    assert.equal(restore.atomic, true);
    const on = await contractOf('void f(struct a *a)\n{\n\tspin_unlock_irq(&a->lock);\n\tlocal_bh_disable();\n}\n');
    assert.deepEqual(ways(on), ['5 - +local_bh -&a->lock {interrupts:on,bottomHalves:off,preemption:off}']);
    assert.match(
      contractText(
        await contractOf(`
void f(struct a *a)
{
	if (a->n)
		return;
	spin_lock_irq(&a->lock);
}
`),
      ),
      /end, holds &a->lock, interrupts off/,
    );
  });

  it('what a callee asks of the CPU is asked of its callers, unless they see to it', async () => {
    const text = `
static void leaf(struct a *a)
{
	lockdep_assert_irqs_disabled();
	a->n++;
}
void needs(struct a *a)
{
	leaf(a);
}
void sees(struct a *a)
{
	unsigned long flags;

	spin_lock_irqsave(&a->lock, flags);
	leaf(a);
	spin_unlock_irqrestore(&a->lock, flags);
}
`;
    const analyser = await analyserOf({ 'mm/a.c': text });
    const needs = await analyser.requireContract('mm/a.c', 'needs');
    assert.deepEqual(
      needs.needs.map(n => [n.context, n.line, n.via]),
      [['irqs-off', 9, ['leaf']]],
    );
    assert.equal(needs.atomic, true);
    assert.match(
      contractText(needs),
      /needs {6}interrupts off :9 leaf → lockdep_assert_irqs_disabled\n {2}called {5}in atomic context/,
    );
    const sees = await analyser.requireContract('mm/a.c', 'sees');
    assert.deepEqual([sees.needs, sees.atomic], [[], false]);
  });
});
