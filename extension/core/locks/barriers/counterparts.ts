import { callsIn } from '../callSites.ts';
import type { Definition } from '../scan.ts';
import { vocabularyOf } from '../vocabulary.ts';
import { type Access, type Body, readBarrierBody } from './body.ts';
import type { CallOrders } from './calls.ts';
import { type BarrierSite, pairsOf } from './sites.ts';
import { effectOn, placesIn, Strength, type Way, waysFrom } from './ways.ts';

/** A function that accesses both objects the other way round, with nothing between that keeps them in order. */
export interface Unordered {
  readonly definition: Definition;
  readonly first: Access;
  readonly second: Access;
  /** The accesses at the barrier: `second` here is of the object that is accessed before it. */
  readonly pair: { readonly first: Access; readonly second: Access };
}

/** What other functions do to the objects of a barrier. */
export interface OtherSide {
  /** The best that keeps any two of the objects in order. */
  strength: Strength;
  /** What that is, and where. */
  by: { readonly name: string; readonly definition: Definition } | undefined;
  /** Functions that access two of the objects, the one after the barrier first. */
  functions: number;
  readonly unordered: Unordered[];
}

export const nothingFound = (): OtherSide => ({
  strength: Strength.none,
  by: undefined,
  functions: 0,
  unordered: [],
});

/**
 * Looks at what a function does to the objects of a barrier: as OFence has it (Lepers et al., EuroSys 2023), two barriers pair
 * when both stand between accesses of the same two objects, in opposite order. Objects are the same when their names are, no
 * declaration says otherwise and few structs have such a field, so that a partner is rather found once too often.
 */
export function lookAt(
  definition: Definition,
  globals: ReadonlySet<string>,
  site: BarrierSite,
  calls: CallOrders,
  structsWith: StructsWith,
  through: ReadonlyMap<string, ReadonlySet<string>>,
  found: OtherSide,
): void {
  const pairs = pairsOf(site);
  const names = new Set(pairs.flatMap(p => [p.first.word, p.second.word]));
  const body = readBarrierBody(definition, globals, names, through);
  const isOwn = definition === site.definition;
  let counts = false;
  for (const { is: from, ...place } of placesIn(body)) {
    if (from.kind !== 'access') continue;
    const mine = pairs.filter(p => mayBeSame(p.second, from, structsWith));
    if (mine.length === 0) continue;
    const matching = (to: Access) => mine.filter(p => mayBeSame(p.first, to, structsWith) && canPair(site, from, to));
    const ways = waysFrom(
      body,
      place,
      to => matching(to).length > 0,
      event => {
        if (event.kind === 'call') return calls.of(event, definition.source.file);
        return isOwn && event.at === site.barrier.at ? Strength.none : effectOn(event, ...answers(site));
      },
    );
    for (const way of leastOf(ways)) {
      const { to } = way;
      counts = true;
      // Of what a callee accesses, and when, too little is known to say that a lock in between orders it.
      const strength =
        from.address || to.address ? (way.strength === Strength.barrier ? way.strength : 0) : way.strength;
      if (strength > found.strength) {
        found.strength = strength;
        found.by = { name: way.by!, definition };
      }
      if (isOwn || way.strength !== Strength.none) continue;
      const pair = matching(to).find(p => isSurely(p, from, to, structsWith));
      if (pair && isOpposite(site, pair, from, to) && !isExcused(body, site, from, to))
        found.unordered.push({ definition, first: from, second: to, pair });
    }
  }
  // What stands next to the barrier is what it was written for, and marked accesses are what it is there for.
  const steps = ({ pair }: Unordered): number => site.before.indexOf(pair.first) + site.after.indexOf(pair.second);
  const plain = ({ first, second }: Unordered): number => (first.marked || second.marked ? 0 : 1);
  found.unordered.sort((a, b) => plain(a) - plain(b) || steps(a) - steps(b));
  if (counts && !isOwn) found.functions++;
}

