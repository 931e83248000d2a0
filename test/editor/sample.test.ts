import assert from 'node:assert/strict';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

describe('with no kernel at hand, in a real VS Code', function () {
  this.timeout(90_000);
  const editor = withEditor(workspace => addFile(workspace, 'notes.txt', 'Nothing of a kernel here.\n'), false);
  const text = async (selector: string) =>
    (await editor.bench.panel.locator(selector).first().innerText()).replace(/\s+/g, ' ');

  it('simulates the bundled sample', async () => {
    const { bench } = editor;
    await bench.openFile('notes.txt');
    await bench.run('Lockstep: Simulate');
    const threads = bench.panel.locator('.threads-table');
    await threads.waitFor({ timeout: 40_000 });
    assert.equal(await text('.facts .label'), 'sample');
    assert.match(await text('.facts'), /Every thread finished.* 0 unmodelled calls/);
    await bench.shot('sample-light');
  });

  it('opens the sample’s source, with its contracts', async () => {
    const { bench } = editor;
    const canvas = bench.panel.locator('canvas.timeline');
    await canvas.press('Home');
    const place = bench.panel.locator('.threads-table .place .link').first();
    for (let i = 0; i < 20 && !(await place.count()); i++) await canvas.press('ArrowRight');
    const [file] = (await place.innerText()).split(':');
    await place.click();
    await bench.page.locator(`.tab[data-resource-name="${file}"]`).first().waitFor();
    await bench.until(
      async () => (await bench.decorationTexts()).length > 0,
      () => bench.decorationTexts(),
    );
  });

  it('compares it with the sample’s patch', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Compare With Patch');
    await bench.pick(/^sample\.patch/);
    await bench.panel.locator('vscode-radio', { hasText: 'After' }).click({ timeout: 40_000 });
    await bench.until(
      async () => (await text('.facts .label')) === 'sample.patch',
      () => text('.facts'),
    );
    assert.match(await text('.holds-table'), /before .* after /);
    await bench.shot('sample-after-light');
  });
});
