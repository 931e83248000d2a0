import type { Ptr, Running } from '../../machine/abi.ts';
import type { Lock } from '../../machine/lock.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine } from '../define.ts';

/** Readers of a domain and those who wait for them: RCU as a whole, or one srcu_struct. */
export interface Domain {
  /** As contracts name it: `rcu`. For an srcu_struct, its C type. */
  readonly lock: string;
  /** Of the srcu_struct; NO_DOMAIN for RCU. */
  readonly address: Ptr;
}

/** There is one RCU, and it lies nowhere. */
export const NO_DOMAIN: Ptr = 0;

/** A read-side section of one thread. Nested ones are one section, which ends with the outermost. */
interface Section {
  readonly k: MachineThread;
  readonly domain: Ptr;
  readonly lock: Lock;
  depth: number;
}

interface State {
  readonly open: Set<Section>;
  /** What traces show of a domain: a lock that readers share and that nobody takes for writing. */
  readonly locks: Map<string, Lock>;
}

const stateOf = perMachine<State>(() => ({ open: new Set(), locks: new Map() }));

function lockOf(k: MachineThread, { lock: type, address }: Domain): Lock {
  const { locks } = stateOf(k);
  const key = `${type} ${address}`;
  let lock = locks.get(key);
  if (!lock) {
    const name = address === NO_DOMAIN ? type : k.around.nameOf(address);
    locks.set(key, (lock = { address, type, name, writer: undefined, readers: [], queue: [] }));
  }
  return lock;
}

const openBy = (k: MachineThread, lock: Lock): Section | undefined =>
  [...stateOf(k).open].find(s => s.k === k && s.lock === lock);

/** Is the thread in a section of this domain? */
export const inside = (k: MachineThread, domain: Domain): boolean => openBy(k, lockOf(k, domain)) !== undefined;

/** Opens a section, or goes one deeper into it: a visible step. */
export function* enter(k: MachineThread, domain: Domain, what: string, line: number): Running<void> {
  yield* k.step(what, domain.address || undefined, line);
  const lock = lockOf(k, domain);
  const section = openBy(k, lock);
  if (section) section.depth++;
  else stateOf(k).open.add({ k, domain: domain.address, lock, depth: 1 });
  k.around.weak?.fence(k, domain.address ? 'srcu-lock' : 'rcu-lock', line, domain.address);
  k.around.sink.lock(k, 'acquire', line, lock, 'read');
}

/** Comes out of a section by one level: a visible step. A bug of the run when there is none. */
export function* leave(k: MachineThread, domain: Domain, what: string, line: number): Running<void> {
  yield* k.step(what, domain.address || undefined, line);
  const lock = lockOf(k, domain);
  const section = openBy(k, lock);
  if (!section) k.bug(`${what} outside any ${lock.name} read-side critical section`, line, domain.address || undefined);
  if (--section.depth === 0) stateOf(k).open.delete(section);
  k.around.weak?.fence(k, domain.address ? 'srcu-unlock' : 'rcu-unlock', line, domain.address);
  k.around.sink.lock(k, 'release', line, lock, 'read');
}

/**
 * Waits until every section of the domain that is open when the wait begins has ended; later ones do not matter. Two
 * visible steps: the beginning and the end.
 */
export function* gracePeriod(k: MachineThread, domain: Ptr, what: string, line: number): Running<void> {
  const at = domain || undefined;
  yield* k.step(what, at, line);
  const { open } = stateOf(k);
  const before = [...open].filter(s => s.domain === domain);
  const own = before.find(s => s.k === k);
  if (own) k.bug(`${what} in a ${own.lock.name} read-side critical section, for whose end it waits`, line, at);
  if (k.around.weak) {
    // The model says which executions have the readers that were there before it end in time.
    k.around.weak.fence(k, domain ? 'sync-srcu' : 'sync-rcu', line, domain);
    return;
  }
  k.around.sink.note(k, 'barrier', line, `${what} begins`, at);
  yield* k.step(what, at, line, () => before.every(s => !open.has(s)));
  k.around.sink.note(k, 'barrier', line, what, at);
}
