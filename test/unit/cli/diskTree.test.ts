import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskTree, treeAround } from '../../../extension/cli/diskTree.ts';
import { InputError } from '../../../extension/core/text/source.ts';

describe('DiskTree', () => {
  const base = mkdtempSync(join(tmpdir(), 'lockstep-tree-'));
  const root = join(base, 'tree');
  before(() => {
    mkdirSync(join(root, 'include/linux'), { recursive: true });
    mkdirSync(join(root, 'mm'));
    writeFileSync(join(root, 'Kbuild'), '');
    writeFileSync(join(root, 'mm/a.c'), 'int a;\n');
    writeFileSync(join(base, 'secret.h'), 'outside\n');
    symlinkSync(join(base, 'secret.h'), join(root, 'mm/link.h'));
    symlinkSync('loop.h', join(root, 'mm/loop.h'));
  });
  after(() => rmSync(base, { recursive: true }));

  it('reads and lists what is inside', async () => {
    const tree = new DiskTree(root);
    assert.equal(new TextDecoder().decode(await tree.read('mm/a.c')), 'int a;\n');
    assert.deepEqual([...(await tree.list('.'))!].sort(), ['Kbuild', 'include/', 'mm/']);
    assert.equal(await tree.read('mm/none.c'), undefined);
    assert.equal(await tree.read('mm'), undefined);
    assert.equal(await tree.list('mm/a.c'), undefined);
  });

  it('reads nothing outside, through .. or links, and survives a link to itself', async () => {
    const tree = new DiskTree(root);
    assert.equal(await tree.read('../secret.h'), undefined);
    assert.equal(await tree.read('mm/link.h'), undefined);
    assert.equal(await tree.read('mm/loop.h'), undefined);
  });

  it('waits for no pipe, socket or device, and tells of them', async () => {
    spawnSync('mkfifo', [join(root, 'mm/pipe.h')]);
    symlinkSync('pipe.h', join(root, 'mm/to-pipe.h'));
    const server = createServer().listen(join(root, 'mm/socket.h'));
    await new Promise(resolve => server.once('listening', resolve));
    const tree = new DiskTree(root);
    for (const name of ['pipe.h', 'to-pipe.h', 'socket.h']) {
      assert.equal(await tree.read(`mm/${name}`), undefined);
      await assert.rejects(tree.require(`mm/${name}`), (error: unknown) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, /^mm\/[\w.-]+: it (?:is no regular file|cannot be read)/);
        return true;
      });
    }
    assert.deepEqual([...tree.unread.keys()], ['mm/pipe.h', 'mm/to-pipe.h', 'mm/socket.h']);
    assert.deepEqual([...(await tree.list('mm'))!].sort(), ['a.c', 'link.h', 'loop.h', 'to-pipe.h']);
    const devices = new DiskTree('/dev');
    for (const name of ['zero', 'null']) assert.equal(await devices.read(name), undefined);
    server.close();
  });

  it('says why a file that is named cannot be read', async () => {
    writeFileSync(join(root, 'mm/huge.c'), '');
    truncateSync(join(root, 'mm/huge.c'), 65 << 20);
    const tree = new DiskTree(root);
    const why = (path: string): Promise<string> =>
      tree.require(path).then(
        () => 'read',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    assert.equal(await why('mm/a.c'), 'read');
    assert.match(await why('mm/none.c'), /^InputError: mm\/none\.c: no such file in /);
    assert.match(await why('mm/loop.h'), /^InputError: mm\/loop\.h: no such file in /);
    assert.match(await why(`mm/${'x'.repeat(5000)}.c`), /: no such file in /);
    assert.match(await why('mm'), /^InputError: mm: it is a folder/);
    assert.match(await why('mm/link.h'), /: it leads to .*secret\.h, outside of the tree /);
    assert.match(await why('mm/huge.c'), /: 65 MiB is more than the 64 that are read$/);
    assert.equal(tree.unread.size, 0, 'that is told by whoever asked');
    assert.equal(await tree.read('mm/huge.c'), undefined);
    assert.deepEqual([...tree.unread.keys()], ['mm/huge.c']);
  });

  it('a tree that goes away is empty from then on', async () => {
    const moved = join(base, 'moved');
    mkdirSync(moved);
    writeFileSync(join(moved, 'a.c'), 'int a;\n');
    const tree = new DiskTree(moved);
    assert.ok(await tree.read('a.c'));
    renameSync(moved, join(base, 'elsewhere'));
    assert.equal(await tree.read('a.c'), undefined);
    assert.equal(await tree.list('.'), undefined);
    assert.equal(await new DiskTree(moved).read('a.c'), undefined);
  });

  it('finds the kernel tree around a file, or takes the folder of a file that is in none', async () => {
    assert.equal(await treeAround(join(root, 'mm/a.c')), root);
    assert.equal(await treeAround(join(base, 'x.c')), base);
  });
});
