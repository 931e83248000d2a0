import type { Finding, FindingsDocument } from '../../report/documents.ts';
import { doubleLocks } from './acquires.ts';
import { sleepsInAtomic } from './atomic.ts';
import { irqUnsafe, unmetRequirements } from './context.ts';
import { droppedLocks } from './dropped.ts';
import type { Observed } from './observed.ts';
import { inversions, type LockOrders } from './order.ts';
import { doubleUnlocks, missingUnlocks } from './unlocks.ts';

const RANK = { high: 0, medium: 1, low: 2 };

/** The findings of a file whose functions have been observed; `more`: those that were not found by observing. */
export function findingsOf(
  all: readonly Observed[],
  orders: LockOrders,
  more: readonly Finding[] = [],
): FindingsDocument {
  const callers = new Map<string, Observed[]>();
  for (const seen of all) {
    for (const name of seen.calls) {
      const list = callers.get(name);
      if (list) list.push(seen);
      else callers.set(name, [seen]);
    }
  }
  const stores = new Set(all.flatMap(seen => [...seen.stores]));
  const findings: Finding[] = [...more];
  const incomplete: string[] = [];
  for (const seen of all) {
    findings.push(
      ...missingUnlocks(seen, held =>
        (callers.get(seen.definition.name) ?? []).some(c =>
          c.releases.some(r => held.lockClass !== undefined && r.what.effect.lockClass === held.lockClass),
        ),
      ),
      ...doubleUnlocks(seen),
      ...doubleLocks(seen),
      ...sleepsInAtomic(seen),
      ...unmetRequirements(seen),
      ...droppedLocks(seen, stores),
      ...inversions(seen.summary, orders),
    );
    if (seen.summary.unknown.some(name => name.endsWith('too many paths'))) incomplete.push(seen.definition.name);
  }
  findings.push(...irqUnsafe(all, name => callers.get(name) ?? []));
  findings.sort((a, b) => a.line - b.line || a.column - b.column || RANK[a.confidence] - RANK[b.confidence]);
  return { version: 1, findings, functions: all.length, ...(incomplete.length ? { incomplete } : {}) };
}
