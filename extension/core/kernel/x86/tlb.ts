import type { Ptr, Running } from '../../machine/abi.ts';
import { DIRECT_MAP, hexAddress, PAGE_SIZE } from '../../machine/layout.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf, onMachine, plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';

const TLB = 'arch/x86/mm/tlb.c';
const SPECIAL = 'arch/x86/include/asm/special_insns.h';
const CPUFEATURE = 'arch/x86/include/asm/cpufeature.h';

const cr3 = onMachine<{ root: Ptr | undefined }>(() => ({ root: undefined }));

/** The top page table that load_cr3() has named on a machine; undefined before. */
export const tableRoot = (machine: Machine): Ptr | undefined => cr3(machine).root;

const signed = (address: bigint): Ptr => Number(BigInt.asIntN(64, address));

function* flush(k: MachineThread, start: bigint, end: bigint, line: number): Running<void> {
  const from = signed(start);
  const size = Number(BigInt.asUintN(64, end - start));
  yield* k.event('tlbflush', `${hexAddress(from)}-${hexAddress(signed(end))}`, line, from, size);
}

function* flushAll(k: MachineThread, line: number): Running<void> {
  yield* k.event('tlbflush', 'all', line);
}

const flushOne = (name: string): Primitive =>
  visible(`void ${name}(unsigned long addr)`, TLB, function* (k: MachineThread, addr: bigint, line: number) {
    yield* flush(k, addr, addr + BigInt(PAGE_SIZE), line);
  });

function* loadRoot(k: MachineThread, root: Ptr, line: number): Running<void> {
  cr3(machineOf(k)).root = root;
  yield* k.event('tlbflush', `all: the page tables at ${hexAddress(root)} are loaded`, line, root);
}

const feature = (name: string, signature: string): Primitive =>
  plain(signature.replace('NAME', name), CPUFEATURE, (k: MachineThread, ...args: unknown[]) =>
    machineOf(k).cpuFeatures.has(Number(args[args.length - 2])) ? 1 : 0,
  );

/** The TLB, CR3 and what the processor has. Kernel mappings are global: one flush is for all processors. */
export const tlbPrimitives: readonly Primitive[] = [
  visible('void flush_tlb_kernel_range(unsigned long start, unsigned long end)', TLB, flush),
  ...['flush_tlb_all', '__flush_tlb_all', 'flush_tlb_local'].map(n => visible(`void ${n}(void)`, TLB, flushAll)),
  ...['flush_tlb_one_kernel', 'flush_tlb_one_user'].map(flushOne),
  visible('void load_cr3(pgd_t *pgdir)', 'arch/x86/include/asm/processor.h', loadRoot),
  visible(
    'void native_write_cr3(unsigned long value)',
    SPECIAL,
    function* (k: MachineThread, cr3: bigint, line: number) {
      yield* loadRoot(k, DIRECT_MAP + Number(cr3 & ~0xfffn & 0x000fffffffffffffn), line);
    },
  ),
  ...['boot_cpu_has', 'static_cpu_has', 'cpu_feature_enabled', 'this_cpu_has'].map(n =>
    feature(n, 'bool NAME(int bit)'),
  ),
];
