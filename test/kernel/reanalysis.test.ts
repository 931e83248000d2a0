import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import { heldLines } from '../../extension/core/locks/heldLines.ts';

const FILE = 'mm/swapfile.c';

describe('analysing a kernel file again after edits', function () {
  this.timeout(120_000);
  const kernel = process.env.KERNEL_TREE!;

  it('finds what a fresh analysis finds, at the places where it is now', async () => {
    const tree = new DiskTree(kernel);
    const kept = new ContractAnalyser(tree);
    const all = async (analyser: ContractAnalyser, text: string) => ({
      // Orders of locks are known of all that an analyser has met, which need not be the same.
      findings: (await analyser.findings(FILE, text)).findings.filter(f => f.kind !== 'lock-order'),
      held: await heldLines(analyser, FILE, { text }),
    });
    let text = readFileSync(join(kernel, FILE), 'utf8');
    await all(kept, text);
    const before = kept.known;
    for (const [i, edit] of ['', '\tif (edited())\n\t\treturn 0;\n\n', '\tspin_lock(&edited);\n'].entries()) {
      const lines = text.split('\n');
      const statements = lines.flatMap((line, at) => (/^\t(?!return)[a-z]\w+\(.*\);$/.test(line) ? [at] : []));
      const at = statements[Math.floor(((i + 1) * statements.length) / 4)]!;
      // One statement goes, others come.
      lines.splice(at, edit ? 0 : 1, ...edit.split('\n').slice(0, -1));
      text = lines.join('\n');
      assert.deepEqual(await all(kept, text), await all(new ContractAnalyser(tree), text), `line ${at + 1}`);
    }
    assert.ok(kept.known <= before + 5, `${before} functions became ${kept.known}`);
  });
});
