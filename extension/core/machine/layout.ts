import type { Ptr } from './abi.ts';

/**
 * The address space of x86-64 with 4-level page tables and no KASLR (Documentation/arch/x86/x86_64/mm.rst), as signed
 * 64-bit addresses.
 */
export const PAGE_SIZE = 4096;
/** 0xffff888000000000: all of physical memory. */
export const DIRECT_MAP: Ptr = -0x778000000000;
/** 0xffffc90000000000: vmalloc area; the threads' stacks live here (CONFIG_VMAP_STACK). */
export const VMALLOC: Ptr = -0x370000000000;
/** 0xffffea0000000000: the array of struct page, indexed by page frame number. */
export const VMEMMAP: Ptr = -0x160000000000;
/** 0xffffffff80000000, __START_KERNEL_map: the kernel image is mapped here, physical address 0 first. */
export const KERNEL_MAP: Ptr = -0x80000000;
/** 0xffffffff81000000: functions, 16 bytes each. */
export const TEXT: Ptr = -0x7f000000;
/** 0xffffffff82000000: const objects and string literals. */
export const RODATA: Ptr = -0x7e000000;
/** 0xffffffff83000000: all other globals. */
export const DATA: Ptr = -0x7d000000;
/** 0xffffffff85000000: the end of the image. */
export const IMAGE_END: Ptr = -0x7b000000;

/** The physical address range of the image: the direct map shows the same memory there. */
export const IMAGE_PHYS_START = TEXT - KERNEL_MAP;
export const IMAGE_PHYS_END = IMAGE_END - KERNEL_MAP;

/** An address as the kernel prints it: 0x and 16 digits. Exact for every canonical address. */
export function hexAddress(p: Ptr): string {
  const high = Math.floor(p / 0x100000000);
  const low = p - high * 0x100000000;
  return `0x${(high >>> 0).toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}
