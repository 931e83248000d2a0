import type { CField, CType, FunctionType } from './ctype.ts';

/**
 * C after macro expansion, with every type known.
 *
 * Invariants that the reader gives and the writer leans on:
 * - Every expression has its C type. Implicit conversions are explicit `cast` nodes: the operands of an arithmetic
 *   `binary` have the same type, which is the node's type (comparisons: operands agree, the node is `int`; shifts: the
 *   node has the left operand's promoted type and the right operand is an `int`). The right side of an assignment, an
 *   initialiser, an argument and a returned value have the type of what receives them.
 * - Arrays and functions that decay are `decay` nodes of pointer type.
 * - Constant expressions are folded to `int` nodes; an object-like macro or enumerator that folds keeps its `name`.
 * - `line` is a line of the function's own file.
 */
export type Expr =
  | IntExpr
  | StringExpr
  | LocalExpr
  | GlobalExpr
  | FunctionExpr
  | UnaryExpr
  | IncDecExpr
  | AddressExpr
  | DerefExpr
  | MemberExpr
  | BinaryExpr
  | PointerExpr
  | LogicalExpr
  | ConditionalExpr
  | AssignExpr
  | CommaExpr
  | CallExpr
  | CastExpr
  | DecayExpr
  | CompoundExpr
  | StatementExpr
  | ContainerOfExpr
  | VaExpr;

interface Node {
  readonly type: CType;
  readonly line: number;
}
export interface IntExpr extends Node {
  readonly kind: 'int';
  readonly value: bigint;
  /** The macro or enumerator it was written as. */
  readonly name?: string;
}
export interface StringExpr extends Node {
  readonly kind: 'string';
  /** Bytes without the final NUL, as a binary string (one char per byte). */
  readonly bytes: string;
}
export interface LocalExpr extends Node {
  readonly kind: 'local';
  readonly variable: LocalVariable;
}
/** A global or function-static variable. */
export interface GlobalExpr extends Node {
  readonly kind: 'global';
  readonly name: string;
  /** For a function-static variable: what it is. */
  readonly static?: LocalVariable;
}
/** A function named in an expression (callee, or a pointer to it when it decays). */
export interface FunctionExpr extends Node {
  readonly kind: 'function';
  readonly name: string;
}
export interface UnaryExpr extends Node {
  readonly kind: 'unary';
  readonly op: '-' | '~' | '!';
  readonly arg: Expr;
}
export interface IncDecExpr extends Node {
  readonly kind: 'incdec';
  readonly op: '++' | '--';
  readonly prefix: boolean;
  readonly arg: Expr;
}
export interface AddressExpr extends Node {
  readonly kind: 'address';
  readonly arg: Expr;
}
export interface DerefExpr extends Node {
  readonly kind: 'deref';
  readonly arg: Expr;
  /** Through a pointer to volatile: READ_ONCE and WRITE_ONCE when they are expanded, `*(volatile …)`. */
  readonly volatile?: boolean;
}
/** `base.field`, where base is an lvalue or a struct value; `p->f` is member of deref. Unnamed levels are explicit. */
export interface MemberExpr extends Node {
  readonly kind: 'member';
  readonly base: Expr;
  readonly field: CField;
}
/** Arithmetic, bitwise, shift and comparison of integers or of two pointers (comparison only). */
export interface BinaryExpr extends Node {
  readonly kind: 'binary';
  readonly op: '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>' | '==' | '!=' | '<' | '>' | '<=' | '>=';
  readonly left: Expr;
  readonly right: Expr;
}
/** Pointer ± integer (`right` is any integer type, in elements of `size` bytes) or pointer − pointer (in elements). */
export interface PointerExpr extends Node {
  readonly kind: 'pointer';
  readonly op: '+' | '-' | 'diff';
  readonly left: Expr;
  readonly right: Expr;
  readonly size: number;
}
export interface LogicalExpr extends Node {
  readonly kind: 'logical';
  readonly op: '&&' | '||';
  readonly left: Expr;
  readonly right: Expr;
}
export interface ConditionalExpr extends Node {
  readonly kind: 'conditional';
  readonly test: Expr;
  /** undefined: GNU `a ?: b`. */
  readonly then: Expr | undefined;
  readonly else: Expr;
}
/**
 * `left = right`, or with `op` `left = (T)((U)left op right)` where U is `compute` (the usual arithmetic conversions);
 * pointer `+=` and `-=` have `size`, the bytes of an element.
 */
