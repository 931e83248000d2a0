import type { Expr, Initialiser, IntExpr, LocalVariable, Stmt } from '../ast.ts';
import type { CType } from '../ctype.ts';
import type { Cursor } from './cursor.ts';
import type { Entity, Scope, UnitNames } from './scope.ts';

/** A function body while it is read. */
export interface Body {
  readonly name: string;
  readonly returns: CType;
  readonly locals: LocalVariable[];
  /** Types of the enclosing switches' values, innermost last. */
  readonly switches: CType[];
}

/** One run over a piece of C. The parts of the parser call each other through it, so that none imports another. */
export interface Parsing {
  readonly cursor: Cursor;
  readonly unit: UnitNames;
  /** undefined: the unit's own level. */
  scope: Scope | undefined;
  body: Body | undefined;
  /** Over 0 inside sizeof, typeof and branches not chosen: nothing in there declares or addresses a variable. */
  unevaluated: number;

  lookup(name: string): Entity | undefined;
  fail(reason: string): never;

  expression(): Expr;
  assignment(): Expr;
  /** A constant expression of integer type. */
  constant(): IntExpr;
  startsType(ahead?: number): boolean;
  typeName(): CType;
  /** A whole `{ … }`; opens a scope of its own. */
  block(): Stmt[];
  /** The initialiser after `=`, and the type with the length that it gives an array `[]`. */
  initialiser(type: CType): { init: Initialiser; type: CType };
}

/** Runs `read` where nothing is evaluated. */
export function unevaluated<T>(p: Parsing, read: () => T): T {
  p.unevaluated++;
  try {
    return read();
  } finally {
    p.unevaluated--;
  }
}
