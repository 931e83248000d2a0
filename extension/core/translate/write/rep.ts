import type { Entry, Scalar } from '../../machine/abi.ts';
import type { CRecord, CType } from '../ctype.ts';
import { completed } from '../read/layout.ts';

/** How a C value is held in JavaScript (the table in machine/abi.ts). `memory`: the address of what holds it. */
export type Rep = 'number' | 'bigint' | 'memory' | 'void';

const ENTRIES: ReadonlySet<string> = new Set(['pte_t', 'pmd_t', 'pud_t', 'p4d_t', 'pgd_t']);

/** The one scalar inside a record that has nothing else, through any nesting; undefined for all others. */
export function onlyScalar(incomplete: CRecord): Scalar | undefined {
  const record = completed(incomplete);
  const field = record.fields[0];
  if (record.fields.length !== 1 || field === undefined || field.bits !== undefined || field.offset !== 0)
    return undefined;
  const scalar = scalarOf(field.type);
  return scalar !== undefined && record.size === scalarSize(scalar) ? scalar : undefined;
}

/** The scalar that a value of this type is, transparent records included. */
export function scalarOf(type: CType): Scalar | undefined {
  switch (type.kind) {
    case 'int':
      return type.scalar;
    case 'pointer':
      return 'ptr';
    case 'record':
      return onlyScalar(type.record);
    default:
      return undefined;
  }
}

export function scalarSize(scalar: Scalar): number {
  switch (scalar) {
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

export const isWide = (scalar: Scalar): boolean => scalar === 'i64' || scalar === 'u64';

export function repOf(type: CType): Rep {
  const scalar = scalarOf(type);
  if (scalar !== undefined) return isWide(scalar) ? 'bigint' : 'number';
  return type.kind === 'void' ? 'void' : 'memory';
}

/** What `k.load` and `k.store` are told: the scalar, or the page-table entry type so that the trace can tell. */
export function accessType(type: CType): Scalar | Entry {
  if (type.kind === 'record' && type.name !== undefined && ENTRIES.has(type.name)) return type.name as Entry;
  const scalar = scalarOf(type);
  if (scalar === undefined) throw new Error('accessType of an aggregate');
  return scalar;
}

/** Bytes. Incomplete and function types have none: 0. */
export function sizeOfType(type: CType): number {
  switch (type.kind) {
    case 'int':
      return scalarSize(type.scalar);
    case 'pointer':
      return 8;
    case 'array':
      return (type.length ?? 0) * sizeOfType(type.of);
    case 'record':
      return completed(type.record).size;
    default:
      return 0;
  }
}

/** Bytes. */
export function alignOfType(type: CType): number {
  switch (type.kind) {
    case 'array':
      return alignOfType(type.of);
    case 'record':
      return completed(type.record).align;
    default:
      return Math.max(1, sizeOfType(type));
  }
}

/** The TypeScript type of a value. */
export const tsType = (type: CType): string => {
  const rep = repOf(type);
  if (rep === 'void') return 'void';
  if (rep === 'bigint') return 'bigint';
  return scalarOf(type) === 'ptr' || rep === 'memory' ? 'Ptr' : 'number';
};
