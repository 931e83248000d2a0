import type { Ptr, Running } from '../../machine/abi.ts';
import { DIRECT_MAP, hexAddress, PAGE_SIZE, VMALLOC, VMEMMAP } from '../../machine/layout.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { mightSleep } from '../sched/context.ts';
import {
  allocateLarge,
  allocateObject,
  dissolve,
  giveBack,
  liveAt,
  newCache,
  objectAt,
  type SlabCache,
} from './slab.ts';

const SLAB = 'include/linux/slab.h';
const VMALLOC_FILE = 'mm/vmalloc.c';
const UTIL = 'mm/util.c';
/** include/linux/gfp_types.h; GFP_KERNEL is what vmalloc() uses. */
const ___GFP_ZERO = 0x100;
const GFP_KERNEL = 0xcc0;
/** kmalloc(0) of include/linux/slab.h: may be freed, must not be used. */
const ZERO_SIZE_PTR: Ptr = 16;
/** KMALLOC_MAX_SIZE: a block of order MAX_ORDER - 1 of 6.1. */
const LARGEST = PAGE_SIZE * 2 ** 10;
/** kmalloc_info of mm/slab_common.c; SLUB takes what is larger from the page allocator. */
const CLASSES = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];
/** Bytes of a struct kmem_cache: C only hands its address on. */
const SIZE_OF_CACHE = 256;

const className = (size: number): string => `kmalloc-${size < 1024 ? size : `${size / 1024}k`}`;

const heapOf = perMachine(() => ({
  classes: CLASSES.map(size => newCache(className(size), size, size & (size - 1) ? 0 : size, 0, 0)),
  caches: newCache('kmem_cache', SIZE_OF_CACHE, 0, 0, 0),
  byAddress: new Map<Ptr, SlabCache>(),
}));

function* kmalloc(k: MachineThread, size: bigint, gfp: number, name: string, line: number): Running<Ptr> {
  const bytes = Number(size);
  if (bytes === 0) return ZERO_SIZE_PTR;
  const cache = heapOf(k).classes.find(c => bytes <= c.size);
  if (cache) return yield* allocateObject(k, cache, bytes, gfp, name, line);
  // The page allocator warns of orders that it does not have; array sizes that overflow arrive here as huge ones.
  if (bytes > LARGEST) return refuse(k, bytes, name, line);
  return yield* allocateLarge(k, 'kmalloc', bytes, gfp, name, line);
}

function refuse(k: MachineThread, bytes: number, name: string, line: number): Ptr {
  k.warn(`${name} of ${bytes} bytes: more than one allocation can have (${LARGEST})`, line);
  return 0;
}

/**
 * vmalloc() without page tables: the block is physically contiguous and its address lies in the direct map, so it is
 * limited to what the page allocator has in one block. is_vmalloc_addr() and vmalloc_to_page() know of it.
 */
function* vmalloc(k: MachineThread, size: bigint, gfp: number, name: string, line: number): Running<Ptr> {
  const bytes = Number(size);
  if (bytes === 0) return 0;
  if (bytes > LARGEST) return refuse(k, bytes, name, line);
  return yield* allocateLarge(k, 'vmalloc', bytes, gfp, name, line);
}

type Allocate = typeof kmalloc;

/** `void *name(parameters)`: where the size (one factor or two) and the flags stand among them. */
interface Shape {
  readonly parameters: string;
  readonly size: readonly number[];
  readonly gfp?: number;
}
const SIZE: Shape = { parameters: 'size_t size, gfp_t flags', size: [0], gfp: 1 };
const SIZE_NODE: Shape = { ...SIZE, parameters: 'size_t size, gfp_t flags, int node' };
const ARRAY: Shape = { parameters: 'size_t n, size_t size, gfp_t flags', size: [0, 1], gfp: 2 };
const ARRAY_NODE: Shape = { ...ARRAY, parameters: 'size_t n, size_t size, gfp_t flags, int node' };
const BYTES: Shape = { parameters: 'unsigned long size', size: [0] };
const BYTES_NODE: Shape = { ...BYTES, parameters: 'unsigned long size, int node' };

