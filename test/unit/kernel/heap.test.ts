import assert from 'node:assert/strict';
import fc from 'fast-check';
import { heapPrimitives } from '../../../extension/core/kernel/mm/heap.ts';
import { pagePrimitives } from '../../../extension/core/kernel/mm/pages.ts';
import { liveObjects } from '../../../extension/core/kernel/mm/slab.ts';
import { contextPrimitives } from '../../../extension/core/kernel/sched/context.ts';
import { PAGE_SIZE } from '../../../extension/core/machine/layout.ts';
import { assertBug, Calls } from './calls.ts';

const GFP_KERNEL = 0xcc0;
const TYPESAFE_BY_RCU = 0x80000;
const HWCACHE_ALIGN = 0x2000;

const heap = (): Calls => new Calls([...heapPrimitives, ...pagePrimitives, ...contextPrimitives]);
const kmalloc = (run: Calls, size: number, line = 1): number => run.call('kmalloc', BigInt(size), GFP_KERNEL, line);
const cache = (run: Calls, size: number, align = 0, flags = 0, ctor = 0): number =>
  run.call('kmem_cache_create', run.machine.string('things'), size, align, flags, ctor, 1);

describe('the heap', () => {
  it('gives objects that do not overlap, aligned to a power of two that they fill', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 60 }), sizes => {
        const run = heap();
        const objects = sizes.map(size => ({ at: kmalloc(run, size), size }));
        for (const { at, size } of objects) {
          assert.equal(Math.abs(at % 8), 0);
          if ((size & (size - 1)) === 0) assert.equal(Math.abs(at % Math.min(Math.max(size, 8), PAGE_SIZE)), 0);
          run.write(at, 1);
          run.write(at + size - 1, 1);
        }
        objects.sort((a, b) => a.at - b.at);
        for (const [i, { at, size }] of objects.slice(0, -1).entries()) assert.ok(at + size <= objects[i + 1]!.at);
        assert.equal(liveObjects(run.k).length, sizes.length);
        for (const { at } of objects) run.call('kfree', at, 2);
        assert.deepEqual(liveObjects(run.k), []);
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same addresses on every machine', () => {
    const once = (): number[] => {
      const run = heap();
      return [60, 60, 9000, 1].map(size => kmalloc(run, size));
    };
    assert.deepEqual(once(), once());
  });

  it('tells of each object and of each page that it takes', () => {
    const run = heap();
    const p = kmalloc(run, 60, 4);
    run.call('kfree', p, 5);
    assert.match(run.notes[0]!.text, /^order 0, pfn 0x/);
    assert.deepEqual(run.notes.slice(1), [
      { kind: 'alloc', line: 4, text: 'kmalloc-64, 60 bytes', address: p, size: 60 },
      { kind: 'free', line: 5, text: 'kmalloc-64, 60 bytes', address: p, size: 60 },
    ]);
  });

  it('refuses objects that were freed, and says by whom', () => {
    const run = heap();
    const [p, other] = [kmalloc(run, 60), kmalloc(run, 60)];
    run.by(run.thread('t1'), 'kfree', p, 12);
    assertBug(() => run.read(p), /use after free: kmalloc-64 object freed by t1 at mm\/x\.c:12/);
    assertBug(() => run.write(p + 8, 1), /use after free/);
    run.write(other, 1);
  });

  it('refuses what lies beyond an object, though its size class has room', () => {
    const run = heap();
    const p = kmalloc(run, 60, 3);
    assertBug(() => run.read(p + 60), /1 bytes at offset 60 of 60 bytes \(kmalloc-64\) allocated by t0 at mm\/x\.c:3/);
    assertBug(() => run.read(p + 64), /kmalloc-64 object that was never allocated/);
    assert.equal(run.by(run.k, 'ksize', p, 1), 64n);
    run.write(p + 63, 1);
    const large = kmalloc(run, 9000);
    run.write(large + 8999, 1);
    assertBug(() => run.read(large + 9000), /offset 9000 of 9000 bytes/);
  });

  it('refuses to free twice, from the middle, or what is not its own', () => {
    const run = heap();
    const [p, large] = [kmalloc(run, 60), kmalloc(run, 9000)];
    run.call('kfree', p, 12);
    assertBug(() => run.call('kfree', p, 13), /double free: kfree of a kmalloc-64 object .* t0 at mm\/x\.c:12/);
    run.call('kfree', large, 14);
    assertBug(() => run.read(large), /use after free: .* freed by t0 at mm\/x\.c:14/);
    assertBug(() => run.call('kfree', large, 15), /double free/);
    assertBug(() => run.call('kfree', kmalloc(run, 60) + 8, 1), /8 bytes into an object of kmalloc-64/);
    const page = Number(BigInt.asIntN(64, run.by(run.k, 'get_zeroed_page', GFP_KERNEL, 1) as bigint));
    assertBug(() => run.call('kfree', page, 1), /has not handed out/);
    run.call('kfree', 0, 1);
  });

  it('of two threads that free one object the second is at fault', () => {
    for (const size of [60, 9000]) {
      const run = heap();
      const p = kmalloc(run, size);
      const frees = ['t1', 't2'].map((name, i) => run.start(run.thread(name), 'kfree', p, i) as Iterator<unknown>);
      for (const free of frees) free.next();
      assert.equal(frees[0]!.next().done, true);
      assertBug(() => frees[1]!.next(), /double free.*t1/);
    }
  });

  it('zeroes what is asked for zeroed, and multiplies without overflow', () => {
    const run = heap();
    const full = (p: number, n: number): number[] => [...run.machine.memory.readBytes(p, n)];
    assert.deepEqual(full(run.call('kcalloc', 3n, 4n, GFP_KERNEL, 1), 12), Array(12).fill(0));
    assert.deepEqual(full(run.call('kzalloc', 5000n, GFP_KERNEL, 1), 5000), Array(5000).fill(0));
    assert.deepEqual(full(run.call('kzalloc', 9000n, GFP_KERNEL, 1), 9000), Array(9000).fill(0));
    assert.deepEqual(full(kmalloc(run, 9000), 9000), Array(9000).fill(0xaa));
    assert.equal(run.call('kmalloc_array', 1n << 40n, 1n << 40n, GFP_KERNEL, 7), 0);
    assert.match(run.told('warning').join(), /more than one allocation can have/);
    assert.equal(kmalloc(run, 0), 16);
    run.call('kfree', 16, 1);
  });

  it('krealloc keeps the contents and refuses the old address', () => {
    const run = heap();
    const p = kmalloc(run, 10);
    run.write(p + 9, 77);
    assert.equal(run.call('krealloc', p, 16n, GFP_KERNEL, 1), p);
    const to = run.call('krealloc', p, 100n, GFP_KERNEL, 2);
    assert.equal(run.read(to + 9), 77);
    assertBug(() => run.read(p), /use after free: kmalloc-16/);
  });

  it('copies strings', () => {
    const run = heap();
    const text = run.machine.string('lockstep');
    const copy = run.call('kstrdup', text, GFP_KERNEL, 1);
    assert.equal(run.machine.memory.cstring(copy), 'lockstep');
    assertBug(() => run.read(copy + 9), /out of bounds/);
    assert.equal(run.machine.memory.cstring(run.call('kstrndup', text, 4n, GFP_KERNEL, 1)), 'lock');
    assert.equal(run.call('kstrdup', 0, GFP_KERNEL, 1), 0);
  });

  it('warns of an allocation that may sleep where nobody may', () => {
    const run = heap();
    run.call('preempt_disable', 1);
    run.call('kmalloc', 8n, 0xa20, 2);
    assert.deepEqual(run.told('warning'), []);
    kmalloc(run, 8);
    assert.match(run.told('warning').join(), /sleeping function .* kmalloc, preemption disabled/);
  });

  it('vmalloc and vfree go together', () => {
    const run = heap();
    const p = run.call('vmalloc', 5000n, 1);
    assert.equal(run.call('is_vmalloc_addr', p, 1), 1);
    run.write(p + 4999, 1);
    assertBug(() => run.call('kfree', p, 2), /which vmalloc has given/);
    run.call('vfree', p, 3);
    assertBug(() => run.read(p), /use after free/);
    const q = run.call('kvmalloc', 5000n, GFP_KERNEL, 1);
    assert.equal(run.call('is_vmalloc_addr', q, 1), 0);
    assertBug(() => run.call('vfree', q, 2), /kmalloc-8k object/);
    run.call('kvfree', q, 3);
  });
});

