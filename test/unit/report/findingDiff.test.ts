import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { compareFindings, identityOf, keyed } from '../../../extension/core/report/findingDiff.ts';
import { finding, findings } from '../../support/findings.ts';

const lines = (list: readonly Finding[]): number[] => list.map(f => f.line);

describe('what a change does to findings', () => {
  it('nothing, when only lines move or spaces change', () => {
    const before = findings({ line: 10, related: [{ file: 'mm/a.c', line: 3, column: 1, message: 'taken' }] });
    const after = findings({
      line: 210,
      column: 9,
      text: 'return  -EINVAL;',
      related: [{ file: 'mm/a.c', line: 203, column: 1, message: 'taken' }],
    });
    const { added, removed, unchanged } = compareFindings(before, after);
    assert.deepEqual([added, removed], [[], []]);
    assert.equal(unchanged[0], after.findings[0]);
  });

  it('another kind, function, file, lock or line text is another finding', () => {
    for (const change of [
      { kind: 'double-lock' },
      { function: 'g' },
      { file: 'mm/b.c' },
      { lock: '&b->lock' },
      { text: 'return -ENOMEM;' },
    ] as const) {
      const { added, removed, unchanged } = compareFindings(findings({}), findings(change));
      assert.deepEqual([added.length, removed.length, unchanged.length], [1, 1, 0], JSON.stringify(change));
    }
  });

  it('a better worded message or another confidence is no other finding', () => {
    const { added, unchanged } = compareFindings(findings({}), findings({ message: 'x', confidence: 'medium' }));
    assert.deepEqual([added.length, unchanged.length], [0, 1]);
  });

  it('equals are counted', () => {
    const one = findings({ line: 10 });
    const two = findings({ line: 10 }, { line: 20 });
    assert.deepEqual(lines(compareFindings(one, two).added), [20]);
    assert.deepEqual(lines(compareFindings(two, one).removed), [20]);
  });

  it('of equals, the one whose paths differ is the new one', () => {
    const via = (message: string) => ({ related: [{ file: 'mm/a.c', line: 1, column: 1, message }] });
    const before = findings({ line: 20, ...via('taken (b)') });
    const after = findings({ line: 12, ...via('taken (a)') }, { line: 22, ...via('taken (b)') });
    assert.deepEqual(lines(compareFindings(before, after).added), [12]);
    assert.deepEqual(lines(compareFindings(after, before).removed), [12]);
  });

  it('becoming suppressed is not going, and no longer being suppressed is coming', () => {
    const live = findings({});
    const suppressed = findings({ suppressed: 'known' });
    const hidden = compareFindings(live, suppressed);
    assert.deepEqual([hidden.added.length, hidden.removed.length, hidden.unchanged.length], [0, 0, 1]);
    const shown = compareFindings(suppressed, live);
    assert.deepEqual([shown.added.length, shown.removed.length, shown.unchanged.length], [1, 0, 0]);
  });

  it('keys are unique, and equal sets have equal keys', () => {
    const keys = keyed(findings({ line: 1 }, { line: 2 }, { line: 3, text: 'x' }).findings).map(k => k.key);
    assert.equal(new Set(keys).size, 3);
    assert.deepEqual(
      keyed(findings({ line: 11 }, { line: 12 }, { line: 13, text: 'x' }).findings).map(k => k.key),
      keys,
    );
  });

  it('counts for every identity: added − removed = after − before', () => {
    const one = fc.record({
      kind: fc.constantFrom('missing-unlock' as const, 'double-lock' as const),
      text: fc.constantFrom('a;', 'b;'),
      message: fc.constantFrom('m', 'n'),
      line: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), fc.array(one, { maxLength: 8 }), (a, b) => {
        const before = findings(...a);
        const after = findings(...b);
        const { added, removed, unchanged } = compareFindings(before, after);
        assert.equal(added.length + unchanged.length, after.findings.length);
        assert.equal(removed.length + unchanged.length, before.findings.length);
        for (const f of [...before.findings, ...after.findings]) {
          const count = (list: readonly Finding[]): number => list.filter(x => identityOf(x) === identityOf(f)).length;
          assert.equal(count(added) - count(removed), count(after.findings) - count(before.findings));
          assert.ok(count(added) === 0 || count(removed) === 0);
        }
      }),
    );
  });

  it('an empty document', () => {
    assert.deepEqual(compareFindings(findings(), findings(), 'x.patch'), {
      version: 1,
      patch: 'x.patch',
      added: [],
      removed: [],
      unchanged: [],
    });
    assert.equal(keyed([finding()])[0]!.key, `${identityOf(finding())}\0${0}`);
  });
});
