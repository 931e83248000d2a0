import assert from 'node:assert/strict';
import type { Finding, FindingsDocument } from '../../../extension/core/report/documents.ts';
import { judge, markdown, newFindings, table } from '../../conformance/faults/judge.ts';
import type { Mutant } from '../../conformance/faults/mutant.ts';

const finding = (of: Partial<Finding>): Finding => ({
  kind: 'missing-unlock',
  function: 'f',
  file: 'a.c',
  line: 3,
  column: 1,
  message: 'a->m stays held',
  confidence: 'medium',
  lock: '&a->m',
  text: 'return 0;',
  related: [],
  ...of,
});
const doc = (...findings: Finding[]): FindingsDocument => ({ version: 1, findings });
const mutant: Mutant = {
  kind: 'unlock-removed',
  file: 'a.c',
  function: 'f',
  line: 3,
  lock: '&a->m',
  description: '',
  edits: [],
  at: 0,
  text: 'int g(void)\n{\n}\nint f(void)\n{\n\tmutex_lock(&a->m);\n\treturn 0;\n}\nint h(void)\n{\n}\n',
};

describe('faults: judging', () => {
  it('what was there before is not new, wherever its line went; one more of it is', () => {
    assert.deepEqual(newFindings([finding({})], [finding({ line: 9 })]), []);
    assert.equal(newFindings([finding({})], [finding({}), finding({ line: 9 })]).length, 1);
    assert.equal(newFindings([finding({})], [finding({ lock: '&b->m' })]).length, 1);
    assert.deepEqual(newFindings([], [finding({ suppressed: 'by design' })]), []);
  });

  it('a new finding counts in the function, with a place in it, or naming it', () => {
    const reported = (f: Finding): boolean => judge(mutant, doc(), doc(f)).reports.length === 1;
    assert.ok(reported(finding({})));
    assert.ok(!reported(finding({ function: 'g' })));
    const place = (line: number, message = 'taken here'): Finding =>
      finding({ function: 'h', related: [{ file: 'a.c', line, column: 1, message }] });
    assert.deepEqual(
      [3, 4, 6, 8, 9].map(line => reported(place(line))),
      [false, true, true, true, false],
    );
    assert.ok(reported(place(1, 'called by f')));
    assert.ok(!reported(place(1, 'called by ff')));
    assert.equal(judge(mutant, doc(finding({})), doc(finding({}))).reports.length, 0);
  });

  it('counts by kind, by own kind and by confidence', () => {
    const rows = table([
      judge(mutant, doc(), doc(finding({ confidence: 'high' }))),
      judge(mutant, doc(), doc(finding({ kind: 'unlock-not-held', confidence: 'low' }))),
      judge(mutant, doc(), doc()),
      judge(
        { ...mutant, kind: 'irqsave-to-plain', evidence: 'handler: h' },
        doc(),
        doc(finding({ kind: 'irq-unsafe' })),
      ),
    ]);
    assert.deepEqual(rows, [
      { name: 'irqsave-to-plain', made: 1, reported: 1, own: 1, high: 0, shown: 1 },
      { name: 'irqsave-to-plain (handler)', made: 1, reported: 1, own: 1, high: 0, shown: 1 },
      { name: 'unlock-removed', made: 3, reported: 2, own: 1, high: 1, shown: 1 },
      { name: 'all', made: 4, reported: 3, own: 2, high: 1, shown: 2 },
    ]);
    assert.match(markdown(rows), /\| all \| 4 \| 3 \(75\.0 %\) \| 2 \(50\.0 %\) \| 1 \(25\.0 %\) \| 2 \(50\.0 %\) \|/);
  });
});
