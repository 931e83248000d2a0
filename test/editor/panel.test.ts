import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lineOf } from './support/source.ts';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

const FILE = 'mm/hugetlb_vmemmap.c';
const patches = fileURLToPath(new URL('../fixtures/patches/', import.meta.url));
const PATCH = 'hvo-write-lock.patch';
const TWICE = 'ptdump-no-continue.patch';
const TITLE = 'two HVO remaps and a ptdump over one vmemmap PMD';

describe('simulation beside the code, in a real VS Code', function () {
  this.timeout(90_000);
  const editor = withEditor(workspace => {
    for (const name of [PATCH, TWICE]) addFile(workspace, `patches/${name}`, readFileSync(`${patches}${name}`));
  });
  const { kernel } = editor;
  const lock = lineOf(kernel, FILE, 'spin_lock(&init_mm.page_table_lock)');

  /** The panel's text, in one line. */
  const text = async (selector: string) =>
    (await editor.bench.panel.locator(selector).first().innerText()).replace(/\s+/g, ' ');
  const step = async () => Number(/at step ([\d,]+)/.exec(await text('#panel main'))?.[1]?.replaceAll(',', ''));

  before(() => editor.bench.openFile(FILE, lock));

  it('runs the scenario that covers the function at the cursor', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Simulate');
    await bench.panel.locator('h1', { hasText: TITLE }).waitFor({ timeout: 40_000 });
    const facts = await text('.facts');
    assert.match(facts, /linux-6\.1 [\d,]+ steps round robin/);
    assert.match(facts, /Every thread finished/);
    assert.match(facts, / 0 unmodelled calls/);
    assert.match(facts, / 4 invariants held/);
    const threads = await text('.threads-table');
    for (const name of ['remap0', 'remap1', 'dump']) assert.match(threads, new RegExp(name));
    const holds = await text('.holds-table');
    for (const name of ['init_mm.mmap_lock', 'init_mm.page_table_lock']) assert.ok(holds.includes(name), holds);
  });

  it('draws a lane for each thread on the canvas', async () => {
    const painted = await editor.bench.paintedColours('canvas.timeline');
    assert.ok(painted > 6, `${painted} colours`);
    await editor.bench.shot('panel-light');
  });

  it('lights up the events of the editor’s line', async () => {
    const { bench } = editor;
    await bench.panel.locator('.editor-line', { hasText: `${FILE}:${lock}` }).waitFor();
    assert.match(await text('.editor-line'), /: [1-9]\d* events/);
    await bench.panel.locator('.editor-line .link', { hasText: 'previous' }).click();
    await bench.until(
      async () => (await text('.threads-table')).includes(`hugetlb_vmemmap.c:${lock}`),
      () => text('.threads-table'),
    );
  });

  it('marks the line of every thread in the editor', async () => {
    const { bench } = editor;
    await bench.until(
      async () => (await bench.decorationTexts()).some(t => /◂ .*remap/.test(t)),
      () => bench.decorationTexts(),
    );
  });

  it('reveals the source line of what is clicked', async () => {
    const { bench } = editor;
    await bench.goTo(1);
    const place = bench.panel.locator('.threads-table .place .link', { hasText: `hugetlb_vmemmap.c:${lock}` }).first();
    await place.click();
    await bench.cursorIsOn(lock);
    const toggle = bench.panel.locator('.section-toggle', { hasText: 'Events' });
    if ((await toggle.getAttribute('aria-expanded')) !== 'true') await toggle.click();
    const row = bench.panel.locator('.event').filter({ hasText: 'hugetlb_vmemmap.c' }).first();
    await row.waitFor();
    const [, line] = /hugetlb_vmemmap\.c:(\d+)/.exec(await row.innerText()) ?? [];
    await row.click();
    await bench.cursorIsOn(Number(line));
    await toggle.click();
  });

  it('keeps what is looked at when it is hidden, and when the window is reloaded', async () => {
    const { bench } = editor;
    const canvas = bench.panel.locator('canvas.timeline');
    await canvas.focus();
    await canvas.press('Home');
    await bench.until(async () => (await step()) === 0, step);
    let looked = 0;
    for (let i = 0; i < 5; i++) {
      const from = looked;
      await canvas.press('Shift+ArrowRight');
      await bench.until(async () => (await step()) > from, step);
      looked = await step();
    }
    const threads = await text('.threads-table');

    await bench.run('File: New Untitled Text File');
    await bench.page.locator('.tab', { hasText: 'Untitled' }).first().waitFor();
    await bench.run('View: Close Editor');
    await bench.panel.locator('h1', { hasText: TITLE }).waitFor();
    await bench.until(async () => (await step()) === looked, step);

    await bench.reload();
    await bench.panel.locator('h1', { hasText: TITLE }).waitFor({ timeout: 40_000 });
    await bench.until(async () => (await step()) === looked, step);
    await bench.until(
      async () => (await text('.threads-table')) === threads,
      () => text('.threads-table'),
    );
  });

  it('runs the patched source beside the plain one, and switches between the two', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Compare With Patch');
    await bench.rows.filter({ hasText: PATCH }).first().waitFor();
    await bench.pick(PATCH);
    const side = (name: string) => bench.panel.locator('vscode-radio', { hasText: name });
    await side('After').waitFor({ timeout: 60_000 });
    const label = () => text('.facts .label');
    assert.equal(await label(), 'linux-6.1');
    const holds = await text('.holds-table');
    assert.match(holds, /before .* after /);
    await side('After').click();
    await bench.until(async () => (await label()) === PATCH, label);
    await bench.shot('compare-light');
    // Its source is the patched file: a click opens that, read-only.
    const canvas = bench.panel.locator('canvas.timeline');
    const patched = bench.panel.locator('.threads-table .place .link', { hasText: 'hugetlb_vmemmap.c' }).first();
    await canvas.press('Home');
    for (let i = 0; i < 200 && !(await patched.count()); i++) await canvas.press('ArrowRight');
    await patched.click();
    await bench.page.locator('.tab[data-resource-name="hugetlb_vmemmap.c"]').nth(1).waitFor();
    await side('Before').click();
    await bench.until(async () => (await label()) === 'linux-6.1', label);
  });

  it('runs again under a schedule that is chosen', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Choose Schedule');
    await bench.pick('Random, given seed');
    await bench.page.locator('.quick-input-widget .quick-input-box input').fill('7');
    await bench.page.keyboard.press('Enter');
    await bench.until(
      async () => (await text('.facts')).includes('random, seed 7'),
      () => text('.facts'),
      40_000,
    );
    await bench.panel.locator('vscode-button', { hasText: 'New seed' }).click();
    await bench.until(
      async () => /random, seed (?!7\b)\d+/.test(await text('.facts')),
      () => text('.facts'),
      40_000,
    );
  });

  it('shows the region that a split between two reads makes ptdump report twice', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Compare With Patch');
    await bench.pick(TWICE);
    const after = bench.panel.locator('vscode-radio', { hasText: 'After' });
    await bench.until(
      async () => ((await after.getAttribute('title')) ?? '').includes(TWICE),
      () => text('header'),
      60_000,
    );
    await bench.run('Lockstep: Choose Schedule');
    await bench.pick('Written');
    const second = lineOf(kernel, 'mm/pagewalk.c', 'walk->vma && (pmd_leaf');
    const input = bench.page.locator('.quick-input-widget .quick-input-box input');
    await input.fill('dump to nowhere_at, remap7');
    await bench.page.locator('.quick-input-message', { hasText: 'no thread remap7' }).waitFor();
    await input.fill(`dump to walk_pmd_range:${second}, remap0, dump, remap1`);
    await bench.page.keyboard.press('Enter');
    await bench.until(
      async () => (await text('.facts')).includes(`"dump to walk_pmd_range:${second}`),
      () => text('.facts'),
      60_000,
    );
    await after.click();
    await bench.panel.locator('canvas.timeline').press('End');
    const flagged = bench.panel.locator('.output .empty').first();
    await flagged.waitFor();
    const says = (await flagged.innerText()).replace(/\s+/g, ' ');
    assert.match(says, /0xffffea0000000000-0xffffea0000000000 0E RW PSE GLB NX pmd/);
    assert.match(says, /zero length/);
    assert.match(await text('.section.ptdump h2'), /1 zero length/);
    // The rows are made anew while the list settles; its section is not.
    await bench.panel.locator('.section.ptdump').scrollIntoViewIfNeeded();
    await bench.shot('reported-twice-light');
  });

  it('saves the run as a trace, which opens again without running', async () => {
    const { bench } = editor;
    const steps = /[\d,]+ steps/.exec(await text('.facts'))?.[0];
    await bench.run('Lockstep: Save Trace File');
    const input = bench.page.locator('.quick-input-widget .quick-input-box input');
    const path = `${editor.workspace}/saved.trace.json`;
    // The dialog writes the folder that it starts in by itself.
    await bench.until(
      async () => (await input.inputValue()).endsWith('.json'),
      () => input.inputValue(),
    );
    await bench.page.waitForTimeout(500);
    await input.fill(path);
    await bench.page.locator('.quick-input-widget a.monaco-button', { hasText: /^(OK|Save)$/ }).click();
    await bench.until(
      async () => existsSync(path) && statSync(path).size > 0,
      async () => path,
    );
    const saved = JSON.parse(readFileSync(path, 'utf8')) as { version: number; events: unknown[] };
    assert.equal(saved.version, 1);
    assert.ok(saved.events.length > 1000);
    await bench.openFile('saved.trace.json');
    await bench.run('Lockstep: Open Trace File');
    await bench.panel.locator('vscode-radio').first().waitFor({ state: 'detached', timeout: 40_000 });
    assert.ok((await text('.facts')).includes(steps!), await text('.facts'));
    await bench.panel.locator('.threads-table .place').first().waitFor();
  });
});
