import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  chromium,
  type FrameLocator,
  type Locator,
  type Page,
} from 'playwright-core';

/** Screenshots are kept here for people to look at; git ignores the folder. */
const SHOTS = fileURLToPath(new URL('../../../artefacts/editor/', import.meta.url));

/** A function of the page's own, given as text: Playwright sends its text there. */
function inPage<F>(body: string): F {
  return new Function(body) as F;
}

/** Runs in the page, as text, because this program's types have no page: the middle of the nth text inside an element. */
const middleOf = inPage<(element: unknown, what: [string, number]) => { x: number; y: number } | undefined>(`
  const [element, [wanted, nth]] = arguments;
  let left = nth;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const start = node.textContent.indexOf(wanted);
    if (start < 0 || --left > 0) continue;
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + wanted.length);
    const box = range.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }
`);

/** Runs in the page: the text of the first line that a decoration of Lockstep's marks in the editor of a file. */
const markedLine = inPage<(name: string) => string>(`
  const [name] = arguments;
  const group = [...document.querySelectorAll('.editor-group-container')].find(g =>
    [...g.querySelectorAll('.tab.active')].some(t => t.dataset.resourceName === name));
  const overlay = [...(group?.querySelectorAll('.view-overlays > div') ?? [])].find(d =>
    [...d.children].some(c => /ced-/.test(c.className)));
  const top = overlay?.style.top;
  const line = [...(group?.querySelectorAll('.view-lines > .view-line') ?? [])].find(l => l.style.top === top);
  return line?.textContent.replace(/\\u00a0/g, ' ') ?? '';
`);

/** Runs in the page: how many colours a canvas shows. */
const coloursOf = inPage<(canvas: unknown) => number>(`
  const [canvas] = arguments;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colours.size;
`);

/** Runs in the page: what is written after lines by decorations. */
const afterTexts = inPage<() => string[]>(`
  return [...document.querySelectorAll('.view-line span[class*="ced-"]')]
    .map(e => getComputedStyle(e, '::after').content.replace(/^"|"$/g, ''))
    .filter(t => t && t !== 'none');
`);

/** Runs in the page: a computed style. */
const styleOf = inPage<(element: unknown, property: string) => string>(`
  return getComputedStyle(arguments[0]).getPropertyValue(arguments[1]);
`);

/** Runs in the page: the WCAG contrast of an element's text with the body's ground. */
const contrastOf = inPage<(element: unknown) => number>(`
  const [element] = arguments;
  const channels = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => {
    const s = Number(v) / 255;
    return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  const light = c => { const [r, g, b] = channels(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(document.body).backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
`);

/** Runs in the page: parts of the panel that are cut at its right edge. Wide tables scroll by themselves. */
const cutOff = inPage<(body: unknown) => string[]>(`
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll('header *, .legend *, .section, h2 *, .threads-table *')]
    .filter(e => !e.closest('.source') && !e.closest('.visually-hidden') && e.getClientRects().length)
    .filter(e => e.getBoundingClientRect().right > width + 1)
    .map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40));
`);

const yes = () => true;
const no = () => false;

/** VS Code in a browser, driven as a person would: keys, clicks, the palette. */
export class Workbench {
  /** What the page's console said. */
  readonly log: string[] = [];

