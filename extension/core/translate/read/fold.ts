import type { Scalar } from '../../machine/abi.ts';
import type { BinaryExpr } from '../ast.ts';
import { isSignedScalar, scalarSize } from './layout.ts';

/** The value as an integer of this scalar: wraps as gcc does (-fwrapv); to bool it is `!= 0`; addresses are u64. */
export function wrap(value: bigint, scalar: Scalar): bigint {
  if (scalar === 'bool') return value === 0n ? 0n : 1n;
  const bits = scalarSize(scalar) * 8;
  return isSignedScalar(scalar) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/**
 * `left op right` in the arithmetic of `scalar`, or undefined where C gives no value: division by zero, a shift by a
 * negative count or by the width or more.
 */
export function foldBinary(op: BinaryExpr['op'], left: bigint, right: bigint, scalar: Scalar): bigint | undefined {
  const truth = (b: boolean): bigint => (b ? 1n : 0n);
  switch (op) {
    case '==':
      return truth(left === right);
    case '!=':
      return truth(left !== right);
    case '<':
      return truth(left < right);
    case '>':
      return truth(left > right);
    case '<=':
      return truth(left <= right);
    case '>=':
      return truth(left >= right);
    case '<<':
    case '>>':
      if (right < 0n || right >= BigInt(scalarSize(scalar) * 8)) return undefined;
      return wrap(op === '<<' ? left << right : left >> right, scalar);
    case '/':
      return right === 0n ? undefined : wrap(left / right, scalar);
    case '%':
      return right === 0n ? undefined : wrap(left % right, scalar);
    case '+':
      return wrap(left + right, scalar);
    case '-':
      return wrap(left - right, scalar);
    case '*':
      return wrap(left * right, scalar);
    case '&':
      return wrap(left & right, scalar);
    case '|':
      return wrap(left | right, scalar);
    case '^':
      return wrap(left ^ right, scalar);
  }
}

export function foldUnary(op: '-' | '~' | '!', value: bigint, scalar: Scalar): bigint {
  if (op === '!') return value === 0n ? 1n : 0n;
  return wrap(op === '-' ? -value : ~value, scalar);
}
