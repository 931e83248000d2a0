import type { Finding } from '../../report/documents.ts';
import type { Effect } from '../effects.ts';
import { contains, type Expr } from '../expr.ts';
import { LineStarts } from '../lines.ts';
import { render } from '../render.ts';
import { draft, named, places, related } from './draft.ts';
import type { Observed } from './observed.ts';
import { type Act, Relocked } from './relocked.ts';

/**
 * What was read or tested under a lock and is relied upon after that lock was let go and taken again.
 *
 * @param stores `class field` of what the file stores to while a lock of that class is held: a field that nobody changes
 * under the lock needs no second look
 */
export function droppedLocks(seen: Observed, stores: ReadonlySet<string>): Finding[] {
  if (!seen.relocking) return [];
  const { definition } = seen;
  const out = new Map<string, Finding>();
  for (const act of new Relocked(seen.relocking).acts()) {
    const { fact } = act;
    if (fact.of !== 'test' && !isProtected(fact.place, fact.lock, stores)) continue;
    const key = `${act.kind} ${act.at}`;
    if (out.has(key)) continue;
    out.set(
      key,
      draft(definition, act.kind, act.at, 'low', message(act), fact.lock, [
        related(
          definition.source,
          fact.from,
          `${render(fact.place)} ${fact.of === 'test' ? 'is tested' : 'is read'} here`,
        ),
        ...(fact.dropped ? [related(definition.source, fact.dropped, `${named(fact.lock)} is let go`)] : []),
        ...(fact.retaken ? places(definition, fact.retaken, 'taken again') : []),
      ]),
    );
  }
  return [...out.values()];

  function message({ kind, fact, local }: Act): string {
    const place = render(fact.place);
    const lock = named(fact.lock);
    const line = LineStarts.of(definition.source).position(fact.from).line;
    if (kind === 'check-then-act')
      return `${place} was tested under ${lock}, and is read here after that was let go: it may not be what was tested`;
    if (fact.of === 'test')
      return `${place} is changed by what was tested in line ${line}, before ${lock} was let go and taken again; nothing tests it again`;
    return `${local ? render(local) : 'a pointer'} was read from ${place} in line ${line}, before ${lock} was let go and taken again; it may be gone`;
  }
}

function isProtected(place: Expr, { lockClass }: Effect, stores: ReadonlySet<string>): boolean {
  for (let at = place; ; at = at.base) {
    if (at.k === 'field' && stores.has(`${lockClass} ${at.name}`)) return true;
    if (at.k !== 'field' && at.k !== 'index') return at.k === 'deref' && contains(place, at) && place === at;
  }
}
