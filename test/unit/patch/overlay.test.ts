import assert from 'node:assert/strict';
import { patchedTree } from '../../../extension/core/patch/overlay.ts';
import { InputError } from '../../../extension/core/text/source.ts';
import { textTree } from '../../support/contracts.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `l${from + i}\n`).join('');
const tree = textTree({ 'mm/a.c': numbers(1, 40), 'mm/b.c': 'b1\nb2\n', Kbuild: 'x\n' });

const HUNK_1 = '@@ -3,3 +3,4 @@ int f(void)\n l3\n-l4\n+new4\n+new5\n l5\n';
const HUNK_2 = '@@ -30,3 +31,2 @@\n l30\n-l31\n l32\n';
const DIFF = `diff --git a/mm/a.c b/mm/a.c\nindex 1..2 100644\n--- a/mm/a.c\n+++ b/mm/a.c\n${HUNK_1}${HUNK_2}`;

async function read(patch: string, path: string, of = tree): Promise<string | undefined> {
  const bytes = await (await patchedTree(of, patch, 'x.patch')).tree.read(path);
  return bytes && new TextDecoder().decode(bytes);
}
const rejects = (patch: string, message: RegExp, of = tree) =>
  assert.rejects(patchedTree(of, patch, 'x.patch'), error => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n'));
    return true;
  });

describe('patchedTree', () => {
  it('applies hunks in memory and leaves the rest of the tree alone', async () => {
    const { tree: after, files } = await patchedTree(tree, DIFF, 'x.patch');
    assert.deepEqual(files, ['mm/a.c']);
    const expected = numbers(1, 40).replace('l4\n', 'new4\nnew5\n').replace('l31\n', '');
    assert.equal(new TextDecoder().decode(await after.read('mm/a.c')), expected);
    assert.equal(new TextDecoder().decode(await after.read('mm/b.c')), 'b1\nb2\n');
    assert.equal(new TextDecoder().decode(await tree.read('mm/a.c')), numbers(1, 40));
    assert.equal(after.label, 'test tree + x.patch');
  });

  it('finds the diff in a mail, with a diffstat, a signature and --- in its text', async () => {
    const mail = `From: A <a@example.org>\nSubject: [PATCH] x\n\nfoo\n--- not a diff\nbar\n---\n mm/a.c | 3 ++-\n\n${DIFF}-- \n2.39.0\n\n`;
    assert.equal(await read(mail, 'mm/a.c'), await read(DIFF, 'mm/a.c'));
    assert.equal(await read(mail.replaceAll('\n', '\r\n'), 'mm/a.c'), await read(DIFF, 'mm/a.c'));
  });

  it('places hunks at other lines than stated, as patch(1) does', async () => {
    const moved = textTree({ 'mm/a.c': `top\ntop\ntop\n${numbers(1, 40)}` });
    assert.match((await read(DIFF, 'mm/a.c', moved))!, /l3\nnew4\nnew5\nl5\n/);
  });

  it('keeps CRLF files CRLF', async () => {
    const crlf = textTree({ 'mm/a.c': numbers(1, 40).replaceAll('\n', '\r\n') });
    assert.match((await read(DIFF, 'mm/a.c', crlf))!, /l3\r\nnew4\r\nnew5\r\nl5\r\n/);
  });

  it('makes new files, deletes, renames, and lists accordingly', async () => {
    const patch = [
      'diff --git a/mm/n/c.c b/mm/n/c.c\nnew file mode 100644\n--- /dev/null\n+++ b/mm/n/c.c\n@@ -0,0 +1,2 @@\n+c1\n+c2\n',
      'diff --git a/mm/b.c b/mm/b.c\ndeleted file mode 100644\n--- a/mm/b.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-b1\n-b2\n',
      'diff --git a/mm/a.c b/mm/z.c\nsimilarity index 100%\nrename from mm/a.c\nrename to mm/z.c\n',
    ].join('');
    const { tree: after, files } = await patchedTree(tree, patch, 'x.patch');
    assert.deepEqual([...files].sort(), ['mm/a.c', 'mm/b.c', 'mm/n/c.c', 'mm/z.c']);
    assert.equal(new TextDecoder().decode(await after.read('mm/n/c.c')), 'c1\nc2\n');
    assert.equal(await after.read('mm/b.c'), undefined);
    assert.equal(await after.read('mm/a.c'), undefined);
    assert.equal(new TextDecoder().decode(await after.read('mm/z.c')), numbers(1, 40));
    assert.deepEqual([...(await after.list('mm'))!].sort(), ['n/', 'z.c']);
    assert.deepEqual(await after.list('mm/n'), ['c.c']);
    assert.equal(await after.list('fs'), undefined);
  });

  it('applies a series to one file in order', async () => {
    const second = '--- a/mm/a.c\n+++ b/mm/a.c\n@@ -3,3 +3,3 @@\n l3\n-new4\n+newer4\n new5\n';
    assert.match((await read(DIFF + second, 'mm/a.c'))!, /l3\nnewer4\nnew5\n/);
  });

  it('names file and hunk when a hunk does not apply', async () => {
    await rejects(
      DIFF.replace('-l31', '-other'),
      /^x\.patch: mm\/a\.c: @@ -30,3 \+31,2 @@ does not apply: its context is not/,
    );
    const done = textTree({ 'mm/a.c': (await read(DIFF, 'mm/a.c'))! });
    await rejects(
      DIFF,
      /mm\/a\.c: @@ -3,3 \+3,4 @@ int f\(void\) does not apply: the tree has that change already/,
      done,
    );
  });

  it('says what is wrong with what is no patch, or none for this tree', async () => {
    await rejects('', /there is no diff in it/);
    await rejects('int main(void);\n', /there is no diff in it/);
    await rejects(DIFF.replaceAll('mm/a.c', 'mm/none.c'), /mm\/none\.c is not in test tree/);
    await rejects(DIFF.replaceAll('a/mm/a.c', 'a/../../etc/passwd'), /is no path of a tree/);
    await rejects(DIFF.replace(' l5\n', 'l5\n'), /not a patch that can be read/);
    await rejects(
      '--- /dev/null\n+++ b/mm/b.c\n@@ -0,0 +1 @@\n+x\n',
      /mm\/b\.c is new in it, but test tree has that file already/,
    );
    await rejects('diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n', /binary/);
  });
});
