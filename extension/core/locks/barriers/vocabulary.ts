import table from '../../../../grammars/barriers.json' with { type: 'json' };
import { vocabularyOf } from '../vocabulary.ts';

/** What an operation keeps in order; see the comment at the top of grammars/barriers.json. */
export type Order = 'full' | 'read' | 'write' | 'acquire' | 'release' | 'dependency' | 'none';

export interface BarrierEntry {
  readonly names?: readonly string[];
  readonly pattern?: string;
  readonly order: Order;
  readonly implied?: boolean;
  readonly device?: boolean;
  readonly judged?: boolean;
  /** The argument that is accessed. */
  readonly object?: number;
  readonly access?: 'read' | 'write' | 'both';
  readonly doc: string;
}

const entries = table.entries as readonly BarrierEntry[];
const byName = new Map<string, BarrierEntry | undefined>();
for (const entry of entries) for (const name of entry.names ?? []) byName.set(name, entry);
const patterns = entries.flatMap(entry =>
  entry.pattern ? [{ entry, test: new RegExp(`^(?:${entry.pattern})$`) }] : [],
);
/** What is asked for its partner. */
export const judgedNames: readonly string[] = entries.flatMap(e => (e.judged ? e.names! : []));
/** What is looked for in a text before anything else is. */
const judged = new RegExp(`\\b(?:${entries.flatMap(e => (e.judged || e.device ? e.names! : [])).join('|')})\\s*\\(`);

/** What grammars/barriers.json says of a name. */
export function barrierOf(name: string): BarrierEntry | undefined {
  if (byName.has(name)) return byName.get(name);
  const entry = patterns.find(p => p.test.test(name))?.entry;
  byName.set(name, entry);
  return entry;
}

/** Whether a text has a barrier in it, or a name like one. */
export const hasBarrier = (text: string): boolean => judged.test(text);

/**
 * What a call of this name orders, as far as the tables say; undefined: they do not know the name. A lock operation orders
 * by implication (Documentation/memory-barriers.txt, LOCK ACQUISITION FUNCTIONS), as everything that sleeps does.
 */
export function orderOf(name: string): { readonly order: Order; readonly implied: boolean } | undefined {
  const entry = barrierOf(name);
  if (entry) return { order: entry.order, implied: entry.implied ?? false };
  switch (vocabularyOf(name)?.effect) {
    case 'acquire':
    case 'release':
    case 'downgrade':
    case 'sleep':
    case 'alloc':
      return { order: 'full', implied: true };
    case undefined:
      return undefined;
    default:
      return { order: 'none', implied: false };
  }
}
