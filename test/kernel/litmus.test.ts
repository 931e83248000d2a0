import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLitmus } from '../../extension/core/litmus/run.ts';

const KERNEL = process.env['KERNEL_TREE']!;
const FOLDERS = [
  'tools/memory-model/litmus-tests',
  'Documentation/litmus-tests/rcu',
  'Documentation/litmus-tests/atomic',
];

describe('the kernel’s own litmus tests', function () {
  this.timeout(60_000);

  it('have the verdicts that their comments name, but where that needs load buffering', async () => {
    const files = FOLDERS.flatMap(folder =>
      readdirSync(join(KERNEL, folder))
        .filter(name => name.endsWith('.litmus'))
        .map(name => join(KERNEL, folder, name)),
    );
    assert.ok(files.length > 30, `${files.length} tests`);
    const other: string[] = [];
    for (const file of files) {
      const { name, verdict, expected, flags, error } = await runLitmus(file, readFileSync(file, 'utf8'));
      assert.equal(error, undefined);
      assert.ok(expected, name);
      if (verdict !== expected) other.push(`${name}: ${verdict} ${flags.join()}`);
    }
    assert.deepEqual(other, ['LB+poonceonces: Never load-buffering-left-out']);
  });
});
