import type { Ptr, Running } from '../../machine/abi.ts';
import { DIRECT_MAP, hexAddress, IMAGE_PHYS_END, IMAGE_PHYS_START, PAGE_SIZE, VMEMMAP } from '../../machine/layout.ts';
import { type Journal, UndoMap } from '../../machine/rewind.ts';
import { COMMON_MEMORY } from '../../machine/sharing.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf, perMachine, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { mightSleep } from '../sched/context.ts';

const PAGE_ALLOC = 'mm/page_alloc.c';

/** include/linux/gfp_types.h. */
const ___GFP_DIRECT_RECLAIM = 0x400;
const ___GFP_ZERO = 0x100;
/** struct page on x86-64 (include/linux/mm_types.h): flags, …, _mapcount, _refcount. */
const STRUCT_PAGE = 64;
const MAPCOUNT = 48;
const REFCOUNT = 52;
/** MAX_ORDER - 1 of 6.1: the largest block of the buddy allocator. */
const LARGEST_ORDER = 10;
/** What a page holds that nobody has written: in a kernel, anything. */
const POISON = 0xaa;
/** The BIOS's first MiB is never handed out. */
const FIRST_PFN = 0x100;

/** A block of pages that has been handed out and not given back, by its first page frame number. */
export interface LivePages {
  readonly pfn: number;
  readonly count: number;
  /** Who asked for it: `remap0 at mm/hugetlb_vmemmap.c:52`. */
  readonly by: string;
}

class PageState {
  readonly live: Map<number, LivePages>;
  /** Every frame that is out, to the block that it belongs to. */
  readonly blockOf: Map<number, number>;
  next = FIRST_PFN;
  /** By thread: the next of its own frames. */
  readonly own = new Map<number, number>();

  constructor(journal: Journal) {
    this.live = new UndoMap(journal);
    this.blockOf = new UndoMap(journal);
  }
}
const stateOf = perMachine(machine => new PageState(machine.journal));

/** What is out now, in order of address. */
export const livePages = (k: MachineThread): LivePages[] => [...stateOf(k).live.values()].sort((a, b) => a.pfn - b.pfn);

const whoIs = (k: MachineThread, line: number): string => `${k.name} at ${k.function?.file ?? ''}:${line}`;
const inImage = (pfn: number, count: number): boolean =>
  pfn * PAGE_SIZE < IMAGE_PHYS_END && (pfn + count) * PAGE_SIZE > IMAGE_PHYS_START;

/**
 * Frames that a thread takes first, from the top of memory down: the addresses that it gets do not depend on what others took
 * before, so that allocations of different threads commute. It stands for the per-CPU lists of the page allocator.
 */
const OWN_FRAMES = 4096;

const firstOwn = (k: MachineThread): number => machineOf(k).pageFrames - (k.index + 1) * OWN_FRAMES;
const alignedFrom = (next: number, order: number): number => Math.ceil(next / 2 ** order) * 2 ** order;

function roomOfItsOwn(k: MachineThread, order: number): boolean {
  const first = firstOwn(k);
  if (k.index < 0 || first < machineOf(k).pageFrames / 2) return false;
  const next = stateOf(k).own.get(k.index) ?? first;
  return alignedFrom(next, order) + 2 ** order <= first + OWN_FRAMES;
}

/** The next block of 2^order frames, aligned as the buddy allocator aligns them; undefined when memory is out. */
function takeBlock(k: MachineThread, order: number): number | undefined {
  const state = stateOf(k);
  const count = 2 ** order;
  // Frames are not handed out a second time: what was freed stays refused, so that its late users are found.
  if (roomOfItsOwn(k, order)) {
    const pfn = alignedFrom(state.own.get(k.index) ?? firstOwn(k), order);
    state.own.set(k.index, pfn + count);
    return pfn;
  }
  let pfn = alignedFrom(state.next, order);
  if (inImage(pfn, count)) pfn = alignedFrom(IMAGE_PHYS_END / PAGE_SIZE, order);
  if (pfn + count > machineOf(k).pageFrames) return undefined;
  state.next = pfn + count;
  return pfn;
}