const allocator = (name: string, shape: Shape, file: string, allocate: Allocate, extra = 0): Primitive =>
  visible(`void *${name}(${shape.parameters})`, file, (k: MachineThread, ...args: (bigint | number)[]) => {
    const size = shape.size.reduce((product, i) => product * BigInt(args[i]!), 1n);
    const gfp = shape.gfp === undefined ? GFP_KERNEL : Number(args[shape.gfp]);
    return allocate(k, size, gfp | extra, name, Number(args[args.length - 1]));
  });

const kmallocs = (names: string, shape: Shape, extra = 0): Primitive[] =>
  names.split(' ').map(name => allocator(name, shape, SLAB, kmalloc, extra));
const vmallocs = (names: string, shape: Shape, extra = 0): Primitive[] =>
  names.split(' ').map(name => allocator(name, shape, VMALLOC_FILE, vmalloc, extra));

/** `void name(const void *p)`: NULL, and what kmalloc(0) gives, may be freed. */
const freeing = (name: string, file: string, kind?: 'vmalloc'): Primitive =>
  visible(`void ${name}(const void *p)`, file, function* (k: MachineThread, p: Ptr, line: number) {
    if (p >= 0 && p <= ZERO_SIZE_PTR) return;
    const wrong = objectAt(k, p);
    if (wrong && kind !== undefined && wrong.kind !== kind)
      k.bug(`${name} of ${hexAddress(p)}, which is a ${wrong.kind} object`, line, p);
    if (wrong?.kind === 'vmalloc' && name.startsWith('kfree'))
      k.bug(`${name} of ${hexAddress(p)}, which vmalloc has given`, line, p);
    yield* giveBack(k, p, name, line);
  });

/** Bytes that may be used of an object once ksize() has been asked; they are all usable from then on. */
function ksize(k: MachineThread, p: Ptr, line: number): bigint {
  if (p >= 0 && p <= ZERO_SIZE_PTR) return 0n;
  const object = liveAt(k, p, 'ksize', line);
  object.bytes = object.cache?.size ?? PAGE_SIZE * 2 ** object.order;
  return BigInt(object.bytes);
}

function* krealloc(k: MachineThread, p: Ptr, size: bigint, gfp: number, line: number): Running<Ptr> {
  if (size === 0n) {
    if (p > ZERO_SIZE_PTR || p < 0) yield* giveBack(k, p, 'krealloc', line);
    return ZERO_SIZE_PTR;
  }
  if (p >= 0 && p <= ZERO_SIZE_PTR) return yield* kmalloc(k, size, gfp, 'krealloc', line);
  const object = liveAt(k, p, 'krealloc', line);
  if (Number(size) <= (object.cache?.size ?? PAGE_SIZE * 2 ** object.order)) {
    object.bytes = Number(size);
    return p;
  }
  const to = yield* kmalloc(k, size, gfp, 'krealloc', line);
  if (to === 0) return 0;
  yield* k.copy(to, p, object.bytes, line);
  yield* giveBack(k, p, 'krealloc', line);
  return to;
}

/** A copy of `size` bytes, or of a string of at most `limit` characters, which then ends in NUL. */
function* duplicate(k: MachineThread, from: Ptr, size: number, gfp: number, name: string, line: number): Running<Ptr> {
  const to = yield* kmalloc(k, BigInt(size), gfp, name, line);
  if (to !== 0 && to !== ZERO_SIZE_PTR) yield* k.copy(to, from, size, line);
  return to;
}

