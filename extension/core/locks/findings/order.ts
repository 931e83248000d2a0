import type { Finding } from '../../report/documents.ts';
import { distance } from '../effects.ts';
import type { Definition } from '../scan.ts';
import type { Order, Summary } from '../summary.ts';
import { chain, draft, places, related } from './draft.ts';

/** One place where two classes of locks are taken, one under the other. */
export interface Taken {
  readonly definition: Definition;
  readonly order: Order;
}

/** The orders in which locks are taken, over all functions that have been worked out: class held → class taken. */
export class LockOrders {
  private readonly taken = new Map<string, Taken[]>();

  add(summary: Summary): void {
    if (summary.definition.kind === 'macro') return;
    for (const order of summary.orders) {
      const key = `${order.first.lockClass} ${order.second.lockClass}`;
      const list = this.taken.get(key);
      const one = { definition: summary.definition, order };
      if (list) list.push(one);
      else this.taken.set(key, [one]);
    }
  }

  /** Forgets what functions say that are to be worked out anew. */
  remove(definition: Definition, summary: Summary): void {
    for (const order of summary.orders) {
      const key = `${order.first.lockClass} ${order.second.lockClass}`;
      const list = this.taken.get(key)?.filter(t => t.definition !== definition);
      if (list?.length) this.taken.set(key, list);
      else this.taken.delete(key);
    }
  }

  of(first: string, second: string): readonly Taken[] {
    return this.taken.get(`${first} ${second}`) ?? [];
  }
}

/** Two classes of locks that this function takes in one order, and others in the other. */
export function inversions(summary: Summary, orders: LockOrders): Finding[] {
  const { definition } = summary;
  const out: Finding[] = [];
  for (const { first, second } of summary.orders) {
    const [a, b] = [first.lockClass!, second.lockClass!];
    // Chains of calls are told of where they begin; here only what this function does itself.
    if (distance(second) > 2 || distance(first) > 2) continue;
    const against = orders.of(b, a).filter(t => t.definition !== definition || t.order.second.at !== second.at);
    const [other] = against;
    if (!other) continue;
    const same = orders.of(a, b).filter(t => t.definition !== definition).length;
    const direct = distance(second) <= 1 && distance(first) <= 1;
    const theirs = against.find(t => distance(t.order.second) <= 1 && distance(t.order.first) <= 1) ?? other;
    const sure = direct && distance(theirs.order.second) <= 1 && !a.includes('(') && !b.includes('(');
    out.push(
      draft(
        definition,
        'lock-order',
        second.at,
        // Who is alone in an order is the one that is wrong.
        sure && same < against.length ? 'high' : sure || same < against.length ? 'medium' : 'low',
        `${b} is taken while ${a} is held; ${theirs.definition.name}() takes them the other way round`,
        second,
        [
          ...places(definition, first, `${a} taken`),
          ...places(definition, second, `${b} taken`),
          related(
            theirs.definition.source,
            theirs.order.first.at,
            `${b} taken first, in ${theirs.definition.name}() (${chain(theirs.order.first)})`,
          ),
          related(theirs.definition.source, theirs.order.second.at, `then ${a} (${chain(theirs.order.second)})`),
        ],
      ),
    );
  }
  return out;
}
