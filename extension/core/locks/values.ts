import {
  contains,
  type Expr,
  fresh,
  HAS_CALL,
  HAS_DEREF,
  HAS_LITERAL,
  HAS_LOCAL,
  num,
  OR_NULL,
  type Owner,
  op,
  somePart,
} from './expr.ts';
import { errorPointers, IS_ERROR, IS_ERROR_OR_NULL } from './idioms.ts';

/** What is known of a value: which of these it can be. `NEGATIVE` takes in error pointers. */
export const ZERO = 1;
export const NEGATIVE = 2;
export const POSITIVE = 4;
export const ANY = 7;

const NOTHING: ReadonlyMap<Expr, number> = new Map();
const NO_FIELDS: ReadonlySet<string> = new Set();

/** `new Map(map)` makes a pair of every entry; this is half of what copying states costs. */
export function copied<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  const out = new Map<K, V>();
  map.forEach((value, key) => {
    out.set(key, value);
  });
  return out;
}

/**
 * What is known of values at a point: of each, the mask of what it can be, and how many locks were held when that was
 * learned (what others may change is known only for as long as those are).
 */
export class Facts {
  private known: Map<Expr, number>;
  /** How many locks are held now. */
  depth = 0;
  private shared = false;
  /** What was learned of memory before anything could have changed it since the function's entry. */
  private entry_: ReadonlyMap<Expr, number> = NOTHING;
  /** Fields that may have changed since; undefined: any. */
  private touched: ReadonlySet<string> | undefined = NO_FIELDS;

  constructor(known = new Map<Expr, number>(), depth = 0) {
    this.known = known;
    this.depth = depth;
  }

  copy(): Facts {
    const next = new Facts(this.known, this.depth);
    next.entry_ = this.entry_;
    next.touched = this.touched;
    this.shared = next.shared = true;
    return next;
  }

  private own(): Map<Expr, number> {
    if (this.shared) {
      this.known = copied(this.known);
      this.shared = false;
    }
    return this.known;
  }

  mask(e: Expr): number {
    const known = this.known.get(e);
    return known === undefined ? ANY : known & ANY;
  }

  has(e: Expr): boolean {
    return this.known.has(e);
  }

  /** Whether anything is known of what `e` is a part of. */
  mentions(e: Expr): boolean {
    for (const known of this.known.keys()) if (contains(known, e)) return true;
    return false;
  }

  get size(): number {
    return this.known.size;
  }

  set(e: Expr, mask: number): void {
    const known = this.known.get(e);
    if (known !== undefined && (known & ANY) === mask) return;
    this.own().set(e, mask | (this.depth << 3));
    if ((e.has & (HAS_DEREF | HAS_LOCAL | HAS_CALL | HAS_LITERAL)) === HAS_DEREF && !this.isTouched(e))
      this.entry_ = copied(this.entry_).set(e, mask & (this.entry_.get(e) ?? ANY));
  }

  /** Masks of memory as it was at the function's entry. */
  get entry(): ReadonlyMap<Expr, number> {
    return this.entry_;
  }

  /** Fields of these names may have been stored to (`*`: a place without a field); undefined: anything may have changed. */
  touch(fields: Iterable<string> | undefined): void {
    const { touched } = this;
    if (!touched) return;
    if (!fields) {
      this.touched = undefined;
      return;
    }
    let more: Set<string> | undefined;
    for (const name of fields) if (!touched.has(name)) (more ??= new Set(touched)).add(name);
    if (more) this.touched = more;
  }

  private isTouched(e: Expr): boolean {
    if (!this.touched) return true;
    if (this.touched.size === 0) return false;
    const { touched } = this;
    return somePart(e, part => (part.k === 'field' ? touched.has(part.name) : part.k === 'deref' && touched.has('*')));
  }

  /** Merges what is known of the memory at entry; true when that is less than before. */
  mergeEntry(other: Facts): boolean {
    if (this.touched && this.touched !== other.touched) this.touch(other.touched);
    if (this.entry_ === other.entry_ || this.entry_.size === 0) return false;
    const next = new Map<Expr, number>();
    for (const [e, mask] of this.entry_) {
      const theirs = other.entry_.get(e);
      if (theirs !== undefined && (theirs | mask) !== ANY) next.set(e, theirs | mask);
    }
    const changed = next.size !== this.entry_.size || [...next].some(([e, mask]) => this.entry_.get(e) !== mask);
    if (changed) this.entry_ = next;
    return changed;
  }

