import type { Finding } from '../../report/documents.ts';
import { HAS_LITERAL, lockKey } from '../expr.ts';
import type { Exit } from '../outcomes.ts';
import type { Effect } from '../state.ts';
import { ANY, NEGATIVE, POSITIVE, ZERO } from '../values.ts';
import { type Confidence, draft, named, places, related } from './draft.ts';
import { type Observed, sameLock } from './observed.ts';

/**
 * A way out on which a lock taken here is still held, while other ways out have let it go.
 *
 * Handing out a lock on success and only then is a design (`get_locked_pte()`); handing it out with an errno is not.
 */
export function missingUnlocks(seen: Observed): Finding[] {
  const { definition, exits } = seen;
  const out = new Map<string, Finding>();
  for (const exit of exits) {
    if (exit.step.kind === 'noreturn') continue;
    for (const held of exit.state.held) {
      if (held.maybe || held.entry.nests || held.expr.has & HAS_LITERAL) continue;
      const key = lockKey(held.expr);
      const unlocked = exits.filter(e => e.step.kind !== 'noreturn' && e.state.gone.has(key));
      if (!unlocked.length) continue;
      const confidence = judge(exit, held, exits, unlocked);
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

function judge(exit: Exit, held: Effect, exits: readonly Exit[], unlocked: readonly Exit[]): Confidence | undefined {
  const key = lockKey(held.expr);
  const others = unlocked.reduce((mask, e) => mask | (e.step.value ? e.ret : 0), 0);
  const isVoid = exits.every(e => e.step.value === undefined);
  // Some way out never took it: it was taken on a condition, which a way that leaves it held may only seem to share.
  const conditional = exits.some(
    e => e.step === exit.step && !e.state.gone.has(key) && !e.state.held.some(h => sameLock(h.expr, held.expr)),
  );
  if (isVoid) return conditional ? 'low' : 'high';
  const { ret } = exit;
  if (ret !== ANY && !(ret & ~NEGATIVE)) return conditional ? 'low' : 'high';
  if (others === ANY || ret === ANY) {
    // `return ret;` with both in it: told apart only by what ret is.
    const same = unlocked.some(e => e.step === exit.step);
    return conditional ? 'low' : same ? 'medium' : 'high';
  }
  if (ret & others) return conditional ? 'low' : 'high';
  // Held on success alone, or (of pointers) with what is not null alone: by design.
  if (others & ~NEGATIVE ? others === ZERO && !(ret & ZERO) : true) return undefined;
  // Held where zero is returned, while others return more: a count, or a bool that says whether it is held.
  return ret === ZERO && others & POSITIVE ? 'low' : undefined;
}

function returns({ ret, step }: Exit): string {
  if (!step.value || ret === ANY) return '';
  if (ret === NEGATIVE) return ', on the way out with an error';
  return ret === ZERO ? ', on the way out with 0' : '';
}

/** Unlocks of what this path has let go already. */
export function doubleUnlocks(seen: Observed): Finding[] {
  const { definition } = seen;
  const out = new Map<number, Finding>();
  for (const { what, gone, held, released } of seen.releases) {
    const { effect } = what;
    if (what.held || effect.entry.nests || effect.maybe || effect.expr.has & HAS_LITERAL || out.has(effect.at))
      continue;
    const key = lockKey(effect.expr);
    const before = gone.get(key);
    const twice = released.find(r => sameLock(r.expr, effect.expr));
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
        doubtful || mixed ? 'medium' : 'high',
        `${named(effect)} is not held here: it has been let go already${mixed ? ' on one of the paths' : ''}`,
        effect,
        before ? places(definition, before, 'taken, and let go since') : places(definition, twice!, 'let go'),
      ),
    );
  }
  return [...out.values()];
}
