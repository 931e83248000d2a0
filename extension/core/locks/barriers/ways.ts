import type { Access, Body, Event, Ordering } from './body.ts';
import type { Order } from './vocabulary.ts';

/** A place in a body. */
export interface Place {
  readonly statement: number;
  readonly event: number;
}

export function* placesIn(body: Body): Generator<Place & { readonly is: Event }> {
  for (const [statement, events] of body.events.entries())
    for (const [event, is] of events.entries()) yield { statement, event, is };
}

/** Accesses near a barrier, the nearest first, each with how many statements away it is. */
export function accessesAround(
  body: Body,
  place: Place,
  direction: 'before' | 'after',
  most: number,
): readonly { readonly access: Access; readonly steps: number }[] {
  const next = direction === 'after' ? body.statements.map(s => s.next) : reversed(body);
  const found: { access: Access; steps: number }[] = [];
  const add = (events: readonly Event[], steps: number): void => {
    for (const event of direction === 'after' ? events : [...events].reverse())
      if (event.kind === 'access') found.push({ access: event, steps });
  };
  const own = body.events[place.statement]!;
  add(direction === 'after' ? own.slice(place.event + 1) : own.slice(0, place.event), 0);
  const seen = new Set([place.statement]);
  let edge = [place.statement];
  for (let steps = 1; steps <= most && edge.length; steps++) {
    edge = edge.flatMap(n => next[n]!).filter(n => !seen.has(n) && seen.add(n));
    for (const n of edge) add(body.events[n]!, steps);
  }
  return found;
}

function reversed(body: Body): number[][] {
  const before: number[][] = body.statements.map(() => []);
  for (const [n, { next }] of body.statements.entries()) for (const to of next) before[to]!.push(n);
  return before;
}

/** How surely two accesses are kept in order: not at all; perhaps, by a call; by implication; by a barrier. */
export enum Strength {
  none = 0,
  maybe = 1,
  implied = 2,
  barrier = 3,
}

export interface Way {
  readonly to: Access;
  readonly strength: Strength;
  /** What keeps them in order, by name. */
  readonly by: string | undefined;
}

/**
 * The accesses that `isTarget` accepts on ways from the access at `place`, once for each way of being kept in order.
 *
 * @param effect what an operation or a call on the way does for two accesses of this kind
 */
export function waysFrom(
  body: Body,
  place: Place,
  isTarget: (access: Access) => boolean,
  effect: (event: Exclude<Event, Access>) => Strength,
): readonly Way[] {
  const from = body.events[place.statement]![place.event] as Access;
  const found: Way[] = [];
  const tainted = dependents(body, from);
  const first: Reached = ordersAfter(from.order)
    ? { strength: Strength.barrier, by: `${from.order} on ${from.word}` }
    : { strength: Strength.none, by: undefined };
  const seen = new Set<number>();
  const queue: { statement: number; from: number; at: Reached }[] = [
    { statement: place.statement, from: place.event + 1, at: first },
  ];
  for (let q = queue.shift(); q; q = queue.shift()) {
    let { at } = q;
    const events = body.events[q.statement]!;
    for (const event of events.slice(q.from)) {
      if (event.kind !== 'access') {
        const strength = effect(event);
        if (strength > at.strength) at = { strength, by: event.name };
        continue;
      }
      if (event === from || !isTarget(event)) continue;
      if (ordersBefore(event.order))
        found.push({ to: event, strength: Strength.barrier, by: `${event.order} on ${event.word}` });
      else if (at.strength < Strength.barrier && event.uses.some(name => tainted.has(name)))
        found.push({ to: event, strength: Strength.barrier, by: 'an address dependency' });
      else found.push({ to: event, ...at });
    }
    for (const next of body.statements[q.statement]!.next) {
      const key = next * 4 + at.strength;
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ statement: next, from: 0, at });
    }
  }
  return found;
}

interface Reached {
  readonly strength: Strength;
  readonly by: string | undefined;
}

/** An access with this order comes before whatever follows; with the other one, after whatever went before. */
const ordersAfter = (order: Order): boolean => order === 'acquire' || order === 'full';
const ordersBefore = (order: Order): boolean => order === 'release' || order === 'full';

/** Locals whose value comes from the one that an access read. */
function dependents(body: Body, { into }: Access): ReadonlySet<string> {
  const found = new Set<string>();
  if (into === undefined) return found;
  found.add(into);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { to, uses } of body.assigned) if (uses.some(name => found.has(name))) found.add(to);
  }
  return found;
}

/** What a barrier or the like does for two accesses one of which may be, or both of which are, stores or loads. */
export function effectOn(
  { order, implied }: Pick<Ordering, 'order' | 'implied'>,
  mayWrite: boolean,
  mayRead: boolean,
): Strength {
  const fits =
    order === 'full' ||
    ((order === 'write' || order === 'release') && mayWrite) ||
    ((order === 'read' || order === 'acquire') && mayRead);
  return !fits ? Strength.none : implied ? Strength.implied : Strength.barrier;
}
