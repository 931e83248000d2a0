import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withEditor } from './support/withEditor.ts';
import { addFile, setSettings, type ThemeName } from './support/workspace.ts';

const FILE = 'drivers/frob/frob.c';
const SOURCE = `// Written for the tests.
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct frob {
	spinlock_t lock;
	struct mutex mutex;
	int count;
	void *more;
};

int frob_read(struct frob *frob)
{
	mutex_lock(&frob->mutex);
	if (!frob->more)
		return -ENODEV;
	frob->count++;
	mutex_unlock(&frob->mutex);
	return 0;
}

int frob_grow(struct frob *frob)
{
	spin_lock(&frob->lock);
	frob->more = kmalloc(64, GFP_KERNEL);
	spin_unlock(&frob->lock);
	return frob->more ? 0 : -ENOMEM;
}

void frob_all(struct frob *frob, int n)
{
	int i;

	mutex_lock(&frob->mutex);
	for (i = 0; i < n; i++) {
		spin_lock(&frob[i].lock);
		frob[i].count = 0;
		spin_unlock(&frob[i].lock);
	}
	if (!frob->more)
		goto out;
	frob->count = n;
out:
	mutex_unlock(&frob->mutex);
}
`;
/** 5,000 to 11,000 lines. */
const LARGE = ['mm/memory.c', 'mm/page_alloc.c', 'kernel/sched/core.c'];
const copyOf = (file: string): string => `drivers/copies/${file.split('/').at(-1)}`;
const THEMES: [ThemeName, string][] = [
  ['Default Light Modern', 'light'],
  ['Default Dark Modern', 'dark'],
  ['Default High Contrast', 'contrast'],
];

