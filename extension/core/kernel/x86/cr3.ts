import type { Ptr, Running } from '../../machine/abi.ts';
import { DIRECT_MAP, hexAddress, KERNEL_MAP, PAGE_SIZE } from '../../machine/layout.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf, plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { contextOf } from '../sched/context.ts';
import { tableRoot } from './tlb.ts';

const TLB = 'arch/x86/mm/tlb.c';
const TLB_FLUSH_ALL = 0xffffffffffffffffn;

const signed = (address: bigint): Ptr => Number(BigInt.asIntN(64, address));

/** CR3 with PCIDs off: the physical address of the top page table; 0 before one has been loaded. */
function readRoot(k: MachineThread): bigint {
  const root = tableRoot(machineOf(k));
  if (root === undefined) return 0n;
  return BigInt(root >= KERNEL_MAP ? root - KERNEL_MAP : root - DIRECT_MAP);
}

/** A flush of user mappings. Others' processors are told by interrupts, which must be on (flush_tlb_mm_range). */
function* flushUser(k: MachineThread, start: bigint, end: bigint, name: string, line: number): Running<void> {
  if (contextOf(k).irqsOff) k.warn(`${name} with interrupts disabled`, line);
  if (end === TLB_FLUSH_ALL) {
    yield* k.event('tlbflush', 'all', line);
    return;
  }
  const from = signed(start);
  yield* k.event('tlbflush', `${hexAddress(from)}-${hexAddress(signed(end))}`, line, from, Number(end - start));
}

/** Reads of CR3, and flushes of one mm: no processor here has another mm's entries to keep. */
export const cr3Primitives: readonly Primitive[] = [
  ...['__native_read_cr3', '__read_cr3', 'read_cr3_pa', 'native_read_cr3_pa'].map(n =>
    plain(`unsigned long ${n}(void)`, 'arch/x86/include/asm/special_insns.h', readRoot),
  ),
  visible(
    'void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned int stride_shift, bool freed_tables)',
    TLB,
    (k: MachineThread, _mm: Ptr, start: bigint, end: bigint, _stride: number, _freed: number, line: number) =>
      flushUser(k, start, end, 'flush_tlb_mm_range', line),
  ),
  visible(
    'void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)',
    'arch/x86/include/asm/tlbflush.h',
    (k: MachineThread, _vma: Ptr, addr: bigint, line: number) =>
      flushUser(k, addr, addr + BigInt(PAGE_SIZE), 'flush_tlb_page', line),
  ),
];