  private constructor(
    readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(url: string, folder: string, size = { width: 1600, height: 1000 }): Promise<Workbench> {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
    });
    const context = await browser.newContext({ viewport: size });
    // Nothing outside of this machine: the gallery and telemetry fail at once rather than hang.
    await context.route(
      u => /^https?:$/.test(u.protocol) && !/^(127\.0\.0\.1|localhost|.*\.localhost)$/.test(u.hostname),
      route => route.abort(),
    );
    const page = await context.newPage();
    const bench = new Workbench(browser, context, page);
    page.on('console', m => bench.log.push(`[${m.type()}] ${m.text()}`));
    page.on('pageerror', e => bench.log.push(`[pageerror] ${e.message}`));
    await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
    await bench.#up();
    return bench;
  }

  async #up(): Promise<void> {
    for (const part of ['.monaco-workbench', '.statusbar-item', '.explorer-folders-view .monaco-list-row'])
      await this.page.locator(part).first().waitFor({ timeout: 60_000 });
  }

  /**
   * Reloads the window, when its state has been written: in a browser VS Code does that every 5 seconds when it is idle,
   * not when the page goes.
   */
  async reload(): Promise<void> {
    await this.page.waitForTimeout(8000);
    await this.page.reload();
    await this.#up();
  }

  async shot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  /** The rows of a quick pick that is open. */
  get rows(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /** Runs a command by its title. The palette does not refresh when commands come late: it is closed and tried again. */
  async run(title: string, timeout = 30_000): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    const row = this.rows.filter({ hasText: title }).first();
    const open = async () => {
      await this.page.keyboard.press('F1');
      if (!(await widget.waitFor({ state: 'visible', timeout: 3000 }).then(yes, no))) return false;
      await widget.locator('.quick-input-box input').fill(`>${title}`);
      return row.waitFor({ timeout: 3000 }).then(yes, no);
    };
    for (const end = Date.now() + timeout; !(await open()); ) {
      if (Date.now() > end) throw new Error(`no command ${title}: ${await this.rows.allInnerTexts()}`);
      await this.page.keyboard.press('Escape');
    }
    await row.click();
  }

  /** Picks the row of a quick pick. */
  async pick(text: string | RegExp): Promise<void> {
    await this.rows.filter({ hasText: text }).first().click();
  }

  /** Opens a file by its path in the workspace, at a line when one is given. */
  async openFile(path: string, line?: number): Promise<void> {
    const { page } = this;
    const name = path.split('/').at(-1)!;
    const widget = page.locator('.quick-input-widget');
    // The file search does not walk through links: the path is typed in full, and VS Code offers what is there. Its list
    // may still change under the key: then once more.
    await this.until(
      async () => {
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+P');
        if (!(await widget.waitFor({ state: 'visible', timeout: 3000 }).then(yes, no))) return false;
        await widget.locator('.quick-input-box input').fill(path);
        const found = this.rows.first().locator('.label-name', { hasText: name });
        if (!(await found.waitFor({ timeout: 4000 }).then(yes, no))) return false;
        await page.waitForTimeout(150);
        await page.keyboard.press('Enter');
        const tab = page.locator(`.tab.active[data-resource-name="${name}"]`).first();
        return tab.waitFor({ timeout: 4000 }).then(yes, no);
      },
      () => page.locator('.tab.active').allInnerTexts(),
      40_000,
    );
    await this.editor.locator('.view-line').first().waitFor();
    if (line !== undefined) await this.goTo(line);
  }

  /** Puts the text cursor of the first column's file on a line. */
  async goTo(line: number): Promise<void> {
    const { page } = this;
    await this.run('View: Focus First Editor Group');
    await page.keyboard.press('Control+G');
    const input = page.locator('.quick-input-widget .quick-input-box input');
    await input.fill(`:${line}`);
    await page.keyboard.press('Enter');
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  get editor(): Locator {
    return this.page.locator('.editor-group-container .monaco-editor').first();
  }

  /** A line of C in an editor, by text that it contains. */
  line(text: string | RegExp): Locator {
    return this.page.locator('.view-lines .view-line', { hasText: text }).first();
  }

  /** Rests the mouse on a name in the line that contains a text; on the nth, where it stands in several spans. */
  async hover(lineText: string, name: string, nth = 1): Promise<void> {
    const at = await this.#middle(lineText, name, nth);
    await this.page.mouse.move(at.x - 2, at.y);
    await this.page.mouse.move(at.x, at.y);
  }

  /** Puts the text cursor into a name in the line that contains a text. */
  async putCursor(lineText: string, name: string): Promise<void> {
    const at = await this.#middle(lineText, name);
    await this.page.mouse.click(at.x, at.y);
  }

  /** The name may share its span with what is beside it: the middle of the name's own characters. */
  async #middle(lineText: string, name: string, nth = 1): Promise<{ x: number; y: number }> {
    const line = this.line(lineText);
    await line.waitFor();
    const at = await line.evaluate(middleOf, [name, nth] as [string, number]);
    if (!at) throw new Error(`no ${name} in the line with ${lineText}`);
    return at;
  }

  /** Waits until a condition holds; `what` says, on failure, what there was instead. */
  async until(holds: () => Promise<boolean>, what: () => Promise<unknown>, timeout = 15_000): Promise<void> {
    for (const end = Date.now() + timeout; !(await holds()); ) {
      if (Date.now() > end) throw new Error(`still not so: ${JSON.stringify(await what())}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** The text of the line that Lockstep has marked in the editor that shows a file; empty when there is none. */
  markedLine(file: string): Promise<string> {
    return this.page.evaluate(markedLine, file);
  }

  /** How many colours a canvas of the panel shows. */
  paintedColours(selector: string): Promise<number> {
    return this.panel.locator(selector).evaluate(coloursOf);
  }

  panelColour(selector: string, property: string): Promise<string> {
    return this.panel.locator(selector).first().evaluate(styleOf, property);
  }

  colour(selector: string, property: string): Promise<string> {
    return this.page.locator(selector).first().evaluate(styleOf, property);
  }

  /** Contrast of a part of the panel with the panel's ground: 1 to 21. */
  contrast(selector: string): Promise<number> {
    return this.panel.locator(selector).first().evaluate(contrastOf);
  }

  /** What is cut at the right edge of the panel. */
  overflow(): Promise<string[]> {
    return this.panel.locator('body').evaluate(cutOff);
  }

  /** What decorations write after lines. */
  decorationTexts(): Promise<string[]> {
    return this.page.evaluate(afterTexts);
  }

  /** Waits until the text cursor of the first column's editor is on a line. */
  async cursorIsOn(line: number): Promise<void> {
    const active = this.page.locator('.editor-group-container').first().locator('.line-numbers.active-line-number');
    const shown = async () => (await active.allInnerTexts()).join();
    await this.until(async () => (await shown()) === String(line), shown);
  }

  /** The document of the panel. It is swapped whenever its html changes: ask again rather than keep it. */
  get panel(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').first().frameLocator('iframe#active-frame');
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
