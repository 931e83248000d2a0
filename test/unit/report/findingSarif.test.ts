import assert from 'node:assert/strict';
import type { Log, Result } from 'sarif';
import { compareFindings } from '../../../extension/core/report/findingDiff.ts';
import { kindNames } from '../../../extension/core/report/findingKinds.ts';
import { comparisonSarif, findingsSarif } from '../../../extension/core/report/sarif.ts';
import { finding, findings } from '../../support/findings.ts';
import { assertSarif } from '../../support/sarif.ts';

const VERSION = { version: '1.2.3' };
const resultsOf = (log: Log): Result[] => {
  assertSarif(log);
  return log.runs[0]!.results!;
};
const print = (r: Result): string => Object.values(r.partialFingerprints!).join();

describe('findings as SARIF', () => {
  const leak = finding({
    column: 11,
    related: [
      { file: 'mm/a.c', line: 4, column: 2, message: 'taken' },
      { file: 'mm/a.c', line: 8, column: 2, message: 'let go on another path' },
    ],
  });

  it('every rule has its texts, whether found or not', () => {
    const { rules } = findingsSarif(findings(), VERSION).runs[0]!.tool.driver;
    assert.deepEqual(
      rules!.map(r => r.id),
      kindNames,
    );
    for (const r of rules!)
      for (const text of [r.shortDescription?.text, r.fullDescription?.text, r.help?.text])
        assert.ok(text && text.length > 10, r.id);
    assert.equal(new Set(rules!.map(r => r.name)).size, rules!.length);
  });

  it('a result has its place, its related places and how to get there', () => {
    const [r] = resultsOf(findingsSarif(findings(leak), VERSION));
    assert.equal(r!.ruleId, 'missing-unlock');
    assert.deepEqual(r!.locations![0]!.physicalLocation, {
      artifactLocation: { uri: 'mm/a.c', uriBaseId: 'SRCROOT' },
      region: { startLine: 10, startColumn: 11, snippet: { text: 'return -EINVAL;' } },
    });
    assert.deepEqual(
      r!.relatedLocations!.map(l => l.message!.text),
      ['taken', 'let go on another path'],
    );
    const steps = r!.codeFlows![0]!.threadFlows[0]!.locations;
    assert.deepEqual(
      steps.map(s => s.location!.physicalLocation!.region!.startLine),
      [4, 10],
    );
  });

  it('a way that goes through the finding ends there; evidence from elsewhere is no way', () => {
    const own = { file: 'mm/a.c', line: 10, column: 2, message: 'taken again' };
    const more = { file: 'mm/x.h', line: 1, column: 1, message: 'here' };
    const first = { file: 'mm/a.c', line: 4, column: 2, message: 'taken' };
    const [through, elsewhere, none] = resultsOf(
      findingsSarif(
        findings({ related: [first, more, own, more] }, { kind: 'irq-unsafe', related: [first] }, { related: [] }),
        VERSION,
      ),
    );
    const flow = through!.codeFlows![0]!.threadFlows[0]!.locations;
    assert.deepEqual(
      flow.map(s => s.location!.physicalLocation!.region!.startLine),
      [4, 1, 10],
    );
    assert.equal(elsewhere!.codeFlows, undefined);
    assert.equal(none!.codeFlows, undefined);
    assert.equal(none!.relatedLocations, undefined);
  });

  it('confidence is the level', () => {
    const log = findingsSarif(findings({}, { confidence: 'medium' }, { confidence: 'low' }), VERSION);
    assert.deepEqual(
      resultsOf(log).map(r => r.level),
      ['warning', 'note', 'note'],
    );
  });

  it('suppressed ones are in it, with the reason', () => {
    const at = { file: 'mm/a.c', line: 9, column: 4 };
    const log = findingsSarif(
      findings(
        {},
        { suppressed: 'handed out', suppressedAt: at },
        { suppressed: 'known', suppressedAt: { ...at, file: '.lockstep.json' } },
      ),
      VERSION,
    );
    const list = resultsOf(log).map(r => r.suppressions!);
    assert.deepEqual(
      list.map(s => s.map(x => [x.kind, x.justification])),
      [[], [['inSource', 'handed out']], [['external', 'known']]],
    );
    assert.equal(list[2]![0]!.location!.physicalLocation!.artifactLocation!.uri, '.lockstep.json');
  });

  it('fingerprints stay as lines move, and tell equals apart', () => {
    const prints = resultsOf(findingsSarif(findings({}, { line: 20 }, { text: 'x;' }), VERSION)).map(print);
    assert.equal(new Set(prints).size, 3);
    for (const p of prints) assert.match(p, /^[0-9a-f]{16}$/);
    const moved = resultsOf(findingsSarif(findings({ line: 110 }, { line: 120 }, { text: 'x;', line: 3 }), VERSION));
    assert.deepEqual(moved.map(print), prints);
  });

  it('paths are URIs below the tree', () => {
    const log = findingsSarif(findings({ file: 'mm/a b#1%.c' }), { ...VERSION, root: 'file:///home/linux' });
    assert.equal(resultsOf(log)[0]!.locations![0]!.physicalLocation!.artifactLocation!.uri, 'mm/a%20b%231%25.c');
    assert.deepEqual(log.runs[0]!.originalUriBaseIds, { SRCROOT: { uri: 'file:///home/linux/' } });
  });

  it('what went wrong on the way', () => {
    const notices = [{ file: 'mm/a.c', line: 3, column: 1, message: 'nothing is ignored' }];
    const log = findingsSarif({ ...findings(), notices }, { ...VERSION, complete: false });
    assertSarif(log);
    const [invocation] = log.runs[0]!.invocations!;
    assert.equal(invocation!.executionSuccessful, false);
    assert.equal(invocation!.toolExecutionNotifications![0]!.message.text, 'nothing is ignored');
  });

  it('of a change: new, unchanged, absent; with the fingerprints that a check of each side gives', () => {
    const before = findings({ line: 1, text: 'a;' }, { line: 2, text: 'b;' });
    const after = findings({ line: 5, text: 'b;' }, { line: 6, text: 'b;' }, { line: 7, text: 'c;' });
    const results = resultsOf(comparisonSarif(compareFindings(before, after), VERSION));
    assert.deepEqual(
      results.map(r => r.baselineState),
      ['unchanged', 'new', 'new', 'absent'],
    );
    const plain = resultsOf(findingsSarif(after, VERSION)).map(print);
    assert.deepEqual(results.slice(0, 3).map(print), plain);
    assert.equal(print(results[3]!), print(resultsOf(findingsSarif(before, VERSION))[0]!));
  });

  it('and the check of the format can fail', () => {
    const log = findingsSarif(findings(leak), VERSION);
    const broken = (change: (log: Log) => void): void => {
      const copy = structuredClone(log);
      change(copy);
      assert.throws(() => assertSarif(copy));
    };
    broken(l => (l.runs[0]!.results![0]!.ruleIndex = 3));
    broken(l => (l.runs[0]!.results![0]!.locations![0]!.physicalLocation!.region!.startLine = 0));
    broken(l => (l.runs[0]!.results![0]!.message = {}));
    broken(l => (l.runs[0]!.tool.driver.name = ''));
    broken(l => ((l.runs[0]!.results![0] as { line?: number }).line = 1));
  });
});
