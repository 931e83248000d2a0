import type { TraceTable } from './documents.ts';

export type Level = TraceTable['level'];

/** Start of the direct mapping with 4 levels and no KASLR: Documentation/x86/x86_64/mm.rst. */
export const PAGE_OFFSET = 0xffff888000000000n;

/** Bits of an x86-64 page-table entry: arch/x86/include/asm/pgtable_types.h. Bit 7 is PSE above the lowest level, PAT there. */
const PRESENT = 1n << 0n;
const PSE = 1n << 7n;
const PFN_MASK = 0x000ffffffffff000n;
const FLAGS: readonly (readonly [bit: bigint, name: string])[] = [
  [PRESENT, 'P'],
  [1n << 1n, 'RW'],
  [1n << 2n, 'US'],
  [1n << 3n, 'PWT'],
  [1n << 4n, 'PCD'],
  [1n << 5n, 'A'],
  [1n << 6n, 'D'],
  [PSE, 'PSE'],
  [1n << 8n, 'G'],
  [1n << 63n, 'NX'],
];
/** Where a huge entry keeps PAT; the bit is no part of its page frame number. */
const PAT_LARGE = 1n << 12n;

export interface Entry {
  readonly value: bigint;
  /** `none`: not present; `page`: maps memory (a huge page above the lowest level); `table`: points to a lower table. */
  readonly kind: 'none' | 'page' | 'table';
  /** Page frame number of the page or table, 0 for `none`. */
  readonly pfn: bigint;
  /** Set bits by name, lowest first. */
  readonly flags: readonly string[];
}

/** Takes an x86-64 page-table entry apart. */
export function decodeEntry(value: bigint, level: Level): Entry {
  const flags = FLAGS.filter(([bit]) => value & bit).map(([, name]) =>
    name === 'PSE' && level === 'pte' ? 'PAT' : name,
  );
  if (!(value & PRESENT)) return { value, kind: 'none', pfn: 0n, flags };
  const huge = level !== 'pte' && (value & PSE) !== 0n;
  if (huge && value & PAT_LARGE) flags.splice(flags.indexOf('PSE') + 1, 0, 'PAT');
  const frame = value & PFN_MASK & (huge ? ~PAT_LARGE : ~0n);
  return { value, kind: level === 'pte' || huge ? 'page' : 'table', pfn: frame >> 12n, flags };
}

/** Neighbouring entries that look alike: same flags, and frames that either all follow one another or are all the same. */
export interface EntryRun {
  readonly first: number;
  readonly count: number;
  readonly entry: Entry;
  /** By how much the frame number rises from one entry to the next: 0 or `pages`; 0 for runs of one and of `none`. */
  readonly stride: bigint;
  /** Some entry of the run has just been written. */
  readonly lit: boolean;
}

/**
 * Entries 0 … count-1 as runs. `lit` entries (just written) never join entries that are not, so that a change is seen.
 * `pages` is how many page frames one entry maps: 1 for a PTE, 512 for a huge PMD.
 */
export function entryRuns(
  entries: ReadonlyMap<number, bigint>,
  level: Level,
  count: number,
  lit: (index: number) => boolean = () => false,
): EntryRun[] {
  const pages = level === 'pte' ? 1n : level === 'pmd' ? 512n : 512n * 512n;
  const runs: { first: number; count: number; entry: Entry; stride: bigint; lit: boolean }[] = [];
  for (let i = 0; i < count; i++) {
    const entry = decodeEntry(entries.get(i) ?? 0n, level);
    const isLit = lit(i);
    const run = runs.at(-1);
    if (run && run.lit === isLit && run.entry.kind === entry.kind && sameFlags(run.entry, entry)) {
      const rise = entry.pfn - run.entry.pfn;
      const strides: bigint[] = run.count === 1 ? [0n, pages] : [run.stride];
      const stride = strides.find(s => rise === s * BigInt(run.count));
      if (stride !== undefined) {
        run.stride = stride;
        run.count++;
        continue;
      }
    }
    runs.push({ first: i, count: 1, entry, stride: 0n, lit: isLit });
  }
  return runs;
}

function sameFlags(a: Entry, b: Entry): boolean {
  return a.flags.length === b.flags.length && a.flags.every((f, i) => f === b.flags[i]);
}
