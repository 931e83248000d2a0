import type { LockMode } from '../report/documents.ts';
import type { Position } from '../text/source.ts';
import { type Expr, keyOf, parts, rewrite, rewritePlace, rootOf, sizeOf } from './expr.ts';
import { ANY, type Facts, maskOf } from './values.ts';

/** One effect on a lock as it stands in the function under analysis. */
export interface Effect {
  readonly expr: Expr;
  readonly mode: LockMode;
  readonly primitive: string;
  /** Calls from this function to the primitive, outermost first. */
  readonly via: readonly string[];
  /** Offset in this function's file: of the call here that causes it. */
  readonly at: number;
  /** Where the primitive itself is called. */
  readonly origin: Position;
  /** Holding it forbids sleeping. */
  readonly atomic: boolean;
  /** Only on some of the paths that come together here. */
  readonly maybe: boolean;
}

/** Identity of a lock: two calls of one accessor with equal arguments give the same lock. */
export function lockKey(e: Expr): string {
  return keyOf(rewrite(e, part => (part.k === 'call' && part.owner !== '' ? { ...part, owner: '' } : undefined)));
}

interface Binding {
  readonly place: Expr;
  readonly value: Expr;
}

/** Largest expression that is remembered: a pointer followed in a loop must not grow for ever. */
const LARGEST = 16;
const MOST_NESTED = 2;

/** The abstract state at a point: what is held, what of the caller's was let go, values of places, facts about values. */
export class State {
  held: Effect[] = [];
  released: Effect[] = [];
  facts: Facts = new Map();
  private env = new Map<string, Binding>();

  copy(): State {
    const next = new State();
    next.held = this.held.slice();
    next.released = this.released.slice();
    next.facts = new Map(this.facts);
    next.env = new Map(this.env);
    return next;
  }

  /** States with equal keys are merged; with different ones they are kept apart, with the facts that led there. */
  get key(): string {
    const text = (e: Effect) => `${lockKey(e.expr)}:${e.mode}${e.maybe ? '?' : ''}`;
    return `${this.held.map(text).sort().join(' ')}|${this.released.map(text).sort().join(' ')}`;
  }

  /** `e` in terms of values at the function's entry, as far as known. */
  resolve(e: Expr): Expr {
    const found = rewrite(e, part => this.env.get(keyOf(part))?.value);
    return sizeOf(found) > LARGEST * 2 ? e : found;
  }

  resolvePlace(e: Expr): Expr {
    return rewritePlace(e, part => this.env.get(keyOf(part))?.value);
  }

  /** Stores `value` (undefined: something new) in `place`; both are given unresolved. */
  set(place: Expr, value: Expr | undefined, at: number): void {
    const target = this.resolvePlace(place);
    const read = value && this.resolve(value);
    this.bind(target, read && sizeOf(read) <= LARGEST ? read : fresh(target, at), at);
  }

  /** Stores a value that is resolved already in a place that is resolved already. */
  bind(place: Expr, value: Expr, at: number): void {
    const key = keyOf(place);
    for (const other of this.env.keys()) {
      if (other.startsWith(key) && (other[key.length] === '.' || other[key.length] === '[')) this.env.delete(other);
    }
    if (place.k === 'name' || place.k === 'field' || place.k === 'deref' || place.k === 'index')
      this.env.set(key, { place, value });
    const valueKey = keyOf(value);
    if (value.k === 'name' && value.owner.endsWith(`!${at}`)) this.forget(part => keyOf(part) === valueKey);
  }

  /** Something unknown may have been stored through any pointer, or in `reachable` locals. */
  clobber(reachable: readonly Expr[]): void {
    const roots = new Set<string>();
    for (const arg of reachable) {
      const root = arg.k === 'addr' ? rootOf(arg.base) : undefined;
      if (root) roots.add(keyOf(root));
    }
    for (const [key, { place }] of this.env) {
      const root = rootOf(place);
      if (!root || roots.has(keyOf(root)) || (root.k === 'name' && root.scope === 'free')) this.env.delete(key);
    }
    this.forgetMemory();
  }

  /** Drops facts about the contents of memory that others can change. */
  forgetMemory(): void {
    this.forget(part => part.k === 'deref');
  }

  forget(which: (part: Expr) => boolean): void {
    for (const [key, { expr }] of this.facts) {
      for (const part of parts(expr)) {
        if (which(part)) {
          this.facts.delete(key);
          break;
        }
      }
    }
  }

  /** Bindings of places that outlive the function: through pointers, and globals. */
  *outside(owner: string, isMacro: boolean): Generator<Binding> {
    for (const binding of this.env.values()) {
      const root = rootOf(binding.place);
      const outlives =
        root === undefined || (root.k === 'name' && (root.scope === 'free' || (isMacro && root.scope === 'param')));
      if (!outlives) continue;
      const local = [...parts(binding.place)].some(
        p => p.k === 'name' && p.scope === 'local' && p.owner.startsWith(owner),
      );
      if (!local) yield binding;
    }
  }

  acquire(effect: Effect): void {
    const key = lockKey(effect.expr);
    const gone = this.released.findIndex(e => lockKey(e.expr) === key && e.mode === effect.mode);
    if (gone >= 0) {
      // Dropped and taken again: as the caller left it.
      this.released = this.released.filter((_, i) => i !== gone);
      return;
    }
    if (this.held.filter(e => lockKey(e.expr) === key).length < MOST_NESTED) this.held = [...this.held, effect];
  }