  /** Sets what merging two states has left of a fact. */
  weaken(e: Expr, mask: number): void {
    if (mask === ANY) this.own().delete(e);
    else this.own().set(e, mask | ((this.known.get(e) ?? 0) & ~ANY));
  }

  delete(e: Expr): void {
    if (this.known.has(e)) this.own().delete(e);
  }

  forEach(tell: (e: Expr, mask: number) => void): void {
    this.known.forEach((value, e) => {
      tell(e, value & ANY);
    });
  }

  /** Drops the facts that `which` says; `depth` is how many locks were held when the fact was learned. */
  forget(which: (e: Expr, depth: number) => boolean): void {
    const { known } = this;
    known.forEach((value, e) => {
      if (which(e, value >> 3)) this.own().delete(e);
    });
  }
}

const COMPARISONS = new Set(['==', '!=', '<', '>', '<=', '>=', '!', '&&', '||', IS_ERROR, IS_ERROR_OR_NULL]);

/** Which of zero, negative, positive the value of `e` can be. */
export function maskOf(e: Expr, facts: Facts): number {
  const known = facts.mask(e);
  switch (e.k) {
    case 'num':
      return e.value === 0 ? ZERO : e.value < 0 ? NEGATIVE : POSITIVE;
    case 'addr':
      return POSITIVE;
    case 'call':
      return e.args.length === 1 && errorPointers.has(e.name)
        ? known & (maskOf(e.args[0] ?? num(0), facts) === ZERO ? ZERO : NEGATIVE)
        : known;
    case 'op': {
      if (e.op === '-' && e.args.length === 1) {
        const inner = e.args[0]!;
        if (inner.k === 'name' && /^E[A-Z0-9]+$/.test(inner.name)) return NEGATIVE;
      }
      if (e.op === '!') {
        const inner = maskOf(e.args[0]!, facts);
        if (inner === ZERO) return POSITIVE;
        if (!(inner & ZERO)) return ZERO;
      }
      if (e.op === '&') return maskOf(e.args[0]!, facts) === ZERO || maskOf(e.args[1]!, facts) === ZERO ? ZERO : known;
      if (e.op === OR_NULL) return known & (maskOf(e.args[0]!, facts) | ZERO);
      if (e.op === ONE_OF) {
        let mask = 0;
        for (let i = 1; i < e.args.length; i++) mask |= maskOf(e.args[i]!, facts);
        return known & mask;
      }
      if (e.op === '?:') return known & (maskOf(e.args[1]!, facts) | maskOf(e.args[2]!, facts));
      if (COMPARISONS.has(e.op)) {
        const yes = assume(e, true, facts.copy());
        const no = assume(e, false, facts.copy());
        return (yes ? POSITIVE : 0) | (no ? ZERO : 0) || POSITIVE | ZERO;
      }
      return known;
    }
    default:
      return known;
  }
}

/** Adds what follows from `e` being one of `mask`; false when that cannot be. */
export function restrict(e: Expr, mask: number, facts: Facts): boolean {
  const left = maskOf(e, facts) & mask;
  if (left === 0) return false;
  if (e.k === 'num' || e.k === 'addr') return true;
  if (e.k === 'op' && COMPARISONS.has(e.op)) {
    if (!(mask & ZERO)) return assume(e, true, facts);
    if (mask === ZERO) return assume(e, false, facts);
    return true;
  }
  if (left !== ANY) facts.set(e, left);
  return true;
}

/** Adds what follows from the condition `e` being true (or false) to `facts`; false when that cannot be. */
export function assume(e: Expr, truth: boolean, facts: Facts): boolean {
  if (e.k !== 'op') return restrict(e, truth ? NEGATIVE | POSITIVE : ZERO, facts);
  const [a, b] = e.args as [Expr, Expr];
  switch (e.op) {
    case '!':
      return assume(a, !truth, facts);
    case '!=':
      return assume(op('==', a, b), !truth, facts);
    case '==':
      return equal(a, b, truth, facts);
    case '<':
      return isZero(b) ? restrict(a, truth ? NEGATIVE : ZERO | POSITIVE, facts) : opaque(e, truth, facts);
    case '>=':
      return isZero(b) ? restrict(a, truth ? ZERO | POSITIVE : NEGATIVE, facts) : opaque(op('<', a, b), !truth, facts);
    case '>':
      return isZero(b) ? restrict(a, truth ? POSITIVE : ZERO | NEGATIVE, facts) : opaque(op('<', b, a), truth, facts);
    case '<=':
      return isZero(b) ? restrict(a, truth ? ZERO | NEGATIVE : POSITIVE, facts) : opaque(op('<', b, a), !truth, facts);
    case IS_ERROR:
      return restrict(a, truth ? NEGATIVE : ZERO | POSITIVE, facts);
    case IS_ERROR_OR_NULL:
      return restrict(a, truth ? NEGATIVE | ZERO : POSITIVE, facts);
    case '&&':
      return truth ? assume(a, true, facts) && assume(b, true, facts) : opaque(e, false, facts);
    case '||':
      return truth ? opaque(e, true, facts) : assume(a, false, facts) && assume(b, false, facts);
    default:
      return opaque(e, truth, facts);
  }
}

