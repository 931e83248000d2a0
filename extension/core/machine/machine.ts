import type { Callable, FunctionInfo, Ptr, Scalar } from './abi.ts';
import type { EventSink } from './events.ts';
import {
  DATA,
  DIRECT_MAP,
  hexAddress,
  IMAGE_END,
  IMAGE_PHYS_END,
  IMAGE_PHYS_START,
  KERNEL_MAP,
  PAGE_SIZE,
  RODATA,
  TEXT,
  VMALLOC,
  VMEMMAP,
} from './layout.ts';
import { LockTable } from './lockTable.ts';
import { Memory, newPage, type Page } from './memory.ts';
import { MachineThread, STACK_SIZE, type Surroundings } from './thread.ts';

export interface MachineOptions {
  readonly sink: EventSink;
  /** Loop rounds without a visible step before the run is stopped. */
  readonly tickLimit?: number;
}

interface Named {
  readonly name: string;
  readonly address: Ptr;
  readonly size: number;
  readonly describe: ((offset: number) => string) | undefined;
}

const TICKS = 50_000_000;
/** Bytes of a struct page on x86-64 (include/linux/mm_types.h). */
const STRUCT_PAGE = 64;

/**
 * One computer: memory laid out as x86-64 Linux lays it out, the functions and objects of a program in it, threads.
 *
 * Addresses are given out in order, so that the same program has the same addresses on every machine.
 */
export class Machine implements Surroundings {
  readonly memory = new Memory(number => this.pageOf(number));
  readonly sink: EventSink;
  readonly locks = new LockTable(p => this.nameOf(p));
  readonly tickLimit: number;
  readonly threads: MachineThread[] = [];
  /** Page frame numbers that the allocator has handed out; the direct map and the vmemmap show only these. */
  readonly allocated = new Set<number>();
  private readonly functions: { readonly info: FunctionInfo; readonly run: Callable }[] = [];
  private readonly objects: Named[] = [];
  private readonly image = new Map<number, Page>();
  private readonly stacks = new Map<number, Page>();
  private nextConst: Ptr = RODATA;
  private nextData: Ptr = DATA;
  private readonly strings = new Map<string, Ptr>();

  constructor(options: MachineOptions) {
    this.sink = options.sink;
    this.tickLimit = options.tickLimit ?? TICKS;
  }

  defineFunction(info: FunctionInfo, run: Callable): Ptr {
    this.functions.push({ info, run });
    return TEXT + (this.functions.length - 1) * 16;
  }

  functionAt(p: Ptr): Callable | undefined {
    const index = (p - TEXT) / 16;
    return Number.isInteger(index) ? this.functions[index]?.run : undefined;
  }

  /** `split_vmemmap_huge_pmd+0x0`, as %pS prints it; undefined for what is no function. */
  symbolAt(p: Ptr): string | undefined {
    const info = this.functions[Math.floor((p - TEXT) / 16)]?.info;
    return info && p >= TEXT
      ? `${info.name}+0x${(p - TEXT - Math.floor((p - TEXT) / 16) * 16).toString(16)}`
      : undefined;
  }

  defineGlobal(
    name: string,
    size: number,
    align: number,
    options: { const: boolean; describe?: (offset: number) => string },
  ): Ptr {
    const step = Math.max(align, 1);
    const at = Math.ceil((options.const ? this.nextConst : this.nextData) / step) * step;
    if (options.const) this.nextConst = at + size;
    else this.nextData = at + size;
    this.objects.push({ name, address: at, size, describe: options.describe });
    return at;
  }

  /** A string constant, NUL added; the same text has one address. */
  string(bytes: string): Ptr {
    const known = this.strings.get(bytes);
    if (known !== undefined) return known;
    const at = this.nextConst;
    this.nextConst += bytes.length + 1;
    this.strings.set(bytes, at);
    for (let i = 0; i < bytes.length; i++) this.memory.write(at + i, 'u8', bytes.charCodeAt(i));
    return at;
  }

  poke(p: Ptr, scalar: Scalar, value: number | bigint): void {
    this.memory.write(p, scalar, value);
  }

  peek(p: Ptr, scalar: Scalar): number | bigint {
    return this.memory.read(p, scalar);
  }

  /** What is at an address, as people write it: `init_mm.page_table_lock`; the address itself for what has no name. */
  nameOf(p: Ptr): string {
    const object = this.objects.find(o => p >= o.address && p < o.address + o.size);
    if (object)
      return (
        object.describe?.(p - object.address) ??
        (p === object.address ? object.name : `${object.name}+${p - object.address}`)
      );
    return this.symbolAt(p) ?? hexAddress(p);
  }

  thread(name: string): MachineThread {
    const index = this.threads.length;
    // A page that nothing is mapped at stands between two stacks, as CONFIG_VMAP_STACK has it.
    const thread = new MachineThread(index, name, VMALLOC + index * (STACK_SIZE + PAGE_SIZE), this);
    this.threads.push(thread);
    return thread;
  }

  private pageOf(number: number): Page | undefined {
    const p = number * PAGE_SIZE;
    if (p >= KERNEL_MAP && p < IMAGE_END) return p >= TEXT ? this.imagePage(number) : undefined;
    if (p >= VMALLOC && p < VMALLOC + this.threads.length * (STACK_SIZE + PAGE_SIZE)) {
      if ((p - VMALLOC) % (STACK_SIZE + PAGE_SIZE) >= STACK_SIZE) return undefined;
      return kept(this.stacks, number, () => newPage());
    }
    if (p >= DIRECT_MAP && p < VMALLOC) {
      const physical = p - DIRECT_MAP;
      if (physical >= IMAGE_PHYS_START && physical < IMAGE_PHYS_END)
        return this.imagePage((physical + KERNEL_MAP) / PAGE_SIZE);
      return this.allocated.has(physical / PAGE_SIZE) ? newPage() : undefined;
    }
    // struct pages: as much of the array as describes pages that were handed out.
    if (p >= VMEMMAP && p < KERNEL_MAP)
      return newPage(false, (offset, size) => this.checkStructPage(p - VMEMMAP + offset, size));
    return undefined;
  }

  private checkStructPage(offset: number, size: number): string | undefined {
    const first = Math.floor(offset / STRUCT_PAGE);
    const last = Math.floor((offset + size - 1) / STRUCT_PAGE);
    for (let pfn = first; pfn <= last; pfn++)
      if (!this.allocated.has(pfn)) return `access to the struct page of pfn ${pfn}, which nobody has allocated,`;
    return undefined;
  }

  private imagePage(number: number): Page {
    const p = number * PAGE_SIZE;
    return kept(this.image, number, () => newPage(p < DATA));
  }
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
