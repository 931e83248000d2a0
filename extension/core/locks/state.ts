import type { LockMode } from '../report/documents.ts';
import { BOTTOM_HALVES, type Effect, INTERRUPTS, keysOf, mergedGone, union } from './effects.ts';
import {
  asRead,
  type Call,
  call,
  contains,
  type Expr,
  fresh,
  HAS_CALL,
  HAS_DEREF,
  HAS_LITERAL,
  HAS_LOCAL,
  isBase,
  isRemembered,
  isTemporary,
  lockKey,
  type New,
  num,
  type Owner,
  orNull,
  rewrite,
  rewritePlace,
  rootOf,
  somePart,
} from './expr.ts';
import { isNamed, memberOf } from './lockPaths.ts';
import { ANY, assume, copied, Facts, maskOf, oneOf, ZERO } from './values.ts';
import { eitherMask, type VocabularyEntry } from './vocabulary.ts';

/** Largest expression that is remembered: a pointer followed in a loop must not grow for ever. */
const LARGEST = 16;
/** States at one place that are kept apart. */
export const MOST_STATES = 8;
const MOST_NESTED = 2;
/** Held at once: more is no lock nesting any more, but a trace lost. */
const MOST_HELD = 16;
/** Added to a site's offset: the value of the round before. */
const PREVIOUS = 0.5;
const NONE: readonly Effect[] = [];
const NEVER: ReadonlyMap<Expr, Effect> = new Map();

/** The abstract state at a point: what is held, what of the caller's was let go, values of places, facts about values. */
export class State {
  private held_: readonly Effect[] = NONE;
  private released_: readonly Effect[] = NONE;
  /** Locks that were taken here and let go again, with the effect that took them; `maybe`: on some paths. */
  private gone_: ReadonlyMap<Expr, Effect> = NEVER;
  /**
   * Memory that decided which locks are held: what is known of it stays so until this function itself stores there. Code
   * that locks and unlocks by one condition relies on that, and so do we.
   */
  private pinned: ReadonlySet<Expr> | undefined;
  /** A function was handed to another while locks were held: it may be called, and let them go. */
  doubt = false;
  private shared = false;
  private key_: string | undefined;

  constructor(
    private readonly owner: Owner,
    readonly facts = new Facts(),
    private env = new Map<Expr, Expr>(),
  ) {}

  copy(): State {
    const next = new State(this.owner, this.facts.copy(), this.env);
    next.held_ = this.held_;
    next.released_ = this.released_;
    next.doubt = this.doubt;
    next.gone_ = this.gone_;
    next.pinned = this.pinned;
    next.key_ = this.key_;
    this.shared = next.shared = true;
    return next;
  }

  get held(): readonly Effect[] {
    return this.held_;
  }

  set held(effects: readonly Effect[]) {
    // What was learned under a lock that is gone, others may have changed since.
    if (effects.length < this.held_.length) {
      const depth = effects.length;
      this.forgetFacts((e, learned) => learned > depth && (e.has & HAS_DEREF) !== 0);
      this.facts.touch(undefined);
    }
    this.held_ = effects;
    this.facts.depth = effects.length;
    this.key_ = undefined;
  }

  get released(): readonly Effect[] {
    return this.released_;
  }

  set released(effects: readonly Effect[]) {
    this.released_ = effects;
    this.key_ = undefined;
  }

  /** Locks of the caller's that are let go in this state: what happens now does not happen under them. */
  get dropped(): readonly Expr[] {
    return this.released_.map(e => e.expr);
  }

  get gone(): ReadonlyMap<Expr, Effect> {
    return this.gone_;
  }

  private own(): Map<Expr, Expr> {
    if (this.shared) {
      this.env = copied(this.env);
      this.shared = false;
    }
    return this.env;
  }

  /** States with equal keys are merged; with different ones they are kept apart, with the facts that led there. */
  get key(): string {
    if (this.key_ === undefined)
      this.key_ =
        this.held_.length + this.released_.length === 0 ? '' : `${keysOf(this.held_)}|${keysOf(this.released_)}`;
    return this.key_;
  }

