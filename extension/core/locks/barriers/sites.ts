import { globalsOf } from '../evidence.ts';
import type { Definition, Scanned } from '../scan.ts';
import { type Access, type Body, type Ordering, readBarrierBody } from './body.ts';
import { type BarrierEntry, barrierOf, hasBarrier } from './vocabulary.ts';
import { accessesAround, type Place, placesIn } from './ways.ts';

/** Objects are looked for so many statements before and after a barrier. */
const MOST_STEPS = 10;
/** Different names on either side, the nearest ones. */
const MOST_NAMES = 8;

/** A barrier that stands in a function, and what it may keep in order: every `before` with every `after` of another name. */
export interface BarrierSite {
  readonly definition: Definition;
  readonly body: Body;
  readonly barrier: Ordering;
  readonly entry: BarrierEntry;
  readonly before: readonly Access[];
  readonly after: readonly Access[];
}

/** The barriers in the functions of a file that are asked for their partner, and those that are for devices. */
export function barrierSites(root: Scanned): readonly BarrierSite[] {
  if (!hasBarrier(root.text)) return [];
  const globals = globalsOf(root.text);
  const found: BarrierSite[] = [];
  const functions = [...root.definitions.values()].flat().filter(d => d.kind === 'function');
  for (const definition of functions.sort((a, b) => a.start - b.start)) {
    if (!hasBarrier(root.text.slice(definition.bodyStart, definition.end))) continue;
    const body = readBarrierBody(definition, globals);
    for (const { is, ...place } of placesIn(body)) {
      const entry = is.kind === 'order' ? barrierOf(is.name) : undefined;
      if (is.kind !== 'order' || !(entry?.judged || entry?.device)) continue;
      found.push({ definition, body, barrier: is, entry, ...objects(body, place, is, entry) });
    }
  }
  return found;
}

function objects(
  body: Body,
  place: Place,
  barrier: Ordering,
  entry: BarrierEntry,
): Pick<BarrierSite, 'before' | 'after'> {
  if (entry.device) return { before: [], after: [] };
  const own = body.events[place.statement]!.find(
    (e): e is Access =>
      e.kind === 'access' && entry.object !== undefined && e.order === entry.order && e.at > barrier.at,
  );
  const around = (direction: 'before' | 'after', fits: (a: Access) => boolean): readonly Access[] => {
    const out: Access[] = [];
    for (const { access } of accessesAround(body, place, direction, MOST_STEPS)) {
      if (access === own || access.word === own?.word || !(fits(access) || access.address)) continue;
      const same = out.findIndex(a => a.word === access.word && a.holder === access.holder);
      // What is certain says more than an address that is handed on.
      if (same >= 0 && out[same]!.address && !access.address) out[same] = access;
      if (same < 0 && out.length < MOST_NAMES) out.push(access);
    }
    return out;
  };
  const any = (): boolean => true;
  switch (entry.order) {
    case 'write':
      return { before: around('before', a => a.write), after: around('after', a => a.write) };
    case 'read':
      return { before: around('before', a => a.read), after: around('after', a => a.read) };
    case 'release':
      return { before: own ? around('before', any) : [], after: own ? [own] : [] };
    case 'acquire':
      return { before: own ? [own] : [], after: own ? around('after', any) : [] };
    default:
      return { before: around('before', any), after: around('after', any) };
  }
}

/** The pairs of objects that a barrier may keep in order. */
export function pairsOf({
  before,
  after,
}: BarrierSite): readonly { readonly first: Access; readonly second: Access }[] {
  return before.flatMap(first => after.filter(a => a.word !== first.word).map(second => ({ first, second })));
}
