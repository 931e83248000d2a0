import assert from 'node:assert/strict';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { findingsOf } from '../../../extension/worker/findings.ts';
import { textTree } from '../../support/contracts.ts';

const FILE = 'mm/a.c';
const twice = (comment: string) => `void f(struct a *a)
{
	spin_lock(&a->lock);
${comment}	spin_lock(&a->lock);
	spin_unlock(&a->lock);
}
`;
const many = (count: number, body: string) =>
  Array.from({ length: count }, (_, i) => `void g${i}(struct a *a)\n{\n${body}}\n`).join('');

describe('findings behind the editor', () => {
  const analyser = new ContractAnalyser(textTree({ [FILE]: twice('') }));
  const found = async (text: string, rules?: string) => {
    const tree = textTree({ [FILE]: twice(''), ...(rules === undefined ? {} : { '.lockstep.json': rules }) });
    return findingsOf(tree, analyser, { file: FILE, text, barriers: false });
  };

  it('are those of the text at hand', async () => {
    assert.deepEqual(
      (await found(twice(''))).findings.map(f => [f.kind, f.line]),
      [['double-lock', 4]],
    );
    assert.deepEqual((await found(twice('').replace('\tspin_lock(&a->lock);\n', ''))).findings, []);
  });

  it('are told of barriers when that is asked', async () => {
    const text = `struct ring { int data; int ready; };
void publish(struct ring *r)
{
	r->data = 1;
	smp_wmb();
	r->ready = 1;
}
int consume(struct ring *r)
{
	return r->ready ? r->data : 0;
}
`;
    const tree = textTree({ [FILE]: text });
    const ask = async (barriers: boolean) =>
      (await findingsOf(tree, new ContractAnalyser(tree), { file: FILE, text, barriers })).findings.map(f => f.kind);
    assert.deepEqual(await ask(true), ['unpaired-barrier']);
    assert.deepEqual(await ask(false), []);
  });

  it('are suppressed as on the command line: by comments, and by .lockstep.json', async () => {
    const commented = await found(twice('\t/* lockstep: ignore double-lock: never the same */\n'));
    assert.equal(commented.findings[0]?.suppressed, 'never the same');
    const ruled = await found(twice(''), '{ "suppress": [{ "kind": "double-lock", "reason": "looked at" }] }');
    assert.equal(ruled.findings[0]?.suppressed, 'looked at');
    const bare = await found(twice('\t/* lockstep: ignore dbl-lock: x */\n'));
    assert.equal(bare.findings[0]?.suppressed, undefined);
    assert.match(bare.notices?.[0]?.message ?? '', /"dbl-lock" is no kind of finding/);
  });

  it('say what is wrong with a .lockstep.json, and stay', async () => {
    const { findings, notices } = await found(twice(''), '{\n  "suppress": [{ "kind": "double-lock" }]\n}');
    assert.equal(findings[0]?.suppressed, undefined);
    assert.deepEqual([notices?.[0]?.file, notices?.[0]?.line], ['.lockstep.json', 2]);
    assert.match(notices?.[0]?.message ?? '', /nothing here is ignored: .*a "reason" is needed/);
  });

  it('end when they are cancelled, and let others in meanwhile', async () => {
    const text = many(3000, '\tspin_lock(&a->lock);\n\tif (a->n)\n\t\treturn;\n\tspin_unlock(&a->lock);\n');
    const stop = new AbortController();
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 3) stop.abort();
    }, 1);
    const tree = textTree({});
    try {
      await assert.rejects(
        findingsOf(tree, new ContractAnalyser(tree), { file: FILE, text, barriers: false }, stop.signal),
        {
          name: 'AbortError',
        },
      );
    } finally {
      clearInterval(timer);
    }
    assert.equal(ticks, 3);
  });

  it('are those of their own text, whatever another question brings meanwhile', async () => {
    const tree = textTree({});
    const own = new ContractAnalyser(tree);
    const text = many(2000, '\tspin_lock(&a->lock);\n\tspin_lock(&a->lock);\n\tspin_unlock(&a->lock);\n');
    const asked = findingsOf(tree, own, { file: FILE, text, barriers: false });
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.equal((await own.contracts(FILE, twice(''))).functions.length, 1);
    assert.equal((await asked).functions, 2000);
  });
});
