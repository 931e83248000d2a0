import assert from 'node:assert/strict';
import { diagramText } from '../../../extension/core/report/diagram.ts';
import { number, tickDistance, timelineText } from '../../../extension/core/report/timeline.ts';
import { assertGolden } from '../../support/golden.ts';
import { raceTrace } from '../../support/race.ts';
import { TraceBuilder } from '../../support/trace.ts';

const here = (name: string) => new URL(name, import.meta.url);

const SOURCE: Record<string, string> = {
  'mm/vmemmap.c:25': '\tspin_lock(&init_mm.page_table_lock);',
  'mm/vmemmap.c:29': '\t\tpmd_populate_kernel(&init_mm, pmd, pgtable);\t/* installs */',
  'mm/vmemmap.c:34': '\tspin_unlock(&init_mm.page_table_lock);',
  'mm/vmemmap.c:40': '\tmmap_read_lock(&init_mm);',
  'mm/vmemmap.c:45': '\tmmap_read_unlock(&init_mm);',
  'mm/dump.c:21': '\tpmd_t val = READ_ONCE(*pmd);',
};
const sourceLine = (file: string, line: number) => SOURCE[`${file}:${line}`];

describe('race diagram', () => {
  it('draws a column per CPU and one statement per line', () => {
    assertGolden(diagramText(raceTrace({ twice: true }), { sourceLine }), here('race.diagram.txt'));
  });

  it('never runs over the width it is given', () => {
    for (const columns of [60, 75, 100])
      for (const threads of [undefined, [0, 2]])
        for (const tabs of [false, true]) {
          const text = diagramText(raceTrace(), { sourceLine, columns, tabs, ...(threads ? { threads } : {}) });
          for (const line of text.split('\n'))
            assert.ok(wide(line) <= columns, `${wide(line)} columns of ${columns}: ${line}`);
        }
  });

  it('shows only the steps asked for, and says when there is nothing to show', () => {
    const trace = raceTrace();
    const install = trace.events.find(e => e.level === 'pmd')!;
    const text = diagramText(trace, { from: install.step, to: install.step + 3 });
    assert.match(text, /^CPU0: remap0\n=+\nsplit_pmd\(\)\n/);
    assert.equal(diagramText(new TraceBuilder(['a']).build()), 'No thread took a step that another could tell.\n');
  });

  it('a long stretch is shortened, but never by what a race is about', () => {
    const b = new TraceBuilder(['a', 'b']);
    for (let i = 0; i < 40; i++) {
      if (i === 20) b.event(0, 'barrier', 50, { text: 'smp_wmb' });
      b.event(0, 'write', i, { address: `0x${(0x1000 + 8 * i).toString(16)}`, value: `0x${i}` });
    }
    for (let i = 0; i < 40; i++) b.event(1, 'read', 60, { address: `0x${(0x1000 + 8 * i).toString(16)}` });
    const lines = diagramText(b.build(), { longestRun: 6 }).split('\n');
    const at = (text: string) => lines.findIndex(l => l.includes(text));
    assert.ok(at('[... 17 more ...]') > 0, lines.join('\n'));
    assert.equal(at('smp_wmb'), at('[... 17 more ...]') + 1);
  });

  it('writes a loop once, with a count', () => {
    const b = new TraceBuilder(['a', 'b']);
    for (let i = 0; i < 5; i++) b.event(0, 'barrier', 1, { text: 'smp_wmb' }).event(0, 'tlbflush', 2, { text: 'all' });
    const text = diagramText(b.build());
    assert.deepEqual(text.split('\n').slice(2, -1), ['sample()', '  smp_wmb', '  flush TLB all [x5]']);
  });
});

describe('timeline as text', () => {
  it('has a row per thread and lock, and tells modes by sign', () => {
    assertGolden(timelineText(raceTrace({ entries: 24 }), { width: 96 }), here('race.timeline.txt'));
  });

  it('fits the width, in ASCII too', () => {
    for (const width of [60, 80, 132]) {
      const text = timelineText(raceTrace({ exclusive: true }), { width, ascii: true });
      assert.match(text, /^[\x20-\x7e\n]*$/);
      for (const line of text.split('\n').slice(3, -3)) assert.ok(line.length <= width, line);
    }
  });

  it('shows a hold of one step among a hundred thousand', () => {
    const b = new TraceBuilder(['a']);
    const lock = b.lock('l');
    b.gap(50_000).acquire(0, lock, 'write', 1).release(0, lock, 2).gap(50_000);
    assert.match(timelineText(b.build()), /^a +l +│ +█ +│$/m);
  });

  it('can be coloured without changing what it says', () => {
    const plain = timelineText(raceTrace());
    const painted = timelineText(raceTrace(), { paint: (text, role) => `<${role}>${text}</${role}>` });
    assert.equal(painted.replace(/<\/?[a-z]+>/g, ''), plain);
    assert.match(painted, /<write>█+<\/write>/);
  });

  it('puts ticks at round steps', () => {
    assert.deepEqual(
      [1, 9, 100, 1234].map(n => tickDistance(n, 10)),
      [1, 1, 10, 200],
    );
    assert.equal(number(1234567.5), '1,234,567.5');
  });
});

/** Columns of a line with tabs of 8. */
function wide(line: string): number {
  let column = 0;
  for (const c of line) column = c === '\t' ? (Math.floor(column / 8) + 1) * 8 : column + 1;
  return column;
}
