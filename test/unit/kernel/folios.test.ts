import assert from 'node:assert/strict';
import { folioPrimitives } from '../../../extension/core/kernel/mm/folios.ts';
import { livePages, pagePrimitives } from '../../../extension/core/kernel/mm/pages.ts';
import { DIRECT_MAP, PAGE_SIZE, VMEMMAP } from '../../../extension/core/machine/layout.ts';
import { assertBug, Calls } from './calls.ts';

const GFP_KERNEL = 0xcc0;

describe('folios', () => {
  it('go back whole with their last reference', () => {
    const run = new Calls([...folioPrimitives, ...pagePrimitives]);
    const page = run.call('__alloc_pages', GFP_KERNEL, 2, 0, 0, 1);
    assert.equal(livePages(run.k)[0]!.count, 4);
    run.call('__folio_put', page, 7);
    assert.deepEqual(livePages(run.k), []);
    const last = DIRECT_MAP + ((page - VMEMMAP) / 64 + 3) * PAGE_SIZE;
    assertBug(() => run.read(last), /use after free: .* freed by t0 at mm\/x\.c:7/);
    assertBug(() => run.call('__folio_put', page, 8), /double free/);
    assertBug(() => run.call('__folio_put', page + 8, 8), /is no struct page/);
  });
});
