import type { Entry, Scalar } from './abi.ts';

/** What can be loaded and stored in one access. */
export type Access = Scalar | Entry;
/** A value of an access: `bigint` for 64-bit integers and page-table entries, `number` for all others. */
export type Value = number | bigint;

/** Bytes. */
export function accessSize(type: Access): number {
  switch (type) {
    case 'i8':
    case 'u8':
    case 'bool':
      return 1;
    case 'i16':
    case 'u16':
      return 2;
    case 'i32':
    case 'u32':
      return 4;
    default:
      return 8;
  }
}

/** Page-table entry types end in `_t`; no scalar does. */
export const isEntry = (type: Access): type is Entry => type.length > 4 && type !== 'bool';

export const isWide = (type: Access): boolean => type === 'u64' || type === 'i64' || isEntry(type);

/** Reads a value at `offset`; the access must lie inside the view. */
export function readScalar(view: DataView, offset: number, type: Access): Value {
  switch (type) {
    case 'i8':
      return view.getInt8(offset);
    case 'u8':
      return view.getUint8(offset);
    case 'bool':
      return view.getUint8(offset) === 0 ? 0 : 1;
    case 'i16':
      return view.getInt16(offset, true);
    case 'u16':
      return view.getUint16(offset, true);
    case 'i32':
      return view.getInt32(offset, true);
    case 'u32':
      return view.getUint32(offset, true);
    case 'ptr':
      return view.getInt32(offset + 4, true) * 0x100000000 + view.getUint32(offset, true);
    case 'i64':
      return view.getBigInt64(offset, true);
    default:
      return view.getBigUint64(offset, true);
  }
}

/** Writes a value of the normal form of its type (machine/abi.ts). */
export function writeScalar(view: DataView, offset: number, type: Access, value: Value): void {
  switch (type) {
    case 'i8':
    case 'u8':
      view.setInt8(offset, value as number);
      break;
    case 'bool':
      view.setInt8(offset, value ? 1 : 0);
      break;
    case 'i16':
    case 'u16':
      view.setInt16(offset, value as number, true);
      break;
    case 'i32':
    case 'u32':
      view.setInt32(offset, value as number, true);
      break;
    case 'ptr':
      view.setInt32(offset + 4, Math.floor((value as number) / 0x100000000), true);
      view.setUint32(offset, value as number, true);
      break;
    case 'i64':
      view.setBigInt64(offset, value as bigint, true);
      break;
    default:
      view.setBigUint64(offset, value as bigint, true);
  }
}

/** A value in hexadecimal, as many digits as the access has. */
export function hexValue(value: Value, type: Access): string {
  const size = accessSize(type);
  if (typeof value === 'bigint') return `0x${BigInt.asUintN(64, value).toString(16).padStart(16, '0')}`;
  if (size === 8) return `0x${BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0')}`;
  const unsigned = value < 0 ? value + 2 ** (8 * size) : value;
  return `0x${unsigned.toString(16).padStart(2 * size, '0')}`;
}
