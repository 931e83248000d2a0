import type { Entry, Ptr } from '../../machine/abi.ts';
import { DIRECT_MAP, hexAddress, PAGE_SIZE } from '../../machine/layout.ts';
import type { Memory } from '../../machine/memory.ts';
import type { TraceTable } from '../../report/documents.ts';

type Level = TraceTable['level'];

/** Bits of an x86-64 page-table entry: arch/x86/include/asm/pgtable_types.h. */
const PRESENT = 1n;
const PSE = 1n << 7n;
const PFN_MASK = 0x000ffffffffff000n;
const ENTRIES = 512;

/** The table that an entry of a level points to, and bytes that one entry maps. With 4 levels a p4d entry is a pgd entry. */
const BELOW: Readonly<Record<Level, Level | undefined>> = {
  pgd: 'pud',
  p4d: 'pud',
  pud: 'pmd',
  pmd: 'pte',
  pte: undefined,
};
const SPAN: Readonly<Record<Level, number>> = { pgd: 2 ** 39, p4d: 2 ** 39, pud: 2 ** 30, pmd: 2 ** 21, pte: 2 ** 12 };

const levelOf = (type: Entry): Level => type.slice(0, -2) as Level;

export interface EntryPlace {
  readonly level: Level;
  readonly maps?: string;
}

interface Place {
  readonly level: Level;
  /** Virtual address that entry 0 maps. */
  readonly maps: Ptr;
}

/**
 * Where each page table lies in the address space, kept up to date with every write of an entry.
 *
 * Tables are found by walking from the root, as the processor does (Intel SDM 3A, 4.5); one that no entry points to yet
 * is unknown until an entry does.
 */
export class PageTables {
  private readonly places = new Map<Ptr, Place>();

  constructor(
    private readonly memory: Memory,
    private readonly root: Ptr | undefined,
  ) {
    if (root !== undefined) this.link(root, { level: 'pgd', maps: 0 });
  }

  /** All tables that can be reached now, upper levels first. Empty when no root has been loaded. */
  snapshot(): TraceTable[] {
    return [...this.places].map(([address, { level, maps }]) => {
      const entries: [number, string][] = [];
      for (let i = 0; i < ENTRIES; i++) {
        const value = this.memory.read(address + 8 * i, 'u64');
        if (value !== 0n) entries.push([i, `0x${value.toString(16).padStart(16, '0')}`]);
      }
      return {
        level,
        address: hexAddress(address),
        maps: hexAddress(maps),
        span: `0x${SPAN[level].toString(16)}`,
        entries,
      };
    });
  }

  /** The level of the entry at an address, and what it maps when its table is in place. */
  entryAt(p: Ptr, type: Entry): EntryPlace {
    const { place, index } = this.placeOf(p);
    return place ? { level: place.level, maps: hexAddress(virtualOf(place, index)) } : { level: levelOf(type) };
  }

  /** Notes that an entry has been written, so that the table it points to is known; gives the same as entryAt(). */
  written(p: Ptr, type: Entry, value: bigint): EntryPlace {
    const { place, index } = this.placeOf(p);
    if (place) this.follow(place, index, value);
    return this.entryAt(p, type);
  }

  private placeOf(p: Ptr): { place: Place | undefined; index: number } {
    const table = Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    return { place: this.places.get(this.alias(table)), index: (p - table) / 8 };
  }

  private link(table: Ptr, place: Place): void {
    this.places.set(table, place);
    if (this.memory.firstUnmapped(table, PAGE_SIZE) !== undefined) {
      this.places.delete(table);
      return;
    }
    for (let i = 0; i < ENTRIES; i++) this.follow(place, i, this.memory.read(table + 8 * i, 'u64'));
  }

  private follow(place: Place, index: number, value: bigint): void {
    const level = BELOW[place.level];
    if (level === undefined || !(value & PRESENT) || value & PSE) return;
    const table = DIRECT_MAP + Number(value & PFN_MASK);
    const known = this.places.get(table);
    if (known?.level !== level) this.link(table, { level, maps: virtualOf(place, index) });
  }

  /** The root is in the kernel image; entries of it are written through either of its two mappings. */
  private alias(table: Ptr): Ptr {
    if (this.root === undefined || table === this.root) return table;
    const page = this.memory.page(table);
    return page && page.bytes === this.memory.page(this.root)?.bytes ? this.root : table;
  }
}

/** Canonical: the upper half of a 48-bit address space is negative. */
function virtualOf(place: Place, index: number): Ptr {
  const p = place.maps + index * SPAN[place.level];
  return place.level === 'pgd' && p >= 2 ** 47 ? p - 2 ** 48 : p;
}
