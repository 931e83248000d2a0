import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyserOf } from '../../support/contracts.ts';

const folder = join(__dirname, '../../fixtures/quiet');

describe('what is in order, and once seemed not to be', () => {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    it(`${name}: ${/^\/\* (.*?) ?\*\//.exec(text)![1]}`, async () => {
      const { findings, incomplete } = await (await analyserOf({ 'mm/a.c': text })).findings('mm/a.c');
      const sure = findings.filter(f => f.confidence !== 'low');
      assert.deepEqual(
        sure.map(f => `${f.kind} ${f.function} ${f.line}`),
        [],
      );
      assert.deepEqual(incomplete ?? [], []);
    });
  }
});
