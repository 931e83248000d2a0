import type { Effect } from './effects.ts';

/**
 * Whether what is held meets what a `context` entry asks of the CPU (grammars/locks.json). Of what an interrupt handler is, and of
 * what is on, nothing that is held tells.
 */
export function meets(held: readonly Effect[], { entry }: Effect): boolean {
  switch (entry.context) {
    case 'irqs-off':
      return held.some(e => e.entry.irq === 'off');
    case 'softirq':
      return held.some(e => e.entry.bh === 'off');
    case 'preempt-off':
      return held.some(
        e => e.entry.irq === 'off' || e.entry.bh === 'off' || e.entry.preempt === 'off' || e.entry.atomic,
      );
    case 'rcu-reader':
      return held.some(e => e.mode === 'read' && e.expr.k === 'name' && e.expr.name.startsWith('rcu'));
    default:
      return false;
  }
}