function* kstrdup(k: MachineThread, s: Ptr, limit: number, gfp: number, name: string, line: number): Running<Ptr> {
  if (s === 0) return 0;
  // The kernel's strlen() may look at each byte in a step of its own; here the length is found in one.
  yield* k.step(`strlen for ${name}`, s, line);
  const length = k.watch(() => {
    let bytes = 0;
    for (; bytes < limit; bytes++) {
      k.touch(s + bytes, 1, line);
      if (k.around.memory.read(s + bytes, 'u8') === 0) break;
    }
    return bytes;
  });
  k.around.sink.clock++;
  const to = yield* kmalloc(k, BigInt(length + 1), gfp, name, line);
  if (to === 0) return 0;
  if (length > 0) yield* k.copy(to, s, length, line);
  yield* k.store(to + length, 'u8', 0, line);
  return to;
}

function cacheAt(k: MachineThread, p: Ptr, name: string, line: number): SlabCache {
  const cache = heapOf(k).byAddress.get(p);
  return cache ?? k.bug(`${name}: ${hexAddress(p)} is no kmem_cache`, line, p);
}

function* createCache(
  k: MachineThread,
  label: Ptr,
  size: number,
  align: number,
  flags: number,
  ctor: Ptr,
  line: number,
): Running<Ptr> {
  const heap = heapOf(k);
  const p = yield* allocateObject(k, heap.caches, SIZE_OF_CACHE, GFP_KERNEL | ___GFP_ZERO, 'kmem_cache_create', line);
  if (p === 0) return 0;
  k.touch(label, 1, line);
  heap.byAddress.set(p, newCache(k.around.memory.cstring(label) ?? 'kmem_cache', size, align, flags, ctor));
  return p;
}

const CREATE = 'const char *name, unsigned int size, unsigned int align, slab_flags_t flags';

const cacheAlloc = (name: string, rest: string, extra = 0): Primitive =>
  visible(
    `void *${name}(struct kmem_cache *s, ${rest})`,
    'mm/slub.c',
    function* (k: MachineThread, s: Ptr, ...args: number[]) {
      const line = args[args.length - 1]!;
      const gfp = rest.startsWith('struct') ? args[1]! : args[0]!;
      const cache = cacheAt(k, s, name, line);
      return yield* allocateObject(k, cache, cache.size, gfp | extra, name, line);
    },
  );

const cachePrimitives: readonly Primitive[] = [
  visible(`struct kmem_cache *kmem_cache_create(${CREATE}, void (*ctor)(void *))`, 'mm/slab_common.c', createCache),
  visible(
    `struct kmem_cache *kmem_cache_create_usercopy(${CREATE}, unsigned int useroffset, unsigned int usersize, void (*ctor)(void *))`,
    'mm/slab_common.c',
    (k: MachineThread, name: Ptr, size: number, align: number, flags: number, ...rest: number[]) =>
      createCache(k, name, size, align, flags, rest[2]!, rest[3]!),
  ),
  cacheAlloc('kmem_cache_alloc', 'gfp_t flags'),
  cacheAlloc('kmem_cache_alloc_lru', 'struct list_lru *lru, gfp_t flags'),
  cacheAlloc('kmem_cache_alloc_node', 'gfp_t flags, int node'),
  cacheAlloc('kmem_cache_zalloc', 'gfp_t flags', ___GFP_ZERO),
  visible(
    'void kmem_cache_free(struct kmem_cache *s, void *p)',
    'mm/slub.c',
    function* (k: MachineThread, s: Ptr, p: Ptr, line: number) {
      const cache = cacheAt(k, s, 'kmem_cache_free', line);
      const object = objectAt(k, p);
      if (object && object.freedBy === undefined && object.cache !== cache)
        k.warn(`kmem_cache_free: wrong cache ${cache.name}, the object is from ${object.kind}`, line);
      yield* giveBack(k, p, 'kmem_cache_free', line);
    },
  ),
  visible(
    'void kmem_cache_destroy(struct kmem_cache *s)',
    'mm/slab_common.c',
    function* (k: MachineThread, s: Ptr, line: number) {
      if (s === 0) return;
      mightSleep(k, 'kmem_cache_destroy', line);
      const cache = cacheAt(k, s, 'kmem_cache_destroy', line);
      yield* dissolve(k, cache, 'kmem_cache_destroy', line);
      heapOf(k).byAddress.delete(s);
      yield* giveBack(k, s, 'kmem_cache_destroy', line);
    },
  ),
  plain(
    'unsigned int kmem_cache_size(struct kmem_cache *s)',
    'mm/slab_common.c',
    (k: MachineThread, s: Ptr, line: number) => cacheAt(k, s, 'kmem_cache_size', line).size,
  ),
];

