import type { CRecord, CType, IntType } from '../ctype.ts';
import { type Attributes, attributes } from './attributes.ts';
import type { Declarator, Qualified, Specifiers } from './declarations.ts';
import { RecordLayout } from './layout.ts';
import type { Parsing } from './parsing.ts';
import { INT, intType } from './types.ts';

/** The parts of the declaration parser that a record's members need. */
export interface MemberParsers {
  specifiers(p: Parsing): Specifiers;
  declarator(p: Parsing, base: Qualified): Declarator;
}

/** `struct|union|enum tag? { … }?`, with the keyword next. */
export function recordOrEnum(p: Parsing, parsers: MemberParsers): CType {
  const { cursor } = p;
  const keyword = cursor.next().text as 'struct' | 'union' | 'enum';
  const attrs = attributes(p);
  const tag = cursor.isName() ? cursor.name() : undefined;
  Object.assign(attrs, attributes(p));
  return keyword === 'enum' ? enumType(p, tag, attrs) : recordType(p, keyword, tag, attrs, parsers);
}

function recordType(
  p: Parsing,
  keyword: 'struct' | 'union',
  tag: string | undefined,
  attrs: Attributes,
  parsers: MemberParsers,
): CType {
  const { cursor } = p;
  const body = cursor.is('{');
  const record = body ? defined(p, keyword, tag) : referenced(p, keyword, tag);
  if (body) {
    if (!p.unit.claim(record)) {
      cursor.group();
      attributes(p);
    } else members(p, record, attrs, parsers);
  }
  return { kind: 'record', record };
}

const emptyRecord = (keyword: 'struct' | 'union', tag: string | undefined): CRecord => ({
  union: keyword === 'union',
  tag,
  complete: false,
  fields: [],
  size: 0,
  align: 1,
});

function defined(p: Parsing, keyword: 'struct' | 'union', tag: string | undefined): CRecord {
  if (tag === undefined) return emptyRecord(keyword, undefined);
  if (!p.scope) return p.unit.record(keyword, tag);
  const record = emptyRecord(keyword, tag);
  p.scope.tags.set(`${keyword} ${tag}`, record);
  return record;
}

function referenced(p: Parsing, keyword: 'struct' | 'union', tag: string | undefined): CRecord {
  if (tag === undefined) return p.fail(`\`${keyword}\` has neither a tag nor a body here`);
  const local = p.scope?.findTag(`${keyword} ${tag}`);
  return local && !('kind' in local) ? local : p.unit.record(keyword, tag);
}

/**
 * Members are read before the record is laid out, since `packed` may stand after the closing brace.
 */
function members(p: Parsing, record: CRecord, attrs: Attributes, parsers: MemberParsers): void {
  const { cursor } = p;
  type Member = Parameters<RecordLayout['add']>;
  const list: Member[] = [];
  cursor.expect('{');
  while (!cursor.accept('}')) {
    if (cursor.accept(';')) continue;
    if (cursor.is('_Static_assert')) {
      cursor.next();
      cursor.group();
      continue;
    }
    const spec = parsers.specifiers(p);
    if (cursor.is(';')) {
      // `struct { … };` with no name: its members are the outer record's. With a tag it only declares the tag.
      if (spec.type.kind === 'record' && spec.type.record.tag === undefined)
        list.push([undefined, spec.type, spec.attributes]);
      continue;
    }
    do list.push(memberOf(p, spec, parsers));
    while (cursor.accept(','));
    cursor.expect(';');
  }
  const all = { ...attrs, ...attributes(p) };
  const layout = new RecordLayout(record.union, all.packed === true);
  for (const member of list) layout.add(...member);
  layout.finish(record, all.align);
}

function memberOf(p: Parsing, spec: Specifiers, parsers: MemberParsers): Parameters<RecordLayout['add']> {
  const { cursor } = p;
  if (cursor.accept(':')) return [undefined, spec.type, { width: Number(p.constant().value) }];
  const d = parsers.declarator(p, spec);
  const width = cursor.accept(':') ? Number(p.constant().value) : undefined;
  const attrs = { ...spec.attributes, ...d.attributes, ...attributes(p) };
  return [d.name, d.type, { width, align: attrs.align, packed: attrs.packed }];
}

function enumType(p: Parsing, tag: string | undefined, attrs: Attributes): IntType {
  const { cursor } = p;
  const name = tag === undefined ? 'enum' : `enum ${tag}`;
  if (!cursor.is('{')) {
    if (tag === undefined) p.fail('`enum` has neither a tag nor a body here');
    const local = p.scope?.findTag(name);
    return local && 'kind' in local ? local : p.unit.enumeration(tag);
  }
  const values: [string, bigint][] = [];
  cursor.expect('{');
  let value = -1n;
  while (!cursor.accept('}')) {
    const enumerator = cursor.name();
    attributes(p);
    value = cursor.accept('=') ? p.constant().value : value + 1n;
    values.push([enumerator, value]);
    // Later enumerators may be written in terms of earlier ones.
    declareEnumerator(p, enumerator, value, isInt(value) ? INT : intType(value < 0n ? 'long' : 'unsigned long'));
    if (!cursor.accept(',') && !cursor.is('}')) p.fail('`,` or `}` is expected after an enumerator');
  }
  const packed = { ...attrs, ...attributes(p) }.packed === true;
  const type = {
    ...underlying(
      values.map(v => v[1]),
      packed,
    ),
    name,
  };
  for (const [enumerator, v] of values) declareEnumerator(p, enumerator, v, isInt(v) ? INT : type);
  if (tag !== undefined) {
    if (p.scope) p.scope.tags.set(name, type);
    else p.unit.declareEnumeration(tag, type);
  }
  return type;
}

const isInt = (value: bigint): boolean => BigInt.asIntN(32, value) === value;

/** The type gcc holds an enum in: unsigned int, int when a value is negative, 64 bits when it must. */
function underlying(values: readonly bigint[], packed: boolean): IntType {
  const low = values.reduce((a, b) => (b < a ? b : a), 0n);
  const high = values.reduce((a, b) => (b > a ? b : a), 0n);
  const fits = (bits: number): boolean =>
    low < 0n
      ? BigInt.asIntN(bits, low) === low && BigInt.asIntN(bits, high) === high
      : BigInt.asUintN(bits, high) === high;
  const sign =
    low < 0n
      ? (['signed char', 'short', 'int', 'long'] as const)
      : (['unsigned char', 'unsigned short', 'unsigned int', 'unsigned long'] as const);
  if (packed && fits(8)) return intType(sign[0]);
  if (packed && fits(16)) return intType(sign[1]);
  return intType(fits(32) ? sign[2] : sign[3]);
}

function declareEnumerator(p: Parsing, name: string, value: bigint, type: IntType): void {
  const entity = { kind: 'enumerator', value, type } as const;
  if (p.scope) p.scope.names.set(name, entity);
  else p.unit.declare(name, entity);
}
