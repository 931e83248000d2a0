import { contains, type Expr, rootOf } from '../expr.ts';
import { parts } from '../lockPaths.ts';

const LARGEST = 8;

/** Memory that others can reach: through a pointer, or a global variable; a constant's name is none. */
function isShared(e: Expr): boolean {
  if (e.k !== 'field' && e.k !== 'deref' && e.k !== 'index' && e.k !== 'name') return false;
  if (e.size > LARGEST) return false;
  const root = rootOf(e);
  if (!root) return true;
  return root.k === 'name' && root.scope === 'free' && !/^[A-Z0-9_]+$/.test(root.name);
}

/** The places whose contents an expression reads. What is only pointed to (`&a->list`) is in `named`. */
export function reads(e: Expr, out: Set<Expr> = new Set()): Set<Expr> {
  switch (e.k) {
    case 'addr':
      path(e.base, out);
      break;
    case 'field':
    case 'index':
    case 'deref':
      if (isShared(e)) out.add(e);
      path(e, out);
      break;
    case 'name':
      if (isShared(e)) out.add(e);
      break;
    case 'op':
    case 'call':
      for (const arg of e.args) reads(arg, out);
  }
  return out;
}

/** What is read on the way to a place. */
function path(e: Expr, out: Set<Expr>): void {
  if (e.k === 'field') path(e.base, out);
  else if (e.k === 'deref') reads(e.base, out);
  else if (e.k === 'index') {
    path(e.base, out);
    reads(e.index, out);
  }
}

/** The place that an argument points to: what `&a->list` and `pmd` say of `a->list` and `*pmd`. */
export const pointsTo = (arg: Expr, place: Expr): boolean =>
  arg.k === 'addr' ? arg.base === place : place.k === 'deref' && place.base === arg;

/** Whether whoever is given `arg` gets at `place` through it: `a` at `a->list`. */
export function leadsTo(arg: Expr, place: Expr): boolean {
  if (arg.k === 'num') return false;
  const from = arg.k === 'addr' ? arg.base : arg;
  if (from.k !== 'name' && from.k !== 'field' && from.k !== 'deref' && from.k !== 'index') return false;
  return contains(place, from);
}

/** The object that a place is in: `*a` of `a->list.next`. */
export function objectOf(place: Expr): Expr {
  let at = place;
  while (at.k === 'field' || at.k === 'index') at = at.base;
  return at;
}

/** Whether `e` goes through the pointer `local`. */
export function derefs(e: Expr, local: Expr): boolean {
  for (const part of parts(e)) if (part.k === 'deref' && part.base === local) return true;
  return false;
}

/** The last name of a place, as `Summary.modifies` has it. */
export function lastName(place: Expr): string {
  if (place.k === 'field' || place.k === 'name') return place.name;
  return place.k === 'index' ? lastName(place.base) : '*';
}
