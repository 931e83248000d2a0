import { gfpUnderSpinlock } from './gfpUnderSpinlock.ts';
import { handlersOf, irqsaveToPlain } from './irqsaveToPlain.ts';
import { lockDoubled } from './lockDoubled.ts';
import { locksSwapped, ordersOf } from './locksSwapped.ts';
import type { Fault, FaultKind, FileFacts, Target } from './mutant.ts';
import { unlockRemoved } from './unlockRemoved.ts';

/** All faults of one kind that a function can be given; what a whole file says is worked out once. */
export function candidatesOf(facts: FileFacts): (target: Target, kind: FaultKind) => Fault[] {
  let orders: ReturnType<typeof ordersOf> | undefined;
  let handlers: ReturnType<typeof handlersOf> | undefined;
  return (target, kind) => {
    switch (kind) {
      case 'unlock-removed':
        return unlockRemoved(facts, target);
      case 'lock-doubled':
        return lockDoubled(facts, target);
      case 'locks-swapped':
        return locksSwapped(facts, target, (orders ??= ordersOf(facts)));
      case 'gfp-under-spinlock':
        return gfpUnderSpinlock(facts, target);
      case 'irqsave-to-plain':
        return irqsaveToPlain(facts, target, (handlers ??= handlersOf(facts)));
    }
  };
}
