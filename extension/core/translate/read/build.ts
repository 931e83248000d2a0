import { InputError } from '../../text/source.ts';
import type { AssignExpr, BinaryExpr, ConditionalExpr, Expr, IntExpr } from '../ast.ts';
import type { CType, IntType } from '../ctype.ts';
import { foldBinary, foldUnary, wrap } from './fold.ts';
import { findField, recordName, scalarOf, sizeOf } from './layout.ts';
import {
  compatible,
  INT,
  isScalarType,
  LONG,
  pointerTo,
  promoted,
  sameValue,
  spell,
  ULONG,
  usual,
  VOID,
} from './types.ts';

/** Typed nodes with C's conversions made explicit and constants folded. Each throws InputError on a type error. */

export const int = (value: bigint, type: CType, line: number, name?: string): IntExpr =>
  name === undefined ? { kind: 'int', value, type, line } : { kind: 'int', value, type, line, name };

export const isConstant = (e: Expr): e is IntExpr => e.kind === 'int';

const isNullConstant = (e: Expr): boolean =>
  isConstant(e) &&
  e.value === 0n &&
  (e.type.kind === 'int' || (e.type.kind === 'pointer' && e.type.to.kind === 'void'));

/** Arrays and functions become pointers, as wherever C uses a value. */
export function rvalue(e: Expr): Expr {
  if (e.type.kind === 'array') {
    return { kind: 'decay', arg: e, type: pointerTo(e.type.of, throughVolatile(e)), line: e.line };
  }
  if (e.type.kind === 'function') return { kind: 'decay', arg: e, type: pointerTo(e.type), line: e.line };
  return e;
}

function throughVolatile(e: Expr): boolean {
  if (e.kind === 'deref') return e.volatile === true;
  return e.kind === 'member' ? throughVolatile(e.base) : false;
}

/** Marks the local variable that an lvalue is part of as one that needs an address. */
export function markAddressed(e: Expr): void {
  if (e.kind === 'local') e.variable.addressed = true;
  else if (e.kind === 'member') markAddressed(e.base);
}

export function address(e: Expr, line: number): Expr {
  if (e.kind === 'deref') return e.arg;
  if (e.type.kind === 'function') return { kind: 'decay', arg: e, type: pointerTo(e.type), line };
  if (!isLvalue(e)) throw new InputError(`the address of something that is no object (${spell(e.type)})`);
  if (e.kind === 'member' && e.field.bits) throw new InputError(`the address of the bit-field ${e.field.name}`);
  markAddressed(e);
  return { kind: 'address', arg: e, type: pointerTo(e.type, throughVolatile(e)), line };
}

/** Also compound literals and strings, which are objects too. */
export function isLvalue(e: Expr): boolean {
  switch (e.kind) {
    case 'local':
    case 'global':
    case 'deref':
    case 'compound':
    case 'string':
      return true;
    case 'member':
      return true;
    default:
      return false;
  }
}

export function deref(arg: Expr, line: number): Expr {
  const pointer = rvalue(arg);
  if (pointer.type.kind !== 'pointer') throw new InputError(`* of something that is no pointer (${spell(arg.type)})`);
  const { to, volatile } = pointer.type;
  if (to.kind === 'function' && pointer.kind === 'decay') return pointer.arg;
  if (pointer.kind === 'address') return pointer.arg;
  return volatile
    ? { kind: 'deref', arg: pointer, type: to, line, volatile: true }
    : { kind: 'deref', arg: pointer, type: to, line };
}

/** `base.name`, through the unnamed structs and unions in between. */
export function member(base: Expr, name: string, line: number): Expr {
  if (base.type.kind !== 'record')
    throw new InputError(`.${name} of something that is no struct (${spell(base.type)})`);
  const path = findField(base.type.record, name);
  if (!path) {
    const what = base.type.record.complete ? `has no member ${name}` : 'has no definition that can be read here';
    throw new InputError(`${recordName(base.type.record)} ${what}`);
  }
  return path.reduce<Expr>((e, field) => ({ kind: 'member', base: e, field, type: field.type, line }), base);
}

/** The value converted to `type`: explicit in the tree unless both types hold values alike. */
export function convert(e: Expr, type: CType, cast = false): Expr {
  const value = rvalue(e);
  if (type.kind === 'void')
    return value.type.kind === 'void' ? value : { kind: 'cast', arg: value, type, line: e.line };
  if (value.type === type) return value;
  if (isConstant(value) && isScalarType(type)) return foldCast(value, type);
  if (value.type.kind === 'void') throw new InputError(`a void value where ${spell(type)} is wanted`);
  if (sameValue(value.type, type)) return retyped(value, type, cast);
  if (!isScalarType(type) || !isScalarType(value.type)) return convertRecord(value, type);
  return { kind: 'cast', arg: value, type, line: e.line };
}

