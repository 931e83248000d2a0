import type { CField, CType, IntBase, IntType, PointerType, VoidType } from '../ctype.ts';
import { scalarSize } from './layout.ts';

const SCALARS: Readonly<Record<IntBase, IntType['scalar']>> = {
  _Bool: 'bool',
  char: 'i8',
  'signed char': 'i8',
  'unsigned char': 'u8',
  short: 'i16',
  'unsigned short': 'u16',
  int: 'i32',
  'unsigned int': 'u32',
  long: 'i64',
  'unsigned long': 'u64',
  'long long': 'i64',
  'unsigned long long': 'u64',
};

/** The integer type of C with this name (LP64), called `name` by those who wrote it. */
export const intType = (base: IntBase, name: string = base): IntType => ({
  kind: 'int',
  scalar: SCALARS[base],
  name,
  base,
});

export const VOID: VoidType = { kind: 'void' };
export const INT = intType('int');
export const UINT = intType('unsigned int');
export const LONG = intType('long');
export const ULONG = intType('unsigned long');
export const LLONG = intType('long long');
export const ULLONG = intType('unsigned long long');
export const CHAR = intType('char');

export const pointerTo = (to: CType, isVolatile = false): PointerType =>
  isVolatile ? { kind: 'pointer', to, volatile: true } : { kind: 'pointer', to };

/** The base type, also of an IntType that was made without one. */
export function baseOf(type: IntType): IntBase {
  if (type.base) return type.base;
  switch (type.scalar) {
    case 'bool':
      return '_Bool';
    case 'i8':
      return 'signed char';
    case 'u8':
      return 'unsigned char';
    case 'i16':
      return 'short';
    case 'u16':
      return 'unsigned short';
    case 'i32':
      return 'int';
    case 'u32':
      return 'unsigned int';
    case 'i64':
      return 'long';
    default:
      return 'unsigned long';
  }
}

export const isUnsigned = (type: IntType): boolean => !type.scalar.startsWith('i');

/** Integer promotion (C11 6.3.1.1); `bits` when the operand is a bit-field. */
export function promoted(type: IntType, bits?: CField['bits']): IntType {
  const size = scalarSize(type.scalar);
  if (bits && size >= 4) {
    if (bits.width < 32) return INT;
    if (bits.width === 32) return isUnsigned(type) ? UINT : INT;
    return type;
  }
  return size < 4 ? INT : type;
}

const rank = (type: IntType): number => (scalarSize(type.scalar) < 8 ? 3 : baseOf(type).endsWith('long long') ? 5 : 4);

/** Usual arithmetic conversions (C11 6.3.1.8) of two promoted types. On LP64 the higher rank always wins by size. */
export function usual(a: IntType, b: IntType): IntType {
  if (rank(a) !== rank(b)) {
    const [high, low] = rank(a) > rank(b) ? [a, b] : [b, a];
    // long long has the size of unsigned long: it cannot hold all its values, so the result is unsigned.
    const sameSize = scalarSize(high.scalar) === scalarSize(low.scalar);
    return sameSize && isUnsigned(low) && !isUnsigned(high) ? ULLONG : high;
  }
  return isUnsigned(a) || !isUnsigned(b) ? a : b;
}

/** Values of the two types are held alike, so that no conversion is needed between them. */
export function sameValue(a: CType, b: CType): boolean {
  if (a === b) return true;
  if (a.kind === 'int') return b.kind === 'int' && a.scalar === b.scalar;
  return compatible(a, b);
}

/** __builtin_types_compatible_p: qualifiers and typedef names do not count. */
export function compatible(a: CType, b: CType): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'void':
      return b.kind === 'void';
    case 'int':
      return b.kind === 'int' && baseOf(a) === baseOf(b) && sameEnum(a, b);
    case 'pointer':
      return b.kind === 'pointer' && compatible(a.to, b.to);
    case 'array':
      return (
        b.kind === 'array' &&
        (a.length === undefined || b.length === undefined || a.length === b.length) &&
        compatible(a.of, b.of)
      );
    case 'record':
      return b.kind === 'record' && a.record === b.record;
    case 'function':
      return (
        b.kind === 'function' &&
        a.variadic === b.variadic &&
        a.params.length === b.params.length &&
        compatible(a.returns, b.returns) &&
        a.params.every((p, i) => compatible(p.type, b.params[i]!.type))
      );
  }
}

/** Two enums differ; an enum and its underlying integer type do not. */
const sameEnum = (a: IntType, b: IntType): boolean =>
  a.name === b.name || !a.name.startsWith('enum ') || !b.name.startsWith('enum ');

export const isScalarType = (type: CType): type is IntType | PointerType =>
  type.kind === 'int' || type.kind === 'pointer';

/** As people write it, for messages: `struct page *`, `int [4]`. */
export function spell(type: CType): string {
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'int':
      return type.name;
    case 'pointer':
      return type.to.kind === 'function'
        ? `${spell(type.to.returns)} (*)()`
        : `${spell(type.to)} *`.replace('* *', '**');
    case 'array':
      return `${spell(type.of)} [${type.length ?? ''}]`;
    case 'function':
      return `${spell(type.returns)} ()`;
    case 'record':
      return type.name ?? `${type.record.union ? 'union' : 'struct'} ${type.record.tag ?? '(unnamed)'}`;
  }
}
