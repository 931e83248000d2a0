/** Longer names and texts are cut: no identifier comes near, and a condition of that length helps nobody. In bytes. */
export const LONGEST_NAME = 4096;

export const PAGE = 1 << 20;

/** A NameTable as it is kept. Every page but the last is whole; `used` bytes of the last are. */
export interface NameArrays {
  readonly pages: readonly Uint8Array[];
  readonly used: number;
  readonly starts: Uint32Array;
  readonly lengths: Uint16Array;
  readonly hashes: Uint32Array;
  /** The hash table, of `slotsFor(starts.length)` slots. */
  readonly slots: Uint32Array;
}

/** Slots of a hash table of so many names: at most half of them are used. */
export function slotsFor(names: number): number {
  let size = 1 << 13;
  while (size < names * 2) size *= 2;
  return size;
}

/**
 * Byte strings as numbers, each once. Ids count from 0 in order of first use; id 0 is the empty string.
 *
 * Bytes lie in pages of 1 MiB and no name crosses one, so that a table of a hundred megabytes grows without being copied.
 */
export class NameTable {
  count = 0;
  private pages: Uint8Array[] = [new Uint8Array(PAGE)];
  private used = 0;
  /** Of an id: page and offset in one number (20 bits of offset), and the length. */
  private starts: Uint32Array = new Uint32Array(1 << 12);
  private lengths: Uint16Array = new Uint16Array(1 << 12);
  private hashes: Uint32Array = new Uint32Array(1 << 12);
  /** Open addressing: id + 1, or 0. */
  private slots: Uint32Array = new Uint32Array(1 << 13);

  /** @param reserved names that get the ids 1, 2, … */
  constructor(reserved: readonly string[] = []) {
    this.intern('');
    for (const name of reserved) this.intern(name);
  }

  /** Total length of all names. */
  get bytes(): number {
    return (this.pages.length - 1) * PAGE + this.used;
  }

  /** The id of the bytes [from, to). */
  take(bytes: Uint8Array, from: number, end: number): number {
    const to = end - from > LONGEST_NAME ? from + LONGEST_NAME : end;
    let hash = 0;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    hash = (Math.imul(hash, 0x9e3779b1) ^ (hash >>> 15)) >>> 0;
    const found = this.probe(bytes, from, to, hash);
    return found >= 0 ? found : this.insert(bytes, from, to, hash);
  }

  /** The id of a string of Latin-1 characters. */
  intern(text: string): number {
    const bytes = latin1(text);
    return this.take(bytes, 0, bytes.length);
  }

