import assert from 'node:assert/strict';
import { brief, contractOf } from '../../support/contracts.ts';

describe('lock contracts: what cannot be read', () => {
  for (const odd of ['struct s x = { ; };', 'x = (struct s) { y; };', 'return_or(z) { a : ; }', 'x = { ) };']) {
    it(`\`${odd}\` costs itself, and reading gets on`, async () => {
      const c = await contractOf(`
void f(struct a *a)
{
	mutex_lock(&a->m);
	${odd}
	mutex_unlock(&a->m);
}
`);
      assert.deepEqual(brief(c.takes), ['&a->m write 4']);
    });
  }
});
