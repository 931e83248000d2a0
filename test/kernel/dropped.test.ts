import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { check } from '../../extension/cli/check.ts';
import type { Finding } from '../../extension/core/report/documents.ts';
import type { FindingsComparison } from '../../extension/core/report/findingDiff.ts';

const tree = process.env.KERNEL_TREE ?? '';
const FILE = 'mm/hugetlb_vmemmap.c';

describe('decisions taken before a lock was let go, on a kernel tree', function () {
  this.timeout(300_000);
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-kernel-dropped-'));
  after(() => rmSync(dir, { recursive: true }));

  async function added(patch: string): Promise<readonly Finding[]> {
    const { text, problem } = await check(
      [],
      { tree, patch: [patch], confidence: 'low', json: true },
      new AbortController().signal,
    );
    assert.equal(problem, undefined);
    return (JSON.parse(text) as FindingsComparison).added;
  }

  it('the second look under page_table_lock taken away is a missing recheck, and there is none as it stands', async () => {
    const patch = join(import.meta.dirname, '../fixtures/patches/no-recheck.patch');
    const found = await added(patch);
    assert.deepEqual(
      found.map(f => [f.kind, f.function, f.lock]),
      [['missing-recheck', 'split_vmemmap_huge_pmd', '&init_mm.page_table_lock']],
    );
    assert.match(found[0]!.message, /\*pmd/);
  });

  it('the page of a PMD read after the lock under which it was found a leaf', async () => {
    const original = readFileSync(join(tree, FILE), 'utf8');
    const under = /pmd_leaf\(\*pmd\) \? (pmd_page\(\*pmd\)) : NULL;/;
    const read = under.exec(original)?.[1];
    assert.ok(read, 'the page is read under the lock here');
    const changed = original
      .replace(under, 'NULL; i = pmd_leaf(*pmd);')
      .replace(/if \(!head\)(\s+return 0;)/, `if (!i)$1\n\thead = ${read};`);
    const patch = join(dir, 'late.patch');
    writeFileSync(patch, createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, original, changed));
    assert.deepEqual(
      (await added(patch)).map(f => [f.kind, f.function, f.text]),
      [['check-then-act', 'split_vmemmap_huge_pmd', `head = ${read};`]],
    );
  });
});
