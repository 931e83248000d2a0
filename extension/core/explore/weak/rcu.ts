import type { Event } from './graph.ts';
import type { Steps } from './steps.ts';

/** A grace period, from and to itself, or a read-side section, from its end to its beginning. */
export interface RcuElement {
  readonly start: Event;
  readonly end: Event;
  readonly isGracePeriod: boolean;
  /** Of the srcu_struct; 0 for RCU. */
  readonly domain: number;
}

export interface RcuOrder {
  /** rcu-fence: what comes after an event because of grace periods. */
  after(e: Event): readonly Event[];
}

/** Without grace periods. */
export const NO_ORDER: RcuOrder = { after: () => [] };

/**
 * rcu-order of linux-kernel.cat: sequences of grace periods and read-side sections, joined by rcu-link, that have at least as many
 * of the former as of the latter.
 *
 * @param linked where ways lead from an element: the ends of props, from which program order leads on
 */
export function rcuOrder(steps: Steps, linked: (element: RcuElement) => readonly Event[]): RcuOrder {
  const elements = elementsOf(steps);
  if (!elements.some(e => e.isGracePeriod)) return NO_ORDER;
  const n = elements.length;
  const link = elements.map(element => {
    const ends = linked(element);
    return elements.map(next => ends.some(e => e.thread === next.start.thread && e.index < next.start.index));
  });
  const order = elements.map((a, i) => elements.map((_, j) => i === j && a.isGracePeriod));
  const between = (i: number, j: number): boolean => {
    if (link[i]![j]) return true;
    for (let a = 0; a < n; a++)
      if (link[i]![a]) for (let b = 0; b < n; b++) if (order[a]![b] && link[b]![j]) return true;
    return false;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        if (order[i]![j]) continue;
        const a = elements[i]!;
        const b = elements[j]!;
        const pair = a.isGracePeriod !== b.isGracePeriod && a.domain === b.domain && between(i, j);
        if (pair || joined(order, link, i, j)) changed = order[i]![j] = true;
      }
  }
  return {
    after: e => {
      const later: Event[] = [];
      elements.forEach((a, i) => {
        if (a.start.thread !== e.thread || a.start.index <= e.index) return;
        elements.forEach((b, j) => {
          if (order[i]![j]) later.push(...steps.thread(b.end.thread).slice(b.end.index));
        });
      });
      return later;
    },
  };
}

/** order ; link ; order. */
function joined(order: boolean[][], link: boolean[][], i: number, j: number): boolean {
  return order[i]!.some((is, a) => is && link[a]!.some((leads, b) => leads && order[b]![j]));
}

function elementsOf(steps: Steps): RcuElement[] {
  const found: RcuElement[] = [];
  for (let t = 0; t < steps.threads; t++) {
    const open = new Map<number, Event[]>();
    for (const e of steps.thread(t)) {
      const domain = e.location;
      if (e.fence === 'sync-rcu' || e.fence === 'sync-srcu')
        found.push({ start: e, end: e, isGracePeriod: true, domain });
      else if (e.fence === 'rcu-lock' || e.fence === 'srcu-lock') open.set(domain, [...(open.get(domain) ?? []), e]);
      else if (e.fence === 'rcu-unlock' || e.fence === 'srcu-unlock') {
        const end = open.get(domain)?.pop();
        if (end) found.push({ start: e, end, isGracePeriod: false, domain });
      }
    }
    // A section that has not ended yet will end after all that its thread has done.
    for (const [domain, begun] of open)
      for (const end of begun)
        found.push({ start: { ...end, index: steps.thread(t).length }, end, isGracePeriod: false, domain });
  }
  return found;
}
