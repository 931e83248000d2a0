import assert from 'node:assert/strict';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { heldLines } from '../../../extension/core/locks/heldLines.ts';
import type { SourceTree } from '../../../extension/core/text/source.ts';

const tree: SourceTree = { label: 'none', read: async () => undefined, list: async () => undefined };

/** `line: locks` of every line with a held set, `?` after those of some paths only, `!` after those that forbid sleep. */
async function held(source: string): Promise<string[]> {
  const functions = await heldLines(new ContractAnalyser(tree), 'a.c', { text: source });
  return functions.flatMap(f =>
    f.lines.map(
      l =>
        `${l.line}: ${l.held.map(h => `${h.lock}${h.mode === 'read' ? ' r' : ''}${h.maybe ? '?' : ''}${h.atomic ? '!' : ''}`).join(', ')}`,
    ),
  );
}

describe('held sets, line by line', () => {
  it('are those before the line runs, with what forbids sleep', async () => {
    const lines = await held(`void f(struct a *a)
{
	prepare(a);
	down_read(&a->sem);
	spin_lock(&a->lock);
	use(a);
	spin_unlock(&a->lock);
	use(a);
	up_read(&a->sem);
	use(a);
}
`);
    assert.deepEqual(lines, [
      '3: ',
      '4: ',
      '5: &a->sem r',
      '6: &a->sem r, &a->lock!',
      '7: &a->sem r, &a->lock!',
      '8: &a->sem r',
      '9: &a->sem r',
      '10: ',
      '11: ',
    ]);
  });

  it('say where paths differ, and what a failed trylock does not hold', async () => {
    const lines = await held(`int f(struct a *a, int n)
{
	if (!mutex_trylock(&a->m))
		return -1;
	if (n)
		mutex_unlock(&a->m);
	use(a);
	return 0;
}
`);
    assert.deepEqual(lines, ['3: ', '4: ', '6: &a->m', '7: &a->m?', '8: &a->m?']);
  });

  it('tell where the lock was taken, also by a callee', async () => {
    const [f] = await heldLines(new ContractAnalyser(tree), 'a.c', {
      text: `static void lock_a(struct a *a)
{
	mutex_lock(&a->m);
}
void f(struct a *a)
{
	lock_a(a);
	use(a);
}
void no_locks(void)
{
	use(0);
}
`,
    }).then(all => all.filter(f => f.name !== 'lock_a'));
    assert.equal(f?.name, 'f');
    assert.deepEqual([f.first, f.last], [5, 9]);
    const [lock] = f.lines.find(l => l.line === 8)!.held;
    assert.equal(lock?.line, 7);
    assert.deepEqual(lock?.via, ['lock_a']);
    assert.equal(lock?.origin?.line, 3);
  });

  it('stop between functions when they are told to', async () => {
    let functions = 0;
    const stop = async () => {
      if (++functions === 2) throw new Error('enough');
    };
    const source = 'void a(void)\n{\n}\nvoid b(void)\n{\n}\nvoid c(void)\n{\n}\n';
    await assert.rejects(heldLines(new ContractAnalyser(tree), 'a.c', { text: source, pause: stop }), /enough/);
    assert.equal(functions, 2);
  });

  it('are those of the functions asked for', async () => {
    const body = '\n{\n\tmutex_lock(&m);\n\tuse(0);\n\tmutex_unlock(&m);\n}\n';
    const text = `void a(void)${body}void b(void)${body}void c(void)${body}`;
    const within = async (first: number, last: number) =>
      (await heldLines(new ContractAnalyser(tree), 'a.c', { text, within: { first, last } })).map(f => f.name);
    assert.deepEqual(await within(1, 18), ['a', 'b', 'c']);
    assert.deepEqual(await within(12, 12), ['b']);
    assert.deepEqual(await within(6, 7), ['a', 'b']);
  });
});
