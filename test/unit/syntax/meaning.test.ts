import assert from 'node:assert/strict';
import { loopMacros } from '../../../extension/core/syntax/idioms.ts';
import { testParser } from '../../support/parser.ts';
import { samples } from '../../support/samples.ts';

describe('meaning of the rewritten text', () => {
  it('has loops where macros loop, with their bodies inside', async () => {
    const file = (await testParser()).parse(samples.loops!);
    const loops = file.root.descendantsOfType(['for_statement', 'while_statement']);
    assert.deepEqual(
      loops.map(loop => [loop.type, file.textOf(loop).match(/^\w+/)![0], loop.childForFieldName('body')!.type]),
      [
        ['for_statement', 'list_for_each_entry', 'expression_statement'],
        ['for_statement', 'for_each_cpu', 'compound_statement'],
        ['while_statement', 'scoped_guard', 'compound_statement'],
      ],
    );
    file.dispose();
  });

  it('keeps attributes as annotations with their places', async () => {
    const file = (await testParser()).parse(samples.attributes!);
    const { annotations } = file.normalised;
    assert.deepEqual(
      annotations.map(a => file.original.slice(a.start, a.end)),
      [
        '__always_inline',
        '__must_check',
        '__iomem',
        '__maybe_unused',
        '__must_hold(&page->lock)',
        '__releases(rcu)',
        '__initconst',
      ],
    );
    assert.deepEqual(annotations[4]!.name, '__must_hold');
    file.dispose();
  });

  it('records defines and inactive stretches', async () => {
    const text = '#define A 1\n#define F(x) \\\n\t(x)\nint a\n#ifdef X\n= 1\n#else\n= 2\n#endif\n;\n';
    const { defines, inactive } = (await testParser()).parse(text).normalised;
    assert.deepEqual(
      defines.map(d => [d.name, d.functionLike, text.slice(d.start, d.end)]),
      [
        ['A', false, '#define A 1'],
        ['F', true, '#define F(x) \\\n\t(x)'],
      ],
    );
    assert.deepEqual(
      inactive.map(([from, to]) => text.slice(from, to)),
      ['\n= 2\n'],
    );
  });

  it('names system calls and other heads by macro', async () => {
    const text = `${samples.macros}\nFIXTURE(struct x, y) {\n\tg();\n}\nHANDLER(name, a)\n{\n}\n`;
    const file = (await testParser()).parse(text);
    assert.deepEqual(
      file.functions().map(f => [
        f.name,
        text
          .split('\n')
          [f.line - 1]!.slice(f.column - 1)
          .startsWith(f.name),
      ]),
      [
        ['frob', true],
        ['FIXTURE', true],
        ['name', true],
      ],
    );
    file.dispose();
  });

  it('gives both branches around functions', async () => {
    const file = (await testParser()).parse(
      '#ifdef A\nint f(void)\n{\n\treturn 1;\n}\n#else\nint f(void)\n{\n\treturn 2;\n}\n#endif\n',
    );
    assert.deepEqual(
      file.functions().map(f => [f.name, f.line]),
      [
        ['f', 2],
        ['f', 7],
      ],
    );
    file.dispose();
  });

  it('keeps the functions after one with an open brace', async () => {
    const file = (await testParser()).parse(
      'int a(void)\n{\n\tif (x) {\n\t\treturn 1;\n}\n\nint b(void)\n{\n\treturn 1;\n}\n\nint c(void)\n{\n\treturn 1;\n}\n',
    );
    assert.deepEqual(
      file.functions().map(f => [f.name, f.line, f.hasError]),
      [
        ['a', 1, false],
        ['b', 7, false],
        ['c', 12, false],
      ],
    );
    file.dispose();
  });

  it('reads the loop macros of a .clang-format', () => {
    const text =
      "Language: Cpp\nForEachMacros:\n  - 'walk_each'\n  - for_each_y\n\nIncludeBlocks: Preserve\nIncludeCategories:\n  - 'other'\n";
    assert.deepEqual(loopMacros(text), ['walk_each', 'for_each_y']);
  });
});