function foldCast(e: IntExpr, type: CType): Expr {
  const scalar = scalarOf(type)!;
  const value = wrap(e.value, scalar);
  return int(value, type, e.line, value === e.value ? e.name : undefined);
}

/** A cast that changes only the name (or the volatility) of a type: kept when written, since later code reads it. */
function retyped(e: Expr, type: CType, cast: boolean): Expr {
  return cast && !(e.type.kind === 'record') ? { kind: 'cast', arg: e, type, line: e.line } : e;
}

function convertRecord(e: Expr, type: CType): Expr {
  if (type.kind === 'array' && e.type.kind === 'array') return e;
  throw new InputError(`a value of type ${spell(e.type)} where ${spell(type)} is wanted`);
}

/** The operand after integer promotion. */
export function promote(e: Expr): Expr {
  const value = rvalue(e);
  if (value.type.kind !== 'int') return value;
  return convert(value, promoted(value.type, value.kind === 'member' ? value.field.bits : undefined));
}

/** What a function without a prototype, or `...`, receives. */
export const defaultPromote = promote;

export function unary(op: '-' | '~' | '!' | '+', e: Expr, line: number): Expr {
  if (op === '!') {
    const arg = condition(e);
    return isConstant(arg)
      ? int(foldUnary('!', arg.value, 'u64'), INT, line)
      : { kind: 'unary', op, arg, type: INT, line };
  }
  const arg = promote(e);
  const type = integer(arg, op);
  if (op === '+') return arg;
  return isConstant(arg)
    ? int(foldUnary(op, arg.value, type.scalar), type, line)
    : { kind: 'unary', op, arg, type, line };
}

function integer(e: Expr, op: string): IntType {
  if (e.type.kind !== 'int') throw new InputError(`${op} of ${spell(e.type)}, which is no integer`);
  return e.type;
}

/** A value that is compared with zero: any scalar. */
export function condition(e: Expr): Expr {
  const value = rvalue(e);
  if (!isScalarType(value.type)) throw new InputError(`${spell(value.type)} where a condition is wanted`);
  return value;
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);

export function binary(op: BinaryExpr['op'], l: Expr, r: Expr, line: number): Expr {
  const left = promote(l);
  const right = promote(r);
  const pointers = Number(left.type.kind === 'pointer') + Number(right.type.kind === 'pointer');
  if (pointers > 0) return pointerBinary(op, left, right, line);
  const a = integer(left, op);
  const b = integer(right, op);
  if (op === '<<' || op === '>>') return foldOr(op, left, convert(right, INT), a, a, line);
  const common = usual(a, b);
  const type = COMPARISONS.has(op) ? INT : common;
  return foldOr(op, convert(left, common), convert(right, common), common, type, line);
}

function foldOr(op: BinaryExpr['op'], left: Expr, right: Expr, operands: IntType, type: IntType, line: number): Expr {
  if (isConstant(left) && isConstant(right)) {
    const value = foldBinary(op, left.value, right.value, operands.scalar);
    if (value !== undefined) return int(value, type, line);
  }
  return { kind: 'binary', op, left, right, type, line };
}

function pointerBinary(op: BinaryExpr['op'], left: Expr, right: Expr, line: number): Expr {
  if (COMPARISONS.has(op)) {
    const [a, b] =
      left.type.kind === 'pointer' ? [left, convert(right, left.type)] : [convert(left, right.type), right];
    if (isConstant(a) && isConstant(b)) return int(foldBinary(op, a.value, b.value, 'u64')!, INT, line);
    return { kind: 'binary', op, left: a, right: b, type: INT, line };
  }
  if (op === '+') return left.type.kind === 'pointer' ? offset('+', left, right, line) : offset('+', right, left, line);
  if (op !== '-' || left.type.kind !== 'pointer') {
    throw new InputError(`${op} of ${spell(left.type)} and ${spell(right.type)}`);
  }
  if (right.type.kind !== 'pointer') return offset('-', left, right, line);
  const size = sizeOf(left.type.to);
  if (isConstant(left) && isConstant(right) && size > 0) {
    return int(wrap(left.value - right.value, 'i64') / BigInt(size), LONG, line);
  }
  return { kind: 'pointer', op: 'diff', left, right, size, type: LONG, line };
}

