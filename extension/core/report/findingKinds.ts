import type { FindingKind } from './documents.ts';

/** What is said of a kind wherever there is room for a sentence: rules of a SARIF log, the help of a diagnostic. */
export interface KindText {
  /** A few words, for a heading. */
  readonly title: string;
  /** One sentence: what the finding says. */
  readonly means: string;
  /** One sentence: what usually puts it right. */
  readonly help: string;
}

/** Every kind of finding; docs/findings.md says the same at length. */
export const KINDS: Readonly<Record<FindingKind, KindText>> = {
  'missing-unlock': {
    title: 'Lock held on the way out',
    means: 'An exit of the function leaves a lock held that its other exits let go.',
    help: 'Let the lock go before this exit, or jump to the label that does.',
  },
  'double-lock': {
    title: 'Lock taken twice',
    means: 'A lock is taken that the same path holds already: the task waits for itself.',
    help: 'Let the lock go first, or call the variant that expects it held.',
  },
  'unlock-not-held': {
    title: 'Unlock of a lock that is not held',
    means: 'A lock is let go that the same path has let go already.',
    help: 'Remove one of the two unlocks, or take the lock again in between.',
  },
  'sleep-in-atomic': {
    title: 'Sleep in atomic context',
    means: 'A call that may sleep is made with a spinlock held, or with preemption or interrupts off.',
    help: 'Make the call before the lock is taken or after it is let go, or use a variant that does not sleep.',
  },
  'gfp-in-atomic': {
    title: 'Sleeping allocation in atomic context',
    means:
      'Memory is allocated with a mask that allows sleeping, with a spinlock held, or with preemption or interrupts off.',
    help: 'Allocate before the lock is taken, or use GFP_ATOMIC or GFP_NOWAIT and handle failure.',
  },
  'lock-order': {
    title: 'Locks taken in both orders',
    means:
      'Two classes of locks are taken in one order here and in the other order elsewhere: two tasks can wait for each other.',
    help: 'Take them in one order everywhere, or use a trylock and back off.',
  },
  'irq-unsafe': {
    title: 'Interrupts left on under a lock that an interrupt takes',
    means:
      'A lock that is taken elsewhere with interrupts off is taken here with interrupts on: an interrupt can wait for what it has interrupted.',
    help: 'Take the lock with the _irqsave or _irq variant.',
  },
  'requires-not-held': {
    title: 'Callee needs a lock that is not held',
    means: 'A callee says that it needs a lock, and this path has let it go.',
    help: 'Make the call before the unlock, or take the lock again around it.',
  },
  'check-then-act': {
    title: 'Acted upon after the lock was dropped',
    means: 'What was tested under a lock is acted upon after the lock was let go: it may no longer be so.',
    help: 'Keep the lock from the test to the act, or test again.',
  },
  'missing-recheck': {
    title: 'Not tested again after the lock was retaken',
    means: 'A lock was let go and taken again, and what was tested before is taken for granted.',
    help: 'Test again once the lock is held again.',
  },
  'unpaired-barrier': {
    title: 'Barrier without its partner',
    means: 'A memory barrier orders accesses that no other barrier orders on the reading (or writing) side.',
    help: 'Add the matching barrier on the other side and name it in a comment at both.',
  },
};

export const isKind = (word: string): word is FindingKind => Object.hasOwn(KINDS, word);

/** All kinds, in the order of docs/findings.md. */
export const kindNames = Object.keys(KINDS) as readonly FindingKind[];