describe('findings and held locks, in a real VS Code', function () {
  this.timeout(120_000);
  const editor = withEditor(workspace => {
    addFile(workspace, FILE, SOURCE);
    // Copies: the kernel tree itself is nothing to type into.
    for (const file of LARGE) addFile(workspace, copyOf(file), readFileSync(join(process.env.KERNEL_TREE ?? '', file)));
  });
  const problems = () => editor.bench.page.locator('.markers-panel .monaco-list-row');
  const shown = async () => (await problems().allInnerTexts()).map(text => text.replace(/\s+/g, ' ').trim());
  const has = (text: RegExp, timeout = 60_000) =>
    editor.bench.until(async () => (await shown()).some(t => text.test(t)), shown, timeout);
  const hints = async () =>
    (await editor.bench.page.locator('.view-line').allInnerTexts()).flatMap(
      line => line.replace(/\u00a0/g, ' ').match(/⟨[^⟩]*⟩/g) ?? [],
    );

  const bars = () => editor.bench.page.locator('.view-overlays [class*="ced-"]').count();
  /** Takes the quick fix of that title on a line, and answers what it asks for. */
  const suppress = async (line: number, title: RegExp, reason: string) => {
    const { page } = editor.bench;
    await editor.bench.goTo(line);
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    const row = page.locator('.action-widget .monaco-list-row', { hasText: title });
    await editor.bench.until(
      async () => {
        await page.keyboard.press('Control+.');
        return row.waitFor({ timeout: 3000 }).then(
          () => true,
          () => page.keyboard.press('Escape').then(() => false),
        );
      },
      () => page.locator('.action-widget .monaco-list-row').allInnerTexts(),
    );
    for (let i = 0; i < 9 && !/focused/.test((await row.getAttribute('class')) ?? ''); i++)
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.quick-input-widget .quick-input-box input').fill(reason);
    await page.keyboard.press('Enter');
  };

  /** Takes changes back, one after another, until a finding is there again. */
  const undoUntil = async (text: RegExp) => {
    const { bench } = editor;
    const isShown = async () => (await shown()).some(t => text.test(t));
    for (let i = 0; i < 9 && !(await isShown()); i++) {
      await bench.run('View: Focus First Editor Group');
      await bench.page.keyboard.press('Control+Z');
      await bench.page.waitForTimeout(700);
    }
    assert.ok(await isShown(), (await shown()).join('\n'));
  };

  before(async () => {
    await editor.bench.openFile(FILE, 15);
    await editor.bench.run('Problems: Focus on Problems View');
  });

  it('lists what is found, with its kind', async () => {
    await has(/missing-unlock/);
    const all = await shown();
    assert.ok(
      all.some(t => /gfp-in-atomic/.test(t)),
      all.join('\n'),
    );
    for (const [theme, name] of THEMES) {
      await editor.theme(theme);
      await editor.bench.shot(`findings-${name}`);
    }
  });

  it('takes what is put right off the list within a moment of the last key', async () => {
    const { bench } = editor;
    await bench.goTo(18);
    await bench.page.keyboard.press('Home');
    // The statement goes, and an empty one comes: `if (!frob->more) ;`.
    await bench.goTo(17);
    await bench.page.keyboard.press('End');
    await bench.page.keyboard.press('Shift+Home');
    await bench.page.keyboard.type(';');
    const began = Date.now();
    await bench.until(async () => !(await shown()).some(t => /missing-unlock/.test(t)), shown);
    const took = Date.now() - began;
    assert.ok(took < 1500, `${took} ms after the last key`);
    await undoUntil(/missing-unlock/);
  });

  it('explains a kind from its code', async () => {
    const { bench } = editor;
    await bench.page.locator('.markers-panel a', { hasText: 'missing-unlock' }).first().click();
    const preview = bench.page.frameLocator('iframe.webview.ready').first().frameLocator('iframe#active-frame');
    await preview.getByRole('heading', { name: 'missing-unlock' }).waitFor({ timeout: 20_000 });
    await bench.page.waitForTimeout(500);
    await bench.shot('findings-explained');
    await bench.run('View: Close Editor');
  });

  it('suppresses a finding at its line, with the reason that is asked for', async () => {
    const { bench } = editor;
    await suppress(17, /Suppress "missing-unlock" here/, 'more is only set once');
    await bench.line('lockstep: ignore missing-unlock: more is only set once').waitFor();
    await bench.until(async () => !(await shown()).some(t => /missing-unlock/.test(t)), shown);
    assert.ok((await shown()).some(t => /gfp-in-atomic/.test(t)));
  });

  it('suppresses a finding for its function', async () => {
    const { bench } = editor;
    await suppress(27, /Suppress "gfp-in-atomic" in frob_grow/, 'never called');
    await bench.until(async () => !(await shown()).some(t => /gfp-in-atomic/.test(t)), shown);
    await bench.line('/* lockstep: ignore-function gfp-in-atomic: never called */').waitFor();
    await undoUntil(/gfp-in-atomic/);
    await undoUntil(/missing-unlock/);
  });

  it('suppresses findings in .lockstep.json, and tells of a mistake there', async () => {
    const { bench } = editor;
    const file = join(editor.workspace, '.lockstep.json');
    await suppress(17, /Suppress "missing-unlock" of frob_read\(\) in .lockstep.json/, 'first');
    await bench.until(async () => !(await shown()).some(t => /missing-unlock/.test(t)), shown);
    await suppress(26, /Suppress "gfp-in-atomic" of frob_grow\(\) in .lockstep.json/, 'second');
    await bench.until(async () => !(await shown()).some(t => /gfp-in-atomic/.test(t)), shown);
    const { suppress: rules } = JSON.parse(readFileSync(file, 'utf8')) as { suppress: object[] };
    assert.deepEqual(rules, [
      { kind: 'missing-unlock', file: FILE, function: 'frob_read', lock: '&frob->mutex', reason: 'first' },
      { kind: 'gfp-in-atomic', file: FILE, function: 'frob_grow', lock: '&frob->lock', reason: 'second' },
    ]);
    await bench.openFile('.lockstep.json', 3);
    await bench.page.keyboard.press('End');
    await bench.page.keyboard.type('}');
    await has(/nothing here is ignored.*not valid JSON/);
    await has(/missing-unlock/);
    await bench.shot('findings-bad-suppression-file');
    await bench.page.keyboard.press('Backspace');
    await bench.until(async () => !(await shown()).some(t => /ignored|missing-unlock/.test(t)), shown);
    await bench.page.keyboard.press('Control+A');
    // The editor closes the brace.
    await bench.page.keyboard.type('{');
    await bench.page.keyboard.press('Control+S');
    await has(/missing-unlock/);
    await bench.run('View: Close Editor');
  });

  it('shows only what the settings ask for', async () => {
    const { bench } = editor;
    const none = (what: RegExp) => bench.until(async () => !(await shown()).some(t => what.test(t)), shown);
    setSettings(editor.workspace, { 'lockstep.findings.kinds': ['gfp-in-atomic'] });
    await none(/missing-unlock/);
    await has(/gfp-in-atomic/);
    setSettings(editor.workspace, { 'lockstep.findings.enabled': false });
    await none(/gfp-in-atomic/);
    setSettings(editor.workspace, {});
    await has(/missing-unlock/);
  });

  it('shows no held locks until asked to', async () => {
    assert.deepEqual(await hints(), []);
  });

  for (const [theme, name] of THEMES)
    it(`shows held locks behind lines, in ${theme}`, async () => {
      const { bench } = editor;
      await editor.theme(theme, { 'lockstep.heldLocks.display': 'inlay' });
      await bench.goTo(36);
      await bench.until(async () => (await hints()).length > 6, hints);
      assert.deepEqual(await hints(), [
        ...['⟨frob->lock⟩', '⟨none held⟩'],
        ...['⟨frob->mutex⟩', '⟨frob->mutex, frob[i].lock⟩', '⟨frob->mutex⟩', '⟨frob->mutex⟩', '⟨none held⟩'],
      ]);
      await bench.shot(`held-inlay-${name}`);
    });

  for (const [theme, name] of THEMES)
    it(`shows held locks as bars, in ${theme}`, async () => {
      const { bench } = editor;
      await editor.theme(theme, { 'lockstep.heldLocks.display': 'gutter' });
      await bench.goTo(36);
      await bench.until(async () => (await bars()) > 6, bars);
      assert.deepEqual(await hints(), []);
      await bench.shot(`held-gutter-${name}`);
    });

  it('switches held locks on and off', async () => {
    const { bench } = editor;
    await bench.run('Lockstep: Toggle Held Locks');
    await bench.until(async () => (await bars()) === 0, bars);
    await bench.run('Lockstep: Toggle Held Locks');
    await bench.until(async () => (await bars()) > 6, bars);
  });

  for (const file of LARGE)
    it(`finds what is typed into ${file} within a moment of the last key`, async () => {
      const { bench } = editor;
      setSettings(editor.workspace, { 'lockstep.findings.minimumConfidence': 'high' });
      const lines = readFileSync(join(editor.kernel, file), 'utf8').split('\n');
      const brace = lines.indexOf('{', Math.floor(lines.length / 2));
      await bench.openFile(copyOf(file), brace + 1);
      const marks = editor.bench.page.locator('.view-overlays .squiggly-warning');
      const until = (holds: (count: number) => boolean) =>
        bench.until(
          async () => holds(await marks.count()),
          () => marks.count(),
          60_000,
        );
      const type = async () => {
        await bench.page.keyboard.press('End');
        await bench.page.keyboard.insertText('\nspin_lock(&frob);\nspin_lock(&frob);');
        return Date.now();
      };
      const remove = async () => {
        await bench.page.keyboard.press('Control+Shift+K');
        await bench.page.keyboard.press('ArrowUp');
        await bench.page.keyboard.press('Control+Shift+K');
        await bench.page.keyboard.press('ArrowUp');
      };
      // The first answer waits for the names of the file's folder.
      await type();
      await until(count => count > 0);
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        await remove();
        await until(count => count === 0);
        const began = await type();
        await marks.first().waitFor();
        times.push(Date.now() - began);
      }
      const median = times.sort((a, b) => a - b)[2]!;
      console.log(`      underlined ${times.join(', ')} ms after the last key`);
      assert.ok(median < 1000, `${median} ms`);
      await bench.run('File: Revert File');
    });
});
