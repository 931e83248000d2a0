import { mutexPrimitives } from './locking/mutex.ts';
import { rwsemPrimitives } from './locking/rwsem.ts';
import { spinlockPrimitives } from './locking/spinlock.ts';
import type { Primitive } from './primitive.ts';
import { contextPrimitives } from './sched/context.ts';

/** Every primitive there is, by its name in C. What is not here and has no C is unmodelled, and says so in a trace. */
export const primitives: ReadonlyMap<string, Primitive> = tableOf([
  ...spinlockPrimitives,
  ...rwsemPrimitives,
  ...mutexPrimitives,
  ...contextPrimitives,
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
