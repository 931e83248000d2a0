import assert from 'node:assert/strict';
import { lineOf } from './support/source.ts';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

const FILE = 'mm/hugetlb_vmemmap.c';

describe('the index, in a real VS Code', function () {
  this.timeout(90_000);
  const settings = (workspace: string, more: object) =>
    addFile(workspace, '.vscode/settings.json', JSON.stringify(more));
  const editor = withEditor(workspace => settings(workspace, { 'lockstep.index.enabled': false }));
  const said = async () =>
    (await editor.bench.page.locator('.part.panel .view-lines').innerText()).replace(/\u00a0/g, ' ');
  const status = () => editor.bench.page.locator('.statusbar-item', { hasText: 'Lockstep: indexing' });

  before(async () => {
    await editor.bench.openFile(FILE, lineOf(editor.kernel, FILE, 'static int split_vmemmap_huge_pmd('));
    await editor.bench.run('Lockstep: Show Log');
  });

  it('is not made when switched off', async () => {
    const { bench } = editor;
    await bench.until(async () => (await said()).includes('activated'), said);
    await bench.page.waitForTimeout(2000);
    assert.doesNotMatch(await said(), /indexed/);
    assert.equal(await status().count(), 0);
  });

  it('says in the status bar how far it is, and stops on a click', async () => {
    const { bench } = editor;
    settings(editor.workspace, { 'lockstep.index.folders': ['arch', 'include', 'kernel', 'lib', 'mm'] });
    await status().waitFor({ timeout: 20_000 });
    await bench.shot('index-status-light');
    assert.match(await status().innerText(), /Lockstep: indexing linux-6\.1 \d+ %/);
    await status().click();
    await bench.until(async () => (await said()).includes('indexing: stopped'), said);
    await status().waitFor({ state: 'hidden' });
  });

  it('is made anew when asked for', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Index Kernel Tree');
    await bench.until(
      async () => /indexed linux-6\.1: \d{4,} files, \d{5,} functions/.test(await said()),
      said,
      60_000,
    );
    await status().waitFor({ state: 'hidden' });
    assert.doesNotMatch(await said(), /\[error\]/);
  });
});
