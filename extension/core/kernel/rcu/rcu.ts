import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { contextOf, enableBottomHalves, mightSleep } from '../sched/context.ts';
import { inBh, inRcu, inSched, pointerPrimitives } from './pointers.ts';
import { type Domain, enter, gracePeriod, leave, NO_DOMAIN } from './sections.ts';

const RCU = 'include/linux/rcupdate.h';
const TREE = 'kernel/rcu/tree.c';
const SRCU = 'include/linux/srcu.h';
const SRCU_TREE = 'kernel/rcu/srcutree.c';

/** The kinds of read-side sections that synchronize_rcu() waits for, and what each turns off. */
interface Flavour extends Domain {
  readonly suffix: string;
  readonly off: (k: MachineThread) => void;
  readonly on: (k: MachineThread, line: number) => void;
}

const FLAVOURS: readonly Flavour[] = [
  {
    suffix: '',
    lock: 'rcu',
    address: NO_DOMAIN,
    off: k => void contextOf(k).rcu++,
    on: k => void contextOf(k).rcu--,
  },
  {
    suffix: '_bh',
    lock: 'rcu_bh',
    address: NO_DOMAIN,
    off: k => void contextOf(k).bottomHalvesOff++,
    on: enableBottomHalves,
  },
  {
    suffix: '_sched',
    lock: 'rcu_sched',
    address: NO_DOMAIN,
    off: k => void contextOf(k).preempt++,
    on: k => void contextOf(k).preempt--,
  },
];

/** Where a section begins and ends decides whom a grace period waits for: visible steps. */
function flavour(kind: Flavour): Primitive[] {
  const { suffix } = kind;
  return ['', ...(suffix === '_sched' ? ['_notrace'] : [])].flatMap(variant => {
    const lock = `rcu_read_lock${suffix}${variant}`;
    const unlock = `rcu_read_unlock${suffix}${variant}`;
    return [
      visible(`void ${lock}(void)`, RCU, function* (k: MachineThread, line: number) {
        yield* enter(k, kind, lock, line);
        kind.off(k);
      }),
      visible(`void ${unlock}(void)`, RCU, function* (k: MachineThread, line: number) {
        yield* leave(k, kind, unlock, line);
        kind.on(k, line);
      }),
    ];
  });
}

const held = (name: string, ask: (k: MachineThread) => boolean): Primitive =>
  plain(`int ${name}(void)`, 'kernel/rcu/update.c', (k: MachineThread) => (ask(k) ? 1 : 0));

function* synchronize(k: MachineThread, domain: Ptr, name: string, line: number): Running<void> {
  mightSleep(k, name, line);
  yield* gracePeriod(k, domain, name, line);
}

const srcu = (ssp: Ptr): Domain => ({ lock: 'srcu_struct', address: ssp });
const SSP = 'struct srcu_struct *ssp';

/** SRCU: sections of one srcu_struct, in which a reader may sleep. Which of its two counters a reader is in is not kept. */
const srcuPrimitives: readonly Primitive[] = [
  ...['', '_notrace', '_nmisafe'].flatMap(variant => [
    visible(
      `int srcu_read_lock${variant}(${SSP})`,
      SRCU,
      function* (k: MachineThread, ssp: Ptr, line: number): Running<number> {
        yield* enter(k, srcu(ssp), `srcu_read_lock${variant}`, line);
        return 0;
      },
    ),
    visible(
      `void srcu_read_unlock${variant}(${SSP}, int idx)`,
      SRCU,
      (k: MachineThread, ssp: Ptr, _index: number, line: number) =>
        leave(k, srcu(ssp), `srcu_read_unlock${variant}`, line),
    ),
  ]),
  ...['synchronize_srcu', 'synchronize_srcu_expedited'].map(name =>
    visible(`void ${name}(${SSP})`, SRCU_TREE, (k: MachineThread, ssp: Ptr, line: number) =>
      synchronize(k, ssp, name, line),
    ),
  ),
];

/**
 * Read-copy-update: read-side sections, and waiting for those that are open.
 *
 * A grace period waits for sections that rcu_read_lock() and its _bh and _sched kinds have opened; code that only turns off
 * preemption or interrupts opens none here. Callbacks (call_rcu, kfree_rcu) are not modelled: nobody would run them.
 */
export const rcuPrimitives: readonly Primitive[] = [
  ...FLAVOURS.flatMap(flavour),
  ...['synchronize_rcu', 'synchronize_rcu_expedited'].map(name =>
    visible(`void ${name}(void)`, TREE, (k: MachineThread, line: number) => synchronize(k, NO_DOMAIN, name, line)),
  ),
  held('rcu_read_lock_held', inRcu),
  held('rcu_read_lock_bh_held', inBh),
  held('rcu_read_lock_sched_held', inSched),
  held('rcu_read_lock_any_held', k => inRcu(k) || inSched(k)),
  ...pointerPrimitives,
  ...srcuPrimitives,
];