const poison = new Uint8Array(PAGE_SIZE).fill(POISON);

/** Hands out a block: gives its first frame, or undefined when there is none. A visible step. */
export function* allocatePages(
  k: MachineThread,
  gfp: number,
  order: number,
  name: string,
  line: number,
): Running<number | undefined> {
  if (gfp & ___GFP_DIRECT_RECLAIM) mightSleep(k, name, line);
  // Memory of its own is nobody else's business; what all have in common is given out first come, first served.
  if (roomOfItsOwn(k, order)) {
    const first = alignedFrom(stateOf(k).own.get(k.index) ?? firstOwn(k), order);
    // Frames that nobody has had yet in this execution; another thread that touches them is wild.
    k.around.sharing?.allocated(k.index, first, 2 ** order, k.placeOf(line));
    k.around.sharing?.accessed(k.index, DIRECT_MAP + first * PAGE_SIZE, PAGE_SIZE * 2 ** order, true);
    yield* k.access(name, VMEMMAP + first * STRUCT_PAGE, STRUCT_PAGE * 2 ** order, true, line);
  } else yield* k.access(name, COMMON_MEMORY, 8, true, line);
  const pfn = order > LARGEST_ORDER ? undefined : takeBlock(k, order);
  if (pfn === undefined) {
    k.around.sink.note(k, 'alloc', line, `order ${order}: no memory`);
    return undefined;
  }
  const machine = machineOf(k);
  const state = stateOf(k);
  const { memory } = machine;
  state.live.set(pfn, Object.freeze({ pfn, count: 2 ** order, by: whoIs(k, line) }));
  for (let i = 0; i < 2 ** order; i++) {
    machine.allocated.set(pfn + i, true);
    machine.freed.delete(pfn + i);
    state.blockOf.set(pfn + i, pfn);
    if (!(gfp & ___GFP_ZERO)) memory.writeBytes(DIRECT_MAP + (pfn + i) * PAGE_SIZE, poison);
    const page = VMEMMAP + (pfn + i) * STRUCT_PAGE;
    memory.fill(page, 0, STRUCT_PAGE);
    memory.write(page + MAPCOUNT, 'i32', -1);
    // Of a block without __GFP_COMP only the head has a reference (prep_new_page).
    memory.write(page + REFCOUNT, 'i32', i === 0 ? 1 : 0);
  }
  const size = PAGE_SIZE * 2 ** order;
  k.around.sink.note(k, 'alloc', line, `order ${order}, pfn 0x${pfn.toString(16)}`, DIRECT_MAP + pfn * PAGE_SIZE, size);
  return pfn;
}

/** Takes a block, or a page of a split one, back. A visible step; a bug when it is not out. */
export function* giveBackPages(
  k: MachineThread,
  pfn: number,
  order: number,
  name: string,
  line: number,
): Running<void> {
  yield* k.access(name, DIRECT_MAP + pfn * PAGE_SIZE, PAGE_SIZE * 2 ** order, true, line);
  returnPages(k, pfn, order, name, line);
}

