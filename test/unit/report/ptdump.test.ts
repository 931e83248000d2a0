import assert from 'node:assert/strict';
import { diffOutput, diffText, outputLines, outputText } from '../../../extension/core/report/ptdump.ts';
import { TraceBuilder } from '../../support/trace.ts';

const PMD_EMPTY = '0xffffea0000000000-0xffffea0000000000           0E     RW         PSE     GLB NX pmd';
const PTE = '0xffffea0000000000-0xffffea0000200000           2M     RW                 GLB NX pte';

function dump(...texts: string[]) {
  const b = new TraceBuilder(['dump', 'other']);
  for (const t of texts) b.output(0, t, 1);
  return b.build();
}

describe('ptdump output', () => {
  it('is what was written up to a step, put together from pieces', () => {
    const trace = dump('---[ Vmemmap ]---\n', '0xffffea0000000000-', '0xffffea0000200000   2M pmd\n', 'end');
    assert.equal(outputText(trace), '---[ Vmemmap ]---\n0xffffea0000000000-0xffffea0000200000   2M pmd\nend');
    assert.equal(outputText(trace, 1), '---[ Vmemmap ]---\n0xffffea0000000000-');
    assert.deepEqual(
      outputLines(trace).map(l => [l.from, l.step, l.open]),
      [
        [0, 0, false],
        [1, 2, false],
        [3, 3, true],
      ],
    );
  });

  it('flags a line of length zero and a region reported twice', () => {
    assert.deepEqual(
      outputLines(dump(`${PMD_EMPTY}\n${PTE}\n`)).map(l => l.flag),
      ['empty', undefined],
    );
    assert.deepEqual(
      outputLines(dump(`${PTE}\n${PTE}\n`)).map(l => l.flag),
      [undefined, 'overlap'],
    );
    assert.deepEqual(
      outputLines(dump(`${PTE}\n---[ again ]---\n${PTE}\n`)).map(l => l.flag),
      [undefined, undefined, undefined],
    );
  });

  it('keeps the lines of two readers and of printk apart', () => {
    const b = new TraceBuilder(['dump', 'other']);
    b.output(0, 'one ', 1).output(1, 'two ', 1).output(0, 'more\n', 1).output(1, 'again\n', 1);
    b.output(0, 'log\n', 1, 'printk');
    const trace = b.build();
    assert.equal(outputText(trace), 'one more\ntwo again');
    assert.equal(outputText(trace, Infinity, 'printk'), 'log');
  });

  it('is compared line by line', () => {
    const rows = diffOutput(`a\nb\n${PTE}\nc`, `a\nb\n${PMD_EMPTY}\n${PTE}\nc`);
    assert.deepEqual(
      rows.filter(r => r.kind !== 'same'),
      [{ kind: 'added', text: PMD_EMPTY }],
    );
    assert.equal(diffText(rows, 1), `@@\n b\n+${PMD_EMPTY}\n ${PTE}`);
    assert.equal(diffText(diffOutput('a\nb', 'a\nb')), '');
  });
});
