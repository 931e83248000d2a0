import assert from 'node:assert/strict';
import { lineOf } from './support/source.ts';
import { withEditor } from './support/withEditor.ts';
import type { ThemeName } from './support/workspace.ts';

const FILE = 'mm/swapfile.c';

describe('hovers on locks, fields and callers, in a real VS Code', function () {
  this.timeout(120_000);
  const editor = withEditor();
  const { kernel } = editor;
  const taken = lineOf(kernel, FILE, 'spin_lock(&si->lock);');
  const contents = (text: string | RegExp) =>
    editor.bench.page.locator('.monaco-hover .hover-contents', { hasText: text }).first();

  before(() => editor.bench.openFile(FILE, taken));

  const themes: [ThemeName, string][] = [
    ['Default Light Modern', 'light'],
    ['Default Dark Modern', 'dark'],
    ['Default High Contrast', 'contrast'],
  ];
  for (const [theme, name] of themes)
    it(`shows what a lock protects, in ${theme}`, async () => {
      const { bench } = editor;
      await editor.theme(theme);
      await bench.goTo(taken);
      const hover = contents('swap_info_struct.lock');
      // The last hover fades out under the mouse: one that rests where it was may be taken for it.
      for (let tries = 1; ; tries++) {
        await bench.hover('spin_lock(&si->lock);', 'lock', 2);
        const shown = await hover.waitFor({ timeout: 20_000 }).then(
          () => true,
          () => false,
        );
        if (shown) break;
        assert.ok(tries < 4, 'no hover after four times');
        await bench.page.keyboard.press('Escape');
        await bench.page.mouse.move(5, 5);
      }
      const text = (await hover.innerText()).replace(/\s+/g, ' ');
      assert.match(text, /protects, by evidence under it not/);
      assert.match(text, / highest_bit \d+ \(\d+ stores?\) \d+/);
      assert.match(text, /taken by .*and \d+ more/);
      assert.match(text, /taken under .*swap_lock/);
      assert.match(text, /from \d+ functions of \d+ files?/);
      // It fades in.
      await bench.page.waitForTimeout(400);
      await bench.shot(`hover-lock-${name}`);
      await bench.page.keyboard.press('Escape');
    });

  it('shows the locks held where a field is used, and goes to a place', async () => {
    const { bench } = editor;
    const line = lineOf(kernel, FILE, 'if (si->inuse_pages == si->pages)');
    await bench.goTo(line);
    await bench.hover('if (si->inuse_pages == si->pages)', 'inuse_pages');
    const hover = contents('swap_info_struct.inuse_pages');
    await hover.waitFor({ timeout: 30_000 });
    assert.match((await hover.innerText()).replace(/\s+/g, ' '), /swap_info_struct\.lock \d+ of \d+ \d+ of \d+/);
    await bench.shot('hover-field-contrast');
    await bench.page.keyboard.press('Escape');
  });

  it('shows who calls a function holding what, beside its contract', async () => {
    const { bench } = editor;
    const line = lineOf(kernel, FILE, 'static void swap_range_alloc(');
    await bench.goTo(line);
    await bench.hover('static void swap_range_alloc(', 'swap_range_alloc');
    const hover = contents(/called\s+holding/);
    await hover.waitFor({ timeout: 30_000 });
    assert.match(await hover.innerText(), /holding .*swap_info_struct\.lock/);
    await bench.page.locator('.monaco-hover', { hasText: 'does not sleep' }).first().waitFor();
    await bench.shot('hover-callers-contrast');
    const [link] = await hover.locator('a').all();
    const to = Number(/:(\d+)$/.exec(await link!.innerText())![1]);
    await link!.click();
    await bench.cursorIsOn(to);
  });
});