function returnPages(k: MachineThread, pfn: number, order: number, name: string, line: number): void {
  const machine = machineOf(k);
  const state = stateOf(k);
  const at = DIRECT_MAP + pfn * PAGE_SIZE;
  const block = state.live.get(pfn);
  if (!block) {
    const before = machine.freed.get(pfn);
    const inside = state.blockOf.get(pfn);
    if (before !== undefined) k.bug(`double free of page frame 0x${pfn.toString(16)}: ${before}`, line, at);
    if (inside !== undefined)
      k.bug(`a page inside the block at page frame 0x${inside.toString(16)} is freed on its own`, line, at);
    k.bug(`page frame 0x${pfn.toString(16)} is freed, which was never allocated`, line, at);
  }
  if (block.count !== 2 ** order)
    k.bug(`${name}: order ${order} for a block of ${block.count} pages, allocated by ${block.by}`, line, at);
  k.around.sharing?.released(pfn, block.count);
  state.live.delete(pfn);
  for (let i = 0; i < block.count; i++) {
    state.blockOf.delete(pfn + i);
    machine.allocated.delete(pfn + i);
    machine.freed.set(pfn + i, `freed by ${whoIs(k, line)}`);
    machine.memory.forget(Math.floor(DIRECT_MAP / PAGE_SIZE) + pfn + i);
    machine.memory.write(VMEMMAP + (pfn + i) * STRUCT_PAGE + REFCOUNT, 'i32', 0);
  }
  k.around.sink.note(k, 'free', line, `order ${order}, pfn 0x${pfn.toString(16)}`, at, PAGE_SIZE * block.count);
}

/**
 * __free_pages(): drops the caller's reference; the block goes back with the last one (put_page_testzero). Somebody who
 * still has a reference keeps it.
 */
function* dropPages(k: MachineThread, pfn: number, order: number, name: string, line: number): Running<void> {
  const at = VMEMMAP + pfn * STRUCT_PAGE + REFCOUNT;
  k.arrive(name, at, line);
  const { sharing } = k.around;
  const counted = sharing?.accessed(k.index, at, 4, true) ?? true;
  const freed = sharing?.accessed(k.index, DIRECT_MAP + pfn * PAGE_SIZE, PAGE_SIZE * 2 ** order, true) ?? true;
  if (counted || freed) yield;
  k.steps++;
  const references = k.around.memory.read(at, 'i32');
  if (references > 1) {
    k.around.memory.write(at, 'i32', references - 1);
    if (counted) k.around.sink.write(k, line, at, 'i32', references, references - 1, name);
    return;
  }
  if (sharing && counted) k.around.sink.note(k, 'write', line, name, at, 4);
  returnPages(k, pfn, order, name, line);
}

/** A block of order n becomes 2^n pages that are given back one by one. */
function splitPages(k: MachineThread, page: Ptr, order: number, line: number): void {
  const state = stateOf(k);
  const pfn = pfnOf(k, page, line);
  const block = state.live.get(pfn);
  const whole = block?.count === 2 ** order;
  // Only a kernel with DEBUG_VM stops here; any other gives every page a reference all the same.
  if (!whole)
    k.warn(
      `split_page of order ${order}: no such block is out, page frame 0x${pfn.toString(16)} is split already`,
      line,
    );
  for (let i = 0; i < 2 ** order; i++) {
    if (whole) {
      state.live.set(pfn + i, Object.freeze({ pfn: pfn + i, count: 1, by: block.by }));
      state.blockOf.set(pfn + i, pfn + i);
    }
    if (i > 0) k.around.memory.write(VMEMMAP + (pfn + i) * STRUCT_PAGE + REFCOUNT, 'i32', 1);
  }
}

function pfnOf(k: MachineThread, page: Ptr, line: number): number {
  const pfn = (page - VMEMMAP) / STRUCT_PAGE;
  if (!Number.isInteger(pfn) || pfn < 0 || pfn >= machineOf(k).pageFrames)
    k.bug(`${hexAddress(page)} is no struct page`, line, page);
  return pfn;
}

/** What __get_free_pages gives: the direct-map address as an unsigned long, 0 for none. */
const virtual = (pfn: number | undefined): bigint =>
  pfn === undefined ? 0n : BigInt.asUintN(64, BigInt(DIRECT_MAP + pfn * PAGE_SIZE));
const frameAt = (k: MachineThread, address: bigint, line: number): number => {
  const p = Number(BigInt.asIntN(64, address));
  const pfn = (p - DIRECT_MAP) / PAGE_SIZE;
  if (!Number.isInteger(pfn) || pfn < 0 || pfn >= machineOf(k).pageFrames)
    k.bug(`${hexAddress(p)} is freed, which is no page of the direct map`, line, p);
  return pfn;
};
const pageOf = (pfn: number | undefined): Ptr => (pfn === undefined ? 0 : VMEMMAP + pfn * STRUCT_PAGE);

