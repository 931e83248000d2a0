import type { Finding } from '../../report/documents.ts';
import { HAS_LITERAL, HAS_LOCAL } from '../expr.ts';
import type { Effect } from '../state.ts';
import { draft, named, places } from './draft.ts';
import { type Observed, sameLock } from './observed.ts';

/** A lock taken that is held already: by this very path, under the same name. */
export function doubleLocks(seen: Observed): Finding[] {
  const { definition } = seen;
  const out = new Map<number, Finding>();
  for (const { held, what } of seen.acquires) {
    const { effect, failing } = what;
    if ((failing && effect.entry.when) || effect.entry.nests || effect.maybe || out.has(effect.at)) continue;
    if (effect.expr.has & HAS_LITERAL) continue;
    const before = held.find(h => !h.maybe && sameLock(h.expr, effect.expr) && conflict(h, effect));
    if (!before) continue;
    const mixed = seen.acquires.some(
      other => other.what.effect.at === effect.at && !other.held.some(h => sameLock(h.expr, effect.expr)),
    );
    const far = effect.via.length > 2 || before.via.length > 2 || (effect.expr.has & HAS_LOCAL) !== 0;
    out.set(
      effect.at,
      draft(
        definition,
        'double-lock',
        effect.at,
        mixed || far ? 'medium' : 'high',
        `${named(effect)} is taken here, and held already${mixed ? ' on one of the paths' : ''}: whoever waits for itself waits for ever`,
        effect,
        [...places(definition, before, 'taken'), ...places(definition, effect, 'taken again')],
      ),
    );
  }
  return [...out.values()];
}

/** Readers share; a nested call says by its name that it knows. */
function conflict(a: Effect, b: Effect): boolean {
  if (a.mode === 'read' && b.mode === 'read') return false;
  return !/_nested|nest_lock/.test(`${a.primitive} ${b.primitive} ${a.via.join(' ')} ${b.via.join(' ')}`);
}
