import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { CParser } from '../../../extension/core/syntax/parser.ts';
import { testParser } from '../../support/parser.ts';

const text = `#include <linux/mm.h>

static int	first(struct page *page)
{
	return 1;
}

#ifdef CONFIG_X
struct page *
second(void)
{
	return 0;
}
#endif

void (*third(int how))(void)
{
	return 0;
}
`;

describe('parser', () => {
  let parser: CParser;
  before(async () => {
    parser = await testParser();
  });

  it('lists function definitions with the place of their names', () => {
    const file = parser.parse(text);
    assert.deepEqual(
      file.functions().map(f => [f.name, f.line, f.column, f.static, f.hasError]),
      [
        ['first', 3, 12, true, false],
        ['second', 10, 1, false, false],
        ['third', 16, 8, false, false],
      ],
    );
    for (const f of file.functions()) {
      assert.equal(text.slice(f.nameStart, f.nameStart + f.name.length), f.name);
      assert.equal(text[f.bodyStart], '{');
      assert.equal(text[f.end - 1], '}');
    }
    file.dispose();
  });

  it('gives after an edit the tree of a fresh parse, and frees the old one', () => {
    const live = parser.live;
    let file = parser.parse(text);
    const states = [
      text.replace('return 1;', 'if (page) {\n\t\treturn 2;\n\t}\n\treturn 1;'),
      text.replace('second', 'other'),
      text.slice(0, 100),
      '',
      text,
    ];
    for (const state of states) {
      const old = file;
      file = file.edit(state);
      assert.throws(() => old.root, /disposed/);
      const fresh = parser.parse(state);
      assert.equal(file.root.toString(), fresh.root.toString());
      assert.equal(file.original, state);
      fresh.dispose();
      assert.equal(parser.live, live + 1);
    }
    file.dispose();
    file.dispose();
    assert.equal(parser.live, live);
  });

  it('marks a function with a syntax error and leaves the others alone', () => {
    const file = parser.parse(
      'int a(void)\n{\n\treturn 1;\n}\nint b(void)\n{\n\treturn (1;\n}\nint c(void)\n{\n\treturn 1;\n}\n',
    );
    assert.deepEqual(
      file.functions().map(f => [f.name, f.hasError]),
      [
        ['a', false],
        ['b', true],
        ['c', false],
      ],
    );
    file.dispose();
  });

  it('parses an empty text', () => {
    const file = parser.parse('');
    assert.deepEqual(file.functions(), []);
    file.dispose();
  });

  it('takes assets that are views into larger buffers', async () => {
    const view = async (path: string) => {
      const bytes = await readFile(path);
      const larger = new Uint8Array(bytes.length + 64);
      larger.set(bytes, 32);
      return larger.subarray(32, 32 + bytes.length);
    };
    const other = await CParser.create({
      runtime: await view('node_modules/web-tree-sitter/web-tree-sitter.wasm'),
      grammar: await view('node_modules/tree-sitter-c/tree-sitter-c.wasm'),
    });
    const file = other.parse('int x;\n');
    assert.equal(file.root.type, 'translation_unit');
    other.dispose();
    assert.equal(other.live, 0);
  });
});
