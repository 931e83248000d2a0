import { PAGE_SIZE } from '../machine/layout.ts';
import type { Sharing } from '../machine/sharing.ts';
import { Unpublished } from './unpublished.ts';

/** Words of a page; a word has 8 bytes. */
const WORDS = PAGE_SIZE / 8;
const CACHE = 64;
const NOBODY = 0;
const SEVERAL = 255;
const WRITTEN = 1;
const SHARED = 2;

/** What an exploration has found to be shared. */
export interface SavedSharing {
  readonly words: readonly number[];
  readonly loud: readonly string[];
}

/** Who has touched a page's words (NOBODY, thread + 1, SEVERAL), and how. */
interface PageUse {
  readonly who: Uint8Array;
  readonly how: Uint8Array;
}

/**
 * Which memory threads share, by what they do: words that more than one thread has touched, at least one of them to write,
 * in any execution so far. An access to any other word is no visible step: nobody can tell when it was made.
 *
 * When a word turns out to be shared that was taken not to be (`grown`), the exploration is begun anew with what is known by
 * then. That is sound: take the first two accesses in any execution of the program that are to one word that was not known
 * to be shared, of two threads, one a write. Up to the second, no two steps conflict through such words, so that an execution
 * of the same class was explored in which invisible accesses happen at once after the visible step before them; the second
 * access follows in it, and is seen here. An exploration during which nothing has grown has therefore explored all.
 */
export class ObservedSharing implements Sharing {
  private readonly pages = new Map<number, PageUse>();
  private readonly cacheKeys = new Float64Array(CACHE).fill(Number.NaN);
  private readonly cache = new Array<PageUse | undefined>(CACHE).fill(undefined);
  private readonly loud = new Set<string>();
  private readonly unpublished = new Unpublished();
  /** A word has become shared since this was last set to false. */
  grown = false;

  /**
   * @param read a word of memory, without a step
   * @param publishes memory is private until its address is stored; not so where stores can be seen out of order
   */
  constructor(
    private readonly read: (p: number) => bigint,
    private readonly publishes = true,
  ) {}

  /** An execution begins. */
  begin(): void {
    this.unpublished.clear();
  }

  allocated(thread: number, pfn: number, count: number, site: string): void {
    if (this.publishes && thread >= 0 && !this.loud.has(site)) this.unpublished.add(thread, pfn, count, site);
  }

  released(pfn: number, count: number): void {
    if (this.unpublished.size > 0) this.unpublished.remove(pfn, count);
  }

  stored(thread: number, p: number, value: number | bigint): void {
    if (thread < 0 || this.unpublished.size === 0 || this.unpublished.at(p)?.thread === thread) return;
    this.unpublished.published(value, this.read);
  }

  accessed(thread: number, p: number, size: number, write: boolean): boolean {
    // SETUP, INVARIANT and FINALLY have nobody beside them.
    if (thread < 0 || size <= 0) return false;
    if (this.unpublished.size > 0) {
      const frame = this.unpublished.at(p);
      if (frame?.thread === thread) return false;
      if (frame) this.surprise(frame.site);
    }
    let shared = false;
    const last = Math.floor((p + size - 1) / 8);
    for (let word = Math.floor(p / 8); word <= last; word++) {
      const page = this.page(Math.floor(word / WORDS));
      const at = word - Math.floor(word / WORDS) * WORDS;
      const before = page.how[at]!;
      if ((before & SHARED) !== 0) {
        shared = true;
        continue;
      }
      const who = page.who[at]!;
      const now = who === NOBODY || who === thread + 1 ? thread + 1 : SEVERAL;
      page.who[at] = now;
      const how = write ? before | WRITTEN : before;
      page.how[at] = how;
      if (now !== SEVERAL || (how & WRITTEN) === 0) continue;
      page.how[at] = how | SHARED;
      this.grown = true;
      shared = true;
    }
    return shared;
  }

  surprise(place: string): void {
    if (this.loud.has(place)) return;
    this.loud.add(place);
    this.grown = true;
  }

  isLoud(place: string): boolean {
    return this.loud.has(place);
  }

  isShared(p: number): boolean {
    const word = Math.floor(p / 8);
    const page = this.pages.get(Math.floor(word / WORDS));
    return page !== undefined && (page.how[word - Math.floor(word / WORDS) * WORDS]! & SHARED) !== 0;
  }

  /** All that is known to be shared: addresses of words, and places. */
  save(): SavedSharing {
    const out: number[] = [];
    for (const [number, { how }] of this.pages)
      for (let i = 0; i < WORDS; i++) if ((how[i]! & SHARED) !== 0) out.push((number * WORDS + i) * 8);
    return { words: out, loud: [...this.loud] };
  }

  /** What `save` gave: known from the start. */
  load({ words, loud }: SavedSharing): void {
    for (const place of loud) this.loud.add(place);
    for (const p of words) {
      const word = Math.floor(p / 8);
      const at = word - Math.floor(word / WORDS) * WORDS;
      this.page(Math.floor(word / WORDS)).how[at]! |= SHARED;
    }
  }

  private page(number: number): PageUse {
    const slot = number & (CACHE - 1);
    if (this.cacheKeys[slot] === number) return this.cache[slot]!;
    let page = this.pages.get(number);
    if (!page) {
      page = { who: new Uint8Array(WORDS), how: new Uint8Array(WORDS) };
      this.pages.set(number, page);
    }
    this.cacheKeys[slot] = number;
    this.cache[slot] = page;
    return page;
  }
}