  /** `e` in terms of values at the function's entry, as far as known. */
  resolve(e: Expr): Expr {
    const { env } = this;
    if (e.k === 'num' || env.size === 0) return e;
    if (e.k === 'name') return env.get(e) ?? e;
    const found = rewrite(e, part => env.get(part));
    return found.size > LARGEST * 2 ? e : found;
  }

  resolvePlace(e: Expr): Expr {
    const { env } = this;
    return env.size === 0 ? e : rewritePlace(e, part => env.get(part));
  }

  /** Adds what follows from an unresolved condition being true (or false); false when that cannot be. */
  assume(when: Expr, truth: boolean): boolean {
    const value = this.resolve(when);
    if (!assume(value, truth, this.facts)) return false;
    if (!(value.has & HAS_DEREF) || when.has & HAS_DEREF) return true;
    // What memory holds may change; what a local has read from it does not.
    const read = rewrite(when, part => (part.k === 'name' && part.scope === 'local' ? asRead(part) : undefined));
    return read === when || assume(read, truth, this.facts);
  }

  /** Stores `value` (undefined: something new) in `place`; both are given unresolved. */
  set(place: Expr, value: Expr | undefined, at: number): void {
    const target = this.resolvePlace(place);
    const read = value && this.resolve(value);
    this.bind(target, read && read.size <= LARGEST ? read : fresh(target, this.owner, at));
  }

  /** Stores a value that is resolved already in a place that is resolved already. */
  bind(place: Expr, value: Expr): void {
    if (place.k !== 'name' && place.k !== 'field' && place.k !== 'deref' && place.k !== 'index') return;
    const env = this.own();
    if (this.facts.size && isRemembered(place)) this.facts.forget(e => contains(e, asRead(place)));
    if (isBase(place) && env.size > 1) {
      for (const other of env.keys()) if (other !== place && isWithin(other, place)) env.delete(other);
    }
    env.set(place, value);
    if (this.pinned) this.unpin(place);
    if (place.has & HAS_DEREF) {
      this.facts.touch([place.k === 'field' ? place.name : '*']);
      this.facts.delete(place);
    }
    if (value.k === 'new') this.again(value, place);
  }

  /**
   * The site that gives `value` has come round again: what is known of the last round's value, or held of it, is of
   * another one from here on.
   */
  again(value: Call | New, at?: Expr): void {
    if (this.isMentioned(value, at)) this.older(value, before(value), at);
  }

  /** Whether what is known here has to do with `value`, but for what is in `at`. */
  private isMentioned(value: Expr, at: Expr | undefined): boolean {
    const isPart = isBase(value);
    for (const e of this.held_) if (contains(e.expr, value)) return true;
    for (const e of this.released_) if (contains(e.expr, value)) return true;
    for (const e of this.gone_.values()) if (contains(e.expr, value)) return true;
    for (const place of this.env.keys()) if (place !== at && contains(this.env.get(place)!, value)) return true;
    return isPart ? this.facts.mentions(value) : this.facts.has(value);
  }

  private older(value: Expr, before: Expr, at: Expr | undefined): void {
    const kept: [Expr, Expr][] = [];
    for (const [place, now] of this.env) if (place !== at && contains(now, value)) kept.push([place, now]);
    const last: [Expr, number][] = [];
    this.facts.forEach((e, mask) => {
      if (contains(e, value)) last.push([e, mask]);
    });
    if (kept.length || last.length) {
      const older = (e: Expr) => rewrite(e, part => (part === value ? before : undefined));
      for (const [place, now] of kept) this.own().set(place, older(now));
      if (last.length) {
        this.facts.forget(e => contains(e, value) || contains(e, before));
        for (const [e, mask] of last) this.facts.set(older(e), mask);
      }
    }
    const stale = (e: Effect) => contains(e.expr, value);
    const renamed = (e: Effect): Effect =>
      stale(e) ? { ...e, expr: rewrite(e.expr, part => (part === value ? before : undefined)) } : e;
    if (this.held_.some(stale)) {
      this.held_ = this.held_.map(renamed);
      this.key_ = undefined;
    }
    if (this.released_.some(stale)) this.released = this.released_.filter(e => !stale(e));
    if (this.gone_.size && [...this.gone_.values()].some(stale))
      this.gone_ = new Map([...this.gone_].filter(([, effect]) => !stale(effect)));
  }

