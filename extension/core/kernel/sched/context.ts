import type { MachineThread } from '../../machine/thread.ts';
import { perThread, plain, visible } from '../define.ts';

/** Why a thread must not sleep, as include/linux/preempt.h and rcupdate.h count it. */
export interface Context {
  /** preempt_disable, spinlocks, get_cpu. */
  preempt: number;
  irqsOff: boolean;
  bottomHalvesOff: number;
  rcu: number;
}

export const contextOf = perThread<Context>(() => ({ preempt: 0, irqsOff: false, bottomHalvesOff: 0, rcu: 0 }));

/** What makes sleeping wrong now, in the kernel's words; undefined when the thread may sleep. */
export function atomicReason(k: MachineThread): string | undefined {
  const context = contextOf(k);
  const reasons: string[] = [];
  const spinning = k.held.filter(h => isSpinning(h.lock.type)).map(h => h.lock.name);
  if (spinning.length > 0) reasons.push(`holding ${spinning.join(', ')}`);
  else if (context.preempt > 0) reasons.push('preemption disabled');
  if (context.irqsOff) reasons.push('interrupts disabled');
  if (context.bottomHalvesOff > 0) reasons.push('bottom halves disabled');
  if (context.rcu > 0) reasons.push('in an RCU read-side critical section');
  return reasons.length === 0 ? undefined : reasons.join(', ');
}

export const isSpinning = (type: string): boolean => /^(raw_spinlock_t|spinlock_t|rwlock_t)$/.test(type);

/** might_sleep() of kernel/sched/core.c: a warning when the thread is in atomic context. */
export function mightSleep(k: MachineThread, what: string, line: number): void {
  const reason = atomicReason(k);
  if (reason !== undefined)
    k.around.sink.note(k, 'warning', line, `sleeping function called from invalid context: ${what}, ${reason}`);
}

const X86_EFLAGS_IF = 0x200n;
const PREEMPT = 'include/linux/preempt.h';
const IRQFLAGS = 'include/linux/irqflags.h';
const SCHED = 'include/linux/sched.h';

const disable = (k: MachineThread): void => void contextOf(k).preempt++;
function enable(k: MachineThread, line: number): void {
  const context = contextOf(k);
  if (context.preempt === 0) k.bug('preempt_enable without preempt_disable', line);
  context.preempt--;
}

/** Turns interrupts off; gives the flags as local_irq_save has them. */
export function saveInterrupts(k: MachineThread): bigint {
  const context = contextOf(k);
  const flags = context.irqsOff ? 0n : X86_EFLAGS_IF;
  context.irqsOff = true;
  return flags;
}
export function restoreInterrupts(k: MachineThread, flags: bigint): void {
  contextOf(k).irqsOff = (flags & X86_EFLAGS_IF) === 0n;
}
export function enableBottomHalves(k: MachineThread, line: number): void {
  const context = contextOf(k);
  if (context.bottomHalvesOff === 0) k.bug('bottom halves enabled that were not disabled', line);
  context.bottomHalvesOff--;
}

const cpu = (k: MachineThread): number => Math.max(0, k.index);

export const contextPrimitives = [
  ...['preempt_disable', 'preempt_disable_notrace'].map(n => plain(`void ${n}(void)`, PREEMPT, disable)),
  ...['preempt_enable', 'preempt_enable_notrace', 'preempt_enable_no_resched'].map(n =>
    plain(`void ${n}(void)`, PREEMPT, enable),
  ),
  plain('int in_atomic(void)', PREEMPT, k => (contextOf(k).preempt > 0 ? 1 : 0)),
  plain('int irqs_disabled(void)', IRQFLAGS, k => (contextOf(k).irqsOff ? 1 : 0)),
  plain('void local_irq_disable(void)', IRQFLAGS, k => void saveInterrupts(k)),
  plain('void local_irq_enable(void)', IRQFLAGS, k => restoreInterrupts(k, X86_EFLAGS_IF)),
  plain('void local_irq_save(unsigned long &flags)', IRQFLAGS, (k: MachineThread, flags: number) =>
    k.set(flags, 'u64', saveInterrupts(k)),
  ),
  plain('void local_irq_restore(unsigned long flags)', IRQFLAGS, restoreInterrupts),
  plain('void local_bh_disable(void)', 'include/linux/bottom_half.h', k => void contextOf(k).bottomHalvesOff++),
  plain('void local_bh_enable(void)', 'include/linux/bottom_half.h', enableBottomHalves),
  ...['might_sleep', 'might_fault'].map(n =>
    plain(`void ${n}(void)`, 'include/linux/kernel.h', (k: MachineThread, line: number) => mightSleep(k, n, line)),
  ),
  plain('void might_sleep_if(bool cond)', 'include/linux/kernel.h', (k: MachineThread, cond: number, line: number) => {
    if (cond) mightSleep(k, 'might_sleep_if', line);
  }),
  // A place where the scheduler may run somebody else: every step is one here already, so it only checks.
  visible('int cond_resched(void)', SCHED, function* (k: MachineThread, line: number) {
    mightSleep(k, 'cond_resched', line);
    yield* k.unseen('cond_resched', undefined, line);
    k.around.sink.clock++;
    return 0;
  }),
  plain('void touch_nmi_watchdog(void)', 'include/linux/nmi.h', () => undefined),
  ...['smp_processor_id', 'raw_smp_processor_id', '__smp_processor_id'].map(n =>
    plain(`int ${n}(void)`, 'include/linux/smp.h', cpu),
  ),
  plain('int get_cpu(void)', 'include/linux/smp.h', k => {
    disable(k);
    return cpu(k);
  }),
  plain('void put_cpu(void)', 'include/linux/smp.h', enable),
  ...['numa_node_id', 'numa_mem_id'].map(n => plain(`int ${n}(void)`, 'include/linux/topology.h', () => 0)),
];