/** `struct page *name(gfp, …)`: `order` and `gfp` say which arguments they are. */
const pages = (signature: string, name: string, gfp: number, order: number | undefined): Primitive =>
  visible(`struct page *${signature}`, PAGE_ALLOC, function* (k: MachineThread, ...args: number[]) {
    const line = args[args.length - 1]!;
    return pageOf(yield* allocatePages(k, args[gfp]!, order === undefined ? 0 : args[order]!, name, line));
  });

const address = (signature: string, name: string, extra: number, order: number | undefined): Primitive =>
  visible(`unsigned long ${signature}`, PAGE_ALLOC, function* (k: MachineThread, ...args: number[]) {
    const line = args[args.length - 1]!;
    return virtual(yield* allocatePages(k, args[0]! | extra, order === undefined ? 0 : args[order]!, name, line));
  });

const freePage = (name: string): Primitive =>
  visible(`void ${name}(struct page *page)`, PAGE_ALLOC, function* (k: MachineThread, page: Ptr, line: number) {
    yield* dropPages(k, pfnOf(k, page, line), 0, name, line);
  });
const freePages = (name: string): Primitive =>
  visible(
    `void ${name}(struct page *page, unsigned int order)`,
    PAGE_ALLOC,
    function* (k: MachineThread, page: Ptr, order: number, line: number) {
      yield* dropPages(k, pfnOf(k, page, line), order, name, line);
    },
  );

/** The page allocator: deterministic, first come first served, nothing handed out twice. */
export const pagePrimitives: readonly Primitive[] = [
  pages('alloc_pages(gfp_t gfp, unsigned int order)', 'alloc_pages', 0, 1),
  pages('alloc_page(gfp_t gfp)', 'alloc_page', 0, undefined),
  pages('alloc_pages_node(int nid, gfp_t gfp, unsigned int order)', 'alloc_pages_node', 1, 2),
  pages('__alloc_pages_node(int nid, gfp_t gfp, unsigned int order)', '__alloc_pages_node', 1, 2),
  address('__get_free_pages(gfp_t gfp, unsigned int order)', '__get_free_pages', 0, 1),
  address('__get_free_page(gfp_t gfp)', '__get_free_page', 0, undefined),
  address('get_zeroed_page(gfp_t gfp)', 'get_zeroed_page', ___GFP_ZERO, undefined),
  freePages('__free_pages'),
  // Who calls this one has dropped the last reference already.
  visible(
    'void free_unref_page(struct page *page, unsigned int order)',
    PAGE_ALLOC,
    function* (k: MachineThread, page: Ptr, order: number, line: number) {
      yield* giveBackPages(k, pfnOf(k, page, line), order, 'free_unref_page', line);
    },
  ),
  freePage('__free_page'),
  visible(
    'void free_pages(unsigned long addr, unsigned int order)',
    PAGE_ALLOC,
    function* (k: MachineThread, addr: bigint, order: number, line: number) {
      if (addr !== 0n) yield* dropPages(k, frameAt(k, addr, line), order, 'free_pages', line);
    },
  ),
  visible('void free_page(unsigned long addr)', PAGE_ALLOC, function* (k: MachineThread, addr: bigint, line: number) {
    if (addr !== 0n) yield* dropPages(k, frameAt(k, addr, line), 0, 'free_page', line);
  }),
  visible(
    'void split_page(struct page *page, unsigned int order)',
    PAGE_ALLOC,
    function* (k: MachineThread, page: Ptr, order: number, line: number) {
      yield* k.access('split_page', page, STRUCT_PAGE * 2 ** order, true, line);
      splitPages(k, page, order, line);
      k.around.sink.clock++;
    },
  ),
];
