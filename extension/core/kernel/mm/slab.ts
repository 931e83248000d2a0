import type { Ptr, Running } from '../../machine/abi.ts';
import { DIRECT_MAP, hexAddress, PAGE_SIZE, VMEMMAP } from '../../machine/layout.ts';
import { UndoMap } from '../../machine/rewind.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf, perMachine } from '../define.ts';
import { mightSleep } from '../sched/context.ts';
import { allocatePages, giveBackPages } from './pages.ts';

/** include/linux/gfp_types.h. */
const ___GFP_DIRECT_RECLAIM = 0x400;
const ___GFP_ZERO = 0x100;
/** include/linux/slab.h. */
export const SLAB_HWCACHE_ALIGN = 0x2000;
export const SLAB_TYPESAFE_BY_RCU = 0x80000;
/** A cache line of x86-64, bytes. */
const CACHE_LINE = 64;
/** PG_slab of include/linux/page-flags.h, in the flags at the start of a struct page of 64 bytes. */
const PG_SLAB = 1n << 9n;
const STRUCT_PAGE = 64;
/** What an object holds that nobody has written, as pages.ts has it for pages. */
const POISON = 0xaa;
/** Bytes of freed objects that a cache keeps back before it hands the oldest out again: late users are found there. */
const QUARANTINE = 1 << 20;

/** Objects of one size, carved out of pages. */
export interface SlabCache {
  readonly name: string;
  /** Bytes of an object that may be used. */
  readonly size: number;
  /** Bytes from one object to the next. */
  readonly stride: number;
  readonly flags: number;
  /** Address of the function that makes an object fit for use, once in its life; 0 for none. */
  readonly ctor: Ptr;
  readonly slabs: Slab[];
  /** What each thread has of it, as each CPU has slabs of its own: nobody's objects depend on what others took. */
  readonly own: Map<number, OwnObjects>;
}

interface OwnObjects {
  /** Never handed out yet, lowest address first. */
  readonly fresh: Ptr[];
  /** Given back, the oldest first. */
  readonly quarantine: HeapObject[];
}

function ownOf(cache: SlabCache, k: MachineThread): OwnObjects {
  let own = cache.own.get(k.index);
  if (!own) cache.own.set(k.index, (own = { fresh: [], quarantine: [] }));
  return own;
}

interface Slab {
  readonly pfn: number;
  readonly order: number;
  readonly base: Ptr;
  readonly count: number;
}

/** One object of the heap that has been handed out at least once; a large one has its pages to itself. */
export interface HeapObject {
  readonly address: Ptr;
  /** The cache's name, `kmalloc-64`; `kmalloc` or `vmalloc` for whole pages. */
  readonly kind: string;
  readonly cache: SlabCache | undefined;
  /** Page order of a large object. */
  readonly order: number;
  /** Bytes asked for: nothing beyond them may be used. */
  bytes: number;
  /** Who asked for it: `remap0 at mm/x.c:12`. */
  readonly allocatedBy: string;
  /** Who gave it back; undefined while it is live. */
  freedBy: string | undefined;
}

const objectsOf = perMachine<Map<Ptr, HeapObject>>(machine => new UndoMap(machine.journal));

/** What the heap has handed out and not got back, in order of address: leaks, at the end of a run. */
export const liveObjects = (k: MachineThread): HeapObject[] =>
  [...objectsOf(k).values()].filter(o => o.freedBy === undefined).sort((a, b) => a.address - b.address);

/** The object that begins at an address, whether live or freed. */
export const objectAt = (k: MachineThread, p: Ptr): HeapObject | undefined => objectsOf(k).get(p);

/** Page orders are those of get_order(): the smallest block that holds so many bytes. */
const orderFor = (bytes: number): number => Math.max(0, Math.ceil(Math.log2(bytes / PAGE_SIZE)));

const whoIs = (k: MachineThread, line: number): string => `${k.name} at ${k.function?.file ?? ''}:${line}`;

