import type { Finding } from '../../report/documents.ts';
import type { Effect } from '../effects.ts';
import { HAS_LITERAL, lockKey } from '../expr.ts';
import { handsOutName } from '../idioms.ts';
import type { Exit } from '../outcomes.ts';
import { ANY, NEGATIVE, POSITIVE, ZERO } from '../values.ts';
import { type Confidence, draft, isDirect, named, places, related } from './draft.ts';
import { type Observed, sameLock } from './observed.ts';

/**
 * A way out on which a lock taken here is still held, while other ways out have let it go.
 *
 * Handing out a lock on success and only then is a design (`get_locked_pte()`); handing it out with an errno is not.
 *
 * @param unlocks whether a caller in this file lets go a lock of that class
 */
export function missingUnlocks(seen: Observed, unlocks: (held: Effect) => boolean): Finding[] {
  const { definition, exits } = seen;
  const out = new Map<string, Finding>();
  for (const exit of exits) {
    if (exit.step.kind === 'noreturn') continue;
    for (const held of exit.state.held) {
      if (held.maybe || held.entry.nests || held.expr.has & HAS_LITERAL) continue;
      const key = lockKey(held.expr);
      // Taken twice: that is what is to be told.
      if (seen.acquires.some(a => sameLock(a.what.effect.expr, held.expr) && a.held.some(h => lockKey(h.expr) === key)))
        continue;
      const unlocked = exits.filter(e => e.step.kind !== 'noreturn' && e.state.gone.has(key));
      if (!unlocked.length) continue;
      const isDesign = handsOutName.test(definition.name) || unlocks(held);
      const confidence = judge(exit, held, exits, unlocked, isDesign);
      if (!confidence) continue;
      const id = `${key.id}@${exit.step.at}`;
      if (out.has(id)) continue;
      const let_go = seen.releases.find(r => r.what.held && sameLock(r.what.held.expr, held.expr));
      out.set(
        id,
        draft(
          definition,
          'missing-unlock',
          exit.step.at,
          confidence,
          `${named(held)} is still held here${returns(exit)}; other ways out of ${definition.name}() let it go`,
          held,
          [
            ...places(definition, held, 'taken'),
            ...(let_go ? [related(definition.source, let_go.what.effect.at, 'let go on another path')] : []),
          ],
        ),
      );
    }
  }
  return [...out.values()];
}

function judge(
  exit: Exit,
  held: Effect,
  exits: readonly Exit[],
  unlocked: readonly Exit[],
  isDesign: boolean,
): Confidence | undefined {
  const key = lockKey(held.expr);
  const here = exits.filter(e => e.step === exit.step);
  // Some way here never took it, or has let it go: what tells them apart may only seem to be lost.
  const never = here.some(e => !e.state.gone.has(key) && !e.state.held.some(h => lockKey(h.expr) === key));
  const mixed = here.some(e => e.state.gone.has(key));
  const certain = unlocked.filter(e => !e.state.gone.get(key)!.maybe);
  const sure: Confidence =
    never || !isDirect(held)
      ? 'low'
      : mixed || !certain.length || exit.state.doubt || isTailCall(exit)
        ? 'medium'
        : 'high';
  if (exits.every(e => e.step.value === undefined)) return sure;
  const mine = classes(exit);
  if (mine.size === 1 && mine.has('error')) return sure;
  const theirs = new Set(certain.flatMap(e => [...classes(e)]));
  const isAny = mine.has('any');
  const overlaps = isAny || theirs.has('any') || [...mine].some(c => theirs.has(c));
  // Held on success alone, or with one code alone: what locks by design is called so, or its callers unlock.
  if (isDesign) return overlaps ? 'low' : undefined;
  if (!overlaps) return sure === 'high' ? 'medium' : 'low';
  if (theirs.has('any') && !isAny && ![...mine].some(c => theirs.has(c))) return 'low';
  // `return ret` against `return 0`: nothing speaks for a design, but little against it.
  return isAny && sure === 'high' ? 'medium' : sure;
}

/** What the value returned says: `error`, `zero`, `value`, the name of a constant, or `any`. */
function classes(exit: Exit): Set<string> {
  const out = new Set<string>();
  if (exit.value?.k === 'name' && exit.value.scope === 'free') return out.add(exit.value.name);
  if (exit.ret === ANY) return out.add('any');
  if (exit.ret & ZERO) out.add('zero');
  if (exit.ret & POSITIVE) out.add('value');
  if (exit.ret & NEGATIVE) out.add(exit.ret & POSITIVE ? 'value' : 'error');
  return out;
}

/** `return f(…)`: f may let go what this function cannot name. */
const isTailCall = (exit: Exit): boolean => exit.value?.k === 'call';

function returns({ ret, step }: Exit): string {
  if (!step.value || ret === ANY) return '';
  if (ret === NEGATIVE) return ', on the way out with an error';
  return ret === ZERO ? ', on the way out with 0' : '';
}

/** Unlocks of what this path has let go already. */
export function doubleUnlocks(seen: Observed): Finding[] {
  const { definition } = seen;
  const out = new Map<number, Finding>();
  for (const { what, gone, held, released, doubt } of seen.releases) {
    const { effect } = what;
    if (what.held || effect.entry.nests || effect.maybe || effect.expr.has & HAS_LITERAL || out.has(effect.at))
      continue;
    const key = lockKey(effect.expr);
    const last = gone.get(key);
    const before = last?.maybe ? undefined : last;
    const twice = released.find(r => !r.maybe && sameLock(r.expr, effect.expr));
    if (!before && !twice) continue;
    // Taken twice, or under another name: what is held still may be this one.
    const doubtful = held.some(h => h.lockClass === effect.lockClass || h.maybe);
    const mixed = seen.releases.some(r => r.what.effect.at === effect.at && r.what.held);
    out.set(
      effect.at,
      draft(
        definition,
        'unlock-not-held',
        effect.at,
        !isDirect(effect) || !isDirect(before ?? twice!)
          ? 'low'
          : doubtful || mixed || doubt || !before
            ? 'medium'
            : 'high',
        `${named(effect)} is not held here: it has been let go already${mixed ? ' on one of the paths' : ''}`,
        effect,
        before ? places(definition, before, 'taken, and let go since') : places(definition, twice!, 'let go'),
      ),
    );
  }
  return [...out.values()];
}
