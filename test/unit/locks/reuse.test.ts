import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { heldLines } from '../../../extension/core/locks/heldLines.ts';
import { untouched } from '../../../extension/core/locks/reuse.ts';
import { scan } from '../../../extension/core/locks/scan.ts';
import { textTree } from '../../support/contracts.ts';

const FILE = 'mm/a.c';
const TEXT = `#include <linux/spinlock.h>
#define LOCK(a) \\
	spin_lock(&(a)->lock)

static void lock_a(struct a *a)
{
	LOCK(a);
	a->count++;
}

static void unlock_a(struct a *a)
{
	spin_unlock(&a->lock);
}

int twice(struct a *a)
{
	lock_a(a);
	if (a->count)
		return -EBUSY;
	unlock_a(a);
	return 0;
}

#ifdef CONFIG_SMP
void reset(struct a *a)
{
	mutex_lock(&a->mutex);
	lock_a(a);
	settle(a);
	unlock_a(a);
	mutex_unlock(&a->mutex);
}
#endif

void settle(struct a *a)
{
	mutex_lock(&a->other);
	a->count = 0;
	mutex_unlock(&a->other);
}

static const struct a_ops ops = {
	.settle = settle,
};
`;

describe('what an edit leaves as it was', () => {
  const same = (text: string) =>
    untouched(scan(FILE, TEXT, undefined), scan(FILE, text, undefined))?.map(([before, after]) => {
      assert.equal(before.name, after.name);
      return after.name;
    });

  it('is every other definition, when the edit lies in a body', () => {
    const all = ['LOCK', 'lock_a', 'unlock_a', 'twice', 'reset', 'settle'];
    assert.deepEqual(same(TEXT), all);
    assert.deepEqual(
      same(TEXT.replace('a->count++;', 'a->count++;\n\tmore(a);')),
      all.filter(n => n !== 'lock_a'),
    );
    assert.deepEqual(
      same(TEXT.replace('\tlock_a(a);\n', '').replace('settle(a);', '')),
      all.filter(n => n !== 'twice' && n !== 'reset'),
    );
  });

  const matters: [string, string, string][] = [
    ['a head', 'static void unlock_a(struct a *a)', 'static void unlock_a(struct b *a)'],
    ['a new function', 'int twice(', 'void more(void)\n{\n}\n\nint twice('],
    ['a name', 'int twice(', 'int thrice('],
    ['a macro', 'spin_lock(&(a)->lock)', 'spin_lock(&(a)->other)'],
    ['a condition', 'CONFIG_SMP', 'CONFIG_NUMA'],
    ['an ops struct', '.settle = settle', '.settle = reset'],
    ['a function stored in a field', 'a->count = 0;', 'a->count = 0;\n\ta->end = settle;'],
    ['a directive in a body', 'a->count = 0;', 'a->count = 0;\n#define lock_a(a) down(a)\n'],
    ['a brace that is not closed', 'a->count++;', 'if (a) {'],
  ];
  for (const [what, from, to] of matters)
    it(`is not told of ${what}`, () => assert.equal(same(TEXT.replace(from, to)), undefined));
});

describe('analysing a text again after an edit', () => {
  const all = async (analyser: ContractAnalyser, text: string) => ({
    findings: (await analyser.findings(FILE, text)).findings,
    contracts: (await analyser.contracts(FILE, text)).functions,
    held: await heldLines(analyser, FILE, { text }),
  });
  const make = () => new ContractAnalyser(textTree({ [FILE]: TEXT }));

  it('tells places as they are now, of what is kept too', async () => {
    const analyser = make();
    const line = async (text: string) => (await all(analyser, text)).findings.map(f => [f.kind, f.function, f.line]);
    assert.deepEqual(await line(TEXT), [
      ['missing-unlock', 'twice', 20],
      ['sleep-in-atomic', 'reset', 30],
    ]);
    assert.deepEqual(await line(TEXT.replace('a->count++;', 'a->count++;\n\n\n')), [
      ['missing-unlock', 'twice', 23],
      ['sleep-in-atomic', 'reset', 33],
    ]);
  });

  it('gives what a fresh analysis gives, whatever is edited in which order', async function () {
    this.timeout(30_000);
    const statements = [
      'lock_a(a);',
      'unlock_a(a);',
      'mutex_unlock(&a->mutex);',
      'if (a->n)\n\t\treturn;',
      '',
      '/* x */',
    ];
    const edit = fc.record({
      line: fc.nat(),
      remove: fc.boolean(),
      statement: fc.constantFrom(...statements, '#define X 1', '}', 'a->end = settle;'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async edits => {
        const analyser = make();
        await all(analyser, TEXT);
        let text = TEXT;
        for (const { line, remove, statement } of edits) {
          const lines = text.split('\n');
          lines.splice(line % lines.length, remove ? 1 : 0, ...(remove ? [] : [`\t${statement}`]));
          text = lines.join('\n');
          assert.deepEqual(await all(analyser, text), await all(make(), text));
        }
      }),
      { numRuns: 150 },
    );
  });
});
