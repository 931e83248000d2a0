import assert from 'node:assert/strict';
import { HeldByCallers } from '../../../extension/core/locks/heldByCallers.ts';
import { contractText } from '../../../extension/core/report/contractText.ts';
import { analyserOf } from '../../support/contracts.ts';

const TEXT = `
static void leaf(struct a *a)
{
	a->n++;
}
static void asserts(struct a *a)
{
	lockdep_assert_held(&a->lock);
	leaf(a);
}
void takes(struct a *a)
{
	mutex_lock(&a->m);
	spin_lock(&a->lock);
	leaf(a);
	spin_unlock(&a->lock);
	mutex_unlock(&a->m);
}
static void lone(struct a *a)
{
	a->n = 0;
}
static void lets_go(struct a *a)
{
	leaf2(a);
	if (a->n)
		spin_unlock(&a->lock);
}
static void leaf2(struct a *a)
{
	a->n--;
}
`;

const told = async (name: string): Promise<string> => {
  const analyser = await analyserOf({ 'mm/a.c': TEXT });
  const [contract] = await analyser.contractsWithCallers('mm/a.c', new HeldByCallers(analyser), name);
  return /callers {4}(.*)/.exec(contractText(contract!))![1]!;
};

describe('what is held when a function is called', () => {
  it('is what callers take or assert; of what only some hold, at how many calls', async () => {
    assert.match(await told('leaf'), /^all hold &a->lock(?: \(read\))?; 1 of 2 &a->m \(2 calls in 2 functions/);
  });

  it('is not what a caller seems to need because it may let it go', async () => {
    assert.match(await told('leaf2'), /^no lock is held by all \(1 call in 1 function/);
  });

  it('is nothing of a function that nobody is seen to call', async () => {
    assert.match(await told('lone'), /^none/);
  });
});
