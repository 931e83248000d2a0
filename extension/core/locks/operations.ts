import table from '../../../grammars/locks.json' with { type: 'json' };
import type { Definition } from './scan.ts';

/** Of a struct of operations: which of them run after `opens`, under what that has taken. */
interface Protocol {
  readonly opens: string;
  readonly under: readonly string[];
}

const protocols: ReadonlyMap<string, Protocol> = new Map(Object.entries(table.operations as Record<string, Protocol>));

/** A variable whose initialiser stores functions: `static const struct seq_operations ops = { .start = f, … }`. */
const TABLE = /\bstruct\s+(\w+)\s+\w+(?:\[\])?\s*=\s*\{([^{}]*)\}/g;
const STORE = /\.(\w+)\s*=\s*&?(\w+)/g;

/**
 * The functions that whoever calls `definition` has called before it: it is `next`, `show` or `stop` of a table of its own
 * file, and they are the tables' `start`.
 */
export function openersOf(definition: Definition, functions: readonly Definition[]): readonly Definition[] {
  const { name, source } = definition;
  const openers = new Set<string>();
  if (![...protocols.keys()].some(type => source.text.includes(type))) return [];
  for (const [, type, body] of source.text.matchAll(TABLE)) {
    const protocol = protocols.get(type!);
    if (!protocol || !body!.includes(name)) continue;
    const stored = new Map([...body!.matchAll(STORE)].map(([, field, value]) => [field!, value!]));
    const opener = stored.get(protocol.opens);
    if (opener && protocol.under.some(field => stored.get(field) === name)) openers.add(opener);
  }
  return functions.filter(f => openers.has(f.name));
}
