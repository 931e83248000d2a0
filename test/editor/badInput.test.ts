import assert from 'node:assert/strict';
import { withEditor } from './support/withEditor.ts';
import { addFile } from './support/workspace.ts';

const SCENARIO = `SCENARIO("%T");
SOURCES("%S");
int one(void);
THREAD(a) { %B }
THREAD(b) { one(); }
`;
const scenario = (title: string, body: string, source = 'own/one.c') =>
  SCENARIO.replace('%T', title).replace('%S', source).replace('%B', body);

describe('bad input, in a real VS Code', function () {
  this.timeout(90_000);
  const editor = withEditor(workspace => {
    addFile(workspace, 'own/one.c', 'int shared;\nint one(void)\n{\n\tshared++;\n\treturn 0;\n}\n');
    addFile(workspace, 'own/crlf.c', 'int crlf_function(void)\r\n{\r\n\treturn 0;\r\n}\r\n');
    addFile(
      workspace,
      'own/latin1.c',
      Uint8Array.from(Buffer.from('/* caf\xe9 */\nint f(void)\n{\n\treturn 0;\n}\n', 'latin1')),
    );
    addFile(workspace, 'own/empty.c', '');
    addFile(workspace, 'own/prose.c', 'Dear maintainers,\n\nthis is a letter. It is not C at all: (see [1], {2}.\n');
    addFile(workspace, 'own/long.c', `int f(void)\n{\n\treturn 0; /* ${'x'.repeat(5 << 20)} */\n}\n`);
    addFile(
      workspace,
      'own/headers.c',
      '#include <linux/not_there.h>\n#include "nor_this.h"\nint g(void)\n{\n\treturn 0;\n}\n',
    );
    addFile(workspace, 'own/syntax.scenario.c', scenario('syntax', 'one(;'));
    addFile(workspace, 'own/endless.scenario.c', scenario('endless', 'for (;;) one();'));
    addFile(workspace, 'own/silent.scenario.c', scenario('silent', 'volatile int x = 0; for (;;) x = 1;'));
    addFile(workspace, 'own/gone.scenario.c', scenario('gone', 'one();', 'own/gone.c'));
    addFile(
      workspace,
      'own/unknown.scenario.c',
      scenario('unknown', 'int no_such_function(void); no_such_function();'),
    );
    addFile(
      workspace,
      'patches/elsewhere.patch',
      `--- a/own/one.c\n+++ b/own/one.c\n@@ -1,3 +1,3 @@\n int other;\n-int two(void)\n+int three(void)\n {\n`,
    );
    addFile(workspace, 'patches/none.patch', 'no patch at all\n');
    addFile(workspace, 'own/broken.trace.json', '{ "version": 1, ');
  });

  /** The one message that is shown now; dismissed, so that the next test sees its own. */
  async function message(): Promise<string> {
    const { page } = editor.bench;
    const toast = page.locator('.notification-toast .notification-list-item-message').first();
    await toast.waitFor({ timeout: 30_000 });
    const text = (await toast.innerText()).replace(/\s+/g, ' ');
    assert.equal(await page.locator('.notification-toast .codicon-error').count(), 1, `one message: ${text}`);
    await editor.bench.run('Notifications: Clear All Notifications');
    return text;
  }

  /** The extension host answers: a hover appears on a function that is in order. */
  async function alive(): Promise<void> {
    const { bench } = editor;
    await bench.openFile('own/one.c', 2);
    const hover = bench.page.locator('.monaco-hover .hover-contents:visible', { hasText: 'does not sleep' }).first();
    // VS Code takes a hover away when the window is busy with something else at that moment: the mouse comes again.
    for (let tries = 0; tries < 4 && !(await hover.isVisible()); tries++) {
      await bench.page.mouse.move(5, 5);
      await bench.hover('int one(void)', 'one');
      await hover.waitFor({ timeout: 8000 }).catch(() => undefined);
    }
    await hover.waitFor({ timeout: 1000 });
    await bench.page.mouse.move(5, 5);
  }

  const simulate = async (file: string) => {
    await editor.bench.openFile(`own/${file}`);
    await editor.bench.run('Lockstep: Simulate');
  };

  for (const [file, says] of [
    ['syntax.scenario.c', /syntax\.scenario\.c:4: /],
    ['gone.scenario.c', /gone\.scenario\.c: none of the trees at hand has all of own\/gone\.c/],
  ] as const)
    it(`says where ${file} is wrong`, async () => {
      await simulate(file);
      assert.match(await message(), says);
      await alive();
    });

  it('stops an endless loop at the step limit and shows the run so far', async () => {
    const { bench } = editor;
    await simulate('endless.scenario.c');
    await bench.panel.locator('.facts .end.limit').waitFor({ timeout: 60_000 });
    assert.match(
      await bench.panel.locator('.facts .end.limit').innerText(),
      /not finished after 200,?000 steps: a is in one at own\/one\.c:4/,
    );
    await alive();
  });

  it('stops a loop that takes no visible step when told to', async () => {
    const { bench } = editor;
    await simulate('silent.scenario.c');
    const cancel = bench.panel.locator('.message .link', { hasText: 'Cancel' });
    const ended = bench.panel.locator('.facts .end.limit');
    await cancel.or(ended).first().waitFor({ timeout: 30_000 });
    if (await cancel.count()) await cancel.click({ timeout: 5000 }).catch(() => undefined);
    await bench.until(
      async () => (await cancel.count()) === 0,
      () => bench.panel.locator('header').innerText(),
    );
    await alive();
  });

  it('shows a function that nobody has modelled as such', async () => {
    const { bench } = editor;
    await simulate('unknown.scenario.c');
    await bench.panel.locator('.fact.unmodelled.some', { hasText: 'no_such_function' }).waitFor({ timeout: 30_000 });
  });

  for (const [patch, says] of [
    ['elsewhere.patch', /elsewhere\.patch: own\/one\.c: @@ -1,3 \+1,3 @@.* does not apply/],
    ['none.patch', /none\.patch/],
  ] as const)
    it(`says why ${patch} cannot be compared with`, async () => {
      await editor.bench.run('Lockstep: Compare With Patch');
      await editor.bench.pick(patch);
      assert.match(await message(), says);
      await alive();
    });

  it('says what is wrong with a file that is no C', async () => {
    const { bench } = editor;
    for (const [file, says] of [
      ['empty.c', /own\/empty\.c: no function is defined there/],
      ['prose.c', /own\/prose\.c: no function is defined there/],
      ['long.c', /own\/long\.c:3: this line has 52\d+ characters/],
    ] as const) {
      await bench.openFile(`own/${file}`);
      await bench.run('Lockstep: Show Executable Model');
      assert.match(await message(), says, file);
    }
    await alive();
  });

  it('takes CRLF, bytes that are no UTF-8 and missing headers as they are', async () => {
    const { bench } = editor;
    for (const [file, name] of [
      ['crlf.c', 'crlf_function'],
      ['latin1.c', 'f'],
      ['headers.c', 'g'],
    ] as const) {
      await bench.openFile(`own/${file}`);
      await bench.hover(`int ${name}(void)`, name);
      await bench.page
        .locator('.monaco-hover .hover-contents', { hasText: `own/${file}` })
        .first()
        .waitFor();
      await bench.page.mouse.move(5, 5);
    }
  });
});