export interface AssignExpr extends Node {
  readonly kind: 'assign';
  readonly op?: BinaryExpr['op'];
  readonly left: Expr;
  readonly right: Expr;
  readonly compute?: CType;
  readonly size?: number;
}
export interface CommaExpr extends Node {
  readonly kind: 'comma';
  readonly left: Expr;
  readonly right: Expr;
}
export interface CallExpr extends Node {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Expr[];
  /** Set when the callee is in the table of primitives. */
  readonly primitive?: PrimitiveCall;
}
/** How to call a primitive: `generic` names the scalar or page-table type that T stands for in its signature. */
export interface PrimitiveCall {
  readonly name: string;
  readonly generic?: CType;
}
export interface CastExpr extends Node {
  readonly kind: 'cast';
  readonly arg: Expr;
}
export interface DecayExpr extends Node {
  readonly kind: 'decay';
  readonly arg: Expr;
}
export interface CompoundExpr extends Node {
  readonly kind: 'compound';
  readonly init: Initialiser;
}
export interface StatementExpr extends Node {
  readonly kind: 'statement';
  /** The value is that of the last statement when it is an expression. */
  readonly body: readonly Stmt[];
}
/** container_of(ptr, struct s, member): `arg` minus `offset`; `path` is `struct s.member`, for reading. */
export interface ContainerOfExpr extends Node {
  readonly kind: 'container';
  readonly arg: Expr;
  readonly offset: number;
  readonly path: string;
}
export interface VaExpr extends Node {
  readonly kind: 'va';
  readonly op: 'start' | 'arg' | 'end' | 'copy';
  readonly args: readonly Expr[];
}

/** What an object starts as: scalars, or the parts of an aggregate that are not zero, by byte offset from its start. */
export type Initialiser =
  | { readonly kind: 'scalar'; readonly value: Expr }
  | { readonly kind: 'aggregate'; readonly parts: readonly InitPart[] };
export interface InitPart {
  readonly offset: number;
  readonly type: CType;
  readonly bits?: CField['bits'];
  readonly value: Expr;
}

export interface LocalVariable {
  readonly name: string;
  readonly type: CType;
  readonly line: number;
  readonly parameter: boolean;
  /** `static` inside a function: lives as long as the program. */
  readonly static: boolean;
  readonly const: boolean;
  /** `&x` was taken, or it is an array or a struct that is not a single scalar: it needs memory. Set by the reader. */
  addressed: boolean;
  /** For a static one only (others are initialised by their `declare` statement). */
  init?: Initialiser;
}

export type Stmt =
  | { readonly kind: 'expr'; readonly expr: Expr; readonly line: number }
  | {
      readonly kind: 'declare';
      readonly variable: LocalVariable;
      readonly init: Initialiser | undefined;
      readonly line: number;
    }
  | {
      readonly kind: 'if';
      readonly test: Expr;
      readonly then: Stmt;
      readonly else: Stmt | undefined;
      readonly line: number;
    }
  | { readonly kind: 'while'; readonly test: Expr; readonly body: Stmt; readonly line: number }
  | { readonly kind: 'do'; readonly body: Stmt; readonly test: Expr; readonly line: number }
  | {
      readonly kind: 'for';
      readonly init: readonly Stmt[];
      readonly test: Expr | undefined;
      readonly step: Expr | undefined;
      readonly body: Stmt;
      readonly line: number;
    }
  | { readonly kind: 'switch'; readonly value: Expr; readonly body: Stmt; readonly line: number }
  /** Falls through to what follows it; `to` is the upper end of GNU `case a ... b`; undefined value: default. */
  | {
      readonly kind: 'case';
      readonly value: bigint | undefined;
      readonly to?: bigint;
      readonly name?: string;
      readonly line: number;
    }
  | { readonly kind: 'label'; readonly name: string; readonly line: number }
  | { readonly kind: 'goto'; readonly name: string; readonly line: number }
  | { readonly kind: 'break'; readonly line: number }
  | { readonly kind: 'continue'; readonly line: number }
  | { readonly kind: 'return'; readonly value: Expr | undefined; readonly line: number }
  | { readonly kind: 'block'; readonly body: readonly Stmt[]; readonly line: number }
  /** Inline assembly: cannot be run; the writer makes it an unmodelled event. */
  | { readonly kind: 'asm'; readonly text: string; readonly line: number };

export interface FunctionDef {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly endLine: number;
  readonly type: FunctionType;
  readonly static: boolean;
  readonly params: readonly LocalVariable[];
  /** All locals in order of declaration, parameters first. Names may repeat in nested blocks. */
  readonly locals: readonly LocalVariable[];
  readonly body: readonly Stmt[];
}

export interface GlobalDef {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly type: CType;
  readonly const: boolean;
  readonly static: boolean;
  readonly init: Initialiser | undefined;
}