  /** What is known of this memory decided which locks are held. */
  pin(e: Expr): void {
    if (!(e.has & HAS_DEREF) || !this.facts.has(e) || this.pinned?.has(e)) return;
    this.pinned = new Set(this.pinned).add(e);
  }

  /** Where control comes to one place with other locks held: what is known otherwise in the two decided that. */
  tellApart(other: State): void {
    if (this.facts.size === 0 || other.facts.size === 0) return;
    this.facts.forEach((e, mask) => {
      if (!(e.has & HAS_DEREF) || mask & other.facts.mask(e)) return;
      this.pin(e);
      other.pin(e);
    });
  }

  private unpin(place: Expr): void {
    const stale = [...this.pinned!].filter(e => contains(e, place));
    if (stale.length === 0) return;
    this.pinned = new Set([...this.pinned!].filter(e => !stale.includes(e)));
    for (const e of stale) this.facts.delete(e);
  }

  unbind(place: Expr): void {
    if (this.env.has(place)) this.own().delete(place);
  }

  /** Forgets what memory is known to hold; what a local has read from there stays null, if it was. */
  private forgetFacts(which: (e: Expr, depth: number) => boolean): void {
    const nulls: Expr[] = [];
    this.facts.forget((e, depth) => {
      if (!which(e, depth) || this.pinned?.has(e)) return false;
      if (this.facts.mask(e) === ZERO) nulls.push(e);
      return true;
    });
    if (nulls.length === 0) return;
    for (const [place, value] of this.env)
      if (place.k === 'name' && nulls.includes(value)) this.own().set(place, num(0));
  }

  /** Something unknown may have been stored through the pointers in `args`, in what they reach, and in globals. */
  clobber(args: readonly Expr[]): void {
    const roots = new Set<Expr>();
    const pointers: Expr[] = [];
    for (const arg of args) {
      const root = arg.k === 'addr' ? rootOf(arg.base) : undefined;
      if (root) roots.add(root);
      if (arg.k !== 'num') pointers.push(arg.k === 'addr' ? arg.base : arg);
    }
    const reached = (e: Expr) => {
      const root = rootOf(e);
      if (root) return roots.has(root) || (root.k === 'name' && root.scope === 'free');
      return pointers.some(pointer => contains(e, pointer)) || isGlobal(e);
    };
    for (const place of this.env.keys())
      if (place.k !== 'name' || roots.has(place)) if (reached(place)) this.own().delete(place);
    this.facts.touch(undefined);
    this.forgetFacts(e => (e.has & HAS_DEREF) !== 0 && (pointers.some(pointer => contains(e, pointer)) || isGlobal(e)));
  }

  /** What a callee stores in fields of these names, wherever that is. */
  forgetFields(names: ReadonlySet<string>): void {
    if (names.size === 0) return;
    this.facts.touch(names);
    for (const place of this.env.keys())
      if (place.k === 'field' && names.has(place.name) && place.has & HAS_DEREF) this.own().delete(place);
    this.forgetFacts(e => (e.has & HAS_DEREF) !== 0 && mentions(e, names));
  }

  /** Drops facts about the contents of memory that others can change. */
  forgetMemory(): void {
    this.facts.touch(undefined);
    this.forgetFacts(e => (e.has & HAS_DEREF) !== 0);
  }