/** @param align bytes; 0 leaves it to the flags */
export function newCache(name: string, size: number, align: number, flags: number, ctor: Ptr): SlabCache {
  // calculate_alignment of mm/slab_common.c: small objects share a cache line.
  let line = CACHE_LINE;
  while (size <= line / 2) line /= 2;
  const step = Math.max(8, align, flags & SLAB_HWCACHE_ALIGN ? line : 0);
  const stride = Math.ceil(Math.max(size, 8) / step) * step;
  return { name, size, stride, flags, ctor, slabs: [], own: new Map() };
}

/** Hands out an object of a cache; 0 when memory is out. One visible step, two when the cache needs a page. */
export function* allocateObject(
  k: MachineThread,
  cache: SlabCache,
  bytes: number,
  gfp: number,
  name: string,
  line: number,
): Running<Ptr> {
  if (gfp & ___GFP_DIRECT_RECLAIM) mightSleep(k, name, line);
  const objects = objectsOf(k);
  const { fresh, quarantine } = ownOf(cache, k);
  const next = quarantine.length * cache.stride > QUARANTINE ? quarantine[0]!.address : fresh[0];
  if (next === undefined) yield* k.unseen(name, undefined, line);
  else yield* k.access(name, next, cache.stride, true, line);
  const kept = quarantine.length * cache.stride > QUARANTINE ? quarantine.shift() : undefined;
  if (!kept && fresh.length === 0 && !(yield* grow(k, cache, gfp, name, line))) {
    k.around.sink.note(k, 'alloc', line, `${cache.name}: no memory`);
    return 0;
  }
  const address = kept?.address ?? fresh.shift()!;
  const allocatedBy = whoIs(k, line);
  objects.set(address, { address, kind: cache.name, cache, order: 0, bytes, allocatedBy, freedBy: undefined });
  const constructed = kept !== undefined && cache.ctor !== 0;
  if (!constructed) k.around.memory.fill(address, gfp & ___GFP_ZERO ? 0 : POISON, cache.stride);
  k.around.sink.note(k, 'alloc', line, `${cache.name}, ${bytes} bytes`, address, bytes);
  if (cache.ctor !== 0 && !constructed) yield* k.call(cache.ctor, line, address);
  return address;
}

function* grow(k: MachineThread, cache: SlabCache, gfp: number, name: string, line: number): Running<boolean> {
  const order = orderFor(cache.stride);
  // Whether it may sleep has been looked at; its objects are filled one by one.
  const pfn = yield* allocatePages(k, gfp & ~(___GFP_DIRECT_RECLAIM | ___GFP_ZERO), order, name, line);
  if (pfn === undefined) return false;
  const base = DIRECT_MAP + pfn * PAGE_SIZE;
  const slab: Slab = { pfn, order, base, count: Math.floor((PAGE_SIZE * 2 ** order) / cache.stride) };
  cache.slabs.push(slab);
  const { fresh } = ownOf(cache, k);
  for (let i = 0; i < slab.count; i++) fresh.push(base + i * cache.stride);
  const objects = objectsOf(k);
  watch(k, pfn, order, (p, size) => misuse(cache, slab, objects, p, size));
  k.around.memory.write(VMEMMAP + pfn * STRUCT_PAGE, 'u64', PG_SLAB);
  return true;
}

/** Has every access to a block of pages checked from now on. Their contents are lost. */
function watch(
  k: MachineThread,
  pfn: number,
  order: number,
  check: (p: Ptr, size: number) => string | undefined,
): void {
  const machine = machineOf(k);
  for (let i = 0; i < 2 ** order; i++) {
    const start = DIRECT_MAP + (pfn + i) * PAGE_SIZE;
    machine.frameChecks.set(pfn + i, (offset, size) => check(start + offset, size));
    machine.memory.forget(start / PAGE_SIZE);
  }
}

function unwatch(k: MachineThread, pfn: number, order: number): void {
  for (let i = 0; i < 2 ** order; i++) machineOf(k).frameChecks.delete(pfn + i);
}