const isZero = (e: Expr): boolean => e.k === 'num' && e.value === 0;

function equal(a: Expr, b: Expr, truth: boolean, facts: Facts): boolean {
  if (a.k === 'num' && b.k === 'num') return (a.value === b.value) === truth;
  if (a === b) return truth;
  if (truth && !(maskOf(a, facts) & maskOf(b, facts))) return false;
  if (isConstant(a) && isConstant(b)) return !truth;
  if (a.k === 'num' || isConstant(a) || (a.k === 'addr' && b.k !== 'num')) return equal2(b, a, truth, facts);
  return equal2(a, b, truth, facts);
}

/** Enumerators and macros for numbers: by the kernel's style those of one kind differ. */
const isConstant = (e: Expr): boolean =>
  e.k === 'name'
    ? e.scope === 'free' && /^_*[A-Z][A-Z0-9_]+$/.test(e.name)
    : e.k === 'op' && e.op === '|' && e.args.every(isConstant);

/** A value that is one of some constants. The first part tells it from others that are one of the same. */
export const ONE_OF = '∈';
const MOST_CONSTANTS = 6;

/** What either of two constants is that come into `place` at a site; undefined: one of them is none, or they are numbers, of which masks say enough. */
export function oneOf(a: Expr, b: Expr, place: Expr, owner: Owner, at: number): Expr | undefined {
  if (!isOneOf(a) || !isOneOf(b) || (a.k === 'num' && b.k === 'num')) return undefined;
  const all = new Set([...constantsOf(a), ...constantsOf(b)]);
  if (all.size > MOST_CONSTANTS) return undefined;
  return op(ONE_OF, fresh(place, owner, at), ...[...all].sort((x, y) => x.id - y.id));
}

const isOneOf = (e: Expr): boolean => e.k === 'num' || isConstant(e) || (e.k === 'op' && e.op === ONE_OF);

const constantsOf = (e: Expr): readonly Expr[] => (e.k === 'op' && e.op === ONE_OF ? e.args.slice(1) : [e]);

/** Whether `a == b` can be so by what is known of `a` and other constants. */
function canEqual(a: Expr, b: Expr, truth: boolean, facts: Facts): boolean {
  const known = (other: Expr) => facts.mask(a.id < other.id ? op('==', a, other) : op('==', other, a));
  if (a.k === 'op' && a.op === ONE_OF) {
    const all = a.args.slice(1);
    const others = all.filter(e => e !== b);
    if (!truth) return others.length === all.length || others.some(e => known(e) & ~ZERO);
    if (others.length === all.length && all.every(isConstant)) return false;
  }
  if (!truth) return true;
  let can = true;
  facts.forEach((e, mask) => {
    if (e.k !== 'op' || e.op !== '==' || mask & ZERO) return;
    const other = e.args[0] === a ? e.args[1]! : e.args[1] === a ? e.args[0]! : b;
    if (other !== b && isConstant(other)) can = false;
  });
  return can;
}

function equal2(a: Expr, b: Expr, truth: boolean, facts: Facts): boolean {
  if (isZero(b)) return assume(a, !truth, facts);
  if (isConstant(b) && !canEqual(a, b, truth, facts)) return false;
  const [x, y] = a.id < b.id ? [a, b] : [b, a];
  if (!opaque(op('==', x, y), truth, facts)) return false;
  return truth ? restrict(a, maskOf(b, facts), facts) : true;
}

/** A condition that says nothing of one value: remembered as it stands, so that the same test later agrees. */
function opaque(e: Expr, truth: boolean, facts: Facts): boolean {
  const left = facts.mask(e) & (truth ? NEGATIVE | POSITIVE : ZERO);
  if (left === 0) return false;
  facts.set(e, left);
  return true;
}
