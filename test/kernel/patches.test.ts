import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Simulation } from '../../extension/core/explore/simulate.ts';
import { patchedTree } from '../../extension/core/patch/overlay.ts';
import { readPatch } from '../../extension/core/patch/parse.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { decodeSource } from '../../extension/core/text/decode.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import { testParser } from '../support/parser.ts';

const root = process.env.KERNEL_TREE ?? '';
const project = join(__dirname, '../..');
const folder = join(project, 'test/fixtures/patches');
const plain: SourceTree = {
  label: 'linux',
  list: async () => undefined,
  read: async path =>
    readFile(join(root, path)).then(
      b => new Uint8Array(b),
      () => undefined,
    ),
};

/** The files that each patch is about, and how many lines it takes and gives in all. */
const PATCHES: Readonly<Record<string, { files: readonly string[]; removed: number; added: number }>> = {
  'alloc-under-lock.patch': { files: ['mm/hugetlb_vmemmap.c'], removed: 1, added: 1 },
  'hvo-write-lock.patch': { files: ['mm/hugetlb_vmemmap.c'], removed: 5, added: 2 },
  'no-split-wmb.patch': { files: ['mm/hugetlb_vmemmap.c'], removed: 2, added: 0 },
  'no-recheck.patch': { files: ['mm/hugetlb_vmemmap.c'], removed: 1, added: 1 },
  'page-after-check.patch': { files: ['mm/hugetlb_vmemmap.c'], removed: 2, added: 5 },
  'ptdump-no-continue.patch': { files: ['mm/pagewalk.c', 'mm/ptdump.c'], removed: 9, added: 7 },
  'ptdump-no-continue-only.patch': { files: ['mm/ptdump.c'], removed: 3, added: 1 },
  'ptdump-read-lock.patch': { files: ['mm/pagewalk.c', 'mm/ptdump.c'], removed: 6, added: 6 },
  'walk-marked-pmd.patch': { files: ['include/linux/pgtable.h'], removed: 1, added: 1 },
};

const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

async function source(tree: SourceTree, path: string): Promise<string> {
  return decodeSource((await tree.read(path))!, path);
}

describe('the fixture patches', function () {
  this.timeout(60_000);

  it('are all described here', () => {
    assert.deepEqual(readdirSync(folder).sort(), Object.keys(PATCHES).sort());
  });

  for (const [name, { files, removed, added }] of Object.entries(PATCHES)) {
    it(`${name} applies to the tree at the lines that it states`, async () => {
      const after = await patchedTree(plain, text(name), name);
      assert.deepEqual([...after.files].sort(), files);
      for (const { from, patch } of readPatch(text(name), name)) {
        const before = (await source(plain, from!)).split('\n');
        for (const hunk of patch.hunks) {
          const old = hunk.lines.filter(l => !l.startsWith('+')).map(l => l.slice(1));
          assert.deepEqual(before.slice(hunk.oldStart - 1, hunk.oldStart - 1 + old.length), old, from);
        }
      }
      const lines = readPatch(text(name), name).flatMap(f => f.patch.hunks.flatMap(h => h.lines));
      const count = (sign: string): number => lines.filter(l => l.startsWith(sign)).length;
      assert.deepEqual({ removed: count('-'), added: count('+') }, { removed, added });
    });

    it(`what ${name} leaves parses as well as before, and its functions whole`, async () => {
      const parser = await testParser();
      const loops = loopMacros(await source(plain, '.clang-format'));
      const { tree } = await patchedTree(plain, text(name), name);
      for (const path of files) {
        const functions = async (of: SourceTree) => {
          const file = parser.parse(await source(of, path), { loops });
          try {
            return file.functions().map(f => ({ name: f.name, broken: f.hasError }));
          } finally {
            file.dispose();
          }
        };
        const after = await functions(tree);
        assert.ok(after.length > 5);
        assert.deepEqual(after, await functions(plain));
        assert.deepEqual(
          after.filter(f => f.broken),
          [],
        );
      }
    });
  }

  it('a patch that is one line off is told apart from one that fits', async () => {
    const bad = text('no-recheck.patch').replace('(pmd_leaf(*pmd))) {', '(pmd_none(*pmd))) {');
    assert.notEqual(bad, text('no-recheck.patch'));
    await assert.rejects(patchedTree(plain, bad, 'bad.patch'), /does not apply/);
  });

  it('the missing ACTION_CONTINUE alone is not reached: no remap gets in while ptdump holds the write lock', async () => {
    const walker = (await source(plain, 'mm/pagewalk.c')).split('\n');
    const line = walker.findIndex(l => /walk->vma && \(pmd_leaf/.test(l)) + 1;
    const scenario = 'extension/scenarios/vmemmap-split.scenario.c';
    const scenarioText = readFileSync(join(project, scenario), 'utf8');
    const dump = async (name: string) => {
      const { tree } = await patchedTree(plain, text(name), name);
      const simulation = await Simulation.load({ tree, scenario, scenarioText });
      const script = `dump to walk_pmd_range:${line}, remap0, dump, remap1`;
      const trace = await simulation.run({ schedule: { kind: 'script', script } });
      const seq = trace.output.filter(o => o.stream === 'seq').map(o => o.text);
      return { diverged: trace.schedule.diverged, twice: / 0E .* pmd$/m.test(seq.join('')), end: trace.end.kind };
    };
    const alone = await dump('ptdump-no-continue-only.patch');
    assert.equal(alone.end, 'finished');
    assert.ok(alone.diverged !== undefined, 'remap0 cannot go where the script wants it');
    assert.equal(alone.twice, false);
    assert.deepEqual(await dump('ptdump-no-continue.patch'), { diverged: undefined, twice: true, end: 'finished' });
  });
});
