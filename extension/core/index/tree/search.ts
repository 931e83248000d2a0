import type { NameTable } from './nameTable.ts';

export interface Found {
  readonly id: number;
  readonly score: number;
}

/**
 * The ids of the names that best match a query, best first: the query's characters in order, case ignored. `worth` is
 * asked of names that match, cheap ones of them first.
 */
export function best(names: NameTable, query: string, limit: number, worth: (id: number) => boolean): Found[] {
  const wanted = Uint8Array.from(query.toLowerCase().replace(/\s+/g, ''), c => c.charCodeAt(0) & 0xff);
  if (wanted.length === 0 || limit <= 0) return [];
  /** Kept sorted, worst last, once it is full. */
  let kept: Found[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (let id = 1; id < names.count; id++) {
    const { bytes, from, to } = names.view(id);
    const score = scoreOf(bytes, from, to, wanted);
    if (score <= least || !worth(id)) continue;
    kept.push({ id, score });
    if (kept.length < limit * 4) continue;
    kept = kept.sort(byScore).slice(0, limit);
    least = kept[kept.length - 1]!.score;
  }
  return kept.sort(byScore).slice(0, limit);
}

const byScore = (a: Found, b: Found): number => b.score - a.score || a.id - b.id;
const lower = (c: number): number => (c >= 65 && c <= 90 ? c + 32 : c);

/** -Infinity when the name does not match. Higher: equal, begins with, runs, begins of words; shorter names before longer. */
function scoreOf(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): number {
  if (to - from < wanted.length) return Number.NEGATIVE_INFINITY;
  // From the end first: cheap, and what most names fail.
  let last = wanted.length - 1;
  for (let i = to - 1; i >= from && last >= 0; i--) if (lower(bytes[i]!) === wanted[last]) last--;
  if (last >= 0) return Number.NEGATIVE_INFINITY;
  const whole = indexOf(bytes, from, to, wanted);
  let score = -(to - from);
  if (whole >= 0) {
    score += 400;
    if (whole === from) score += 400;
    else if (bytes[whole - 1] === 95) score += 100;
    if (to - from === wanted.length) score += 1000;
    return score;
  }
  let run = 0;
  let next = 0;
  for (let i = from; i < to && next < wanted.length; i++) {
    if (lower(bytes[i]!) !== wanted[next]) {
      run = 0;
      continue;
    }
    const begins = i === from || bytes[i - 1] === 95;
    score += begins ? 20 : 0;
    score += 5 * run++;
    next++;
  }
  return score;
}

function indexOf(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): number {
  for (let i = from; i + wanted.length <= to; i++) {
    let k = 0;
    while (k < wanted.length && lower(bytes[i + k]!) === wanted[k]) k++;
    if (k === wanted.length) return i;
  }
  return -1;
}