/** One way to each access: with a barrier if any has one, as it is clearly meant; else the one that orders least. */
function leastOf(ways: readonly Way[]): Iterable<Way> {
  const least = new Map<Access, Way>();
  for (const way of ways) {
    const known = least.get(way.to);
    const isLess = !known || (known.strength !== Strength.barrier && way.strength < known.strength);
    if (isLess || way.strength === Strength.barrier) least.set(way.to, way);
  }
  return least.values();
}

const structOf = (access: Access): string | undefined =>
  access.holder !== undefined && /^(?:struct|union) /.test(access.holder) ? access.holder : undefined;

/** Structs that have a field of one name, at most, when its name alone is to say which one is meant: not `flags`, not `next`. */
const MOST_STRUCTS = 8;

function mayBeSame(a: Access, b: Access, structsWith: StructsWith): boolean {
  if (a.word !== b.word || (a.holder === '') !== (b.holder === '')) return false;
  const [one, other] = [structOf(a), structOf(b)];
  if (one !== undefined && other !== undefined) return one === other;
  return a.holder === '' || (structsWith([a.word]) ?? 0) <= MOST_STRUCTS;
}

/** Whether what keeps stores, and what keeps loads in order answers the barrier. */
const answers = ({ entry: { order } }: BarrierSite): [stores: boolean, loads: boolean] => [
  order !== 'write' && order !== 'release',
  order !== 'read' && order !== 'acquire',
];

/** What keeps stores in order is answered by loads, and the other way round. */
function canPair({ entry }: BarrierSite, a: Access, b: Access): boolean {
  if (entry.order === 'write' || entry.order === 'release') return a.read || b.read || a.address || b.address;
  if (entry.order === 'read' || entry.order === 'acquire') return a.write || b.write || a.address || b.address;
  return true;
}

type Pair = { readonly first: Access; readonly second: Access };

/** How many structs of the tree have fields of all of these names; undefined: that is not known. */
export type StructsWith = (fields: readonly string[]) => number | undefined;

/** Both are the same objects without doubt, and of one object where the barrier's are. */
function isSurely(pair: Pair, from: Access, to: Access, structsWith: StructsWith): boolean {
  const same = (a: Access, b: Access): boolean =>
    a.holder === '' || (structOf(a) !== undefined && structOf(a) === structOf(b)) || structsWith([a.word]) === 1;
  if (pair.first.address || pair.second.address) return false;
  if (pair.first.base !== pair.second.base) return same(pair.second, from) && same(pair.first, to);
  if (from.base !== to.base) return false;
  if (same(pair.second, from) && same(pair.first, to)) return true;
  return pair.first.base !== '' && structsWith([from.word, to.word]) === 1;
}

/** Two accesses that need a barrier, given the one that is there. tools/memory-model/Documentation/recipes.txt: MP, SB */
function isOpposite({ entry }: BarrierSite, pair: Pair, from: Access, to: Access): boolean {
  const loads = (a: Access): boolean => a.read && !a.write && !a.address;
  const stores = (a: Access): boolean => a.write && !a.address;
  switch (entry.order) {
    case 'write':
    case 'release':
      return stores(pair.first) && stores(pair.second) && loads(from) && loads(to);
    case 'read':
    case 'acquire':
      return loads(pair.first) && loads(pair.second) && stores(from) && stores(to);
    default:
      return stores(pair.first) && loads(pair.second) && stores(from) && loads(to);
  }
}

/**
 * Loads under a lock need no barrier if the stores are under it too; stores to an object that nobody else has yet, or that
 * is reset, need none.
 */
function isExcused({ definition, allocated }: Body, { entry }: BarrierSite, from: Access, to: Access): boolean {
  if (entry.order === 'read' || entry.order === 'acquire')
    return (from.zero && to.zero) || [...from.uses, ...to.uses].some(name => allocated.has(name));
  return callsIn(definition).some(
    ({ name }) => /^(?:acquire|assert)$/.test(vocabularyOf(name)?.effect ?? '') && !/^s?rcu_/.test(name),
  );
}