  /** Bindings of places that outlive the function: through pointers, and globals. */
  *outside(isMacro: boolean): Generator<readonly [place: Expr, value: Expr]> {
    for (const [place, value] of this.env) {
      const root = rootOf(place);
      const outlives =
        root === undefined || (root.k === 'name' && (root.scope === 'free' || (isMacro && root.scope === 'param')));
      if (outlives && !(place.has & HAS_LOCAL)) yield [place, value];
    }
  }

  acquire(effect: Effect): void {
    const key = lockKey(effect.expr);
    const gone = this.released_.findIndex(e => lockKey(e.expr) === key && e.mode === effect.mode);
    if (gone >= 0) {
      // Dropped and taken again: as the caller left it.
      this.released = this.released_.filter((_, i) => i !== gone);
      return;
    }
    let nested = 0;
    for (const e of this.held_) if (lockKey(e.expr) === key) nested++;
    if (nested < MOST_NESTED && this.held_.length < MOST_HELD) this.held = [...this.held_, effect];
    if (this.gone_.has(key)) this.gone_ = new Map([...this.gone_].filter(([k]) => k !== key));
  }

  /** Finds what a release of `e` lets go: by identity (also through pointers known to be equal here), then by field. */
  find(e: Expr, mode: LockMode | undefined, lockClass?: string): Effect | undefined {
    if (this.held_.length === 0) return undefined;
    const key = lockKey(e);
    let last: Effect | undefined;
    for (const h of this.held_)
      if (lockKey(h.expr) === key && (!last || h.mode === mode || last.mode !== mode)) last = h;
    return last ?? this.findOther(e, mode, lockClass);
  }

  private findOther(e: Expr, mode: LockMode | undefined, lockClass: string | undefined): Effect | undefined {
    const equal = this.equalities();
    const canonical = (x: Expr) => lockKey(rewrite(x, part => equal.get(part)));
    const other = equal.size > 0 ? canonical(e) : undefined;
    let same = other ? this.held_.filter(h => canonical(h.expr) === other) : NONE;
    // A lock that cannot be named here (a callee's local, a function's value) is told by its field.
    if (!same.length) {
      const member = memberOf(e);
      same = this.held_.filter(
        h =>
          memberOf(h.expr) === member &&
          (!isNamed(h.expr) || !isNamed(e)) &&
          (!lockClass || !h.lockClass || h.lockClass === lockClass),
      );
    }
    return same.findLast(h => h.mode === mode) ?? same.at(-1);
  }

  /** A context that exists for sparse alone is left by whatever word: sparse counts them and does not compare names. */
  context({ entry }: Effect): Effect | undefined {
    return entry.lock === 'name' ? this.held_.findLast(h => h.entry.lock === 'name') : undefined;
  }

  /** Values known to be equal at this point, each with the one that stands for both. */
  private equalities(): Map<Expr, Expr> {
    const out = new Map<Expr, Expr>();
    this.facts.forEach((expr, mask) => {
      if (expr.k !== 'op' || expr.op !== '==' || mask & ZERO) return;
      const [a, b] = expr.args as [Expr, Expr];
      if (b.k === 'addr') out.set(a, b);
      else out.set(b, a);
    });
    return out;
  }

  /** What is off by itself and comes on with a lock that was taken without turning it off. */
  turnedOff(unlock: VocabularyEntry, lock: VocabularyEntry): readonly Effect[] {
    const out: Effect[] = [];
    const bh = unlock.bh === 'on' && lock.bh !== 'off' ? this.find(BOTTOM_HALVES, 'write') : undefined;
    if (bh) out.push(bh);
    const irq = unlock.irq && unlock.irq !== 'off' && lock.irq !== 'off' ? this.find(INTERRUPTS, 'write') : undefined;
    if (irq) out.push(irq);
    return out;
  }

  /** It was never held here. */
  forgetHeld(effect: Effect): void {
    const at = this.held_.lastIndexOf(effect);
    this.held = this.held_.filter((_, i) => i !== at);
  }

  /** `kept`: what is off from now on by itself (`keptOff`). */
  drop(effect: Effect, kept: readonly Effect[] = NONE): void {
    this.forgetHeld(effect);
    if (kept.length) this.held = [...this.held_, ...kept];
    this.gone_ = copied(this.gone_).set(lockKey(effect.expr), effect);
  }

