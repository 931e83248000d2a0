import type { CutFunction } from './cut.ts';
import { lockClass, OPERATIONS } from './locking.ts';
import type { Fault, FileFacts, Target } from './mutant.ts';

/** What a file says of its interrupt handlers. */
export interface Handlers {
  /** Functions that return irqreturn_t, and what they call in this file, directly or not. */
  readonly reached: ReadonlySet<string>;
  /** Classes that those acquire, with one function that does. */
  readonly takes: ReadonlyMap<string, string>;
  /** Classes → functions outside of handlers that acquire them, by whether they turn interrupts off. */
  readonly users: ReadonlyMap<string, { readonly off: ReadonlySet<string>; readonly on: ReadonlySet<string> }>;
}

const calls = (f: CutFunction): Set<string> =>
  new Set(f.body.filter((t, i) => t.kind === 'id' && f.body[i + 1]?.text === '(').map(t => t.text));

export function handlersOf(facts: FileFacts): Handlers {
  const byName = new Map(facts.functions.map(f => [f.name, f]));
  const work = facts.functions.filter(f => f.head.some(t => t.text === 'irqreturn_t') && !threaded(facts, f.name));
  const reached = new Set(work.map(f => f.name));
  for (let f = work.pop(); f; f = work.pop()) {
    for (const name of calls(f)) {
      const callee = byName.get(name);
      if (!callee || reached.has(name)) continue;
      reached.add(name);
      work.push(callee);
    }
  }
  const takes = new Map<string, string>();
  const users = new Map<string, { off: Set<string>; on: Set<string> }>();
  for (const { f, graph } of facts.targets) {
    for (const l of graph.locking) {
      const of = l.operation.effect === 'acquire' ? lockClass(f, l.path) : undefined;
      if (!of) continue;
      if (reached.has(f.name)) takes.set(of, f.name);
      else {
        let sides = users.get(of);
        if (!sides) users.set(of, (sides = { off: new Set(), on: new Set() }));
        sides[l.operation.context.startsWith('irq') ? 'off' : 'on'].add(f.name);
      }
    }
  }
  return { reached, takes, users };
}

/** The second handler of request_threaded_irq runs in a thread: it is no interrupt. */
function threaded(facts: FileFacts, name: string): boolean {
  const use = new RegExp(`request_threaded_irq\\s*\\([^,;]+,[^,;]+,[^,;]+,\\s*${name}\\b`);
  return use.test(facts.text);
}

/** Calls that only process context may make: with them, interrupts are on somewhere in the function. */
const SLEEPS =
  /^(?:mutex_lock|down_read|down_write|msleep|usleep_range|schedule|schedule_timeout|wait_for_completion\w*|wait_event\w*|copy_(?:to|from)_user|flush_work|cancel_work_sync|cancel_delayed_work_sync|synchronize_(?:rcu|irq)|free_irq|request_irq|vmalloc|GFP_KERNEL)$/;

/**
 * spin_lock_irqsave(l, f) becomes spin_lock(l), and every spin_unlock_irqrestore(l, f) of the function spin_unlock(l).
 *
 * A fault by evidence: an interrupt handler of the same file takes the lock's class and this function is none of what handlers
 * call (evidence `handler`); or two further functions of the file, at least, take it with interrupts off and none with them on, and this
 * one can sleep, hence runs with interrupts on (evidence `users`). The function does nothing else to interrupts.
 */
export function irqsaveToPlain(facts: FileFacts, target: Target, handlers: Handlers = handlersOf(facts)): Fault[] {
  const { f, graph } = target;
  if (handlers.reached.has(f.name) || f.body.some(t => /^local_irq_/.test(t.text))) return [];
  const out: Fault[] = [];
  for (const lock of new Set(graph.locking.map(l => l.lock))) {
    const own = graph.locking.filter(l => l.lock === lock);
    const flags = own[0]!.flags;
    if (!graph.known(lock) || flags === undefined || !/^\w+$/.test(flags)) continue;
    if (own.some(l => l.operation.context !== 'irqsave' || l.flags !== flags)) continue;
    const mine = new Set(own.map(l => l.statement));
    const inOwn = (i: number): boolean => [...mine].some(s => i >= s.start && i < s.end);
    // No other statement may turn interrupts off, or read the flags.
    const elsewhere = f.body.some(
      (t, i) =>
        !inOwn(i) &&
        ((OPERATIONS.get(t.text)?.context ?? '').startsWith('irq') ||
          (t.text === flags && !(f.body[i - 1]?.text === 'long' || f.body[i - 1]?.text === ','))),
    );
    if (elsewhere) continue;
    const evidence = evidenceOf(handlers, target, lockClass(f, own[0]!.path));
    if (!evidence) continue;
    out.push({
      kind: 'irqsave-to-plain',
      edits: own.map(l => {
        const name = l.call.text.replace(/_irq(?:save|restore)$/, '');
        const path = facts.text.slice(l.path[0]!.start, l.path.at(-1)!.end);
        const last = f.body[l.statement.end - 1]!;
        return { start: l.call.start, end: last.end, text: `${name}(${path});` };
      }),
      at: own.find(l => l.operation.effect === 'acquire')!.call.start,
      lock,
      description: `${own[0]!.call.text}(${lock}, ${flags}) leaves interrupts on`,
      evidence,
    });
  }
  return out;
}

function evidenceOf(handlers: Handlers, { f }: Target, of: string | undefined): string | undefined {
  if (!of) return undefined;
  const handler = handlers.takes.get(of);
  if (handler) return `handler: ${handler} takes ${of}`;
  const users = handlers.users.get(of);
  const others = [...(users?.off ?? [])].filter(name => name !== f.name);
  if (others.length < 2 || users!.on.size > 0 || !f.body.some(t => SLEEPS.test(t.text))) return undefined;
  return `users: ${others.length} further functions take ${of} with interrupts off`;
}
