import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DiskTree } from '../../../extension/cli/diskTree.ts';
import type { NameIndex } from '../../../extension/core/index/names.ts';
import type { SourceTree } from '../../../extension/core/text/source.ts';
import { keptAnswer } from '../../../extension/worker/answers/answers.ts';
import { openIndex } from '../../../extension/worker/indexStore.ts';
import { buildCli, lockstep } from '../../support/cli.ts';

describe('answers that are kept', () => {
  let base: string;
  let root: string;
  let cache: string;
  let times: number;
  let notices: string[];

  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const drop = (path: string): void => rmSync(join(root, path));
  const kept = (): string => {
    const folder = join(cache, 'answers', readdirSync(join(cache, 'answers'))[0]!);
    return join(folder, readdirSync(folder).find(name => name.endsWith('.answer'))!);
  };

  type Work = (tree: SourceTree, index: NameIndex) => Promise<string>;
  const ask = async (work: Work, question = 'what', whole = true): Promise<string> => {
    const { index } = await openIndex({ root, cache, threads: 0 });
    return keptAnswer({
      cache,
      root,
      tree: new DiskTree(root),
      index,
      question: [question],
      answer: (tree, names) => {
        times++;
        return work(tree, names);
      },
      isWhole: () => whole,
      notice: (_file, message) => void notices.push(message),
    });
  };
  /** What a file has, what a second would have, what a folder holds, and where a name is defined. */
  const work: Work = async (tree, index) => {
    const text = new TextDecoder().decode(await tree.read('mm/a.c'));
    const more = (await tree.read('mm/Makefile')) ? 'made' : 'not made';
    return `${text.length} ${more} ${(await tree.list('mm'))?.length} ${index.definers('f').join()} ${index.callers('g').length}`;
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lockstep-answers-'));
    root = join(base, 'tree');
    cache = join(base, 'cache');
    times = 0;
    notices = [];
    put('mm/a.c', 'int f(void)\n{\n\treturn g();\n}\n');
    put('fs/b.c', 'int unrelated(void)\n{\n\treturn 0;\n}\n');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('are given again while what they were worked out from is the same', async () => {
    const first = await ask(work);
    put('fs/b.c', 'int unrelated(void)\n{\n\treturn 1;\n}\n');
    put('fs/Makefile', 'obj-y := b.o\n');
    assert.equal(await ask(work), first);
    assert.equal(times, 1);
    assert.deepEqual(notices, []);
  });

  for (const [what, change] of [
    ['a file that was read has changed', () => put('mm/a.c', 'int f(void)\n{\n\treturn g() + 1;\n}\n')],
    ['a file that was not there is', () => put('mm/Makefile', '')],
    ['a folder that was listed has another file', () => put('mm/c.c', '')],
    ['a file that nobody read defines a name that was asked for', () => put('fs/b.c', 'int f(void)\n{\n}\n')],
    ['a file that nobody read calls it', () => put('fs/b.c', 'int h(void)\n{\n\treturn g();\n}\n')],
    ['a file that was read is gone', () => drop('mm/a.c')],
  ] as const)
    it(`are worked out anew when ${what}`, async () => {
      const first = await ask(work);
      change();
      assert.notEqual(await ask(work), first);
      assert.equal(times, 2);
      await ask(work);
      assert.equal(times, 2);
    });

  it('are of one question', async () => {
    assert.equal(await ask(async () => 'one', 'first'), 'one');
    assert.equal(await ask(async () => 'two', 'second'), 'two');
    assert.equal(await ask(async () => 'three', 'first'), 'one');
  });

  it('are not kept when they are not whole', async () => {
    await ask(work, 'what', false);
    await ask(work);
    assert.equal(times, 2);
  });

  it('are not kept when a file changed while they were worked out', async () => {
    const twice: Work = async tree => {
      await tree.read('mm/a.c');
      put('mm/a.c', `int f(void)\n{\n\treturn ${times};\n}\n`);
      await tree.read('mm/a.c');
      return 'mixed';
    };
    await ask(twice);
    await ask(twice);
    assert.equal(times, 2);
  });

  it('are not believed when the file is damaged, cut short or of another version', async () => {
    const first = await ask(work);
    const whole = readFileSync(kept());
    const middle = whole.length >> 1;
    const damaged = Buffer.from(whole);
    damaged[middle] = damaged[middle]! ^ 1;
    const other = Buffer.from(whole.toString('latin1').replace('answer 1 ', 'answer 0 '), 'latin1');
    for (const bytes of [damaged, whole.subarray(0, middle), other, Buffer.from('nothing'), Buffer.alloc(0)]) {
      writeFileSync(kept(), bytes);
      assert.equal(await ask(work), first);
    }
    assert.equal(times, 6);
    assert.equal(notices.length, 5);
    assert.match(notices[0]!, /worked out anew: it is damaged/);
    assert.match(notices[2]!, /of another version/);
  });

  it('say why they could not be kept', async () => {
    await openIndex({ root, cache, threads: 0 });
    writeFileSync(join(cache, 'answers'), '');
    assert.match(await ask(work), /mm\/a\.c/);
    assert.match(notices.join(), /not kept/);
  });

  it('are what lockstep check prints a second time', function () {
    this.timeout(60_000);
    buildCli();
    put('mm/bad.c', 'void bad(void)\n{\n\tspin_lock(&l);\n\tif (g())\n\t\treturn;\n\tspin_unlock(&l);\n}\n');
    const check = (...more: string[]) =>
      lockstep(['check', join(root, 'mm'), '--tree', root, ...more], base, { XDG_CACHE_HOME: base });
    cache = join(base, 'lockstep');
    const first = check();
    assert.match(first.stdout, /missing-unlock/);
    const whole = readFileSync(kept(), 'utf8');
    assert.deepEqual(check(), first);
    assert.equal(readFileSync(kept(), 'utf8'), whole);
    put('mm/bad.c', 'void bad(void)\n{\n}\n');
    assert.equal(check().status, 0);
    assert.notEqual(readFileSync(kept(), 'utf8'), whole);
  });

  it('are neither asked for nor kept with --no-cache', function () {
    this.timeout(60_000);
    buildCli();
    const { status } = lockstep(['check', join(root, 'mm'), '--tree', root, '--no-cache'], base, {
      XDG_CACHE_HOME: join(base, 'empty'),
    });
    assert.equal(status, 0);
    assert.equal(existsSync(join(base, 'empty')), false);
  });
});
