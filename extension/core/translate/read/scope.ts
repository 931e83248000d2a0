import type { IntExpr, LocalVariable } from '../ast.ts';
import type { CRecord, CType, FunctionType, IntType } from '../ctype.ts';

/** What a name stands for. */
export type Entity =
  | { readonly kind: 'typedef'; readonly type: CType }
  | { readonly kind: 'enumerator'; readonly value: bigint; readonly type: IntType }
  | { readonly kind: 'local'; readonly variable: LocalVariable }
  | { readonly kind: 'global'; readonly name: string; readonly type: CType; readonly static?: LocalVariable }
  | { readonly kind: 'function'; readonly name: string; readonly type: FunctionType };

/** Names and tags of one block. Those of the whole unit are not here (UnitNames has them). */
export class Scope {
  readonly names = new Map<string, Entity>();
  readonly tags = new Map<string, CRecord | IntType>();
  constructor(readonly outer: Scope | undefined) {}

  find(name: string): Entity | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.outer) {
      const entity = scope.names.get(name);
      if (entity) return entity;
    }
    return undefined;
  }
  /** `key` is `struct page`, `enum zone_type`. */
  findTag(key: string): CRecord | IntType | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.outer) {
      const tag = scope.tags.get(key);
      if (tag) return tag;
    }
    return undefined;
  }
}

/** The names of the whole unit, read when they are first asked for. */
export interface UnitNames {
  /** An object-like macro whose expansion folds to a constant. */
  macroConstant(name: string): IntExpr | undefined;
  lookup(name: string): Entity | undefined;
  /** Made known by a declaration of the unit. */
  declare(name: string, entity: Entity): void;
  /** The one record of this tag; it is filled in when needed. */
  record(kind: 'struct' | 'union', tag: string): CRecord;
  /** Claims a record for filling in from a body at hand; false when it is full, or being filled, already. */
  claim(record: CRecord): boolean;
  enumeration(tag: string): IntType;
  declareEnumeration(tag: string, type: IntType): void;
  primitive(name: string): PrimitiveShape | undefined;
}

/** A primitive's prototype, taken apart. */
export interface PrimitiveShape {
  readonly name: string;
  readonly returns: CType;
  readonly params: readonly PrimitiveParam[];
  readonly variadic: boolean;
  /** T occurs in it. */
  readonly generic: boolean;
}
export interface PrimitiveParam {
  /** undefined: a type that this unit does not know; arguments are passed as they are. */
  readonly type: CType | undefined;
  /** `T &x`: takes an lvalue and receives its address. */
  readonly reference: boolean;
}
