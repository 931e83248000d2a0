import type { LockMode } from '../report/documents.ts';
import type { Position } from '../text/source.ts';
import { distance } from './effects.ts';
import { type FileEvidence, type HeldClass, heldAtPlace } from './evidence.ts';

/** How far an answer has been looked for: the more, the more it is worth. */
export interface EvidenceScope {
  readonly files: number;
  readonly functions: number;
  /** Files that mention the name and have not been read yet. */
  readonly more: number;
}

export interface TakenBy extends Position {
  readonly function: string;
  readonly mode: LockMode;
  readonly primitive: string;
  /** Itself, not through a callee. */
  readonly direct: boolean;
  /** Places in the function. */
  readonly times: number;
}

export interface Protected extends Position {
  readonly field: string;
  readonly under: number;
  readonly not: number;
  /** Of these, stores. */
  readonly writesUnder: number;
  readonly writesNot: number;
}

export interface Neighbour extends Position {
  readonly lockClass: string;
  readonly function: string;
  /** Functions that take them in this order. */
  readonly times: number;
}

/** What is known of a class of locks. */
export interface LockHover {
  readonly kind: 'lock';
  /** As the source has it at the place asked for. */
  readonly lock: string;
  readonly lockClass: string;
  readonly scope: EvidenceScope;
  readonly takenBy: readonly TakenBy[];
  /** Functions that take it, in all. */
  readonly takers: number;
  readonly protects: readonly Protected[];
  /** Classes held when it is taken, and classes taken while it is held. */
  readonly after: readonly Neighbour[];
  readonly before: readonly Neighbour[];
}

export interface UsuallyHeld {
  readonly lockClass: string;
  readonly accesses: number;
  readonly writes: number;
}

/** Which locks are held where a field or global is used. */
export interface FieldHover {
  readonly kind: 'field';
  readonly field: string;
  readonly scope: EvidenceScope;
  readonly accesses: number;
  readonly writes: number;
  readonly held: readonly UsuallyHeld[];
  /** Accesses with no lock of known class held. */
  readonly bare: number;
  readonly bareWrites: number;
  /** Some of the places without a lock: stores first. */
  readonly examples: readonly (Position & { readonly function: string; readonly writes: number })[];
}

/** Callers of a function that hold the same. */
export interface CallersHolding {
  readonly held: readonly HeldClass[];
  readonly calls: number;
  readonly callers: readonly (Position & { readonly function: string })[];
}

export interface CallersHover {
  readonly scope: EvidenceScope;
  readonly calls: number;
  readonly groups: readonly CallersHolding[];
}

const MOST = 6;
const MOST_TAKERS = 5;

const at = (file: string, line: number): Position => ({ file, line, column: 1 });

/** Whether any of the evidence has a lock of that class. */
export function isLockClass(lockClass: string, all: readonly FileEvidence[]): boolean {
  return all.some(e => e.takings.some(t => t.lockClass === lockClass));
}

export function lockHover(
  lock: string,
  lockClass: string,
  all: readonly FileEvidence[],
  scope: EvidenceScope,
): LockHover {
  const takers = new Map<string, TakenBy>();
  const fields = new Set<string>();
  const locks = new Set(all.flatMap(e => e.takings.map(t => t.lockClass)));
  for (const evidence of all) {
    for (const t of evidence.takings) {
      if (t.lockClass !== lockClass || distance(t) > 1) continue;
      const key = `${evidence.file} ${t.function}`;
      const known = takers.get(key);
      const direct = distance(t) === 0;
      const one = { ...at(evidence.file, t.line), function: t.function, mode: t.mode, primitive: t.primitive, direct };
      // The function's own taking of it is told before what a callee does.
      const kept = known && (known.direct || !direct) ? known : one;
      takers.set(key, { ...kept, times: (known?.times ?? 0) + 1 });
    }
    for (const access of evidence.accesses) {
      if (locks.has(access.field) || fields.has(access.field)) continue;
      if (heldAtPlace(access, evidence).some(h => h.lockClass === lockClass)) fields.add(access.field);
    }
  }
  const protects = [...fields]
    .map(field => counted(field, lockClass, all))
    .filter(f => isProtected(f, lockClass))
    .sort((a, b) => worth(b, lockClass) - worth(a, lockClass) || (a.field < b.field ? -1 : 1))
    .slice(0, MOST);
  const taken = [...takers.values()].sort(
    (a, b) => Number(b.direct) - Number(a.direct) || b.times - a.times || (a.function < b.function ? -1 : 1),
  );
  return {
    kind: 'lock',
    lock,
    lockClass,
    scope,
    takenBy: taken.slice(0, MOST_TAKERS),
    takers: taken.length,
    protects,
    after: neighbours(all, o => (o.second === lockClass ? o.first : undefined)),
    before: neighbours(all, o => (o.first === lockClass ? o.second : undefined)),
  };
}

