import assert from 'node:assert/strict';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { type HeldLock, heldLines } from '../../../extension/core/locks/heldLines.ts';
import { heldHints, heldStretches, shortName } from '../../../extension/editor/heldHints.ts';
import { textTree } from '../../support/contracts.ts';

/** The hints behind a text's lines, as `line: locks`. */
async function hints(text: string): Promise<string[]> {
  const functions = await heldLines(new ContractAnalyser(textTree({ 'a.c': text })), 'a.c');
  const lines = text.split('\n');
  return heldHints(functions, line => lines[line - 1] ?? '').map(
    ({ line, held }) => `${line}: ${held.map(shortName).join(', ')}`,
  );
}

describe('held sets behind lines', () => {
  it('stand where the set changes, and where it becomes empty', async () => {
    assert.deepEqual(
      await hints(`void f(struct a *a)
{
	use(a);
	down_read(&a->mm->sem);
	use(a);
	use(a);
	spin_lock(&a->lock);
	use(a);
	spin_unlock(&a->lock);
	up_read(&a->mm->sem);
	use(a);
	use(a);
}
`),
      ['5: mm->sem (read)', '8: mm->sem (read), a->lock', '10: mm->sem (read)', '11: '],
    );
  });

  it('are said again at loops and labels, on their own line', async () => {
    assert.deepEqual(
      await hints(`int f(struct a *a)
{
	mutex_lock(&a->m);
	use(a);
	while (a->n)
		use(a);
	if (a->gone)
		goto out;
	use(a);
out:
	mutex_unlock(&a->m);
	return 0;
}
`),
      ['4: a->m', '5: a->m', '10: a->m', '12: '],
    );
  });

  it('are not said at loops and labels where nothing is held', async () => {
    const text =
      'void f(void)\n{\n\twhile (n)\n\t\tuse(n);\n\tmutex_lock(&m);\n\tmutex_unlock(&m);\nout:\n\tuse(n);\n}\n';
    assert.deepEqual(await hints(text), ['6: m', '7: ']);
  });
});

describe('names of locks in few letters', () => {
  const lock = (path: string, more: Partial<HeldLock> = {}): HeldLock => ({
    ...{ file: 'a.c', line: 1, column: 1, lock: path, mode: 'write', primitive: 'spin_lock', via: [] },
    ...more,
  });
  const cases: [HeldLock, string][] = [
    [lock('&init_mm.page_table_lock'), 'init_mm.page_table_lock'],
    [lock('&walk->vma->vm_mm->mmap_lock', { mode: 'read' }), 'vm_mm->mmap_lock (read)'],
    [lock('*ptlp'), 'ptlp'],
    [lock('&folio_lruvec(a->b->c)->lru_lock'), 'folio_lruvec(a->b->c)->lru_lock'],
    [lock('&x->h[i->j.k].lock', { maybe: true }), 'h[i->j.k].lock?'],
    [lock('', { primitive: 'rcu_read_lock', mode: 'read' }), 'rcu_read_lock'],
  ];
  for (const [held, name] of cases) it(name, () => assert.equal(shortName(held), name));
});

describe('stretches of lines with locks held', () => {
  it('include lines that do nothing, and end where nothing is held', async () => {
    const text = `void f(struct a *a)
{
	mutex_lock(&a->m);

	if (a->n) {
		use(a);
		mutex_unlock(&a->m);
		return;
	}
	spin_lock(&a->lock);
	use(a);
	spin_unlock(&a->lock);
	mutex_unlock(&a->m);
}
`;
    const functions = await heldLines(new ContractAnalyser(textTree({ 'a.c': text })), 'a.c');
    assert.deepEqual(
      heldStretches(functions).map(s => `${s.first}-${s.last}: ${s.held.map(shortName).join(', ')}`),
      ['6-7: a->m', '10-10: a->m', '11-12: a->m, a->lock', '13-13: a->m'],
    );
  });
});
