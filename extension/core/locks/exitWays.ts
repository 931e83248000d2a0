import type { ContextChange, ExitWay, LockFact, ReturnClass } from '../report/documents.ts';
import type { Effect } from './effects.ts';
import type { Definition } from './scan.ts';
import type { ExitPoint, Summary } from './summary.ts';
import { NEGATIVE, POSITIVE, ZERO } from './values.ts';

type Returned = 'nothing' | 'integer' | 'unsigned' | 'pointer' | 'truth' | 'other';

/** What a definition returns, by the words before its name. */
export function returnedBy({ kind, source, start, nameStart }: Definition): Returned {
  if (kind === 'macro') return 'nothing';
  const head = source.text.slice(start, nameStart).replace(/\/\*.*?\*\//gs, ' ');
  if (head.includes('*')) return 'pointer';
  if (/\bvoid\b/.test(head)) return 'nothing';
  if (/\bbool\b|\b_Bool\b/.test(head)) return 'truth';
  if (/\b(?:unsigned|u?int(?:8|16|32|64)_t|[us](?:8|16|32|64)|size_t|gfp_t)\b/.test(head))
    return /\b(?:unsigned|uint\d+_t|u\d+|size_t|gfp_t)\b/.test(head) ? 'unsigned' : 'integer';
  return /\b(?:int|long|short|char|ssize_t|loff_t)\b/.test(head) ? 'integer' : 'other';
}

const NAMES: Record<Exclude<Returned, 'nothing'>, readonly [ReturnClass, ReturnClass, ReturnClass]> = {
  integer: ['error', 'zero', 'positive'],
  unsigned: ['nonzero', 'zero', 'nonzero'],
  pointer: ['error', 'null', 'pointer'],
  truth: ['true', 'false', 'true'],
  other: ['nonzero', 'zero', 'nonzero'],
};

/** The classes of a mask of `values.ts`; undefined: nothing is returned. */
export function classesOf(mask: number, returned: Returned): readonly ReturnClass[] | undefined {
  if (returned === 'nothing') return undefined;
  const [negative, zero, positive] = NAMES[returned];
  const out = new Set<ReturnClass>();
  if (mask & NEGATIVE) out.add(negative);
  if (mask & ZERO) out.add(zero);
  if (mask & POSITIVE) out.add(positive);
  return [...out];
}

/** What a way leaves otherwise: what it holds keeps off, what it let go has put on again. */
function contextOf(held: readonly Effect[], released: readonly Effect[]): ContextChange | undefined {
  const keeps = (what: 'irq' | 'bh' | 'preempt') => held.some(e => !e.maybe && e.entry[what] === 'off');
  const lets = (what: 'irq' | 'bh' | 'preempt', how: string) =>
    released.some(e => !e.maybe && e.entry.effect === 'release' && e.entry[what] === how);
  const interrupts = keeps('irq') ? 'off' : lets('irq', 'on') ? 'on' : lets('irq', 'restore') ? 'restored' : undefined;
  const bottomHalves = keeps('bh') ? 'off' : lets('bh', 'on') ? 'on' : undefined;
  const atomic = (e: Effect) => !e.maybe && (e.entry.atomic || e.entry.preempt);
  const preemption = held.some(atomic) ? 'off' : released.some(atomic) ? 'on' : undefined;
  if (!interrupts && !bottomHalves && !preemption) return undefined;
  return {
    ...(interrupts ? { interrupts } : {}),
    ...(bottomHalves ? { bottomHalves } : {}),
    ...(preemption ? { preemption } : {}),
  };
}

/** The ways of an exit; those that differ in nothing but the value are one. */
export function waysOf(exit: ExitPoint, returned: Returned, fact: (e: Effect) => LockFact): ExitWay[] {
  const out = new Map<string, { mask: number; way: ExitPoint['ways'][number] }>();
  for (const way of exit.ways) {
    const key = [way.held, way.released].map(list => list.map(e => `${e.expr.id}${e.mode}${e.maybe}`).sort()).join('|');
    const known = out.get(key);
    if (known) known.mask |= way.ret;
    else out.set(key, { mask: way.ret, way });
  }
  return [...out.values()].map(({ mask, way }) => {
    const returns = exit.kind === 'return' ? classesOf(mask, returned) : undefined;
    const context = contextOf(way.held, way.released);
    return {
      ...(returns ? { returns } : {}),
      held: way.held.map(fact),
      released: way.released.map(fact),
      ...(context ? { context } : {}),
    };
  });
}

/** Whether a function is called in atomic context, as far as what it requires says so. */
export const isAtomic = ({ requires, needs }: Summary): boolean =>
  requires.some(({ entry }) => entry.atomic || entry.irq || entry.bh || entry.preempt) ||
  needs.some(({ entry }) => /^(?:irqs-off|preempt-off|hardirq|softirq)$/.test(entry.context!));
