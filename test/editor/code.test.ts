import assert from 'node:assert/strict';
import { lineOf } from './support/source.ts';
import { packageSize, withEditor } from './support/withEditor.ts';

const FILE = 'mm/hugetlb_vmemmap.c';

describe('beside the code, in a real VS Code', function () {
  this.timeout(90_000);
  const editor = withEditor();
  const { kernel } = editor;
  const head = lineOf(kernel, FILE, 'static int split_vmemmap_huge_pmd(');
  const firstLock = lineOf(kernel, FILE, 'spin_lock(&init_mm.page_table_lock)');

  before(() => editor.bench.openFile(FILE, head + 3));

  it('is a package under 3 MB', () => assert.ok(packageSize() < 3e6, `${packageSize()} bytes`));

  it('puts Simulate above the functions that a scenario covers, and above no others', async () => {
    const { bench } = editor;
    const lenses = bench.page.locator('.codelens-decoration a', { hasText: 'Simulate:' });
    /** Whether a lens is shown just above the line with a text. */
    const above = async (text: string) => {
      const line = await bench.line(text).boundingBox();
      const boxes = await Promise.all((await lenses.all()).map(l => l.boundingBox()));
      return boxes.some(box => box && line && box.y < line.y && line.y - box.y < 40);
    };
    await bench.until(
      () => above('static int split_vmemmap_huge_pmd'),
      () => lenses.allInnerTexts(),
    );
    await bench.goTo(lineOf(kernel, FILE, 'static inline void free_vmemmap_page('));
    await bench.until(
      () => above('static inline void free_vmemmap_page'),
      () => lenses.allInnerTexts(),
    );
    await bench.goTo(lineOf(kernel, FILE, 'int hugetlb_vmemmap_restore('));
    await bench.line('int hugetlb_vmemmap_restore').waitFor();
    assert.equal(await above('int hugetlb_vmemmap_restore'), false);
    await bench.goTo(head + 3);
  });

  it('shows the contract in a hover, whose links go to the line that takes the lock', async () => {
    const { bench } = editor;
    const { page } = bench;
    await bench.hover('static int split_vmemmap_huge_pmd', 'split_vmemmap_huge_pmd');
    const hover = page.locator('.monaco-hover .hover-contents', { hasText: 'page_table_lock' }).first();
    await hover.waitFor();
    const text = await hover.innerText();
    assert.match(text, new RegExp(`takes &init_mm\\.page_table_lock · line ${firstLock},`));
    assert.match(text, /may sleep/);
    await bench.shot('hover-light');
    await hover.getByText(String(firstLock), { exact: true }).click();
    await bench.cursorIsOn(firstLock);
  });

  it('shows the contract of a function of another file at its call', async () => {
    const { bench } = editor;
    await bench.goTo(lineOf(kernel, FILE, 'mmap_read_lock(&init_mm)'));
    await bench.hover('mmap_read_lock(&init_mm)', 'mmap_read_lock');
    const hover = bench.page.locator('.monaco-hover .hover-contents', { hasText: 'acquires' }).first();
    await hover.waitFor();
    assert.match(await hover.innerText(), /acquires &mm->mmap_lock \(read\)[\s\S]*include\/linux\/mmap_lock\.h:\d+/);
    await bench.page.keyboard.press('Escape');
  });

  it('opens the executable model beside the C, and the cursors follow each other', async () => {
    const { bench } = editor;
    await bench.goTo(firstLock);
    await bench.run('Lockstep: Show Executable Model');
    await bench.page.locator('.tab', { hasText: 'split_vmemmap_huge_pmd.model.ts' }).waitFor();
    const model = bench.line('function* split_vmemmap_huge_pmd');
    await model.waitFor();
    // The line of the model that stands for the cursor's line is marked.
    const marked = () => bench.markedLine('split_vmemmap_huge_pmd.model.ts');
    await bench.until(async () => /yield\* spin_lock\(.*page_table_lock/.test(await marked()), marked);
    await bench.shot('model-light');
  });

  it('offers what it does in the context menu', async () => {
    const { bench } = editor;
    await bench.line('static int split_vmemmap_huge_pmd').click({ button: 'right' });
    const menu = bench.page.locator('.monaco-menu');
    await menu.locator('.action-item', { hasText: 'Lockstep' }).hover();
    for (const title of ['Simulate', 'Compare With Patch', 'Show Executable Model', 'Show Lock Contracts'])
      await menu.locator('.action-item', { hasText: title }).first().waitFor();
    await bench.shot('context-menu-light');
    await bench.page.keyboard.press('Escape');
    await bench.page.keyboard.press('Escape');
  });

  it('lists the contracts of the whole file', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Show Lock Contracts');
    await bench.page.locator('.tab', { hasText: 'hugetlb_vmemmap.c.contracts' }).waitFor();
    await bench.line(`split_vmemmap_huge_pmd ${FILE}:${head}`.replaceAll(' ', '\u00a0')).waitFor();
    await bench.page.locator('.detected-link, .detected-link-active').first().waitFor();
    await bench.shot('contracts-light');
  });

  it('brings models and contracts back when the window is reloaded', async () => {
    const { bench } = editor;
    const shown = bench.page.locator('.tab', { hasText: 'hugetlb_vmemmap.c.contracts' });
    await shown.dblclick(); // No longer a preview.
    await bench.reload();
    await shown.waitFor();
    await bench.line('Lock contracts of'.replaceAll(' ', '\u00a0')).waitFor({ timeout: 30_000 });
  });

  it('was activated in under 150 ms, loading its code included', async () => {
    const { bench } = editor;
    await bench.run('Developer: Show Running Extensions');
    const row = bench.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'lockstep' });
    await row.waitFor();
    const text = await row.innerText();
    const ms = Number(/Activation: (\d+)ms/.exec(text)?.[1]);
    assert.ok(ms < 150, text);
    await bench.run('View: Close Editor');
  });

  it('logged no error', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Show Log');
    const lines = bench.page.locator('.part.panel .view-line', { hasText: 'activated' });
    await lines.first().waitFor();
    const text = (await bench.page.locator('.part.panel .view-lines').innerText()).replace(/\u00a0/g, ' ');
    assert.doesNotMatch(text, /\[error\]/);
  });
});
