import { DIRECT_MAP, PAGE_SIZE, VMEMMAP } from '../machine/layout.ts';

/** include/linux/mm_types.h on x86-64. */
const STRUCT_PAGE = 64;
/** Bits of a page-table entry that are its page frame's address (arch/x86/include/asm/pgtable_types.h). */
const FRAME_BITS = 0x000ffffffffff000n;

interface Frame {
  readonly thread: number;
  /** Where it was allocated. */
  readonly site: string;
}

/**
 * Page frames that a thread has allocated in this execution and whose address it has not put anywhere yet where another thread
 * could find it. Nobody else can tell when such memory, or its struct page, is accessed.
 *
 * An address is found in what is stored in whatever form memory management has it: a pointer into the direct map, a struct page
 * pointer, a page frame number, an entry of a page table. One that is hidden in another form is found out when another thread
 * uses it: `surprised`.
 */
export class Unpublished {
  private readonly frames = new Map<number, Frame>();

  get size(): number {
    return this.frames.size;
  }

  clear(): void {
    this.frames.clear();
  }

  add(thread: number, pfn: number, count: number, site: string): void {
    for (let i = 0; i < count; i++) this.frames.set(pfn + i, { thread, site });
  }

  remove(pfn: number, count: number): void {
    for (let i = 0; i < count; i++) this.frames.delete(pfn + i);
  }

  /** The frame that an address lies in, or whose struct page it lies in; undefined: none of these. */
  at(p: number): Frame | undefined {
    return this.frames.get(frameOf(p));
  }

  /** A value has been stored where others can see it: what it names is no longer unpublished, nor what is named there. */
  published(value: number | bigint, read: (p: number) => bigint): void {
    for (const pfn of framesNamed(value)) {
      if (!this.frames.delete(pfn)) continue;
      const start = DIRECT_MAP + pfn * PAGE_SIZE;
      for (let at = 0; at < PAGE_SIZE && this.frames.size > 0; at += 8) {
        const word = read(start + at);
        if (word !== 0n) this.published(word, read);
      }
    }
  }
}

function frameOf(p: number): number {
  if (p >= VMEMMAP) return Math.floor((p - VMEMMAP) / STRUCT_PAGE);
  return Math.floor((p - DIRECT_MAP) / PAGE_SIZE);
}

/** Frames that a value may name, in any of the forms. */
function framesNamed(value: number | bigint): number[] {
  const pointer = typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : value;
  const bits = typeof value === 'bigint' ? value : BigInt(value);
  const entry = Number((BigInt.asUintN(64, bits) & FRAME_BITS) >> 12n);
  return [frameOf(pointer), pointer, entry];
}
