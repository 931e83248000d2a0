import type { LockMode } from '../report/documents.ts';
import { type Expr, freeName, lockKey } from './expr.ts';
import type { Scanned } from './scan.ts';
import { type VocabularyEntry, vocabularyOf } from './vocabulary.ts';

/** One effect on a lock as it stands in the function under analysis. */
export interface Effect {
  readonly expr: Expr;
  /** Class of the lock (`classOf`), as soon as a caller's types give it. */
  readonly lockClass: string | undefined;
  readonly mode: LockMode;
  readonly primitive: string;
  /** What the primitive does, by the vocabulary. */
  readonly entry: VocabularyEntry;
  /** Calls from this function to the primitive, outermost first. */
  readonly via: readonly string[];
  /** Offset in this function's file: of the call here that causes it. */
  readonly at: number;
  /** Where the primitive itself is called. */
  readonly origin: { readonly source: Scanned; readonly at: number };
  /** Only on some of the paths that come together here. */
  readonly maybe: boolean;
}

/** How many calls away an effect is. What the vocabulary lists is near, also where its definition was followed. */
export function distance({ via }: Pick<Effect, 'via'>): number {
  if (via.length < 2) return via.length;
  const listed = via.findIndex(name => vocabularyOf(name) !== undefined);
  return listed < 0 ? via.length : listed;
}

/** Held perhaps, at once. */
const MOST_MAYBE = 6;

/** Effects of either side; `maybe` those of one side only. */
export function union(a: readonly Effect[], b: readonly Effect[]): Effect[] {
  const same = (x: Effect, y: Effect) => lockKey(x.expr) === lockKey(y.expr) && x.mode === y.mode;
  const out = a.map(e => (e.maybe || b.some(o => same(o, e)) ? e : { ...e, maybe: true }));
  for (const e of b) if (!a.some(o => same(o, e))) out.push({ ...e, maybe: true });
  let doubtful = 0;
  return out.filter(e => !e.maybe || ++doubtful <= MOST_MAYBE);
}

/** What either has let go, `maybe` unless both have; undefined when `mine` says that already. */
export function mergedGone(
  mine: ReadonlyMap<Expr, Effect>,
  theirs: ReadonlyMap<Expr, Effect>,
): Map<Expr, Effect> | undefined {
  let out: Map<Expr, Effect> | undefined;
  for (const [key, effect] of mine) {
    if (effect.maybe || (theirs.has(key) && !theirs.get(key)!.maybe)) continue;
    out ??= new Map(mine);
    out.set(key, { ...effect, maybe: true });
  }
  for (const [key, effect] of theirs) {
    if (mine.has(key)) continue;
    out ??= new Map(mine);
    out.set(key, effect.maybe ? effect : { ...effect, maybe: true });
  }
  return out;
}

export function keysOf(effects: readonly Effect[]): string {
  if (effects.length === 0) return '';
  const one = (e: Effect) => `${lockKey(e.expr).id}${e.mode === 'read' ? 'r' : 'w'}${e.maybe ? '?' : ''}`;
  return effects.length === 1 ? one(effects[0]!) : effects.map(one).sort().join(' ');
}

/** Sparse is told of a context in a function for its callers: whoever calls these has contexts of its own. */
export const isFarContext = ({ entry, via }: Effect): boolean => entry.lock === 'name' && via.length > 0;

export const BOTTOM_HALVES = freeName('local_bh');
export const INTERRUPTS = freeName('local_irq');

const OFF: VocabularyEntry = {
  names: [],
  effect: 'acquire',
  mode: 'write',
  atomic: true,
  doc: 'What a lock had turned off.',
};

/**
 * What stays off when a lock that turned it off is let go by a word that does not turn it on: `spin_lock_irq(l); spin_unlock(l);`.
 *
 * @param others what is held besides: one of these may keep it off anyway
 */
export function keptOff(unlock: VocabularyEntry, lock: Effect, others: readonly Effect[]): Effect[] {
  const stays = (what: 'irq' | 'bh') =>
    lock.entry[what] === 'off' && !unlock[what] && !others.some(e => e !== lock && e.entry[what] === 'off');
  const off = (expr: Expr, what: 'irq' | 'bh'): Effect => ({
    ...lock,
    expr,
    lockClass: undefined,
    entry: { ...OFF, [what]: 'off' },
  });
  return [...(stays('irq') ? [off(INTERRUPTS, 'irq')] : []), ...(stays('bh') ? [off(BOTTOM_HALVES, 'bh')] : [])];
}
