import type { Scalar } from '../machine/abi.ts';

/** C types, as far as values, layout and names need them. Qualifiers are dropped, but for `const` on whole objects. */
export type CType = VoidType | IntType | PointerType | ArrayType | FunctionType | RecordType;

export interface VoidType {
  readonly kind: 'void';
}
export interface IntType {
  readonly kind: 'int';
  readonly scalar: Exclude<Scalar, 'ptr'>;
  /** The name it was spelled with, for reading: `unsigned long`, `u64`, `pteval_t`, `gfp_t`, `enum page_walk_action`. */
  readonly name: string;
  /** The type of C it is under all typedefs: `unsigned long` is not `unsigned long long` to _Generic. */
  readonly base?: IntBase;
}
export type IntBase =
  | '_Bool'
  | 'char'
  | 'signed char'
  | 'unsigned char'
  | 'short'
  | 'unsigned short'
  | 'int'
  | 'unsigned int'
  | 'long'
  | 'unsigned long'
  | 'long long'
  | 'unsigned long long';
export interface PointerType {
  readonly kind: 'pointer';
  readonly to: CType;
  /** What it points at is volatile. */
  readonly volatile?: boolean;
}
export interface ArrayType {
  readonly kind: 'array';
  readonly of: CType;
  /** undefined: `[]`. */
  readonly length: number | undefined;
}
export interface FunctionType {
  readonly kind: 'function';
  readonly returns: CType;
  readonly params: readonly { readonly name: string | undefined; readonly type: CType }[];
  readonly variadic: boolean;
}
export interface RecordType {
  readonly kind: 'record';
  readonly record: CRecord;
  /** The typedef it was reached through, if any: `pte_t`, `spinlock_t`. */
  readonly name?: string;
}

/** A struct or union. Filled in when its body is seen; one object per definition, so identity is equality. */
export interface CRecord {
  readonly union: boolean;
  /** `struct page` → `page`; undefined when it has no tag. */
  tag: string | undefined;
  complete: boolean;
  fields: CField[];
  /** Bytes. */
  size: number;
  align: number;
}
export interface CField {
  /** undefined: an unnamed struct or union whose members count as the outer one's. */
  readonly name: string | undefined;
  readonly type: CType;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** A bit-field: bits from the low end of the storage unit at `offset`, whose type is `type`. */
  readonly bits?: { readonly shift: number; readonly width: number };
}
