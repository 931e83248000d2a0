import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineTable } from '../../../extension/core/text/lines.ts';

describe('line table', () => {
  it('gives 1-based lines and columns', () => {
    const lines = new LineTable('ab\r\ncd\n\nx');
    assert.equal(lines.count, 4);
    assert.deepEqual(lines.position(0), { line: 1, column: 1 });
    assert.deepEqual(lines.position(3), { line: 1, column: 4 });
    assert.deepEqual(lines.position(4), { line: 2, column: 1 });
    assert.deepEqual(lines.position(7), { line: 3, column: 1 });
    assert.deepEqual(lines.position(99), { line: 4, column: 2 });
  });
  it('agrees with splitting the text, and back', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é', '🙂'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat(60), (source, wanted) => {
        const offset = Math.min(wanted, source.length);
        const lines = new LineTable(source);
        const before = source.slice(0, offset).split('\n');
        assert.deepEqual(lines.position(offset), { line: before.length, column: before.at(-1)!.length + 1 });
        assert.equal(lines.offset(before.length, before.at(-1)!.length + 1), offset);
        assert.equal(lines.count, source.split('\n').length);
      }),
    );
  });
  it('keeps a column past the end of a line on that line', () => {
    const lines = new LineTable('ab\ncd');
    assert.equal(lines.offset(1, 40), 2);
    assert.equal(lines.offset(2, 40), 5);
    assert.equal(lines.offset(9, 1), 5);
  });
});
