import type { Token } from './cut.ts';
import type { Graph, LockStatement } from './graph.ts';
import { lockClass } from './locking.ts';
import { type Fault, type FileFacts, source, type Target } from './mutant.ts';
import { type Statement, walk } from './statements.ts';

/** Class A is held while class B is acquired: by which functions of a file. */
export type Orders = ReadonlyMap<string, ReadonlySet<string>>;

const key = (first: string, second: string): string => `${first} → ${second}`;

/** The orders in which a file's functions nest their locks, as far as each function alone shows it. */
export function ordersOf(facts: FileFacts): Orders {
  const out = new Map<string, Set<string>>();
  for (const { f, graph } of facts.targets) {
    const locks = new Map(graph.locking.map(l => [l.lock, lockClass(f, l.path)]));
    for (const l of graph.locking) {
      const inner = locks.get(l.lock);
      if (l.operation.effect !== 'acquire' || !inner) continue;
      for (const [lock, outer] of locks) {
        if (!outer || outer === inner || !graph.heldBefore(lock, l.statement)) continue;
        const k = key(outer, inner);
        const users = out.get(k);
        if (users) users.add(f.name);
        else out.set(k, new Set([f.name]));
      }
    }
  }
  return out;
}

/**
 * Two nested acquisitions of different lock classes change places.
 *
 * A fault by construction: another function of the same file takes the two classes in the old order, and none takes them in the
 * new one. The two statements stand in one block with nothing but plain statements between them, which assign nothing that
 * either lock's path is made of and touch no lock.
 */
export function locksSwapped(facts: FileFacts, target: Target, orders: Orders = ordersOf(facts)): Fault[] {
  const { graph } = target;
  const acquired = new Map<Statement, LockStatement>();
  for (const l of graph.locking)
    if (l.operation.effect === 'acquire' && l.operation.mode === 'write') acquired.set(l.statement, l);
  const out: Fault[] = [];
  for (const block of walk(graph.root)) {
    if (block.kind !== 'block') continue;
    for (let i = 0; i < block.list.length; i++) {
      const first = acquired.get(block.list[i]!);
      if (!first || !graph.known(first.lock)) continue;
      const between: Statement[] = [];
      for (const s of block.list.slice(i + 1)) {
        const second = acquired.get(s);
        if (second) {
          const fault = swap(facts, target, orders, first, second, between);
          if (fault) out.push(fault);
        }
        if (s.kind !== 'simple' || graph.locking.some(l => l.statement === s)) break;
        between.push(s);
      }
    }
  }
  return out;
}

function swap(
  facts: FileFacts,
  target: Target,
  orders: Orders,
  first: LockStatement,
  second: LockStatement,
  between: readonly Statement[],
): Fault | undefined {
  const { graph, f } = target;
  const outer = lockClass(f, first.path);
  const inner = lockClass(f, second.path);
  if (!outer || !inner || outer === inner || !graph.known(second.lock)) return undefined;
  if (changes(graph, between, [...first.path, ...second.path])) return undefined;
  const witnesses = [...(orders.get(key(outer, inner)) ?? [])].filter(name => name !== f.name);
  if (witnesses.length === 0 || orders.has(key(inner, outer))) return undefined;
  const a = source(facts, target, first.statement);
  const b = source(facts, target, second.statement);
  return {
    kind: 'locks-swapped',
    edits: [
      { ...a, text: b.text },
      { ...b, text: a.text },
    ],
    at: a.start,
    lock: second.lock,
    description: `${second.call.text}(${second.lock}) now stands before ${first.call.text}(${first.lock})`,
    evidence: `${witnesses[0]} takes ${outer}, then ${inner}`,
  };
}

/** Do these statements set, or take the address of, a name that a path is made of? */
export function changes(graph: Graph, list: readonly Statement[], path: readonly Token[]): boolean {
  const names = new Set(path.filter(t => t.kind === 'id').map(t => t.text));
  return list.some(s => {
    const all = graph.tokens(s);
    return all.some((t, i) => {
      if (!names.has(t.text) || t.kind !== 'id') return false;
      const after = all[i + 1]?.text ?? '';
      const previous = all[i - 1]?.text ?? '';
      return /^(?:[-+*/%&|^]?=|<<=|>>=|\+\+|--)$/.test(after) || /^(?:&|\+\+|--)$/.test(previous);
    });
  });
}
