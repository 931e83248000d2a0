import assert from 'node:assert/strict';
import { lineOf } from './support/source.ts';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

const FILE = 'mm/hugetlb_vmemmap.c';

describe('navigation where no C language server is, in a real VS Code', function () {
  this.timeout(90_000);
  const editor = withEditor();
  const { kernel } = editor;
  const callee = lineOf(kernel, FILE, 'static int split_vmemmap_huge_pmd(');
  const caller = lineOf(kernel, FILE, 'split_vmemmap_huge_pmd(pmd,');

  before(() => editor.bench.openFile(FILE, caller));

  it('goes from a call to the definition, in the file and in another one', async () => {
    const { bench } = editor;
    await bench.putCursor('split_vmemmap_huge_pmd(pmd,', 'split_vmemmap_huge_pmd');
    await bench.page.keyboard.press('F12');
    await bench.cursorIsOn(callee);
    await bench.goTo(lineOf(kernel, FILE, 'mmap_read_lock(&init_mm)'));
    await bench.putCursor('mmap_read_lock(&init_mm)', 'mmap_read_lock');
    await bench.page.keyboard.press('F12');
    await bench.page.locator('.tab.active[data-resource-name="mmap_lock.h"]').waitFor();
    await bench.cursorIsOn(lineOf(kernel, 'include/linux/mmap_lock.h', 'static inline void mmap_read_lock(struct'));
  });

  it('shows who calls a function, and what it calls', async () => {
    const { bench } = editor;
    await bench.openFile(FILE, callee);
    await bench.putCursor('static int split_vmemmap_huge_pmd', 'split_vmemmap_huge_pmd');
    await bench.run('Calls: Show Call Hierarchy');
    const rows = bench.page.locator('.part.sidebar .monaco-list-row');
    await rows.filter({ hasText: 'vmemmap_pmd_range' }).first().waitFor();
    await bench.shot('call-hierarchy-light');
    await bench.page.locator('.part.sidebar .action-label[aria-label*="Outgoing"]:visible').first().click();
    await rows.filter({ hasText: 'pmd_populate_kernel' }).first().waitFor();
    await bench.shot('outgoing-calls-light');
    await bench.run('View: Show Explorer');
  });

  it('finds functions by name', async () => {
    const { bench } = editor;
    await bench.page.keyboard.press('Control+T');
    await bench.page.locator('.quick-input-widget .quick-input-box input').fill('#splitvmemmap');
    await bench.rows.filter({ hasText: 'split_vmemmap_huge_pmd' }).first().waitFor();
    await bench.shot('workspace-symbols-light');
    await bench.page.keyboard.press('Enter');
    await bench.cursorIsOn(callee);
  });

  it('knows what stands in files that were never opened, once names are indexed', async () => {
    const { bench } = editor;
    const { page } = bench;
    const input = page.locator('.quick-input-widget .quick-input-box input');
    await bench.until(
      async () => {
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+T');
        await input.fill('#walk_page_range_novma');
        const row = bench.rows.filter({ hasText: 'walk_page_range_novma' }).filter({ hasText: 'pagewalk.c' });
        return row
          .first()
          .waitFor({ timeout: 3000 })
          .then(
            () => true,
            () => false,
          );
      },
      () => bench.rows.allInnerTexts(),
      60_000,
    );
    await bench.shot('workspace-symbols-indexed-light');
    await page.keyboard.press('Enter');
    await bench.cursorIsOn(lineOf(kernel, 'mm/pagewalk.c', 'int walk_page_range_novma('));
    await bench.openFile(FILE, lineOf(kernel, FILE, 'walk->nr_walked++'));
    await bench.putCursor('walk->nr_walked++', 'nr_walked');
    await page.keyboard.press('F12');
    await bench.cursorIsOn(lineOf(kernel, FILE, 'nr_walked;'));
  });

  it('offers nothing of it when switched off', async () => {
    const { bench } = editor;
    addFile(editor.workspace, '.vscode/settings.json', JSON.stringify({ 'lockstep.navigation': 'off' }));
    await bench.run('Lockstep: Show Log');
    const said = async () => (await bench.page.locator('.part.panel .view-lines').innerText()).replace(/\u00a0/g, ' ');
    await bench.until(async () => /call hierarchy are left to others/.test(await said()), said);
    assert.doesNotMatch(await said(), /\[error\]/);
  });
});
