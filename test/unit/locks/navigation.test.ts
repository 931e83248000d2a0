import assert from 'node:assert/strict';
import { calleesIn, callersIn } from '../../../extension/core/locks/callSites.ts';
import { localDeclaration } from '../../../extension/core/locks/localNames.ts';
import { scan } from '../../../extension/core/locks/scan.ts';

const text = `#define step(n) do_step((n) + 1)
static int helper(struct page *page, int (*then)(int))
{
	return then(page->flags);
}
/* helper(0) */
int outer(struct page *first)
{
	struct page *page = first, *next;
	int left = sizeof(int), (*fn)(int) = NULL;

	for (int i = 0; i < left; i++)
		helper(page, "helper(1)" ? fn : 0);
	page->helper(page);
	{
		int left = helper(next, fn);

		return step(left);
	}
}
`;
const file = scan('mm/a.c', text, undefined);
const lineAt = (what: string) => text.slice(0, text.indexOf(what)).split('\n').length;

describe('navigation in one file', () => {
  it('finds callers and the places of calls, neither in comments nor in strings nor through fields', () => {
    const calls = callersIn(file, 'helper');
    assert.deepEqual(
      calls.map(c => [c.symbol.name, c.symbol.line, c.at.map(p => p.line)]),
      [['outer', lineAt('int outer'), [lineAt('helper(page, "'), lineAt('helper(next')]]],
    );
    assert.equal(calls[0]!.at[0]!.column, 3);
  });

  it('finds callees in order, macros and pointers called by name too', () => {
    const [outer] = file.definitions.get('outer')!;
    assert.deepEqual([...calleesIn(outer!).keys()], ['helper', 'step']);
    const [macro] = file.definitions.get('step')!;
    assert.deepEqual([...calleesIn(macro!).keys()], ['do_step']);
  });

  const declared = (name: string, use: string): [number, number] | undefined => {
    const [outer] = file.definitions.get('outer')!;
    const at = localDeclaration(outer!, name, text.indexOf(use));
    return at && [at.line, at.column];
  };

  it('finds locals, parameters and pointers to functions, the innermost that is in sight', () => {
    const line = lineAt('struct page *page = first');
    assert.deepEqual(declared('first', 'first, *next'), [lineAt('int outer'), 24]);
    assert.deepEqual(declared('page', 'page->helper'), [line, 15]);
    assert.deepEqual(declared('next', 'next, fn)'), [line, 30]);
    assert.deepEqual(declared('left', 'left; i++'), [line + 1, 6]);
    assert.deepEqual(declared('fn', 'fn : 0'), [line + 1, 28]);
    assert.deepEqual(declared('i', 'i++'), [lineAt('for (int'), 11]);
    assert.deepEqual(declared('left', 'left);\n\t}'), [lineAt('int left = helper'), 7]);
  });

  it('takes no use for a declaration', () => {
    assert.equal(declared('helper', 'helper(next'), undefined);
    assert.equal(declared('flags', 'return step'), undefined);
  });
});
