import assert from 'node:assert/strict';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { compareFindings } from '../../../extension/core/report/findingDiff.ts';
import { filtered, filteredComparison } from '../../../extension/core/report/findingFilter.ts';
import { comparisonText, findingsText } from '../../../extension/core/report/findingText.ts';
import { finding, findings } from '../../support/findings.ts';

const SOURCE: Record<string, string> = {
  'mm/a.c:4': '\tspin_lock(&a->lock);',
  'mm/a.c:10': '\tif (err) return -EINVAL;\r',
  'mm/b.c:7': '\tmutex_lock(&b->lock);',
};
const sourceLine = (file: string, line: number): string | undefined => SOURCE[`${file}:${line}`];

const LEAK = finding({
  column: 11,
  related: [
    { file: 'mm/a.c', line: 4, column: 2, message: 'taken' },
    { file: 'include/linux/spinlock.h', line: 300, column: 3, message: 'raw_spin_lock() here' },
  ],
});
const DOUBLE: Partial<Finding> = {
  kind: 'double-lock',
  file: 'mm/b.c',
  function: 'g',
  line: 7,
  confidence: 'medium',
  message: '&b->lock is taken here, and held already',
  lock: '&b->lock',
  text: 'mutex_lock(&b->lock);',
  related: [{ file: 'mm/b.c', line: 7, column: 2, message: 'taken' }],
};

describe('findings as text', () => {
  it('as a compiler writes them, grouped by file and function', () => {
    const document = { ...findings(DOUBLE, LEAK, { line: 12, suppressed: 'known' }), functions: 9 };
    assert.equal(
      findingsText(document, { sourceLine, files: 2, unsure: 3, path: f => `../linux/${f}` }),
      `../linux/mm/a.c: in f()
../linux/mm/a.c:10:11: missing-unlock: &a->lock is still held here [high]
    10 | 	if (err) return -EINVAL;
       | 	         ^
  ../linux/mm/a.c:4:2: note: taken
       4 | 	spin_lock(&a->lock);
  ../linux/include/linux/spinlock.h:300:3: note: raw_spin_lock() here

../linux/mm/b.c: in g()
../linux/mm/b.c:7:2: double-lock: &b->lock is taken here, and held already [medium]
     7 | 	mutex_lock(&b->lock);
       | 	^
  ../linux/mm/b.c:7:2: note: taken

2 findings (1 high, 1 medium) in 9 functions of 2 files; not shown: 1 suppressed, 3 less sure (--confidence low shows all).
`,
    );
  });

  it('nothing found', () => {
    assert.equal(findingsText({ ...findings(), functions: 1 }, { files: 1 }), 'No findings in 1 function of 1 file.\n');
    assert.equal(findingsText(findings({ suppressed: 'x' })), 'No findings; not shown: 1 suppressed.\n');
  });

  it('what could not be looked at whole is named', () => {
    const text = findingsText({ ...findings(), incomplete: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] });
    assert.match(text, /^Not every path was followed in 7 functions: a, b, c, d, e and 2 more\.$/m);
  });

  it('notices stand where they are about', () => {
    const notices = [{ file: 'mm/a.c', line: 3, column: 1, message: 'nothing is ignored' }];
    assert.match(findingsText({ ...findings(), notices }), /^mm\/a\.c:3:1: note: nothing is ignored$/m);
  });

  it('without the source, the finding has its own line, and no column is pointed at', () => {
    const text = findingsText(findings({}));
    assert.match(text, /^ {4}10 \| return -EINVAL;$/m);
    assert.doesNotMatch(text, /\^/);
  });

  it('colours only where they are given', () => {
    const wrap = (name: string) => (t: string) => `<${name}>${t}</${name}>`;
    const colors = { bold: wrap('b'), dim: wrap('d'), red: wrap('r'), yellow: wrap('y') };
    const text = findingsText(findings(LEAK, DOUBLE), { colors, sourceLine });
    assert.match(text, /<b>mm\/a\.c:10:11:<\/b> <r>missing-unlock<\/r>/);
    assert.match(text, /<y>double-lock<\/y>/);
    assert.equal(text.replace(/<\/?[bdry]>/g, ''), findingsText(findings(LEAK, DOUBLE), { sourceLine }));
  });

  it('what a patch does', () => {
    const same = { line: 30, text: 'x;' };
    const text = comparisonText(compareFindings(findings(LEAK, same), findings({ ...same, line: 40 }, DOUBLE)), {
      sourceLine,
    });
    assert.deepEqual(
      text.split('\n').filter(l => /^==|: \w+-\w+: |new,/.test(l)),
      [
        '== new',
        'mm/b.c:7:2: double-lock: &b->lock is taken here, and held already [medium]',
        '== gone',
        'mm/a.c:10:11: missing-unlock: &a->lock is still held here [high]',
        '1 new, 1 gone, 1 unchanged.',
      ],
    );
    assert.match(text, /^ {4}10 \| return -EINVAL;$/m, 'what is gone is shown by its own text, not by the new source');
    assert.equal(comparisonText(compareFindings(findings(), findings())), '0 new, 0 gone, 0 unchanged.\n');
  });
});

describe('which findings are asked for', () => {
  const all = findings(
    { confidence: 'high' },
    { confidence: 'medium', function: 'g' },
    { confidence: 'low', kind: 'lock-order' },
  );

  it('by confidence, with those that are less sure counted', () => {
    const count = (confidence: Finding['confidence']): number[] => {
      const { document, unsure } = filtered(all, { confidence });
      return [document.findings.length, unsure];
    };
    assert.deepEqual(
      [count('high'), count('medium'), count('low')],
      [
        [1, 2],
        [2, 1],
        [3, 0],
      ],
    );
  });

  it('by kind and function; what is not asked for is not counted', () => {
    const of = filtered(all, { confidence: 'high', kinds: ['lock-order'] });
    assert.deepEqual([of.document.findings.length, of.unsure], [0, 1]);
    const g = filtered(all, { confidence: 'medium', function: 'g' });
    assert.deepEqual([g.document.findings.length, g.unsure], [1, 0]);
  });

  it('of a comparison: what only became surer is not new', () => {
    const both = compareFindings(findings({ confidence: 'low' }), findings({}, { text: 'x;', confidence: 'low' }));
    const { comparison, unsure } = filteredComparison(both, { confidence: 'medium' });
    assert.deepEqual([comparison.added.length, comparison.unchanged.length, unsure], [0, 1, 1]);
  });
});
