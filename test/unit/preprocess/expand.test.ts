import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defaultConfig } from '../../../extension/core/index/config.ts';
import { Unit } from '../../../extension/core/index/unit.ts';
import { evaluateCondition } from '../../../extension/core/syntax/preprocess/condition.ts';
import { scan } from '../../../extension/core/syntax/preprocess/scan.ts';

const none = { label: 'none', read: async () => undefined, list: async () => undefined };
const unit = (text: string): Promise<Unit> => Unit.load(none, 'a.c', { config: defaultConfig, text });
const tokens = (text: string) => scan(text, 'use.c').within(0, text.length);

async function expands(defines: string, use: string): Promise<string> {
  const u = await unit(defines);
  return u
    .expand(tokens(use))
    .map(t => t.text)
    .join(' ');
}

describe('macro expansion', () => {
  it('does not expand a macro inside itself', async () => {
    assert.equal(await expands('#define foo foo + bar\n#define bar foo', 'foo'), 'foo + foo');
    assert.equal(await expands('#define f(x) g(x) + f(x)\n#define g(x) f(x)', 'f(1)'), 'f ( 1 ) + f ( 1 )');
  });
  it('expands arguments before they are put in, but not beside # and ##', async () => {
    assert.equal(await expands('#define ONE 1\n#define both(x) x #x x##_\n', 'both(ONE)'), '1 "ONE" ONE_');
  });
  it('pastes, also with nothing', async () => {
    assert.equal(await expands('#define cat(a, b) a##b', 'cat(x, 1) cat(, y) cat(z,)'), 'x1 y z');
    assert.equal(await expands('#define hash_hash # ## #', 'hash_hash'), '##');
  });
  it('takes what is left for the variadic parameter, in both spellings', async () => {
    assert.equal(await expands('#define p(f, ...) q(f, ##__VA_ARGS__)', 'p(1) p(1, 2, 3)'), 'q ( 1 ) q ( 1 , 2 , 3 )');
    assert.equal(
      await expands('#define p(f, args...) q(f, ##args)', 'p(1) p(1, (2, 3))'),
      'q ( 1 ) q ( 1 , ( 2 , 3 ) )',
    );
    assert.equal(
      await expands('#define p(f, ...) q(f __VA_OPT__(,) __VA_ARGS__)', 'p(1) p(1, 2)'),
      'q ( 1 ) q ( 1 , 2 )',
    );
  });
  it('leaves the name of a function-like macro alone without parentheses', async () => {
    assert.equal(await expands('#define f(x) x', 'f + f(2)'), 'f + 2');
  });
  it('keeps names that it is told to keep, and expands what they are applied to', async () => {
    const u = await unit('#define READ(x) (*(x))\n#define ONE 1');
    const text = u.expand(tokens('READ(ONE) ONE'), n => n === 'READ').map(t => t.text);
    assert.deepEqual(text, ['READ', '(', '1', ')', '1']);
  });
  it('places tokens of a body where the macro was invoked, and arguments where they stand', async () => {
    const u = await unit('\n\n#define twice(x) x + x\n');
    const out = u.expand(tokens('\ntwice(\na)'));
    assert.deepEqual(
      out.map(t => [t.text, t.file, t.line]),
      [
        ['a', 'use.c', 3],
        ['+', 'use.c', 2],
        ['a', 'use.c', 3],
      ],
    );
  });
});

describe('#if', () => {
  it('computes as 64-bit integers do', () => {
    const atom = fc.integer({ min: 0, max: 1 << 30 });
    const op = fc.constantFrom('+', '-', '*', '&', '|', '^', '<', '>', '==', '!=', '<=', '>=');
    fc.assert(
      fc.property(atom, op, atom, op, atom, (a, p, b, q, c) => {
        const value = evaluateCondition(tokens(`((${a} ${p} ${b}) ${q} ${c})`), { macro: () => undefined });
        const js = Function(`return BigInt((BigInt(${a}) ${p} BigInt(${b}))) ${q} BigInt(${c})`)() as bigint | boolean;
        assert.equal(value, BigInt.asIntN(64, BigInt(js)));
      }),
    );
  });
  it('knows precedence, defined, ?: and unsigned suffixes', () => {
    const value = (text: string): bigint => evaluateCondition(tokens(text), { macro: () => undefined });
    assert.equal(value('1 + 2 * 3 == 7 && !defined(X)'), 1n);
    assert.equal(value('defined X ? 2 : 3'), 3n);
    assert.equal(value('-1 > 0u'), 1n);
    assert.equal(value('-1 > 0'), 0n);
    assert.equal(value('1 << 4 >> 2'), 4n);
    assert.equal(value('__has_attribute(foo) || UNKNOWN'), 0n);
  });
});
