import type { Finding } from '../../report/documents.ts';
import type { Effect } from '../effects.ts';
import { HAS_CALL, HAS_LITERAL, HAS_LOCAL } from '../expr.ts';
import { isNested } from '../vocabulary.ts';
import { draft, isDirect, named, places } from './draft.ts';
import { type Observed, sameLock } from './observed.ts';

/** A lock taken that is held already: by this very path, under the same name. */
export function doubleLocks(seen: Observed): Finding[] {
  const { definition } = seen;
  const out = new Map<number, Finding>();
  for (const { held, what, doubt } of seen.acquires) {
    const { effect, failing } = what;
    if ((failing && effect.entry.when) || effect.entry.nests || effect.maybe || out.has(effect.at)) continue;
    if (effect.expr.has & HAS_LITERAL) continue;
    const before = held.find(h => !h.maybe && sameLock(h.expr, effect.expr) && conflict(h, effect));
    if (!before) continue;
    const mixed = seen.acquires.some(
      other => other.what.effect.at === effect.at && !other.held.some(h => sameLock(h.expr, effect.expr)),
    );
    const far = !isDirect(effect) || !isDirect(before);
    const vague = (effect.expr.has & (HAS_LOCAL | HAS_CALL)) !== 0;
    out.set(
      effect.at,
      draft(
        definition,
        'double-lock',
        effect.at,
        far ? 'low' : mixed || vague || doubt ? 'medium' : 'high',
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
  return !isNested(a.primitive, a.via) && !isNested(b.primitive, b.via);
}
