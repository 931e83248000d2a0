import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { logMessage } from '../printk/output.ts';

const REFCOUNT = 'lib/refcount.c';

/** REFCOUNT_SATURATED of include/linux/refcount.h: half way between the values that overflow and those that underflow. */
const SATURATED = -0x40000000;

/** By enum refcount_saturation_type. */
const MESSAGES: readonly string[] = [
  'saturated; leaking memory',
  'saturated; leaking memory',
  'addition on 0; use-after-free',
  'underflow; use-after-free',
  'decrement hit 0; leaking memory',
];

/** Kinds of saturation that have been warned of. */
const warned = perMachine(() => new Set<number>());

/**
 * What refcount_t does when it has caught a mistake. All else of it is the kernel's C, in include/linux/refcount.h, on top
 * of atomic_t.
 */
export const refcountPrimitives: readonly Primitive[] = [
  visible(
    'void refcount_warn_saturate(refcount_t *r, unsigned int t)',
    REFCOUNT,
    function* (k: MachineThread, r: Ptr, t: number, line: number) {
      k.marked = true;
      yield* k.store(r, 'i32', SATURATED, line);
      if (warned(k).has(t)) return;
      warned(k).add(t);
      const message = `refcount_t: ${MESSAGES[t] ?? 'unknown saturation event!?'}.`;
      logMessage(k, `${message}\n`, line);
      k.warn(`${message} ${k.around.nameOf(r)}`, line);
    },
  ),
];
