import { bugPrimitives } from './lib/bug.ts';
import { stringPrimitives } from './lib/string.ts';
import { assertPrimitives } from './locking/assert.ts';
import { mutexPrimitives } from './locking/mutex.ts';
import { rwsemPrimitives } from './locking/rwsem.ts';
import { spinlockPrimitives } from './locking/spinlock.ts';
import { staticKeyPrimitives } from './locking/staticKeys.ts';
import { folioPrimitives } from './mm/folios.ts';
import { heapPrimitives } from './mm/heap.ts';
import { pagePrimitives } from './mm/pages.ts';
import type { Primitive } from './primitive.ts';
import { printkPrimitives } from './printk/output.ts';
import { rcuPrimitives } from './rcu/rcu.ts';
import { contextPrimitives } from './sched/context.ts';
import { atomicPrimitives } from './sync/atomic.ts';
import { bitopPrimitives } from './sync/bitops.ts';
import { memoryPrimitives } from './sync/memory.ts';
import { cr3Primitives } from './x86/cr3.ts';
import { tlbPrimitives } from './x86/tlb.ts';

/** Every primitive there is, by its name in C. What is not here and has no C is unmodelled, and says so in a trace. */
export const primitives: ReadonlyMap<string, Primitive> = tableOf([
  ...spinlockPrimitives,
  ...rwsemPrimitives,
  ...mutexPrimitives,
  ...assertPrimitives,
  ...staticKeyPrimitives,
  ...contextPrimitives,
  ...rcuPrimitives,
  ...memoryPrimitives,
  ...atomicPrimitives,
  ...bitopPrimitives,
  ...pagePrimitives,
  ...folioPrimitives,
  ...heapPrimitives,
  ...stringPrimitives,
  ...bugPrimitives,
  ...printkPrimitives,
  ...tlbPrimitives,
  ...cr3Primitives,
]);

/** @throws Error when two primitives have one name */
export function tableOf(all: readonly Primitive[]): ReadonlyMap<string, Primitive> {
  const table = new Map<string, Primitive>();
  for (const primitive of all) {
    if (table.has(primitive.name)) throw new Error(`two primitives are named ${primitive.name}`);
    table.set(primitive.name, primitive);
  }
  return table;
}
