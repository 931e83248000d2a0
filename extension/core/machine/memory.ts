import type { Entry, Ptr, Scalar } from './abi.ts';
import { hexAddress, PAGE_SIZE } from './layout.ts';
import { type Access, accessSize, readScalar, type Value, writeScalar } from './scalar.ts';

/** One page of memory. Two page numbers may share one (the direct map shows the kernel image too). */
export interface Page {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly readOnly: boolean;
  /** Checks an access more finely than by page; gives what is wrong with it. */
  readonly check?: (offset: number, size: number) => string | undefined;
  /** It holds what it held at the mark: `Memory.writing` has to know before that changes. */
  clean: boolean;
  /** What it held at the mark; a page that has this and is not clean has been written since. */
  saved: Uint8Array | undefined;
  /** First used since the mark. */
  fresh: boolean;
}

export function newPage(readOnly = false, check?: Page['check']): Page {
  return pageOver(new Uint8Array(PAGE_SIZE), readOnly, check);
}

export function pageOver(bytes: Uint8Array, readOnly = false, check?: Page['check']): Page {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_SIZE);
  return { view, bytes, readOnly, check, clean: false, saved: undefined, fresh: false };
}

/** What a memory is made of: gives the page of a page number when it is first touched, or nothing if none is mapped. */
export type Resolver = (pageNumber: number) => Page | undefined;

const CACHE = 64;

/**
 * Sparse memory, keyed by page number (`Math.floor(address / 4096)`, negative for kernel addresses).
 *
 * Invariant: a page number in the cache is in `pages`; `forget` takes it out of both, so that memory that was freed is
 * resolved (and refused) anew.
 */
export class Memory {
  private readonly pages = new Map<number, Page>();
  private readonly cacheKeys = new Float64Array(CACHE).fill(Number.NaN);
  private readonly cachePages = new Array<Page | undefined>(CACHE).fill(undefined);
  private marked = false;
  /** Since the mark: pages that were written, page numbers that were first used, and pages that were dropped. */
  private readonly written: Page[] = [];
  private readonly fresh: number[] = [];
  private readonly dropped: { readonly number: number; readonly page: Page }[] = [];

  constructor(private readonly resolve: Resolver) {}

  /** The page that holds an address, or undefined when nothing is mapped there. */
  page(p: Ptr): Page | undefined {
    const number = Math.floor(p / PAGE_SIZE);
    const slot = number & (CACHE - 1);
    if (this.cacheKeys[slot] === number) return this.cachePages[slot];
    const page = this.pages.get(number) ?? this.resolve(number);
    if (page === undefined) return undefined;
    if (this.marked && !this.pages.has(number)) {
      this.fresh.push(number);
      page.fresh = true;
      if (page.saved === undefined) page.clean = true;
    }
    this.pages.set(number, page);
    this.cacheKeys[slot] = number;
    this.cachePages[slot] = page;
    return page;
  }

  /** Drops what is known of a page: its contents are gone unless the resolver keeps them. */
  forget(pageNumber: number): void {
    const page = this.pages.get(pageNumber);
    if (this.marked && page && !page.fresh) this.dropped.push({ number: pageNumber, page });
    this.pages.delete(pageNumber);
    this.cacheKeys[pageNumber & (CACHE - 1)] = Number.NaN;
  }

  /** What memory holds now is what `rewind` brings back. */
  mark(): void {
    this.marked = true;
    for (const page of this.pages.values()) {
      page.clean = true;
      page.fresh = false;
    }
    this.written.length = 0;
    this.fresh.length = 0;
    this.dropped.length = 0;
  }