  /** The id of a name that is there already, or -1. */
  find(text: string): number {
    const bytes = latin1(text);
    const to = Math.min(bytes.length, LONGEST_NAME);
    let hash = 0;
    for (let i = 0; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    hash = (Math.imul(hash, 0x9e3779b1) ^ (hash >>> 15)) >>> 0;
    return this.probe(bytes, 0, to, hash);
  }

  text(id: number): string {
    const start = this.starts[id]!;
    const page = this.pages[start >>> 20]!;
    const from = start & (PAGE - 1);
    const to = from + this.lengths[id]!;
    let text = '';
    for (let i = from; i < to; i++) text += String.fromCharCode(page[i]!);
    return text;
  }

  /** Where the bytes of a name stand. The view is good until the next name is added. */
  view(id: number): { readonly bytes: Uint8Array; readonly from: number; readonly to: number } {
    const start = this.starts[id]!;
    const from = start & (PAGE - 1);
    return { bytes: this.pages[start >>> 20]!, from, to: from + this.lengths[id]! };
  }

  /** All names one after another, and the length of each: what `merge` and `restore` read. */
  dump(): { readonly bytes: Uint8Array; readonly lengths: Uint16Array } {
    let total = 0;
    for (let id = 0; id < this.count; id++) total += this.lengths[id]!;
    const bytes = new Uint8Array(total);
    let at = 0;
    for (let id = 0; id < this.count; id++) {
      const start = this.starts[id]!;
      const page = this.pages[start >>> 20]!;
      const from = start & (PAGE - 1);
      const length = this.lengths[id]!;
      for (let i = 0; i < length; i++) bytes[at + i] = page[from + i]!;
      at += length;
    }
    return { bytes, lengths: this.lengths.slice(0, this.count) };
  }

  /** Takes another table's names in; gives this table's id of each of its ids. */
  merge(bytes: Uint8Array, lengths: Uint16Array): Uint32Array {
    const ids = new Uint32Array(lengths.length);
    let at = 0;
    for (let id = 0; id < lengths.length; id++) {
      const end = at + lengths[id]!;
      ids[id] = this.take(bytes, at, end);
      at = end;
    }
    return ids;
  }

  private fill(size: number): void {
    this.slots = new Uint32Array(size);
    for (let id = 0; id < this.count; id++) this.place(id);
  }

  /** The table as arrays that `NameTable.restore` takes: what the cache keeps. Views, good until the next name. */
  arrays(): NameArrays {
    const { count } = this;
    if (this.slots.length !== slotsFor(count)) this.fill(slotsFor(count));
    return {
      pages: this.pages,
      used: this.used,
      starts: this.starts.subarray(0, count),
      lengths: this.lengths.subarray(0, count),
      hashes: this.hashes.subarray(0, count),
      slots: this.slots,
    };
  }

  /** A table from the arrays of another, which it uses as they are: the last page is a whole one, to be filled up. */
  static restore({ pages, used, starts, lengths, hashes, slots }: NameArrays): NameTable {
    const table = new NameTable();
    table.count = starts.length;
    table.pages = [...pages];
    table.used = used;
    table.starts = starts;
    table.lengths = lengths;
    table.hashes = hashes;
    table.slots = slots;
    return table;
  }

  /** Forgets all but the first `keep` names. */
  truncate(keep: number): void {
    if (keep >= this.count) return;
    const end = this.starts[keep]!;
    this.pages.length = (end >>> 20) + 1;
    this.used = end & (PAGE - 1);
    this.count = keep;
    this.slots.fill(0);
    for (let id = 0; id < keep; id++) this.place(id);
  }

  private probe(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const { slots, hashes } = this;
    const mask = slots.length - 1;
    const length = to - from;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot]! - 1;
      if (id < 0) return -1;
      if (hashes[id] !== hash || this.lengths[id] !== length) continue;
      const start = this.starts[id]!;
      const page = this.pages[start >>> 20]!;
      let at = start & (PAGE - 1);
      let i = from;
      while (i < to && page[at] === bytes[i]) {
        i++;
        at++;
      }
      if (i === to) return id;
    }
  }

  private insert(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const length = to - from;
    if (this.used + length > PAGE) {
      this.pages.push(new Uint8Array(PAGE));
      this.used = 0;
    }
    const id = this.count;
    if (id === this.starts.length) {
      const size = id + Math.max(1 << 12, id >> 1);
      this.starts = grown(this.starts, new Uint32Array(size));
      this.lengths = grown(this.lengths, new Uint16Array(size));
      this.hashes = grown(this.hashes, new Uint32Array(size));
    }
    const last = this.pages.length - 1;
    const page = this.pages[last]!;
    for (let i = from, at = this.used; i < to; i++, at++) page[at] = bytes[i]!;
    this.starts[id] = last * PAGE + this.used;
    this.lengths[id] = length;
    this.hashes[id] = hash;
    this.used += length;
    this.count++;
    if (this.count * 2 > this.slots.length) this.fill(this.slots.length * 2);
    else this.place(id);
    return id;
  }

  private place(id: number): void {
    const mask = this.slots.length - 1;
    let slot = this.hashes[id]! & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = id + 1;
  }
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) & 0xff;
  return bytes;
}
