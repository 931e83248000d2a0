import assert from 'node:assert/strict';
import { type LineMap, toC, toModel } from '../../../extension/editor/lineMap.ts';

/** Model lines 10 to 14 stand for C lines 100, 101, 101, none, 105. */
const map: LineMap = [
  [10, 100],
  [11, 101],
  [12, 101],
  [14, 105],
];

describe('line map of a model', () => {
  it('gives the C line at or above a model line', () => {
    assert.deepEqual(
      [9, 10, 11, 12, 13, 14, 99].map(l => toC(map, l)),
      [undefined, 100, 101, 101, 101, 105, 105],
    );
  });

  it('gives every model line of a C line, or of the nearest mapped one above', () => {
    assert.deepEqual(toModel(map, 101), [11, 12]);
    assert.deepEqual(toModel(map, 103), [11, 12]);
    assert.deepEqual(toModel(map, 105), [14]);
    assert.deepEqual(toModel(map, 99), []);
  });

  it('does not mind the order of the pairs', () => {
    const turned = [...map].reverse();
    for (let l = 9; l < 16; l++) assert.equal(toC(turned, l), toC(map, l));
  });
});
