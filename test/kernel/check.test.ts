import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import type { Log } from 'sarif';
import { check } from '../../extension/cli/check.ts';
import type { FindingsDocument } from '../../extension/core/report/documents.ts';
import type { FindingsComparison } from '../../extension/core/report/findingDiff.ts';
import { assertSarif } from '../support/sarif.ts';

const tree = process.env.KERNEL_TREE ?? '';
/** Driver-like code with many spinlock sections, and with findings of low confidence. */
const FILE = 'block/blk-iocost.c';

describe('lockstep check on a kernel tree', function () {
  this.timeout(300_000);
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-kernel-check-'));
  after(() => rmSync(dir, { recursive: true }));
  const { signal } = new AbortController();
  const original = (): string => readFileSync(join(tree, FILE), 'utf8');

  async function difference(changed: string): Promise<{ comparison: FindingsComparison; status: number }> {
    const patch = join(dir, 'change.patch');
    writeFileSync(patch, createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, original(), changed));
    const { text, status, problem } = await check([], { tree, patch: [patch], confidence: 'low', json: true }, signal);
    assert.equal(problem, undefined);
    return { comparison: JSON.parse(text) as FindingsComparison, status };
  }

  it('a patch that only moves lines and spaces makes no difference', async () => {
    const { comparison, status } = await difference(
      `${'/* moved */\n'.repeat(40)}${original().replace(/;\n/g, '; \n')}`,
    );
    assert.deepEqual([comparison.added, comparison.removed, status], [[], [], 0]);
    assert.ok(comparison.unchanged.length > 0, 'a file without any finding proves nothing');
  });

  it('an unlock taken away is a new finding, and the old ones are unchanged', async () => {
    const lines = original().split('\n');
    const unlocks = lines.flatMap((l, i) => (/^\t(?:spin_unlock(?:_irq)?)\(&\w+->lock\);$/.test(l) ? [i] : []));
    assert.ok(unlocks.length >= 3, `${unlocks.length} unlocks`);
    for (const at of unlocks.slice(0, 3)) {
      const { comparison, status } = await difference(lines.filter((_, i) => i !== at).join('\n'));
      assert.equal(status, 1, `line ${at + 1}`);
      assert.ok(comparison.added.some(f => Math.abs(f.line - at) < 200 && f.suppressed === undefined));
      assert.ok(comparison.unchanged.length > comparison.removed.length);
    }
  });

  it('SARIF of a folder has what the document has', async () => {
    const options = { tree, confidence: 'low', index: false };
    const log = JSON.parse((await check([join(tree, 'ipc')], { ...options, format: 'sarif' }, signal)).text) as Log;
    assertSarif(log);
    const { findings, functions } = JSON.parse(
      (await check([join(tree, 'ipc')], { ...options, json: true }, signal)).text,
    ) as FindingsDocument;
    assert.ok(functions! > 250);
    assert.deepEqual(
      log.runs[0]!.results!.map(r => [r.ruleId, r.message.text, r.locations![0]!.physicalLocation!.region!.startLine]),
      findings.map(f => [f.kind, f.message, f.line]),
    );
  });
});