  /** Finds what a release of `e` lets go: by identity (also through pointers known to be equal here), then by mode. */
  find(e: Expr, mode: LockMode | undefined): Effect | undefined {
    const key = lockKey(e);
    let same = this.held.filter(h => lockKey(h.expr) === key);
    if (!same.length && this.held.length) {
      const equal = this.equalities();
      if (equal.size) {
        const canonical = (x: Expr) => lockKey(rewrite(x, part => equal.get(keyOf(part))));
        const other = canonical(e);
        same = this.held.filter(h => canonical(h.expr) === other);
      }
    }
    // A lock that cannot be named here (a callee's local, a function's value) is told by its field.
    if (!same.length)
      same = this.held.filter(h => memberOf(h.expr) === memberOf(e) && (!isNamed(h.expr) || !isNamed(e)));
    return same.findLast(h => h.mode === mode) ?? same.at(-1);
  }

  /** Values known to be equal at this point, each with the one that stands for both. */
  private equalities(): Map<string, Expr> {
    const out = new Map<string, Expr>();
    for (const { expr, mask } of this.facts.values()) {
      if (expr.k !== 'op' || expr.op !== '==' || mask & 1) continue;
      const [a, b] = expr.args as [Expr, Expr];
      if (b.k === 'addr') out.set(keyOf(a), b);
      else out.set(keyOf(b), a);
    }
    return out;
  }

  drop(effect: Effect): void {
    const at = this.held.lastIndexOf(effect);
    this.held = this.held.filter((_, i) => i !== at);
  }

  release(effect: Effect): void {
    const key = lockKey(effect.expr);
    if (!this.released.some(e => lockKey(e.expr) === key)) this.released = [...this.released, effect];
  }

  /** Merges `other`, whose `key` is equal, into this; true when this changed. Values that differ become new ones. */
  merge(other: State, at: number): boolean {
    let changed = false;
    const made = new Set<string>();
    for (const key of new Set([...this.env.keys(), ...other.env.keys()])) {
      const mine = this.env.get(key);
      const theirs = other.env.get(key);
      // A place without a binding has the value that it is named after.
      if (keyOf(mine?.value ?? theirs!.place) === keyOf(theirs?.value ?? mine!.place)) continue;
      const place = (mine ?? theirs)!.place;
      const value = fresh(place, at);
      const before = mine ? maskOf(mine.value, this.facts) : ANY;
      const mask = before | (theirs ? maskOf(theirs.value, other.facts) : ANY);
      if (mine && keyOf(mine.value) === keyOf(value) && mask === before) continue;
      this.env.set(key, { place, value });
      if (mask === ANY) this.facts.delete(keyOf(value));
      else this.facts.set(keyOf(value), { expr: value, mask });
      made.add(keyOf(value));
      changed = true;
    }
    for (const [key, fact] of this.facts) {
      if (made.has(key)) continue;
      const theirs = other.facts.get(key);
      const mask = theirs ? fact.mask | theirs.mask : 7;
      if (mask === fact.mask) continue;
      changed = true;
      if (mask === 7) this.facts.delete(key);
      else this.facts.set(key, { expr: fact.expr, mask });
    }
    return changed;
  }

  /** Merges `other` whatever it holds: what only one side holds (or let go) is `maybe` from here on. */
  join(other: State, at: number): boolean {
    const before = this.key;
    this.held = union(this.held, other.held);
    this.released = union(this.released, other.released);
    return this.merge(other, at) || this.key !== before;
  }
}

/** A path through a null pointer: no lock is there, so no run comes this way. */
export function isNowhere(e: Expr): boolean {
  for (const part of parts(e)) if (part.k === 'deref' && part.base.k === 'num') return true;
  return false;
}

/** The pointers that a lock's path goes through: whoever locked it knows that they are not null. */
export function* pointersOf(e: Expr): Generator<Expr> {
  for (const part of parts(e)) if (part.k === 'deref' && part.base.k !== 'addr') yield part.base;
}

/** Whether a caller could name this lock: nothing in it is a local or the value of a call. */
export function isNamed(e: Expr): boolean {
  for (const part of parts(e)) {
    if (part.k === 'call' || (part.k === 'op' && part.op === 'literal')) return false;
    if (part.k === 'name' && part.scope === 'local') return false;
  }
  return true;
}

/** The last field of a path; of a lone pointer nothing that could be mistaken for another's. */
function memberOf(e: Expr): string {
  if (e.k === 'field') return e.name;
  if (e.k === 'addr') return memberOf(e.base);
  return keyOf(e);
}

/** Effects of either side; `maybe` those of one side only. */
export function union(a: readonly Effect[], b: readonly Effect[]): Effect[] {
  const text = (e: Effect) => `${lockKey(e.expr)}:${e.mode}`;
  const [left, right] = [new Set(a.map(text)), new Set(b.map(text))];
  const out = a.map(e => (right.has(text(e)) || e.maybe ? e : { ...e, maybe: true }));
  for (const e of b) if (!left.has(text(e))) out.push({ ...e, maybe: true });
  return out;
}

/** A value nobody knows, named after the place it is in: shown by that name, equal only to itself. */
function fresh(place: Expr, at: number): Expr {
  if (place.k === 'name') return { ...place, scope: 'local', owner: `${place.owner.split('!')[0]}!${at}` };
  return { k: 'name', name: nameOf(place), scope: 'local', owner: `${keyOf(place)}!${at}` };
}

function nameOf(place: Expr): string {
  if (place.k === 'field')
    return place.base.k === 'deref'
      ? `${nameOf(place.base.base)}->${place.name}`
      : `${nameOf(place.base)}.${place.name}`;
  if (place.k === 'name') return place.name;
  if (place.k === 'deref') return `*${nameOf(place.base)}`;
  if (place.k === 'index') return `${nameOf(place.base)}[…]`;
  return '…';
}
