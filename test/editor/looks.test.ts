import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lineOf } from './support/source.ts';
import { withEditor } from './support/withEditor.ts';
import { addFile, type ThemeName } from './support/workspace.ts';

const FILE = 'mm/hugetlb_vmemmap.c';
const patches = fileURLToPath(new URL('../fixtures/patches/', import.meta.url));
const PATCH = 'hvo-write-lock.patch';

/** Screenshots for people, and what can be said of looks without eyes: colours are the theme's, text can be read. */
describe('looks in the themes, in a real VS Code', function () {
  this.timeout(120_000);
  const editor = withEditor(workspace => addFile(workspace, `patches/${PATCH}`, readFileSync(`${patches}${PATCH}`)));
  const lock = lineOf(editor.kernel, FILE, 'spin_lock(&init_mm.page_table_lock)', 2);

  before(async () => {
    const { bench } = editor;
    await bench.openFile(FILE, lock);
    await bench.run('Lockstep: Simulate');
    await bench.panel.locator('.facts').waitFor({ timeout: 40_000 });
    await bench.run('Lockstep: Compare With Patch');
    await bench.pick(PATCH);
    await bench.panel.locator('vscode-radio', { hasText: 'After' }).waitFor({ timeout: 60_000 });
  });

  const themes: [ThemeName, string][] = [
    ['Default Light Modern', 'light'],
    ['Default Dark Modern', 'dark'],
    ['Default High Contrast', 'contrast'],
  ];
  for (const [theme, name] of themes)
    it(`follows ${theme}`, async () => {
      const { bench } = editor;
      await editor.theme(theme);
      const ground = await bench.panelColour('body', 'background-color');
      const inEditor = await bench.colour('.monaco-editor-background', 'background-color');
      assert.equal(ground, inEditor);
      assert.ok((await bench.paintedColours('canvas.timeline')) > 6);
      for (const part of ['h1', '.threads-table', '.holds-table', '.entries', '.legend'])
        assert.ok((await bench.contrast(part)) >= 4.5, `${part} in ${theme}: ${await bench.contrast(part)}`);
      await bench.shot(`panel-before-${name}`);
      await bench.panel.locator('vscode-radio', { hasText: 'After' }).click();
      const canvas = bench.panel.locator('canvas.timeline');
      await canvas.press('End');
      await bench.page.waitForTimeout(300);
      await bench.shot(`panel-after-${name}`);
      await bench.panel.locator('vscode-radio', { hasText: 'Before' }).click();
    });

  it('does not run out of a narrow panel', async () => {
    const { bench } = editor;
    await bench.page.setViewportSize({ width: 1100, height: 900 });
    await bench.page.waitForTimeout(500);
    const wide = await bench.overflow();
    await bench.shot('panel-narrow-contrast');
    assert.deepEqual(wide, []);
    await bench.page.setViewportSize({ width: 2200, height: 1200 });
    await bench.page.waitForTimeout(500);
    await bench.shot('panel-wide-contrast');
    assert.deepEqual(await bench.overflow(), []);
  });
});
