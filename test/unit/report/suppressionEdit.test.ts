import assert from 'node:assert/strict';
import { type NewRule, withRule } from '../../../extension/core/report/suppressionEdit.ts';
import { readSuppressionFile } from '../../../extension/core/report/suppressionFile.ts';

const rule: NewRule = { kind: 'double-lock', file: 'mm/a.c', function: 'f', reason: 'b is "never" a]' };
const ENTRY = '{ "kind": "double-lock", "file": "mm/a.c", "function": "f", "reason": "b is \\"never\\" a]" }';

describe('adding an entry to .lockstep.json', () => {
  const cases: [string, string | undefined, string][] = [
    ['to none', undefined, `{\n  "suppress": [\n    ${ENTRY}\n  ]\n}\n`],
    ['to an empty file', ' \n', `{\n  "suppress": [\n    ${ENTRY}\n  ]\n}\n`],
    ['to an object', '{}\n', `{\n  "suppress": [\n    ${ENTRY}\n  ]\n}\n`],
    ['to an empty list', '{ "suppress": [] }', `{ "suppress": [\n    ${ENTRY}\n  ] }`],
    [
      'to others, which stay as they are written',
      '{\n  "suppress": [\n    {"kind":["irq-unsafe", "lock-order"],\n     "reason": "[{"}\n  ]\n}\n',
      `{\n  "suppress": [\n    {"kind":["irq-unsafe", "lock-order"],\n     "reason": "[{"},\n    ${ENTRY}\n  ]\n}\n`,
    ],
  ];
  for (const [name, text, expected] of cases)
    it(name, () => {
      const written = withRule(text, rule);
      assert.equal(written, expected);
      const last = readSuppressionFile(written).at(-1)!;
      assert.deepEqual(
        [last.kinds, last.paths, last.function, last.reason],
        [['double-lock'], 'mm/a.c', 'f', rule.reason],
      );
      // And once more behind that.
      assert.equal(readSuppressionFile(withRule(written, rule)).length, readSuppressionFile(written).length + 1);
    });

  it('refuses a file that cannot be read', () => {
    assert.throws(() => withRule('{ "suppress": [ }', rule), /\.lockstep\.json:1: not valid JSON/);
    assert.throws(() => withRule('{ "ignore": [] }', rule), /there is no setting "ignore"/);
  });
});
