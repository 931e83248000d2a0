import type { Scalar } from '../../machine/abi.ts';
import { InputError } from '../../text/source.ts';
import type { CField, CRecord, CType } from '../ctype.ts';

/** Sizes and offsets of the x86-64 System V ABI, as gcc lays records out. All sizes are bytes unless said otherwise. */

const SIZES: Readonly<Record<Scalar, number>> = {
  bool: 1,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  ptr: 8,
};

export const scalarSize = (scalar: Scalar): number => SIZES[scalar];
export const isSignedScalar = (scalar: Scalar): boolean => scalar.startsWith('i');

/** Records are read when they are first needed; what reads one is kept beside it until then. */
const pending = new WeakMap<CRecord, () => void>();

/** Has `read` fill `record` in when its size or a member is first asked for. */
export function completeLater(record: CRecord, read: () => void): void {
  pending.set(record, read);
}

/** The record, filled in if its definition can be found. */
export function completed(record: CRecord): CRecord {
  if (!record.complete) {
    const read = pending.get(record);
    pending.delete(record); // a record that holds itself by value asks again while it is read
    try {
      read?.();
    } catch (error) {
      pending.set(record, () => {
        throw error;
      });
      throw error;
    }
  }
  return record;
}

export const recordName = (record: CRecord): string =>
  `${record.union ? 'union' : 'struct'} ${record.tag ?? '(unnamed)'}`;

function known(record: CRecord): CRecord {
  if (!completed(record).complete) {
    throw new InputError(`the size of ${recordName(record)} is not known here: its definition was not found`);
  }
  return record;
}

/** sizeof: void and functions count 1, as in GNU C. Throws InputError for a record whose definition is not found. */
export function sizeOf(type: CType): number {
  switch (type.kind) {
    case 'int':
      return SIZES[type.scalar];
    case 'pointer':
      return 8;
    case 'array':
      return type.length === undefined || type.length === 0 ? 0 : type.length * sizeOf(type.of);
    case 'record':
      return known(type.record).size;
    default:
      return 1;
  }
}

/** _Alignof. Throws InputError for a record whose definition is not found. */
export function alignOf(type: CType): number {
  switch (type.kind) {
    case 'array':
      return alignOf(type.of);
    case 'record':
      return known(type.record).align;
    default:
      return sizeOf(type);
  }
}

/** The one scalar inside a record that holds nothing else, through any nesting: `pte_t` is `u64`. */
export function transparentScalar(type: CType): Scalar | undefined {
  if (type.kind !== 'record') return undefined;
  const { fields, size } = completed(type.record);
  const field = fields[0];
  if (field === undefined || fields.length !== 1 || field.bits || field.offset !== 0) return undefined;
  const scalar = scalarOf(field.type);
  return scalar !== undefined && size === SIZES[scalar] ? scalar : undefined;
}

/** The scalar that a value of this type is held as, transparent records included; undefined when it needs memory. */
export function scalarOf(type: CType): Scalar | undefined {
  switch (type.kind) {
    case 'int':
      return type.scalar;
    case 'pointer':
      return 'ptr';
    case 'record':
      return transparentScalar(type);
    default:
      return undefined;
  }
}

/** The way to a member through unnamed structs and unions, outermost first; undefined when there is none. */
export function findField(record: CRecord, name: string): CField[] | undefined {
  for (const field of completed(record).fields) {
    if (field.name === name) return [field];
    if (field.name === undefined && field.type.kind === 'record') {
      const rest = findField(field.type.record, name);
      if (rest) return [field, ...rest];
    }
  }
  return undefined;
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;

export interface FieldOptions {
  /** Width in bits of a bit-field. */
  readonly width?: number;
  /** From an `aligned` attribute of this member. */
  readonly align?: number;
  readonly packed?: boolean;
}

/** Lays one record out, member by member. */
export class RecordLayout {
  #bits = 0; // where the next member can start, in bits; stays 0 in a union
  #size = 0; // bits
  #align = 1;
  readonly fields: CField[] = [];

  constructor(
    private readonly union: boolean,
    private readonly packed: boolean,
  ) {}

  add(name: string | undefined, type: CType, options: FieldOptions = {}): void {
    const packed = this.packed || options.packed === true;
    const align = Math.max(packed ? 1 : alignOf(type), options.align ?? 1);
    if (options.width !== undefined) {
      this.#bitField(name, type, options.width, packed, align);
      return;
    }
    const at = roundUp(this.#bits, align * 8);
    this.fields.push({ name, type, offset: at / 8 });
    this.#align = Math.max(this.#align, align);
    this.#advance(at + sizeOf(type) * 8);
  }

  #bitField(name: string | undefined, type: CType, width: number, packed: boolean, align: number): void {
    const unit = sizeOf(type) * 8;
    if (width === 0) {
      this.#bits = roundUp(this.#bits, alignOf(type) * 8);
      return;
    }
    let at = this.#bits;
    const straddles = Math.floor(at / unit) !== Math.floor((at + width - 1) / unit);
    if (!packed && straddles) at = roundUp(at, align * 8);
    if (name !== undefined) {
      this.fields.push(packed ? packedBits(name, type, at, width) : alignedBits(name, type, at, width, unit));
      this.#align = Math.max(this.#align, align);
    }
    this.#advance(at + width);
  }

  #advance(end: number): void {
    if (!this.union) this.#bits = end;
    this.#size = Math.max(this.#size, end);
  }

  /** Fills `record` in; `align` is from an `aligned` attribute of the whole. */
  finish(record: CRecord, align = 1): void {
    record.fields = this.fields;
    record.align = Math.max(this.#align, align);
    record.size = roundUp(Math.ceil(this.#size / 8), record.align);
    record.complete = true;
  }
}

function alignedBits(name: string, type: CType, at: number, width: number, unit: number): CField {
  const start = Math.floor(at / unit) * unit;
  return { name, type, offset: start / 8, bits: { shift: at - start, width } };
}

/** Packed bit-fields get the smallest unit that holds them, so that reading one never leaves the record. */
function packedBits(name: string, type: CType, at: number, width: number): CField {
  const start = Math.floor(at / 8) * 8;
  const shift = at - start;
  const bytes = [1, 2, 4, 8].find(n => shift + width <= n * 8);
  if (bytes === undefined || type.kind !== 'int') {
    throw new InputError(`the packed bit-field ${name} spans more than 8 bytes, which is not supported`);
  }
  if (type.scalar === 'bool' && bytes === 1) return { name, type, offset: start / 8, bits: { shift, width } };
  const scalar = `${isSignedScalar(type.scalar) ? 'i' : 'u'}${bytes * 8}` as Exclude<Scalar, 'ptr'>;
  return { name, type: { kind: 'int', scalar, name: type.name }, offset: start / 8, bits: { shift, width } };
}
