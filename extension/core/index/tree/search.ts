import type { NameTable } from './nameTable.ts';

export interface Found {
  readonly id: number;
  readonly score: number;
}

const NONE = Number.NEGATIVE_INFINITY;

/** Finds names by some of their characters, in order. Keeps a word per name that tells which characters it has. */
export class NameSearch {
  private masks: Uint32Array = new Uint32Array(0);
  private known = 0;

  constructor(private readonly names: NameTable) {}

  /**
   * The ids of the names that best match a query, best first: its characters in order, case ignored. `worth` is asked of
   * names that are among the best so far.
   */
  best(query: string, limit: number, worth: (id: number) => boolean): Found[] {
    const wanted = Uint8Array.from(query.toLowerCase().replace(/\s+/g, ''), c => c.charCodeAt(0) & 0xff);
    if (wanted.length === 0 || limit <= 0) return [];
    this.learn();
    const mask = maskOf(wanted, 0, wanted.length);
    const shouts = /^[^a-z]*[A-Z][^a-z]*$/.test(query);
    let kept: Found[] = [];
    let least = NONE;
    for (let id = 1; id < this.known; id++) {
      if ((~this.masks[id]! & mask) !== 0) continue;
      const { bytes, from, to } = this.names.view(id);
      const score = scoreOf(bytes, from, to, wanted, shouts);
      if (score <= least || !worth(id)) continue;
      kept.push({ id, score });
      if (kept.length < limit * 4) continue;
      kept = kept.sort(byScore).slice(0, limit);
      least = kept[kept.length - 1]!.score;
    }
    return kept.sort(byScore).slice(0, limit);
  }

  private learn(): void {
    const { count } = this.names;
    if (count > this.masks.length) {
      const grown = new Uint32Array(count + (count >> 4));
      grown.set(this.masks.subarray(0, this.known));
      this.masks = grown;
    }
    for (; this.known < count; this.known++) {
      const { bytes, from, to } = this.names.view(this.known);
      this.masks[this.known] = maskOf(bytes, from, to);
    }
  }
}

const byScore = (a: Found, b: Found): number => b.score - a.score || a.id - b.id;
const lower = (c: number): number => (c >= 65 && c <= 90 ? c + 32 : c);

/** A bit for each letter, for digits in twos, and one for all else. */
function maskOf(bytes: Uint8Array, from: number, to: number): number {
  let mask = 0;
  for (let i = from; i < to; i++) {
    const c = lower(bytes[i]!);
    mask |= 1 << (c >= 97 && c <= 122 ? c - 97 : c >= 48 && c <= 57 ? 26 + ((c - 48) >> 1) : 31);
  }
  return mask;
}

/**
 * -Infinity when the name does not match. Points for being the query or beginning with it, for characters that begin words
 * and for runs; less for length, and for capitals that were not asked for.
 */
function scoreOf(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array, shouts: boolean): number {
  // From the end first: cheap, and what most names fail.
  let last = wanted.length - 1;
  for (let i = to - 1; i >= from && last >= 0; i--) if (lower(bytes[i]!) === wanted[last]) last--;
  if (last >= 0) return NONE;
  const first = bytes[from]!;
  const capital = first >= 65 && first <= 90 && !shouts;
  const base = -4 * (to - from) - (capital ? 30 : 0);
  const whole = indexOf(bytes, from, to, wanted);
  if (whole === from) return base + (to - from === wanted.length ? 5000 : 1000);
  let score = base;
  let run = 0;
  let next = 0;
  for (let i = from; i < to && next < wanted.length; i++) {
    if (lower(bytes[i]!) !== wanted[next]) {
      run = 0;
      continue;
    }
    if (i === from || bytes[i - 1] === 95) score += 25;
    score += 5 * run++;
    next++;
  }
  if (whole < 0) return score;
  return Math.max(score, base + (bytes[whole - 1] === 95 ? 60 : 20) + 5 * wanted.length);
}

function indexOf(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): number {
  for (let i = from; i + wanted.length <= to; i++) {
    let k = 0;
    while (k < wanted.length && lower(bytes[i + k]!) === wanted[k]) k++;
    if (k === wanted.length) return i;
  }
  return -1;
}
