import type { Ptr, Running } from '../../machine/abi.ts';
import type { Access, Value } from '../../machine/scalar.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { contextOf } from '../sched/context.ts';
import { reads, writes } from '../sync/memory.ts';
import { inside } from './sections.ts';

const RCU = 'include/linux/rcupdate.h';

/** What must hold where a pointer is dereferenced, as kernel/rcu/update.c asks it for CONFIG_PROVE_RCU. */
type Condition = (k: MachineThread) => boolean;
export const inRcu: Condition = k => contextOf(k).rcu > 0;
export const inBh: Condition = k => contextOf(k).bottomHalvesOff > 0 || contextOf(k).irqsOff;
export const inSched: Condition = k => contextOf(k).preempt > 0 || inBh(k);

const suspicious = (k: MachineThread, name: string, line: number): void =>
  k.warn(`suspicious ${name}() usage: no read-side critical section, no lock that stands for one`, line);

const dereference = (name: string, condition: Condition): Primitive =>
  visible(`T ${name}(T &p)`, RCU, function* (k: MachineThread, T: Access, p: Ptr, line: number): Running<Value> {
    k.marked = true;
    const value = yield* k.load(p, T as 'u64', line);
    if (!condition(k)) suspicious(k, name, line);
    return value;
  });

/** With a further condition, a lock that is held mostly, under which it is right as well. */
const check = (name: string, condition: Condition): Primitive =>
  visible(
    `T ${name}(T &p, bool c)`,
    RCU,
    function* (k: MachineThread, T: Access, p: Ptr, c: number, line: number): Running<Value> {
      k.marked = true;
      const value = yield* k.load(p, T as 'u64', line);
      if (!c && !condition(k)) suspicious(k, name, line);
      return value;
    },
  );

/** Pointers that RCU protects. The checks of CONFIG_PROVE_RCU are always on, as lockdep's assertions are. */
export const pointerPrimitives: readonly Primitive[] = [
  dereference('rcu_dereference', inRcu),
  dereference('rcu_dereference_bh', inBh),
  dereference('rcu_dereference_sched', inSched),
  check('rcu_dereference_check', inRcu),
  check('rcu_dereference_bh_check', inBh),
  check('rcu_dereference_sched_check', inSched),
  ...['rcu_dereference_raw', 'rcu_dereference_raw_check', 'rcu_access_pointer'].map(n => reads(n, RCU)),
  // The pointer cannot change meanwhile: the kernel reads it as C does, and so does whoever evaluates the argument.
  plain(
    'T rcu_dereference_protected(T p, bool c)',
    RCU,
    (k: MachineThread, _type: Access, p: Value, c: number, line: number) => {
      if (!c) suspicious(k, 'rcu_dereference_protected', line);
      return p;
    },
  ),
  visible(
    'T srcu_dereference(T &p, struct srcu_struct *ssp)',
    'include/linux/srcu.h',
    function* (k: MachineThread, T: Access, p: Ptr, ssp: Ptr, line: number): Running<Value> {
      k.marked = true;
      const value = yield* k.load(p, T as 'u64', line);
      if (!inside(k, { lock: 'srcu_struct', address: ssp })) suspicious(k, 'srcu_dereference', line);
      return value;
    },
  ),
  ...['rcu_assign_pointer', 'RCU_INIT_POINTER'].map(n => writes(n, RCU, 'T &p')),
];
