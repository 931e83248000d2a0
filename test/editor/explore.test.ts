import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/explore/lost.scenario.c', import.meta.url));
const FILE = 'lost.scenario.c';
const TITLE = 'three threads add to a counter without a lock';

describe('exploring every interleaving, in a real VS Code', function () {
  this.timeout(90_000);
  const lost = readFileSync(FIXTURE, 'utf8');
  /** The same with so many more threads that it takes for ever. */
  const endless = lost
    .replace(TITLE, 'many threads')
    .replace(
      'INVARIANT',
      `${[...'defghij'].map(name => `THREAD(${name}) {\n\tadd();\n\tadd();\n}\n\n`).join('')}INVARIANT`,
    );
  const editor = withEditor(workspace => {
    addFile(workspace, FILE, lost);
    addFile(workspace, 'endless.scenario.c', endless);
  }, false);
  const text = async (selector: string) =>
    (await editor.bench.panel.locator(selector).first().innerText()).replace(/\s+/g, ' ');
  const says = (pattern: RegExp) =>
    editor.bench.until(
      async () => pattern.test(await text('.verdict')),
      () => text('.verdict'),
    );

  it('says what can go wrong, and in how many executions', async () => {
    const { bench } = editor;
    await bench.openFile(FILE);
    await bench.run('Lockstep: Explore All Interleavings');
    await bench.panel.locator('.verdict-list li').first().waitFor({ timeout: 40_000 });
    assert.match(await text('.verdict-line'), /^1 violation in \d+ executions \(all of them\), 3 threads, seq/);
    assert.match(
      await text('.verdict-list'),
      /all are counted: .*lost\.scenario\.c:23 .* steps, \d+ switch.* in 30 of 36 executions/,
    );
    await bench.shot('verdict-light');
  });

  it('opens the witness in the timeline', async () => {
    const { bench } = editor;
    await bench.panel.locator('.verdict-list .link', { hasText: 'Show witness' }).click();
    await bench.panel.locator('.verdict-list li.current').waitFor({ timeout: 20_000 });
    assert.match(await text('.facts'), /Violated: all are counted/);
    await bench.panel.locator('.verdict-list .link', { hasText: `${FILE}:23` }).click();
    await bench.cursorIsOn(23);
    await bench.shot('witness-light');
    await editor.theme('Default Dark Modern');
    await bench.shot('witness-dark');
    await editor.theme('Default High Contrast');
    await bench.shot('witness-highContrast');
  });

  it('keeps the verdict over a reload, and says when the source has changed since', async () => {
    const { bench, workspace } = editor;
    await bench.reload();
    await bench.panel.locator('.verdict-list li.current').waitFor({ timeout: 40_000 });
    writeFileSync(join(workspace, FILE), lost.replace('READ_ONCE(x) + 1', '1 + READ_ONCE(x)'));
    await bench.panel.locator('vscode-button', { hasText: 'Run again' }).click();
    await says(/The source has changed since/);
    await bench.panel.locator('.verdict-line .link', { hasText: 'Explore again' }).click();
    await says(/^1 violation in \d+ executions \(all of them\)(?!.*changed)/);
  });

  it('shows how far it is, and gives a verdict of what was done when it is stopped', async () => {
    const { bench } = editor;
    await bench.openFile('endless.scenario.c');
    await bench.run('Lockstep: Explore All Interleavings');
    await says(/Exploring every interleaving: [1-9][\d,]* executions, about \d+ %, 1 violation so far/);
    await bench.shot('exploring-highContrast');
    await bench.panel.locator('.verdict-line .link', { hasText: 'Stop' }).click();
    await says(/1 violation in [\d,]+ executions \(cancelled\)/);
  });
});
