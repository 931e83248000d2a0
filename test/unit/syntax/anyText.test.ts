import assert from 'node:assert/strict';
import fc from 'fast-check';
import { idiomTables } from '../../../extension/core/syntax/idioms.ts';
import { normalise } from '../../../extension/core/syntax/normalise.ts';
import { testParser } from '../../support/parser.ts';
import { samples } from '../../support/samples.ts';

const tables = idiomTables(['walk_each']);

/** Pieces that the rules look for, so that random texts reach them. */
const pieces = (
  'for_each_x walk_each MACRO __init __must_hold(x) __aligned typeof offsetof __alignof__ asm volatile SYSCALL_DEFINE2 ' +
  'struct union enum int const static typedef return if else do while case default goto sizeof _Generic struct_group ' +
  'a b c 1 0x1e+2 1.5f "s" L"w" \'c\' ( ) [ ] { } ; , * : . -> && & = == ++ <<= ... ? # \\ / " \' é 🙂 \ud800 @ \0'
).split(' ');
const lines = [
  '\n',
  '\r\n',
  '\t',
  '\n\t',
  ' ',
  '\f',
  '/* c */',
  '// c\n',
  '/*',
  '*/',
  '\\\n',
  '\n}\n',
  '\n#if 0\n',
  '\n#if X \\\n && Y\n',
  '\n#ifdef A\n',
  '\n#ifndef B\n',
  '\n#elif C\n',
  '\n#else\n',
  '\n#endif\n',
  '\n#define each(x) for (x)\n',
  '\n#define own __attribute__((x))\n',
  '\n#define \n',
  '\n#include <a.h>\n',
  '\n# define X(\n',
  "\n#error don't\n",
];
const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, fc.constantFrom(...lines));
const fromPieces = fc.array(piece, { maxLength: 120, size: 'max' }).map(parts => parts.join(' '));
const tight = fc.array(piece, { maxLength: 60, size: 'max' }).map(parts => parts.join(''));
/** A sample with stretches cut out or doubled: half-typed code. */
const torn = fc
  .tuple(fc.constantFrom(...Object.values(samples)), fc.nat(1000), fc.nat(60), fc.constantFrom(...pieces, ...lines))
  .map(([text, at, length, inserted]) => text.slice(0, at) + inserted + text.slice(at + length));
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200, size: 'max' }), fromPieces, tight, torn);

function checkShape(text: string): void {
  const { text: out, annotations, inactive, defines } = normalise(text, tables);
  assert.equal(out.length, text.length);
  for (let at = 0; at < text.length; at++) {
    assert.equal(out[at] === '\n', text[at] === '\n', `newline at ${at}`);
    if (text[at] === '\r') assert.equal(out[at], '\r');
  }
  for (const { start, end, name } of annotations) {
    assert.ok(start >= 0 && end <= text.length && start < end);
    assert.ok(text.startsWith(name, start));
  }
  for (const { start, end } of defines) assert.ok(text.slice(start, end).startsWith('#'));
  for (const [from, to] of inactive) assert.ok(from <= to && to <= text.length);
}

describe('normaliser, any text', () => {
  it('keeps length and newlines and does not throw', () => {
    fc.assert(fc.property(anyText, checkShape), { numRuns: 4000 });
  });

  it('keeps every word outside a rewritten stretch where it was', () => {
    // A word of the result is that of the original in the same place, or one of the few that rules write.
    const written = /^(?:for|while|if|asm|[_x]\w*)$/;
    const word = /[A-Za-z_]\w*/g;
    const check = (text: string) => {
      const { text: out } = normalise(text, tables);
      for (const match of out.matchAll(word)) {
        const there = text.slice(match.index, match.index + match[0].length);
        if (there !== match[0]) assert.match(match[0], written, `${match[0]} at ${match.index} of ${text}`);
      }
    };
    for (const text of Object.values(samples)) check(text);
    fc.assert(fc.property(fromPieces, check), { numRuns: 1000 });
  });

  it('leaves plain C as it is', () => {
    assert.equal(normalise(samples.plain!, tables).text, samples.plain);
  });

  it('takes time in proportion to the text, however odd', () => {
    const units = [
      '(',
      '{',
      '}\n',
      '[(',
      ')',
      '#if A\n',
      '#if A\n{',
      '__aligned(',
      'f(',
      'a b ',
      '/*',
      '"',
      '\\\n',
      'a(b) ',
      ': ',
      'do {',
      '{(\n}',
      'x = {',
      '#define a /*',
      'for_each_x(',
      'case ',
      'typeof(',
    ];
    for (const unit of units) {
      const text = unit.repeat(Math.ceil(200_000 / unit.length));
      const began = performance.now();
      checkLength(text);
      const taken = performance.now() - began;
      assert.ok(taken < 3000, `${JSON.stringify(unit)}: ${taken.toFixed(0)} ms for 200 kB`);
    }
  });

  it('gives a tree for any text, and after an edit one of the same extent', async () => {
    const parser = await testParser();
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const file = parser.parse(before).edit(after);
        assert.ok(file.root.endIndex <= after.length);
        file.functions();
        file.dispose();
      }),
      { numRuns: 300 },
    );
  });
});

function checkLength(text: string): void {
  assert.equal(normalise(text, tables).text.length, text.length);
}
