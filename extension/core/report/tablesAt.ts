import type { TraceDocument, TraceEvent } from './documents.ts';
import { decodeEntry, type Level, PAGE_OFFSET } from './entry.ts';

/** One page table, brought up to a step. Addresses are kernel virtual addresses. */
export interface TableState {
  readonly address: bigint;
  readonly level: Level;
  /** Virtual address that entry 0 maps and bytes per entry; undefined while the table is in no other table. */
  maps: bigint | undefined;
  readonly span: bigint;
  /** Sparse: entries never seen are absent (and zero, as far as the trace knows). */
  readonly entries: Map<number, bigint>;
  /** When the threads started it was there. */
  readonly initial: boolean;
}

/** A huge entry that became a table during the run, in the order of the run. */
export interface Split {
  readonly step: number;
  /** Index into the trace's events. */
  readonly event: number;
  readonly thread: number;
  readonly level: Level;
  /** The table that holds the entry, and its index there. */
  readonly table: bigint;
  readonly index: number;
  readonly before: bigint;
  readonly after: bigint;
  /** Virtual address that the huge entry mapped. */
  readonly maps: bigint | undefined;
  /** The table that it points to from now on. */
  readonly lower: bigint;
}

export interface EntryChange {
  readonly step: number;
  readonly event: number;
  readonly table: bigint;
  readonly index: number;
  readonly before: bigint;
  readonly after: bigint;
}

const SPAN: Readonly<Record<Level, bigint>> = {
  pte: 1n << 12n,
  pmd: 1n << 21n,
  pud: 1n << 30n,
  p4d: 1n << 39n,
  pgd: 1n << 39n,
};
const LOWER: Readonly<Record<Level, Level>> = { pgd: 'pud', p4d: 'pud', pud: 'pmd', pmd: 'pte', pte: 'pte' };

/**
 * The page tables at any step. Built once per trace in one pass; moving the position costs the writes between the old
 * and the new one, so that scrubbing does not depend on the length of the run.
 */
export class TablesAt {
  /** Every write, in order; `before` is what the table held, also where the event does not say. */
  readonly changes: readonly EntryChange[];
  readonly splits: readonly Split[];
  readonly #tables = new Map<bigint, TableState>();
  /** Changes [0, #applied) are in the tables. */
  #applied = 0;

  constructor(trace: TraceDocument) {
    for (const t of trace.tables) {
      const table = this.#table(BigInt(t.address), t.level, true);
      if (t.maps !== undefined) table.maps = BigInt(t.maps);
      for (const [i, value] of t.entries) table.entries.set(i, BigInt(value));
    }
    const changes: EntryChange[] = [];
    const splits: Split[] = [];
    trace.events.forEach((e, event) => {
      if (e.kind !== 'pagetable' || e.address === undefined || e.value === undefined) return;
      const change = this.#change(e, event);
      changes.push(change);
      const split = this.#link(e, change);
      if (split) splits.push(split);
    });
    this.changes = changes;
    this.splits = splits;
    this.#applied = changes.length;
    this.seek(-1);
  }

  /** Brings the tables to just after `step`. -1: as they were when the threads started. */
  seek(step: number): void {
    while (this.#applied < this.changes.length && this.changes[this.#applied]!.step <= step)
      this.#put(this.changes[this.#applied]!, this.changes[this.#applied++]!.after);
    while (this.#applied > 0 && this.changes[this.#applied - 1]!.step > step) {
      const change = this.changes[--this.#applied]!;
      this.#put(change, change.before);
    }
  }

  table(address: bigint): TableState | undefined {
    return this.#tables.get(address);
  }

  /** All tables, those from the start first. */
  tables(): TableState[] {
    return [...this.#tables.values()];
  }

  /** Virtual address that an entry maps, when it is known. */
  maps(table: TableState, index: number): bigint | undefined {
    return table.maps === undefined ? undefined : table.maps + BigInt(index) * table.span;
  }

  /** Writes to one table up to the position, newest first. */
  *newest(table: bigint): Generator<EntryChange> {
    for (let i = this.#applied - 1; i >= 0; i--) if (this.changes[i]!.table === table) yield this.changes[i]!;
  }

  #table(address: bigint, level: Level, initial: boolean): TableState {
    let table = this.#tables.get(address);
    if (!table) {
      table = { address, level, maps: undefined, span: SPAN[level], entries: new Map(), initial };
      this.#tables.set(address, table);
    }
    return table;
  }

  #change(e: TraceEvent, event: number): EntryChange {
    const at = BigInt(e.address!);
    // Tables are pages, and page aligned: arch/x86/include/asm/pgtable.h takes the index from bits 3 to 11.
    const address = at & ~0xfffn;
    const index = Number((at & 0xfffn) >> 3n);
    const table = this.#table(address, e.level ?? 'pte', false);
    if (table.maps === undefined && e.maps !== undefined)
      table.maps = BigInt.asUintN(64, BigInt(e.maps) - BigInt(index) * table.span);
    const before = e.before === undefined ? (table.entries.get(index) ?? 0n) : BigInt(e.before);
    const after = BigInt(e.value!);
    table.entries.set(index, after);
    return { step: e.step, event, table: address, index, before, after };
  }

  /** When an entry starts to point to a table, that table's place in the address space is known. */
  #link(e: TraceEvent, change: EntryChange): Split | undefined {
    const table = this.#tables.get(change.table)!;
    const is = decodeEntry(change.after, table.level);
    if (is.kind !== 'table') return undefined;
    const lower = PAGE_OFFSET + (is.pfn << 12n);
    const maps = this.maps(table, change.index);
    const below = this.#table(lower, LOWER[table.level], false);
    if (below.maps === undefined && maps !== undefined) below.maps = maps;
    const was = decodeEntry(change.before, table.level);
    if (was.kind !== 'page') return undefined;
    return { ...change, thread: e.thread, level: table.level, maps, lower };
  }

  #put(change: EntryChange, value: bigint): void {
    this.#tables.get(change.table)!.entries.set(change.index, value);
  }
}
