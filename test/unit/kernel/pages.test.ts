import assert from 'node:assert/strict';
import fc from 'fast-check';
import { livePages, pagePrimitives } from '../../../extension/core/kernel/mm/pages.ts';
import { contextPrimitives } from '../../../extension/core/kernel/sched/context.ts';
import {
  DIRECT_MAP,
  IMAGE_PHYS_END,
  IMAGE_PHYS_START,
  PAGE_SIZE,
  VMEMMAP,
} from '../../../extension/core/machine/layout.ts';
import { assertBug, Calls, finish } from './calls.ts';

const GFP_KERNEL = 0xcc0;
const GFP_ATOMIC = 0xa20;
const ZERO = 0x100;
const REFCOUNT = 52;

const pages = (pageFrames?: number): Calls =>
  new Calls([...pagePrimitives, ...contextPrimitives], pageFrames === undefined ? {} : { pageFrames });
const pfnOf = (page: number): number => (page - VMEMMAP) / 64;
const addressOf = (page: number): number => DIRECT_MAP + pfnOf(page) * PAGE_SIZE;

describe('the page allocator', () => {
  it('gives blocks aligned to their size that overlap neither each other nor the kernel image', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 40 }), orders => {
        const run = pages();
        const taken = new Set<number>();
        for (const order of orders) {
          const pfn = pfnOf(run.call('alloc_pages', GFP_KERNEL, order, 1));
          assert.equal(pfn % 2 ** order, 0);
          for (let i = pfn; i < pfn + 2 ** order; i++) {
            assert.ok(!taken.has(i), `pfn ${i} twice`);
            assert.ok(i >= 0x100, 'below 1 MiB');
            assert.ok(i * PAGE_SIZE >= IMAGE_PHYS_END || i * PAGE_SIZE < IMAGE_PHYS_START, 'in the image');
            taken.add(i);
          }
        }
        assert.deepEqual(
          livePages(run.k).reduce((sum, b) => sum + b.count, 0),
          taken.size,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same frames on every machine', () => {
    const once = (): number[] => [0, 9, 3, 0].map((order, i) => pages().call('alloc_pages', GFP_KERNEL, order, i));
    assert.deepEqual(once(), once());
  });

  it('sets up the struct pages: a reference for the head alone', () => {
    const run = pages();
    const page = run.call('alloc_pages', GFP_KERNEL, 2, 1);
    const references = [0, 1, 2, 3].map(i => run.machine.memory.read(page + 64 * i + REFCOUNT, 'i32'));
    assert.deepEqual(references, [1, 0, 0, 0]);
    assert.equal(run.machine.memory.read(page, 'u64'), 0n);
    run.call('split_page', page, 2, 2);
    assert.deepEqual(
      [0, 1, 2, 3].map(i => run.machine.memory.read(page + 64 * i + REFCOUNT, 'i32')),
      [1, 1, 1, 1],
    );
  });

  it('zeroes pages only when asked to', () => {
    const run = pages();
    assert.equal(run.read(addressOf(run.call('alloc_pages', GFP_KERNEL, 0, 1))), 0xaa);
    assert.equal(run.read(addressOf(run.call('alloc_pages', GFP_KERNEL | ZERO, 0, 1))), 0);
    assert.equal(run.read(run.call('__get_free_page', GFP_KERNEL, 1) - 2 ** 64), 0xaa);
    assert.equal(run.read(Number(BigInt.asIntN(64, run.by(run.k, 'get_zeroed_page', GFP_KERNEL, 1) as bigint))), 0);
  });

  it('tells of each step: what, where, how much', () => {
    const run = pages();
    const page = run.call('alloc_pages', GFP_KERNEL, 3, 5);
    run.call('__free_pages', page, 3, 6);
    const text = `order 3, pfn 0x${pfnOf(page).toString(16)}`;
    const at = { text, address: addressOf(page), size: 8 * PAGE_SIZE };
    assert.deepEqual(run.notes, [
      { kind: 'alloc', line: 5, ...at },
      { kind: 'free', line: 6, ...at },
    ]);
    assert.deepEqual(livePages(run.k), []);
  });

  it('refuses freed frames, and says who freed them', () => {
    const run = pages();
    const page = run.call('alloc_page', GFP_KERNEL, 1);
    run.write(addressOf(page), 7);
    run.by(run.thread('t1'), '__free_page', page, 12);
    assertBug(() => run.read(addressOf(page)), /use after free: 0x[0-9a-f]{16} .*freed by t1 at mm\/x\.c:12/);
  });

  it('refuses what is freed twice, never given, or part of something larger', () => {
    const run = pages();
    const page = run.call('alloc_page', GFP_KERNEL, 1);
    run.call('__free_page', page, 12);
    assertBug(() => run.call('__free_page', page, 13), /double free .*freed by t0 at mm\/x\.c:12/);
    assertBug(() => run.call('__free_page', VMEMMAP + 0x30000 * 64, 1), /never allocated/);
    assertBug(() => run.call('__free_page', VMEMMAP + 0x30000 * 64 + 8, 1), /no struct page/);
    const block = run.call('alloc_pages', GFP_KERNEL, 2, 1);
    assertBug(() => run.call('__free_page', block + 64, 1), /inside the block/);
    assertBug(() => run.call('__free_pages', block, 3, 1), /order 3 .* 4 pages/);
    assertBug(() => run.by(run.k, 'free_page', 0xffffc90000000000n, 1), /no page of the direct map/);
  });

  it('frees nothing that somebody else has a reference to', () => {
    const run = pages();
    const page = run.call('alloc_pages', GFP_KERNEL, 0, 1);
    run.machine.memory.write(page + REFCOUNT, 'i32', 2);
    run.call('__free_pages', page, 0, 2);
    assert.deepEqual(run.told('free'), []);
    assert.equal(run.machine.memory.read(page + REFCOUNT, 'i32'), 1);
    run.call('__free_pages', page, 0, 3);
    assert.equal(run.told('free').length, 1);
    assert.equal(run.machine.memory.read(page + REFCOUNT, 'i32'), 0);
  });

  it('warns of a second split, and goes on as a kernel without DEBUG_VM does', () => {
    const run = pages();
    const page = run.call('alloc_pages', GFP_KERNEL, 1, 1);
    run.call('split_page', page, 1, 2);
    assert.deepEqual(run.told('warning'), []);
    run.call('split_page', page, 1, 3);
    assert.match(run.told('warning')[0]!, /split already/);
    assert.equal(run.machine.memory.read(page + 64 + REFCOUNT, 'i32'), 1);
    run.call('__free_pages', page, 0, 4);
    assert.equal(livePages(run.k).length, 1);
  });

  it('takes the pages of a split block back one by one', () => {
    const run = pages();
    const block = run.call('alloc_pages', GFP_KERNEL, 2, 1);
    run.call('split_page', block, 2, 2);
    for (const i of [2, 0, 3]) run.call('__free_page', block + 64 * i, 3);
    assert.deepEqual(
      livePages(run.k).map(({ pfn, count }) => ({ pfn, count })),
      [{ pfn: pfnOf(block) + 1, count: 1 }],
    );
    run.write(addressOf(block) + PAGE_SIZE, 1);
    assertBug(() => run.read(addressOf(block)), /use after free/);
  });

  it('gives NULL when memory is out, and when no block is so large', () => {
    const run = pages(0x104);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(i => run.call('alloc_page', GFP_KERNEL, i) !== 0),
      [true, true, true, true, false],
    );
    assert.equal(run.by(run.k, '__get_free_pages', GFP_KERNEL, 0, 1), 0n);
    assert.equal(pages().call('alloc_pages', GFP_KERNEL, 11, 1), 0);
  });

  it('warns of an allocation that may sleep where nobody may', () => {
    const run = pages();
    run.call('preempt_disable', 1);
    run.call('alloc_page', GFP_ATOMIC, 2);
    assert.deepEqual(run.told('warning'), []);
    run.call('alloc_page', GFP_KERNEL, 3);
    assert.match(run.told('warning').join(), /sleeping function .* alloc_page, preemption disabled/);
  });

  it('is one step: what the other thread sees is before or after', () => {
    const run = pages();
    const page = run.call('alloc_page', GFP_KERNEL, 1);
    const other = run.thread('t1');
    const freeing = run.start(other, '__free_page', page, 2) as Iterator<unknown>;
    freeing.next();
    assert.equal(run.read(addressOf(page)), 0xaa);
    finish(freeing);
    assertBug(() => run.read(addressOf(page)), /use after free/);
  });
});
