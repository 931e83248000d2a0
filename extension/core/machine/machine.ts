import type { Callable, FunctionInfo, Ptr, Scalar } from './abi.ts';
import { type EventSink, silentSink } from './events.ts';
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
import { Checkpoint, Journal, UndoMap } from './rewind.ts';
import type { Sharing } from './sharing.ts';
import { MachineThread, STACK_SIZE, type Surroundings } from './thread.ts';
import type { WeakMemory } from './weak.ts';

export interface MachineOptions {
  /** Where threads tell what they do; can be changed between runs. Nobody listens by default. */
  readonly sink?: EventSink;
  /** Page frames of physical memory: so many struct pages are there. 262,144 (1 GiB) by default. */
  readonly pageFrames?: number;
  /** X86_FEATURE_* numbers (arch/x86/include/asm/cpufeatures.h) that the processor has. */
  readonly cpuFeatures?: ReadonlySet<number>;
  /** Loop rounds without a visible step before the run is stopped. */
  readonly tickLimit?: number;
}

interface Named {
  readonly name: string;
  readonly address: Ptr;
  readonly size: number;
  readonly describe: ((offset: number, type?: string) => string) | undefined;
}

/** PSE, PGE, NX, and what else every x86-64 processor of the last ten years has for page tables. */
const CPU_FEATURES: ReadonlySet<number> = new Set([3, 13, 52, 58]);
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
  sink: EventSink;
  /** Tells which memory threads share; nothing: it may be all. */
  sharing: Sharing | undefined;
  weak: WeakMemory | undefined;
  readonly locks = new LockTable((p, type) => this.nameOf(p, type));
  readonly tickLimit: number;
  readonly threads: MachineThread[] = [];
  readonly pageFrames: number;
  readonly cpuFeatures: ReadonlySet<number>;
  /** Page frame numbers that the allocator has handed out; the direct map shows only these. */
  readonly allocated: Map<number, true>;
  /** Finer checks of allocated page frames: the objects of a slab. */
  readonly frameChecks: Map<number, NonNullable<Page['check']>>;
  /** Page frames that were given back, and by whom: `freed by remap0 at mm/x.c:12`. */
  readonly freed: Map<number, string>;
  /** Places (`MachineThread.placeOf`) whose races are meant: data_race(). */
  readonly excused = new Set<string>();
  /** What kernel subsystems keep for this machine (`perMachine`), and which of that was asked for since the mark. */
  readonly slots: unknown[] = [];
  readonly asked: boolean[] = [];
  /** Undoes the changes of large maps. */
  readonly journal = new Journal();
  readonly isKept = true;
  private marked: { readonly slots: readonly (Checkpoint | undefined)[]; readonly threads: number } | undefined;
  /** Threads of runs before, by the place of their stacks. */
  private readonly spare: MachineThread[] = [];
  private readonly functions: { readonly info: FunctionInfo; readonly run: Callable }[] = [];
  private readonly objects: Named[] = [];
  private readonly image = new Map<number, Page>();
  private readonly stacks = new Map<number, Page>();
  private nextConst: Ptr = RODATA;
  private nextData: Ptr = DATA;
  private readonly strings = new Map<string, Ptr>();

  constructor(options: MachineOptions) {
    this.sink = options.sink ?? silentSink();
    this.pageFrames = options.pageFrames ?? 0x40000;
    this.cpuFeatures = options.cpuFeatures ?? CPU_FEATURES;
    this.tickLimit = options.tickLimit ?? TICKS;
    this.allocated = new UndoMap(this.journal);
    this.frameChecks = new UndoMap(this.journal);
    this.freed = new UndoMap(this.journal);
  }

  /** The machine is as `rewind` makes it again: after SETUP, before the first step of a thread. */
  mark(): void {
    this.marked = { slots: this.slots.map(state => new Checkpoint(state)), threads: this.threads.length };
    this.asked.length = 0;
    this.journal.begin();
    this.locks.mark();
    this.memory.mark();
  }

  /**
   * Back to the mark: memory, allocators, locks, what every subsystem keeps. Threads that were made since are gone; one of the
   * same name and stack is the same object again when it is made anew.
   */
  rewind(): void {
    const { marked, slots, asked } = this;
    if (!marked) throw new Error('nothing was marked');
    this.journal.undo();
    for (let i = 0; i < asked.length; i++) {
      if (!asked[i]) continue;
      asked[i] = false;
      const saved = marked.slots[i];
      if (saved) saved.restore();
      else slots[i] = undefined;
    }
    for (let i = marked.threads; i < this.threads.length; i++) this.spare[i] = this.threads[i]!;
    this.threads.length = marked.threads;
    this.locks.rewind();
    this.memory.rewind();
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
    options: { const: boolean; describe?: (offset: number, type?: string) => string },
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

  /**
   * What is at an address, as people write it: `init_mm.page_table_lock`; the address itself for what has no name.
   *
   * @param type C type of what is meant, where several things begin at one address: `spinlock_t`
   */
  nameOf(p: Ptr, type?: string): string {
    const object = this.objects.find(o => p >= o.address && p < o.address + o.size);
    if (object)
      return (
        object.describe?.(p - object.address, type) ??
        (p === object.address ? object.name : `${object.name}+${p - object.address}`)
      );
    return this.symbolAt(p) ?? hexAddress(p);
  }

  /** @param index of the thread in a trace; −1 for one that no trace tells of */
  thread(name: string, index = this.threads.length): MachineThread {
    // A page that nothing is mapped at stands between two stacks, as CONFIG_VMAP_STACK has it.
    const place = this.threads.length;
    const spare = this.spare[place];
    let thread: MachineThread;
    if (spare?.name === name && spare.index === index) {
      thread = spare;
      thread.reset();
    } else thread = new MachineThread(index, name, VMALLOC + place * (STACK_SIZE + PAGE_SIZE), this);
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
      const pfn = physical / PAGE_SIZE;
      return this.allocated.has(pfn) ? newPage(false, this.frameChecks.get(pfn)) : undefined;
    }
    // struct pages, of free page frames too: as much of the array as there is memory.
    if (p >= VMEMMAP && p < VMEMMAP + this.pageFrames * STRUCT_PAGE) return newPage();
    return undefined;
  }

  whyUnmapped(p: Ptr): string | undefined {
    if (p >= -4095 && p < 0) return `access through an error pointer (${p})`;
    if (p < DIRECT_MAP || p >= VMALLOC) return undefined;
    const pfn = Math.floor((p - DIRECT_MAP) / PAGE_SIZE);
    const freed = this.freed.get(pfn);
    return freed === undefined
      ? undefined
      : `use after free: ${hexAddress(p)} is in page frame 0x${pfn.toString(16)}, ${freed}`;
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