/** Pointer ± integer. */
export function offset(op: '+' | '-', pointer: Expr, index: Expr, line: number): Expr {
  if (pointer.type.kind !== 'pointer' || index.type.kind !== 'int') {
    throw new InputError(`${op} of ${spell(pointer.type)} and ${spell(index.type)}`);
  }
  const size = sizeOf(pointer.type.to);
  if (isConstant(pointer) && isConstant(index)) {
    const bytes = index.value * BigInt(size);
    return int(wrap(op === '+' ? pointer.value + bytes : pointer.value - bytes, 'ptr'), pointer.type, line);
  }
  return { kind: 'pointer', op, left: pointer, right: index, size, type: pointer.type, line };
}

/** The subscript operator: either operand may be the pointer. */
export function subscript(a: Expr, b: Expr, line: number): Expr {
  const left = rvalue(a);
  const right = rvalue(b);
  const sum =
    left.type.kind === 'pointer' ? offset('+', left, promote(right), line) : offset('+', right, promote(left), line);
  return deref(sum, line);
}

export function logical(op: '&&' | '||', l: Expr, r: Expr, line: number): Expr {
  const left = condition(l);
  const right = condition(r);
  if (isConstant(left)) {
    const decided = op === '&&' ? left.value === 0n : left.value !== 0n;
    if (decided) return int(op === '&&' ? 0n : 1n, INT, line);
    if (isConstant(right)) return int(right.value === 0n ? 0n : 1n, INT, line);
  }
  return { kind: 'logical', op, left, right, type: INT, line };
}

/** `test ? then : else`; the type by C11 6.5.15. A constant test leaves only the branch that is taken. */
export function conditional(test: Expr, t: Expr | undefined, e: Expr, line: number): Expr {
  const decide = condition(test);
  const yes = rvalue(t ?? decide);
  const no = rvalue(e);
  const type = conditionalType(yes, no);
  if (isConstant(decide)) return convert(decide.value !== 0n ? yes : no, type);
  const node: ConditionalExpr = {
    kind: 'conditional',
    test: decide,
    then: t === undefined ? undefined : convert(yes, type),
    else: convert(no, type),
    type,
    line,
  };
  // GNU `a ?: b` whose two sides differ in type: the test's own value needs a conversion that the node cannot say.
  if (t === undefined && !sameValue(decide.type, type)) {
    throw new InputError(
      `?: with an omitted middle between ${spell(decide.type)} and ${spell(no.type)} is not supported`,
    );
  }
  return node;
}

function conditionalType(yes: Expr, no: Expr): CType {
  if (yes.type.kind === 'void' || no.type.kind === 'void') return VOID;
  if (yes.type.kind === 'int' && no.type.kind === 'int') {
    return usual(promote(yes).type as IntType, promote(no).type as IntType);
  }
  if (yes.type.kind === 'pointer' || no.type.kind === 'pointer') {
    if (isNullConstant(no) && yes.type.kind === 'pointer') return yes.type;
    if (isNullConstant(yes) && no.type.kind === 'pointer') return no.type;
    if (yes.type.kind !== 'pointer') return no.type;
    if (no.type.kind !== 'pointer' || no.type.to.kind !== 'void') return yes.type;
    return no.type;
  }
  if (compatible(yes.type, no.type)) return yes.type;
  throw new InputError(`the two sides of ?: are ${spell(yes.type)} and ${spell(no.type)}`);
}

export function assign(l: Expr, r: Expr, line: number): Expr {
  if (!isLvalue(l)) throw new InputError('= to something that is no object');
  return { kind: 'assign', left: l, right: convert(r, l.type), type: l.type, line };
}

/** `left op= right`. */
export function assignWith(op: BinaryExpr['op'], left: Expr, r: Expr, line: number): AssignExpr {
  if (!isLvalue(left)) throw new InputError(`${op}= to something that is no object`);
  const right = promote(r);
  const { type } = left;
  if (type.kind === 'pointer') {
    if ((op !== '+' && op !== '-') || right.type.kind !== 'int') throw new InputError(`${op}= to a pointer`);
    return { kind: 'assign', op, left, right, size: sizeOf(type.to), type, line };
  }
  if (type.kind !== 'int') throw new InputError(`${op}= to ${spell(type)}`);
  const own = promoted(type, left.kind === 'member' ? left.field.bits : undefined);
  if (op === '<<' || op === '>>')
    return { kind: 'assign', op, left, right: convert(right, INT), compute: own, type, line };
  const compute = usual(own, integer(right, `${op}=`));
  return { kind: 'assign', op, left, right: convert(right, compute), compute, type, line };
}

export const sizeConstant = (bytes: number, line: number): IntExpr => int(BigInt(bytes), ULONG, line);
