import { type Expr, keyOf, num, op } from './expr.ts';

/** What is known of a value: which of these it can be. `NEGATIVE` takes in error pointers. */
export const ZERO = 1;
export const NEGATIVE = 2;
export const POSITIVE = 4;
export const ANY = 7;

export interface Fact {
  readonly expr: Expr;
  readonly mask: number;
}
export type Facts = Map<string, Fact>;

const COMPARISONS = new Set(['==', '!=', '<', '>', '<=', '>=', '!', '&&', '||', 'IS_ERR', 'IS_ERR_OR_NULL']);

/** Which of zero, negative, positive the value of `e` can be. */
export function maskOf(e: Expr, facts: Facts): number {
  const known = facts.get(keyOf(e))?.mask ?? ANY;
  switch (e.k) {
    case 'num':
      return e.value === 0 ? ZERO : e.value < 0 ? NEGATIVE : POSITIVE;
    case 'addr':
      return POSITIVE;
    case 'call':
      return e.name === 'ERR_PTR' ? known & (maskOf(e.args[0] ?? num(0), facts) === ZERO ? ZERO : NEGATIVE) : known;
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
      if (e.op === '?:') return known & (maskOf(e.args[1]!, facts) | maskOf(e.args[2]!, facts));
      if (COMPARISONS.has(e.op)) {
        const yes = assume(e, true, new Map(facts));
        const no = assume(e, false, new Map(facts));
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
  if (left !== ANY) facts.set(keyOf(e), { expr: e, mask: left });
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
    case 'IS_ERR':
      return restrict(a, truth ? NEGATIVE : ZERO | POSITIVE, facts);
    case 'IS_ERR_OR_NULL':
      return restrict(a, truth ? NEGATIVE | ZERO : POSITIVE, facts);
    case '&&':
      return truth ? assume(a, true, facts) && assume(b, true, facts) : true;
    case '||':
      return truth ? true : assume(a, false, facts) && assume(b, false, facts);
    default:
      return opaque(e, truth, facts);
  }
}

const isZero = (e: Expr): boolean => e.k === 'num' && e.value === 0;

function equal(a: Expr, b: Expr, truth: boolean, facts: Facts): boolean {
  if (a.k === 'num' && b.k === 'num') return (a.value === b.value) === truth;
  if (keyOf(a) === keyOf(b)) return truth;
  if (a.k === 'num' || (a.k === 'addr' && b.k !== 'num')) return equal2(b, a, truth, facts);
  return equal2(a, b, truth, facts);
}

function equal2(a: Expr, b: Expr, truth: boolean, facts: Facts): boolean {
  if (isZero(b)) return assume(a, !truth, facts);
  const [x, y] = keyOf(a) < keyOf(b) ? [a, b] : [b, a];
  if (!opaque(op('==', x, y), truth, facts)) return false;
  return truth ? restrict(a, maskOf(b, facts), facts) : true;
}

/** A condition that says nothing of one value: remembered as it stands, so that the same test later agrees. */
function opaque(e: Expr, truth: boolean, facts: Facts): boolean {
  const key = keyOf(e);
  const mask = truth ? NEGATIVE | POSITIVE : ZERO;
  const left = (facts.get(key)?.mask ?? ANY) & mask;
  if (left === 0) return false;
  facts.set(key, { expr: e, mask: left });
  return true;
}
