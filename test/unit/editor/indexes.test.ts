import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskTree } from '../../../extension/cli/diskTree.ts';
import { ContractAnalyser } from '../../../extension/core/locks/contracts.ts';
import { Indexes } from '../../../extension/worker/indexes.ts';
import { callersOf, definitionsOf } from '../../../extension/worker/navigation.ts';

const FILES: Readonly<Record<string, string>> = {
  'include/linux/pool.h': 'struct pool {\n\tint used;\n};\nextern int pool_limit;\nvoid pool_put(struct pool *pool);\n',
  'mm/pool.c':
    '#include <linux/pool.h>\nint pool_limit = 4;\nstatic void drop(struct pool *p)\n{\n\tp->used--;\n}\nvoid pool_put(struct pool *p)\n{\n\tif (pool_limit)\n\t\tdrop(p);\n}\n',
  'mm/other.c': 'static void drop(int n)\n{\n}\nstatic void pool_put_all(void)\n{\n\tdrop(1);\n}\n',
  'net/user.c':
    '#include <linux/pool.h>\nvoid use(struct pool *p)\n{\n\tpool_put(p);\n\tif (p->used)\n\t\tpool_put(p);\n}\n',
};

describe('the index behind the editor', () => {
  let root = '';
  const cache = process.env.XDG_CACHE_HOME;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'lockstep-indexes-'));
    process.env.XDG_CACHE_HOME = join(root, 'cache');
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(join(root, file, '..'), { recursive: true });
      writeFileSync(join(root, file), text);
    }
  });
  after(() => {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
    rmSync(root, { recursive: true, force: true });
  });

  const open = async (indexes: Indexes, extra: readonly string[], again = false) =>
    indexes.open('tree', { root, folders: ['include', 'mm', 'not/there'], extra, again });
  const where = (found: readonly { file: string; line: number; column: number }[]) =>
    found.map(s => `${s.file}:${s.line}:${s.column}`);

  it('reads the folders of the settings, adds those of open files, and is kept in a cache', async () => {
    const indexes = new Indexes();
    assert.equal(indexes.of('tree'), undefined);
    const first = await open(indexes, ['mm']);
    assert.deepEqual([first.changed, first.files, first.functions], [true, 3, 4]);
    assert.deepEqual((await open(indexes, ['mm'])).changed, false);
    assert.deepEqual((await open(indexes, ['net'])).files, 4);
    assert.deepEqual(
      indexes
        .of('tree')!
        .callersOf('pool_put')
        .map(c => `${c.file}:${c.line}`),
      ['net/user.c:4', 'net/user.c:6'],
    );
    assert.equal((await open(new Indexes(), [])).files, 3);
  });

  it('takes saved files in, and forgets what is gone', async () => {
    const indexes = new Indexes();
    await open(indexes, []);
    const bytes = new TextEncoder().encode('void late(void)\n{\n\tpool_put(0);\n}\n');
    indexes.changed('tree', 'mm/late.c', bytes);
    indexes.changed('tree', 'net/late.c', bytes);
    assert.deepEqual(indexes.of('tree')!.callers('pool_put'), [{ file: 'mm/late.c', function: 'late' }]);
    indexes.changed('tree', 'mm/late.c', undefined);
    assert.deepEqual(indexes.of('tree')!.callers('pool_put'), []);
  });

  it('is compared with the disk again when told to', async () => {
    const indexes = new Indexes();
    await open(indexes, ['net']);
    assert.equal((await open(indexes, [], true)).changed, false);
    writeFileSync(join(root, 'net/user.c'), 'void other_use(void)\n{\n}\n');
    const answer = await open(indexes, [], true);
    writeFileSync(join(root, 'net/user.c'), FILES['net/user.c']!);
    assert.deepEqual([answer.changed, answer.files], [true, 4]);
    assert.equal(indexes.of('tree')!.symbols('other_use').length, 1);
    assert.equal(indexes.of('tree')!.symbols('use').length, 0);
  });

  it('is dropped when no folder is wanted any more', async () => {
    const indexes = new Indexes();
    await open(indexes, []);
    const answer = await indexes.open('tree', { root, folders: [], extra: [], again: true });
    assert.ok(answer.changed);
    assert.equal(indexes.of('tree'), undefined);
  });

  it('stops when told to, and what was read by then is not used', async () => {
    const indexes = new Indexes();
    const abort = AbortSignal.abort();
    await assert.rejects(indexes.open('tree', { root, folders: ['mm'], extra: [] }, abort), { name: 'AbortError' });
    assert.equal(indexes.of('tree'), undefined);
    assert.equal((await open(indexes, [])).files, 3, 'the next one goes on');
  });

  it('finds definitions of fields, tags and globals, and callers in other files by linkage', async () => {
    const indexes = new Indexes();
    await open(indexes, ['net']);
    const tree = new DiskTree(root);
    const index = indexes.of('tree')!;
    const analyser = new ContractAnalyser(tree, { index });
    const defined = async (file: string, name: string, before = '') => {
      const offset = FILES[file]!.indexOf(before + name) + before.length;
      return where(await definitionsOf(tree, analyser, { file, name, offset }, index));
    };
    assert.deepEqual(await defined('net/user.c', 'used', 'p->'), ['include/linux/pool.h:2:6']);
    assert.deepEqual(await defined('net/user.c', 'pool', 'struct '), ['include/linux/pool.h:1:8']);
    assert.deepEqual(await defined('net/user.c', 'pool_put', '\t'), ['mm/pool.c:7:6']);
    assert.deepEqual(await defined('mm/pool.c', 'pool_limit', '('), ['mm/pool.c:2:5']);
    assert.deepEqual(await defined('mm/pool.c', 'drop', '\t\t'), ['mm/pool.c:3:13']);
    const callers = await callersOf(tree, analyser, { file: 'mm/pool.c', name: 'pool_put' }, index);
    assert.deepEqual(
      callers.map(c => [c.symbol.name, where([c.symbol]), where(c.at)]),
      [['use', ['net/user.c:2:6'], ['net/user.c:4:2', 'net/user.c:6:3']]],
    );
    const own = await callersOf(tree, analyser, { file: 'mm/other.c', name: 'drop' }, index);
    assert.deepEqual(
      own.map(c => c.symbol.name),
      ['pool_put_all'],
    );
  });
});