/** kmalloc and its kin, slab caches and vmalloc: objects whose bounds and life are checked at every access. */
export const heapPrimitives: readonly Primitive[] = [
  ...kmallocs('kmalloc __kmalloc kmalloc_track_caller', SIZE),
  ...kmallocs('kmalloc_node __kmalloc_node', SIZE_NODE),
  ...kmallocs('kzalloc', SIZE, ___GFP_ZERO),
  ...kmallocs('kzalloc_node', SIZE_NODE, ___GFP_ZERO),
  ...kmallocs('kmalloc_array', ARRAY),
  ...kmallocs('kmalloc_array_node', ARRAY_NODE),
  ...kmallocs('kcalloc', ARRAY, ___GFP_ZERO),
  ...kmallocs('kcalloc_node', ARRAY_NODE, ___GFP_ZERO),
  // kvmalloc() tries kmalloc() first; what that cannot give is more than vmalloc() has here.
  ...kmallocs('kvmalloc', SIZE),
  ...kmallocs('kvmalloc_node', SIZE_NODE),
  ...kmallocs('kvzalloc', SIZE, ___GFP_ZERO),
  ...kmallocs('kvzalloc_node', SIZE_NODE, ___GFP_ZERO),
  ...kmallocs('kvmalloc_array', ARRAY),
  ...kmallocs('kvcalloc', ARRAY, ___GFP_ZERO),
  ...vmallocs('vmalloc', BYTES),
  ...vmallocs('vzalloc', BYTES, ___GFP_ZERO),
  ...vmallocs('vmalloc_node', BYTES_NODE),
  ...vmallocs('vzalloc_node', BYTES_NODE, ___GFP_ZERO),
  ...vmallocs('__vmalloc', { ...BYTES, parameters: 'unsigned long size, gfp_t gfp', gfp: 1 }),
  ...['kfree', 'kfree_sensitive'].map(n => freeing(n, 'mm/slab_common.c')),
  freeing('vfree', VMALLOC_FILE, 'vmalloc'),
  freeing('kvfree', UTIL),
  visible('void *krealloc(const void *p, size_t size, gfp_t flags)', 'mm/slab_common.c', krealloc),
  plain('size_t ksize(const void *p)', 'mm/slab_common.c', ksize),
  plain('bool is_vmalloc_addr(const void *p)', VMALLOC_FILE, (k: MachineThread, p: Ptr) =>
    (p >= VMALLOC && p < VMEMMAP) || objectAt(k, p)?.kind === 'vmalloc' ? 1 : 0,
  ),
  plain(
    'struct page *vmalloc_to_page(const void *p)',
    VMALLOC_FILE,
    (_k: MachineThread, p: Ptr) => VMEMMAP + Math.floor((p - DIRECT_MAP) / PAGE_SIZE) * 64,
  ),
  visible(
    'void *kmemdup(const void *p, size_t size, gfp_t flags)',
    UTIL,
    (k: MachineThread, p: Ptr, size: bigint, gfp: number, line: number) =>
      duplicate(k, p, Number(size), gfp, 'kmemdup', line),
  ),
  visible('char *kstrdup(const char *s, gfp_t flags)', UTIL, (k: MachineThread, s: Ptr, gfp: number, line: number) =>
    kstrdup(k, s, Number.POSITIVE_INFINITY, gfp, 'kstrdup', line),
  ),
  visible(
    'char *kstrndup(const char *s, size_t max, gfp_t flags)',
    UTIL,
    (k: MachineThread, s: Ptr, max: bigint, gfp: number, line: number) =>
      kstrdup(k, s, Number(max), gfp, 'kstrndup', line),
  ),
  ...cachePrimitives,
];