describe('slab caches', () => {
  it('hand out objects of one size, aligned as asked', () => {
    const run = heap();
    const s = cache(run, 40, 0, HWCACHE_ALIGN);
    const objects = [1, 2, 3].map(() => run.call('kmem_cache_alloc', s, GFP_KERNEL, 1));
    assert.deepEqual(
      objects.map(p => Math.abs(p % 64)),
      [0, 0, 0],
    );
    assertBug(() => run.read(objects[0]! + 40), /offset 40 of 40 bytes \(things\)/);
    run.call('kmem_cache_free', s, objects[1]!, 9);
    assertBug(() => run.read(objects[1]!), /use after free: things object freed by t0 at mm\/x\.c:9/);
    assert.equal(run.call('kmem_cache_size', s, 1), 40);
    const small = cache(run, 20, 0, HWCACHE_ALIGN);
    const [a, b] = [1, 2].map(() => run.call('kmem_cache_alloc', small, GFP_KERNEL, 1));
    assert.equal(b! - a!, 32);
  });

  it('construct each object once', () => {
    const run = heap();
    const seen: number[] = [];
    const ctor = run.machine.defineFunction({ name: 'ctor', file: 'mm/x.c', line: 1 }, ((_k: unknown, p: number) => {
      seen.push(p);
      run.machine.memory.write(p, 'u8', 5);
    }) as never);
    const s = cache(run, 4096, 0, 0, ctor);
    const first = run.call('kmem_cache_alloc', s, GFP_KERNEL, 1);
    assert.equal(run.read(first), 5);
    run.call('kmem_cache_free', s, first, 1);
    // So many that the oldest of the freed objects comes back.
    for (let again = 0; again !== first; ) {
      again = run.call('kmem_cache_alloc', s, GFP_KERNEL, 1);
      run.call('kmem_cache_free', s, again, 1);
      assert.ok(seen.length < 1000, 'freed objects never come back');
    }
    assert.equal(seen.filter(p => p === first).length, 1);
  });

  it('destroyed with objects out they warn; empty they give their pages back', () => {
    const run = heap();
    const s = cache(run, 100);
    const p = run.call('kmem_cache_zalloc', s, GFP_KERNEL, 1);
    run.call('kmem_cache_destroy', s, 2);
    assert.match(run.told('warning').join(), /things: 1 objects are still out, the first by t0 at mm\/x\.c:1/);
    assert.equal(run.read(p), 0);
    const empty = cache(run, 100);
    const q = run.call('kmem_cache_alloc', empty, GFP_KERNEL, 1);
    run.call('kmem_cache_free', empty, q, 1);
    run.call('kmem_cache_destroy', empty, 3);
    assertBug(() => run.read(q), /use after free: .* freed by t0 at mm\/x\.c:3/);
    assertBug(() => run.call('kmem_cache_alloc', empty, GFP_KERNEL, 4), /is no kmem_cache/);
  });

  it('of the RCU kind let readers look at freed objects', () => {
    const run = heap();
    const s = cache(run, 32, 0, TYPESAFE_BY_RCU);
    const p = run.call('kmem_cache_alloc', s, GFP_KERNEL, 1);
    run.call('kmem_cache_free', s, p, 1);
    run.read(p);
    assertBug(() => run.call('kmem_cache_free', s, p, 2), /double free/);
  });

  it('an object freed into another cache than its own is warned of', () => {
    const run = heap();
    const [s, other] = [cache(run, 32), cache(run, 48)];
    run.call('kmem_cache_free', other, run.call('kmem_cache_alloc', s, GFP_KERNEL, 1), 2);
    assert.match(run.told('warning').join(), /wrong cache/);
  });
});
