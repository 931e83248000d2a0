import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskTree, treeAround } from '../../../extension/cli/diskTree.ts';

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

  it('finds the kernel tree around a file, or takes the folder of a file that is in none', async () => {
    assert.equal(await treeAround(join(root, 'mm/a.c')), root);
    assert.equal(await treeAround(join(base, 'x.c')), base);
  });
});