  /** It may have been let go since. */
  soften(effect: Effect): void {
    this.held = this.held_.map(e => (e === effect ? { ...e, maybe: true } : e));
    this.doubt = true;
  }

  release(effect: Effect): void {
    const key = lockKey(effect.expr);
    if (!this.released_.some(e => lockKey(e.expr) === key)) this.released = [...this.released_, effect];
  }

  /** Merges `other`, whose `key` is equal, into this; true when this changed. Values that differ become new ones. */
  merge(other: State, at: number): boolean {
    let changed = false;
    this.doubt ||= other.doubt;
    if (this.pinned && this.pinned !== other.pinned)
      this.pinned = other.pinned && new Set([...this.pinned].filter(e => other.pinned!.has(e)));
    if (this.gone_ !== other.gone_) {
      const gone = mergedGone(this.gone_, other.gone_);
      if (gone) {
        this.gone_ = gone;
        changed = true;
      }
    }
    let made: Set<Expr> | undefined;
    const one = (place: Expr, mine: Expr | undefined, theirs: Expr | undefined) => {
      // A place without a binding has the value that it is named after.
      if ((mine ?? place) === (theirs ?? place)) return;
      // Of `c ? x : NULL`, not of a local that holds one thing now and another then.
      const either = isTemporary(place) ? orNull(mine ?? place, theirs ?? place) : undefined;
      if (either && either.size <= LARGEST) {
        if (mine === either) return;
        this.own().set(place, either);
        changed = true;
        return;
      }
      const a = mine ?? place;
      const b = theirs ?? place;
      const known = oneOf(a, b, place, this.owner, at) ?? eitherMask(a, b);
      const value = known ?? fresh(place, this.owner, at);
      const before = mine ? maskOf(mine, this.facts) : ANY;
      const mask = before | (theirs ? maskOf(theirs, other.facts) : ANY);
      made = (made ?? new Set()).add(value);
      if (mine === value && mask === before) return;
      this.own().set(place, value);
      this.facts.delete(value);
      if (mask !== ANY) this.facts.set(value, mask);
      changed = true;
    };
    if (this.env !== other.env) {
      // Places that are known here keep their place in the map, so that it can be changed meanwhile.
      const before = this.env;
      before.forEach((mine, place) => {
        const theirs = other.env.get(place);
        if (theirs !== mine) one(place, mine, theirs);
      });
      other.env.forEach((theirs, place) => {
        if (!before.has(place)) one(place, undefined, theirs);
      });
    }
    if (this.facts.mergeEntry(other.facts)) changed = true;
    this.facts.forEach((e, mine) => {
      const mask = mine | other.facts.mask(e);
      if (mask === mine || made?.has(e)) return;
      changed = true;
      this.facts.weaken(e, mask);
    });
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

/** What a site gave in the round before this one. */
const before = (value: Call | New): Expr =>
  value.k === 'new'
    ? fresh(value.of, value.owner, value.at + PREVIOUS)
    : call(value.name, value.args, value.owner, value.at + PREVIOUS);

function isWithin(e: Expr, place: Expr): boolean {
  let at = e;
  while (at.k === 'field' || at.k === 'index') {
    at = at.base;
    if (at === place) return true;
  }
  return false;
}

/** Whether a path begins at a global. */
function isGlobal(e: Expr): boolean {
  return somePart(e, part => part.k === 'name' && part.scope === 'free' && !/^[A-Z0-9_]+$/.test(part.name));
}

function mentions(e: Expr, names: ReadonlySet<string>): boolean {
  return somePart(e, part => part.k === 'field' && names.has(part.name));
}

/** Whether a value is worth knowing to a caller: nothing in it is of this function's own. */
export const isOutside = (e: Expr): boolean => (e.has & (HAS_LOCAL | HAS_CALL | HAS_LITERAL)) === 0;
