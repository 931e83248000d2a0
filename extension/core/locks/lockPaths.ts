import { type Expr, HAS_CALL, HAS_LITERAL, HAS_LOCAL, HAS_NOWHERE, somePart } from './expr.ts';

/** A path through a null pointer: no lock is there, so no run comes this way. */
export const isNowhere = (e: Expr): boolean => (e.has & HAS_NOWHERE) !== 0;

/** Whether a caller could name this lock: nothing in it is a local or the value of a call. */
export const isNamed = (e: Expr): boolean => (e.has & (HAS_LOCAL | HAS_CALL | HAS_LITERAL)) === 0;

/** Whether a caller can be owed this lock: two calls of one accessor with equal arguments give the same (`lockKey`). */
export const canOwe = (e: Expr): boolean => (e.has & (HAS_LOCAL | HAS_LITERAL)) === 0;

/** The last field of a path; of a lone pointer nothing that could be mistaken for another's. */
export function memberOf(e: Expr): string | Expr {
  if (e.k === 'field') return e.name;
  if (e.k === 'addr') return memberOf(e.base);
  return e.k === 'new' ? e.of : e;
}

/** The pointers that a lock's path goes through: whoever locked it knows that they are not null. */
export function pointersOf(e: Expr): readonly Expr[] {
  const out: Expr[] = [];
  somePart(e, part => {
    if (part.k === 'deref' && part.base.k !== 'addr') out.push(part.base);
    return false;
  });
  return out;
}

/** Every part of `e`, itself first. */
export function* parts(e: Expr): Generator<Expr> {
  yield e;
  if (e.k === 'field' || e.k === 'deref' || e.k === 'addr') yield* parts(e.base);
  else if (e.k === 'index') {
    yield* parts(e.base);
    yield* parts(e.index);
  } else if (e.k === 'call' || e.k === 'op') for (const arg of e.args) yield* parts(arg);
}
