import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IndexData } from '../../../extension/core/index/tree/data.ts';
import { FileLexer, lexerNames } from '../../../extension/core/index/tree/lexer.ts';
import { KIND_SHIFT, LINE_MASK, RecordKind, recordLength } from '../../../extension/core/index/tree/records.ts';
import { PADDING } from '../../../extension/core/index/tree/scanner.ts';
import { TreeIndex } from '../../../extension/core/index/tree/treeIndex.ts';
import { samples } from '../../support/samples.ts';

/** Pieces that the lexer's states turn on, so that random texts reach all of them. */
const PIECES = [
  ...'struct union enum static extern typedef const int void unsigned typeof asm inline __init __attribute__'.split(
    ' ',
  ),
  ...'a b f g SYSCALL_DEFINE2 DEFINE_PER_CPU EXPORT_SYMBOL_GPL MACRO __odd__ struct_group if while return'.split(' '),
  ...'( ) [ ] { } ; , * = == . -> : & # \\ " \' 0 0x1f 1.5e3'.split(' '),
  ...[
    '"s"',
    "'{'",
    '/* c */',
    '/*',
    '*/',
    '// c\n',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\\\n',
    '\\\r\n',
    '\0',
    '\ufeff',
    'é',
    '🙂',
  ],
  ...['\n}\n', '\n{\n', ') {', '};', '.f = g,', 'x->f = (t)g;', '(*f)(', 'extern "C" {', '= {'],
  ...['\n#if 0\n', '\n#if X \\\n && Y\n', '\n#ifdef A\n', '\n#ifndef B\n', '\n#elif C\n', '\n#else\n', '\n#endif\n'],
  ...['\n#define a b\n', '\n#define f(x) g(x) \\\n\th\n', '\n#define \n', '\n#include <a.h>\n', '\n#include "', '\n# '],
];

/** Lexes a text and holds what any text's records are held to; gives how many there are. */
function held(lexer: FileLexer, text: string): number {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(bytes.length + PADDING);
  padded.set(bytes);
  const length = lexer.lex(padded, bytes.length);
  const { words } = lexer.records;
  const lines = text.split('\n').length;
  let count = 0;
  let at = 0;
  for (; at < length; at += recordLength(words, at)) {
    const word = words[at + 1]!;
    const kind = word >>> KIND_SHIFT;
    count++;
    assert.ok(kind >= RecordKind.function && kind <= RecordKind.invocation, `kind ${kind}`);
    assert.ok(words[at]! < lexer.names.count);
    const line = word & LINE_MASK;
    assert.ok(line >= 1 && line <= lines, `line ${line} of ${lines}`);
    if (kind <= RecordKind.bodyMacro) {
      const end = words[at + 2]! & LINE_MASK;
      assert.ok(line - (words[at + 2]! >>> 24) >= 1 && end <= lines);
    }
  }
  assert.equal(at, length, 'the last record ends where the records end');
  return count;
}

describe('any text is indexed', () => {
  it('without an exception, in records that hold together', () => {
    const lexer = new FileLexer(lexerNames());
    let records = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 80 }), pieces => {
        records += held(lexer, pieces.join(pieces.length % 2 ? ' ' : ''));
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        held(lexer, text);
      }),
      { numRuns: 500 },
    );
    assert.ok(records > 1000, `${records} records in all`);
  });

  it('cut off anywhere', () => {
    const lexer = new FileLexer(lexerNames());
    for (const text of Object.values(samples))
      for (let end = 0; end <= text.length; end++) held(lexer, text.slice(0, end));
  });

  it('the same alone and after any other', () => {
    const shown = (index: TreeIndex): string => JSON.stringify(index.outlineOf('a.c'));
    const text = 'int f(void)\n{\n\tg();\n}\nstruct s { int a; };\n';
    const bytes = new TextEncoder().encode(text);
    const alone = new TreeIndex(new IndexData());
    alone.add('a.c', bytes);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), pieces => {
        const index = new TreeIndex(new IndexData());
        index.add('odd.c', new TextEncoder().encode(pieces.join(' ')));
        index.add('a.c', bytes);
        assert.equal(shown(index), shown(alone));
      }),
      { numRuns: 500 },
    );
  });
});
