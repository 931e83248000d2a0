import assert from 'node:assert/strict';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { endOfFinding, shownFindings, wantsBarriers } from '../../../extension/editor/findingSettings.ts';

const finding = (more: Partial<Finding>): Finding => ({
  ...{ file: 'a.c', line: 3, column: 2, kind: 'double-lock', function: 'f', message: 'm', confidence: 'high' },
  ...{ text: '', related: [] },
  ...more,
});

describe('findings that the editor shows', () => {
  const findings = [
    finding({ line: 1, confidence: 'high' }),
    finding({ line: 2, confidence: 'medium', kind: 'irq-unsafe' }),
    finding({ line: 3, confidence: 'low' }),
    finding({ line: 4, suppressed: 'looked at' }),
  ];
  const lines = (settings: Partial<Parameters<typeof shownFindings>[1]>) =>
    shownFindings({ version: 1, findings }, { enabled: true, kinds: [], minimumConfidence: 'low', ...settings }).map(
      f => f.line,
    );

  it('are what the settings say, without what is suppressed', () => {
    assert.deepEqual(lines({}), [1, 2, 3]);
    assert.deepEqual(lines({ minimumConfidence: 'medium' }), [1, 2]);
    assert.deepEqual(lines({ minimumConfidence: 'high' }), [1]);
    assert.deepEqual(lines({ kinds: ['irq-unsafe', 'lock-order'] }), [2]);
    assert.deepEqual(lines({ enabled: false }), []);
  });

  it('have barriers among them only where those can be shown', () => {
    const wants = (minimumConfidence: 'low' | 'medium', ...kinds: Finding['kind'][]) =>
      wantsBarriers({ enabled: true, kinds, minimumConfidence });
    assert.deepEqual([wants('low'), wants('low', 'unpaired-barrier'), wants('low', 'irq-unsafe')], [true, true, false]);
    assert.deepEqual([wants('medium'), wants('medium', 'unpaired-barrier')], [false, false]);
  });
});

describe('what a finding underlines', () => {
  const underlined = (line: string, column: number) => line.slice(column, endOfFinding(line, column));
  const cases: [string, number, string][] = [
    ['\tspin_lock(&a->lock);', 1, 'spin_lock(&a->lock)'],
    ['\treturn -ENODEV;\t/* gone */', 1, 'return -ENODEV'],
    ['\tif (!mutex_trylock(&m)) {', 5, '!mutex_trylock(&m)'],
    ['\tf("a;b"); // why', 1, 'f("a;b")'],
    ['\tg(\';\', "\\";");', 1, 'g(\';\', "\\";")'],
    ['\tfor (i = 0; i < n; i++)', 6, 'i = 0; i < n; i++'],
    ['}', 0, '}'],
    ['{', 0, '{'],
    ['', 3, ''],
  ];
  for (const [line, column, expected] of cases)
    it(JSON.stringify(line), () => assert.equal(underlined(line, column), expected));
});