/** Over all evidence; `first` is there because some access was seen under the lock. */
function counted(field: string, lockClass: string, all: readonly FileEvidence[]): Protected {
  let [under, not, writesUnder, writesNot] = [0, 0, 0, 0];
  let first: Position | undefined;
  for (const evidence of all) {
    for (const access of evidence.accesses) {
      if (access.field !== field) continue;
      if (heldAtPlace(access, evidence).some(h => h.lockClass === lockClass)) {
        under += access.reads + access.writes;
        writesUnder += access.writes;
        first ??= at(evidence.file, access.line);
      } else {
        not += access.reads + access.writes;
        writesNot += access.writes;
      }
    }
  }
  return { ...first!, field, under, not, writesUnder, writesNot };
}

const holderOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf('.')));
const sameHolder = (field: string, lockClass: string): boolean =>
  holderOf(field) !== '' && holderOf(field) === holderOf(lockClass);

/** Mostly used under the lock, and more than once; of another structure: nearly always. */
function isProtected(f: Protected, lockClass: string): boolean {
  const share = f.under / (f.under + f.not);
  if (f.under < 2) return false;
  return sameHolder(f.field, lockClass) ? share >= 0.5 : share >= 0.8 && f.under >= 3;
}

function worth(f: Protected, lockClass: string): number {
  const share = (f.under + 2 * f.writesUnder) / (f.under + f.not + 2 * (f.writesUnder + f.writesNot));
  return (sameHolder(f.field, lockClass) ? 2 : 0) + share + Math.min(f.under, 20) / 20;
}

function neighbours(
  all: readonly FileEvidence[],
  other: (order: { first: string; second: string }) => string | undefined,
): Neighbour[] {
  const found = new Map<string, Neighbour & { functions: Set<string> }>();
  for (const { file, orders } of all) {
    for (const order of orders) {
      const lockClass = other(order);
      if (lockClass === undefined) continue;
      let one = found.get(lockClass);
      if (!one) {
        one = { ...at(file, order.line), lockClass, function: order.function, times: 0, functions: new Set() };
        found.set(lockClass, one);
      }
      one.functions.add(`${file} ${order.function}`);
    }
  }
  return [...found.values()]
    .map(({ functions, ...one }) => ({ ...one, times: functions.size }))
    .sort((a, b) => b.times - a.times || (a.lockClass < b.lockClass ? -1 : 1))
    .slice(0, MOST);
}

export function fieldHover(field: string, all: readonly FileEvidence[], scope: EvidenceScope): FieldHover | undefined {
  const held = new Map<string, { lockClass: string; accesses: number; writes: number }>();
  const examples: (Position & { function: string; writes: number })[] = [];
  let [accesses, writes, bare, bareWrites] = [0, 0, 0, 0];
  for (const evidence of all) {
    for (const access of evidence.accesses) {
      if (access.field !== field) continue;
      const count = access.reads + access.writes;
      accesses += count;
      writes += access.writes;
      const locks = new Set(heldAtPlace(access, evidence).map(h => h.lockClass));
      for (const lockClass of locks) {
        const one = held.get(lockClass) ?? { lockClass, accesses: 0, writes: 0 };
        held.set(lockClass, { lockClass, accesses: one.accesses + count, writes: one.writes + access.writes });
      }
      if (locks.size) continue;
      bare += count;
      bareWrites += access.writes;
      examples.push({ ...at(evidence.file, access.line), function: access.function, writes: access.writes });
    }
  }
  if (accesses === 0) return undefined;
  return {
    kind: 'field',
    field,
    scope,
    accesses,
    writes,
    held: [...held.values()].sort((a, b) => b.accesses - a.accesses || b.writes - a.writes).slice(0, MOST),
    bare,
    bareWrites,
    examples: examples.sort((a, b) => b.writes - a.writes).slice(0, 3),
  };
}

/** Who calls a function holding what, most calls first. */
export function callersHolding(
  callee: string,
  all: readonly FileEvidence[],
  scope: EvidenceScope,
  most = 5,
): CallersHover | undefined {
  const groups = new Map<
    string,
    { held: readonly HeldClass[]; calls: number; callers: CallersHolding['callers'][number][] }
  >();
  let calls = 0;
  for (const evidence of all) {
    for (const call of evidence.calls) {
      if (call.callee !== callee) continue;
      calls++;
      const held = [...heldAtPlace(call, evidence)].sort((a, b) => (a.lockClass < b.lockClass ? -1 : 1));
      const key = held.map(h => `${h.lockClass}/${h.mode}`).join();
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { held, calls: 0, callers: [] }));
      group.calls++;
      if (!group.callers.some(c => c.function === call.function && c.file === evidence.file)) {
        group.callers.push({ file: evidence.file, line: call.line, column: call.column, function: call.function });
      }
    }
  }
  if (calls === 0) return undefined;
  return { scope, calls, groups: [...groups.values()].sort((a, b) => b.calls - a.calls).slice(0, most) };
}