function misuse(
  cache: SlabCache,
  slab: Slab,
  objects: ReadonlyMap<Ptr, HeapObject>,
  p: Ptr,
  size: number,
): string | undefined {
  const object = objects.get(slab.base + Math.floor((p - slab.base) / cache.stride) * cache.stride);
  if (!object) return `out of bounds: a ${cache.name} object that was never allocated is used`;
  if (object.freedBy !== undefined) {
    // Readers under RCU may still look at such an object; that it can be another one by then is their own business.
    if (cache.flags & SLAB_TYPESAFE_BY_RCU) return undefined;
    return `use after free: ${cache.name} object freed by ${object.freedBy}`;
  }
  return outside(object, p, size);
}

function outside(object: HeapObject, p: Ptr, size: number): string | undefined {
  const at = p - object.address;
  if (at + size <= object.bytes) return undefined;
  return `out of bounds: ${size} bytes at offset ${at} of ${object.bytes} bytes (${object.kind}) allocated by ${object.allocatedBy}`;
}

/** Hands out whole pages as one object of so many bytes; 0 when memory is out. A visible step. */
export function* allocateLarge(
  k: MachineThread,
  kind: 'kmalloc' | 'vmalloc',
  bytes: number,
  gfp: number,
  name: string,
  line: number,
): Running<Ptr> {
  const order = orderFor(bytes);
  const pfn = yield* allocatePages(k, gfp, order, name, line);
  if (pfn === undefined) return 0;
  const address = DIRECT_MAP + pfn * PAGE_SIZE;
  const allocatedBy = whoIs(k, line);
  const object: HeapObject = { address, kind, cache: undefined, order, bytes, allocatedBy, freedBy: undefined };
  objectsOf(k).set(address, object);
  watch(k, pfn, order, (p, size) => outside(object, p, size));
  if (!(gfp & ___GFP_ZERO)) k.around.memory.fill(address, POISON, PAGE_SIZE * 2 ** order);
  return address;
}

/** Takes an object back, wherever it came from. A visible step; a bug when it is not out. */
export function* giveBack(k: MachineThread, p: Ptr, name: string, line: number): Running<void> {
  const large = objectsOf(k).get(p);
  if (large && !large.cache && large.freedBy === undefined) {
    const pfn = (p - DIRECT_MAP) / PAGE_SIZE;
    unwatch(k, pfn, large.order);
    yield* giveBackPages(k, pfn, large.order, name, line);
    large.freedBy = whoIs(k, line);
    return;
  }
  yield* k.access(name, p, Math.max(8, objectsOf(k).get(p)?.bytes ?? 8), true, line);
  const object = liveAt(k, p, name, line);
  const { cache } = object;
  object.freedBy = whoIs(k, line);
  if (cache) ownOf(cache, k).quarantine.push(object);
  k.around.sink.note(k, 'free', line, `${object.kind}, ${object.bytes} bytes`, p, object.bytes);
}

/** The live object that begins at an address; a bug when there is none. */
export function liveAt(k: MachineThread, p: Ptr, name: string, line: number): HeapObject {
  const object = objectsOf(k).get(p);
  if (object?.freedBy !== undefined)
    k.bug(`double free: ${name} of a ${object.kind} object that was freed by ${object.freedBy}`, line, p);
  if (object) return object;
  const around = [...objectsOf(k).values()].find(o => p > o.address && p < o.address + o.bytes && !o.freedBy);
  if (around)
    k.bug(`${name} of ${hexAddress(p)}, ${p - around.address} bytes into an object of ${around.kind}`, line, p);
  return k.bug(`${name} of ${hexAddress(p)}, which the heap has not handed out`, line, p);
}

/** Gives a cache's pages back; objects that are still out are leaked, as kmem_cache_destroy() leaks them. */
export function* dissolve(k: MachineThread, cache: SlabCache, name: string, line: number): Running<void> {
  const out = liveObjects(k).filter(o => o.cache === cache);
  if (out.length > 0) {
    k.warn(`${name} ${cache.name}: ${out.length} objects are still out, the first by ${out[0]!.allocatedBy}`, line);
    return;
  }
  cache.own.clear();
  for (const { pfn, order, base, count } of cache.slabs.splice(0)) {
    for (let i = 0; i < count; i++) objectsOf(k).delete(base + i * cache.stride);
    unwatch(k, pfn, order);
    yield* giveBackPages(k, pfn, order, name, line);
  }
}