  /** Back to the mark; as often as one likes. What the resolver gives must be as it was then already. */
  rewind(): void {
    for (const number of this.fresh) {
      this.pages.delete(number);
      this.cacheKeys[number & (CACHE - 1)] = Number.NaN;
    }
    for (let i = this.dropped.length - 1; i >= 0; i--) {
      const { number, page } = this.dropped[i]!;
      this.pages.set(number, page);
      this.cacheKeys[number & (CACHE - 1)] = Number.NaN;
    }
    for (const page of this.written) {
      page.bytes.set(page.saved!);
      page.clean = true;
    }
    this.written.length = 0;
    this.fresh.length = 0;
    this.dropped.length = 0;
  }

  /** To be called before a clean page is written to by other means than this class. */
  writing(page: Page): void {
    page.saved ??= new Uint8Array(PAGE_SIZE);
    page.saved.set(page.bytes);
    page.clean = false;
    this.written.push(page);
  }

  /** Reads a value without checks of use; throws when nothing is mapped. For initialisers, tests and reports. */
  read(p: Ptr, type: 'i64' | 'u64' | Entry): bigint;
  read(p: Ptr, type: Exclude<Scalar, 'i64' | 'u64'>): number;
  read(p: Ptr, type: Access): Value;
  read(p: Ptr, type: Access): Value {
    const offset = p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    const size = accessSize(type);
    if (offset + size <= PAGE_SIZE) return readScalar(this.mapped(p).view, offset, type);
    const bytes = this.readBytes(p, size);
    return readScalar(new DataView(bytes.buffer), 0, type);
  }

  /** Writes a value without checks of use, read-only pages too. */
  write(p: Ptr, type: Access, value: Value): void {
    const offset = p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    const size = accessSize(type);
    if (offset + size <= PAGE_SIZE) {
      writeScalar(this.changed(p).view, offset, type, value);
      return;
    }
    const bytes = new Uint8Array(8);
    writeScalar(new DataView(bytes.buffer), 0, type, value);
    this.writeBytes(p, bytes.subarray(0, size));
  }

  readBytes(p: Ptr, size: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(size);
    this.forEachPart(p, size, (page, offset, at, length) => {
      out.set(page.bytes.subarray(offset, offset + length), at);
    });
    return out;
  }

  writeBytes(p: Ptr, bytes: Uint8Array): void {
    this.forEachPart(p, bytes.length, (page, offset, at, length) => {
      if (page.clean) this.writing(page);
      page.bytes.set(bytes.subarray(at, at + length), offset);
    });
  }

  fill(p: Ptr, byte: number, size: number): void {
    this.forEachPart(p, size, (page, offset, _at, length) => {
      if (page.clean) this.writing(page);
      page.bytes.fill(byte, offset, offset + length);
    });
  }

  /** A NUL-terminated string of at most `limit` bytes, one char per byte; undefined when it runs into unmapped memory. */
  cstring(p: Ptr, limit = 65536): string | undefined {
    let text = '';
    for (let at = p; text.length < limit; at++) {
      const page = this.page(at);
      if (page === undefined) return undefined;
      const byte = page.bytes[at - Math.floor(at / PAGE_SIZE) * PAGE_SIZE]!;
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The first address in [p, p + size) that nothing is mapped at. */
  firstUnmapped(p: Ptr, size: number): Ptr | undefined {
    for (let at = p; at < p + size; at = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE) {
      if (this.page(at) === undefined) return at;
    }
    return undefined;
  }

  private forEachPart(
    p: Ptr,
    size: number,
    visit: (page: Page, offset: number, at: number, length: number) => void,
  ): void {
    for (let at = 0; at < size; ) {
      const offset = p + at - Math.floor((p + at) / PAGE_SIZE) * PAGE_SIZE;
      const length = Math.min(size - at, PAGE_SIZE - offset);
      visit(this.mapped(p + at), offset, at, length);
      at += length;
    }
  }

  private changed(p: Ptr): Page {
    const page = this.mapped(p);
    if (page.clean) this.writing(page);
    return page;
  }

  private mapped(p: Ptr): Page {
    const page = this.page(p);
    if (page === undefined) throw new RangeError(`no memory at ${hexAddress(p)}`);
    return page;
  }
}
