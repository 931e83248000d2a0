import type { Scalar } from '../../machine/abi.ts';
import type { CType } from '../ctype.ts';
import { at, binary, type Code, call, code, Level } from './code.ts';
import { isWide, repOf, scalarOf } from './rep.ts';
import type { State } from './state.ts';

const BITS: Readonly<Record<Scalar, number>> = {
  i8: 8,
  u8: 8,
  bool: 1,
  i16: 16,
  u16: 16,
  i32: 32,
  u32: 32,
  i64: 64,
  u64: 64,
  ptr: 64,
};
const isSigned = (s: Scalar): boolean => s.startsWith('i');
const isLiteral = (c: Code): boolean => /^-?(0x[0-9a-f]+|\d+)$/.test(c.text);

/** A 64-bit literal, as people read them: small ones in decimal, masks and addresses in hexadecimal. */
export function literal(value: bigint, type: CType): string {
  const wide = repOf(type) === 'bigint';
  const digits = value < 0x10000n ? value.toString() : `0x${value.toString(16)}`;
  return wide ? `${digits}n` : digits;
}

/** C's conversion of a value from one type to another. */
export function convert(state: State, value: Code, from: CType, to: CType): Code {
  const a = scalarOf(from);
  const b = scalarOf(to);
  if (a === undefined || b === undefined || a === b) return value;
  if (b === 'bool') return code(`${at(value, Level.conditional + 1)} ? 1 : 0`, Level.conditional);
  if (isWide(a)) return fromWide(state, value, b);
  if (isWide(b)) return toWide(state, value, a, b);
  if (b === 'ptr') return value; // int → pointer: an address is a signed number already
  if (a !== 'ptr' && fits(a, b)) return value;
  return narrow(value, b);
}

/** Every value of `a` is a value of `b`. */
function fits(a: Scalar, b: Scalar): boolean {
  if (isSigned(a)) return isSigned(b) && BITS[a] <= BITS[b];
  return isSigned(b) ? BITS[a] < BITS[b] : BITS[a] <= BITS[b];
}

function fromWide(state: State, value: Code, to: Scalar): Code {
  const { linker } = state;
  switch (to) {
    case 'u64':
      return call(linker.helper('U64'), value);
    case 'i64':
      return call(linker.helper('I64'), value);
    case 'ptr':
      return call(linker.helper('toPtr'), value);
    case 'i32':
      return call(linker.helper('toI32'), value);
    case 'u32':
      return call(linker.helper('toU32'), value);
    default:
      return narrow(call(linker.helper('toI32'), value), to);
  }
}

function toWide(state: State, value: Code, from: Scalar, to: Scalar): Code {
  if (from === 'ptr') return to === 'u64' ? call(state.linker.helper('ulong'), value) : call('BigInt', value);
  if (isLiteral(value) && !value.text.startsWith('-')) return code(`${value.text}n`);
  const big = call('BigInt', value);
  return to === 'u64' && isSigned(from) ? call(state.linker.helper('U64'), big) : big;
}

/** Cuts a number down to an integer type of at most 32 bits. */
export function narrow(value: Code, to: Scalar): Code {
  const zero = code('0');
  switch (to) {
    case 'i32':
      return binary(value, '|', zero);
    case 'u32':
      return binary(value, '>>>', zero);
    case 'u8':
      return binary(value, '&', code('0xff'));
    case 'u16':
      return binary(value, '&', code('0xffff'));
    case 'i8':
      return binary(binary(value, '<<', code('24')), '>>', code('24'));
    case 'i16':
      return binary(binary(value, '<<', code('16')), '>>', code('16'));
    default:
      return value;
  }
}

/** A result of `-` or `~` brought back into the range of `scalar`. */
export function wrap(state: State, c: Code, scalar: Scalar): Code {
  if (isWide(scalar)) return call(state.linker.helper(scalar === 'u64' ? 'U64' : 'I64'), c);
  return narrow(c, scalar);
}

/** `left op right` in the arithmetic of `scalar`; for shifts `right` is an int. */
export function arithmetic(state: State, op: string, left: Code, right: Code, scalar: Scalar, line: number): Code {
  const { linker } = state;
  if (isWide(scalar)) {
    const wrap = (c: Code): Code => call(linker.helper(scalar === 'u64' ? 'U64' : 'I64'), c);
    const count = (): Code => (isLiteral(right) ? code(`${right.text}n`) : call('BigInt', right));
    switch (op) {
      case '<<':
        return wrap(binary(left, '<<', count()));
      case '>>':
        return binary(left, '>>', count());
      case '/':
      case '%':
        return isNonZeroLiteral(right)
          ? binary(left, op, right)
          : call(linker.helper(op === '/' ? 'divBig' : 'modBig'), 'k', left, right, String(line));
      case '&':
      case '|':
      case '^':
        return binary(left, op, right);
      default:
        return wrap(binary(left, op, right));
    }
  }
  const cut = (c: Code): Code => narrow(c, scalar);
  switch (op) {
    case '*':
      return scalar === 'u32' ? cut(call('Math.imul', left, right)) : call('Math.imul', left, right);
    case '/':
      return isNonZeroLiteral(right)
        ? cut(binary(left, '/', right))
        : cut(call(linker.helper('div'), 'k', left, right, String(line)));
    case '%':
      return isNonZeroLiteral(right)
        ? cut(binary(left, '%', right))
        : cut(call(linker.helper('mod'), 'k', left, right, String(line)));
    case '>>':
      return binary(left, scalar === 'u32' ? '>>>' : '>>', right);
    case '<<':
    case '&':
    case '|':
    case '^':
      return scalar === 'u32' ? cut(binary(left, op, right)) : binary(left, op, right);
    default:
      return cut(binary(left, op, right));
  }
}

const isNonZeroLiteral = (c: Code): boolean => /^(0x[0-9a-f]+|\d+)n?$/.test(c.text) && !/^0n?$/.test(c.text);
