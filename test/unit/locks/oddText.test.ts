import assert from 'node:assert/strict';
import { scan } from '../../../extension/core/locks/scan.ts';
import { brief, contractOf } from '../../support/contracts.ts';

const processorTime = (work: () => void): number => {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return user + system;
};

describe('lock contracts: odd text', () => {
  it('form feeds and vertical tabs are space', async () => {
    const c = await contractOf(`
void\ff(struct a\v*a)
{
\f\vmutex_lock(&a->m);
\v\f
\vmutex_unlock(&a->m);
}
`);
    assert.deepEqual(brief(c.takes), ['&a->m write 4']);
  });

  it('letters outside ASCII are letters of a name', () => {
    const { definitions } = scan('mm/x.c', 'int größe_é(int a)\n{\n\treturn a;\n}\n', undefined);
    assert.deepEqual([...definitions.keys()], ['größe_é']);
  });

  it('a table of #defines without a comment takes time in proportion to its length', () => {
    const table = (n: number): string => Array.from({ length: n }, (_, i) => `#define R_${i} 0x${i}\n`).join('');
    const [small, large] = [table(10_000), table(80_000)];
    const best = (text: string): number =>
      Math.min(...[1, 2, 3].map(() => processorTime(() => scan('a.h', text, undefined))));
    best(small);
    const [one, eight] = [best(small), best(large)];
    assert.ok(eight < 8 * 4 * Math.max(one, 2000), `${one} µs, eight times as much ${eight} µs`);
  });

  it('a comment that a directive begins goes on, one after // does not', () => {
    const { definitions, includes } = scan(
      'mm/x.c',
      '#define A /* begins\nends */ 1\n#include "a.h" // see /* here\n#include "b.h"\nint f(void)\n{\n}\n/* x */\n',
      undefined,
    );
    assert.deepEqual([...definitions.keys()], ['A', 'f']);
    assert.deepEqual(
      includes.map(i => i.path),
      ['a.h', 'b.h'],
    );
  });

  it('a function of 100,000 statements is read in time, and what was not followed is said', async () => {
    const c = await contractOf(`
void f(struct a *a)
{
${'\tmutex_lock(&a->m);\n\ta->n++;\n\tmutex_unlock(&a->m);\n'.repeat(33_000)}}
`);
    assert.deepEqual(c.unknown, ['f: too many paths']);
  }).timeout(20_000);
});
