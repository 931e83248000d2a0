import type { Finding } from '../../report/documents.ts';
import { distance, type Effect } from '../effects.ts';
import { type Expr, isAccessor } from '../expr.ts';
import { memberOf } from '../lockPaths.ts';
import { chain, draft, isDirect, named, places } from './draft.ts';
import { type Observed, sameLock } from './observed.ts';

/** What may sleep while something is held that forbids it. */
export function sleepsInAtomic(seen: Observed): Finding[] {
  const { definition } = seen;
  const out = new Map<string, Finding>();
  for (const { held, what, doubt } of seen.sleeps) {
    const { effect, gfp, dropped } = what;
    // A mask that a caller gives is the caller's to answer for.
    if (gfp) continue;
    const holding = held.filter(
      h => h.entry.atomic && !h.maybe && !dropped.some(d => mayBeSame(d, h.expr)) && !isAbout(effect, h),
    );
    const lock = holding.at(-1);
    if (!lock) continue;
    const isAllocation = effect.entry.effect === 'alloc';
    const key = `${effect.at}`;
    if (out.has(key)) continue;
    const mixed = seen.sleeps.some(
      s => s.what.effect.at === effect.at && !s.held.some(h => sameLock(h.expr, lock.expr)),
    );
    const far = distance(effect) > 1 || !isDirect(lock);
    out.set(
      key,
      draft(
        definition,
        isAllocation ? 'gfp-in-atomic' : 'sleep-in-atomic',
        effect.at,
        mixed || (far && distance(effect) > 3) || (!isDirect(lock) && effect.via.length > 0)
          ? 'low'
          : far || doubt
            ? 'medium'
            : 'high',
        isAllocation
          ? `${chain(effect)}() may sleep by its gfp mask, while ${named(lock)} is held`
          : `${chain(effect)}() may sleep, while ${named(lock)} is held`,
        lock,
        [...places(definition, lock, 'taken'), ...places(definition, effect, 'sleeps')],
      ),
    );
  }
  return [...out.values()];
}

/** Not sleeping after all: waiting that lets the very lock go, user memory where faults are off (they fail at once). */
function isAbout(effect: Effect, held: Effect): boolean {
  if (effect.entry.around) return true;
  if (effect.entry.drops !== undefined && effect.entry.drops === held.lockClass) return true;
  return sameLock(effect.expr, held.expr) || (effect.entry.faults === true && held.lockClass === 'pagefault');
}

/** Let go by the callee under a name of its own: `lock_ptr(sb, b->group)`. */
function mayBeSame(a: Expr, b: Expr): boolean {
  return sameLock(a, b) || (a.k === 'addr' && memberOf(a) === memberOf(b)) || isOneAccessor(a, b);
}

const isOneAccessor = (a: Expr, b: Expr): boolean => a.k === 'op' && b.k === 'op' && isAccessor(a) && a.op === b.op;
