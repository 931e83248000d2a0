import assert from 'node:assert/strict';
import { lineOf } from './support/source.ts';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

const FILE = 'mm/hugetlb_vmemmap.c';
const SERVER = 'llvm-vs-code-extensions.vscode-clangd';

describe('beside a C language server, in a real VS Code', function () {
  this.timeout(90_000);
  const editor = withEditor(undefined, true, [SERVER]);
  const { kernel } = editor;
  const callee = lineOf(kernel, FILE, 'static int split_vmemmap_huge_pmd(');
  const caller = lineOf(kernel, FILE, 'split_vmemmap_huge_pmd(pmd,');
  const said = async () =>
    (await editor.bench.page.locator('.part.panel .view-lines').innerText()).replace(/\u00a0/g, ' ');

  before(() => editor.bench.openFile(FILE, caller));

  it('leaves definitions to it', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Show Log');
    await bench.until(async () => (await said()).includes(`call hierarchy are left to ${SERVER}`), said);
    await bench.putCursor('split_vmemmap_huge_pmd(pmd,', 'split_vmemmap_huge_pmd');
    await bench.page.keyboard.press('F12');
    // Nobody offers any: the cursor stays. (Where Lockstep does, the test below goes there in less.)
    await bench.page.waitForTimeout(2000);
    await bench.cursorIsOn(caller);
  });

  it('still shows contracts and locks', async () => {
    const { bench } = editor;
    await bench.page.keyboard.press('Escape');
    await bench.hover('split_vmemmap_huge_pmd(pmd,', 'split_vmemmap_huge_pmd');
    await bench.page.locator('.monaco-hover .hover-contents', { hasText: 'page_table_lock' }).first().waitFor();
    await bench.page.keyboard.press('Escape');
  });

  it('takes over when that is switched off, and leaves again', async () => {
    const { bench } = editor;
    const set = (settings: object) => addFile(editor.workspace, '.vscode/settings.json', JSON.stringify(settings));
    set({ 'clangd.enable': false });
    await bench.until(async () => (await said()).includes('call hierarchy are offered'), said);
    await bench.goTo(caller);
    await bench.putCursor('split_vmemmap_huge_pmd(pmd,', 'split_vmemmap_huge_pmd');
    await bench.page.keyboard.press('F12');
    await bench.cursorIsOn(callee);
    set({ 'clangd.enable': true });
    const left = async () => (await said()).split('are left to').length - 1;
    await bench.until(async () => (await left()) === 2, said);
    set({ 'lockstep.navigation': 'on' });
    await bench.until(async () => (await said()).split('are offered').length === 3, said);
    assert.doesNotMatch(await said(), /\[error\]/);
  });
});
