import type { CType, FunctionType, IntBase } from '../ctype.ts';
import { type Attributes, attributes } from './attributes.ts';
import { sizeOf } from './layout.ts';
import { type Parsing, unevaluated } from './parsing.ts';
import { recordOrEnum } from './records.ts';
import { type Entity, Scope } from './scope.ts';
import { intType, pointerTo, VOID } from './types.ts';

/** A type with the qualifiers of the object that has it. */
export interface Qualified {
  readonly type: CType;
  readonly const: boolean;
  readonly volatile: boolean;
}
export interface Specifiers extends Qualified {
  readonly storage: 'typedef' | 'extern' | 'static' | undefined;
  /** `__auto_type`: the type is the initialiser's. */
  readonly auto: boolean;
  readonly attributes: Attributes;
}
export interface Declarator extends Qualified {
  readonly name: string | undefined;
  readonly line: number;
  readonly attributes: Attributes;
  /** Of the outermost function declarator: what its body calls its parameters, with their own qualifiers. */
  readonly params: readonly Param[] | undefined;
}
export interface Param extends Qualified {
  readonly name: string | undefined;
  readonly line: number;
}

const STORAGE: ReadonlySet<string> = new Set([
  'typedef',
  'extern',
  'static',
  'auto',
  'register',
  '__thread',
  '_Thread_local',
]);
const IGNORED: ReadonlySet<string> = new Set([
  'inline',
  '__inline',
  '__inline__',
  '_Noreturn',
  'restrict',
  '__restrict',
  '__restrict__',
  '__extension__',
  '_Atomic',
]);
const CONST: ReadonlySet<string> = new Set(['const', '__const', '__const__']);
const VOLATILE: ReadonlySet<string> = new Set(['volatile', '__volatile', '__volatile__']);
const WORDS: ReadonlyMap<string, string> = new Map([
  ['void', 'void'],
  ['char', 'char'],
  ['short', 'short'],
  ['int', 'int'],
  ['long', 'long'],
  ['signed', 'signed'],
  ['__signed__', 'signed'],
  ['__signed', 'signed'],
  ['unsigned', 'unsigned'],
  ['_Bool', '_Bool'],
  ['float', 'float'],
  ['double', 'double'],
  ['__int128', '__int128'],
  ['_Complex', 'float'],
  ['_Float16', 'float'],
  ['__float128', 'float'],
]);
const OTHER: ReadonlySet<string> = new Set([
  'struct',
  'union',
  'enum',
  'typeof',
  '__typeof',
  '__typeof__',
  '__auto_type',
  '_Alignas',
  '__attribute__',
  '__attribute',
  '__builtin_va_list',
  'typeof_unqual',
]);

/** Whether a declaration or a type name can begin with this word, whatever the unit declares. */
export const isTypeKeyword = (word: string): boolean =>
  STORAGE.has(word) || IGNORED.has(word) || CONST.has(word) || VOLATILE.has(word) || WORDS.has(word) || OTHER.has(word);

export function specifiers(p: Parsing): Specifiers {
  const { cursor } = p;
  const words: string[] = [];
  let type: CType | undefined;
  let storage: Specifiers['storage'];
  let isConst = false;
  let isVolatile = false;
  let auto = false;
  let attrs: Attributes = {};
  for (;;) {
    const token = cursor.peek();
    if (token?.kind !== 'id') break;
    const { text } = token;
    if (STORAGE.has(text)) {
      if (text === 'typedef' || text === 'extern' || text === 'static') storage = text;
    } else if (CONST.has(text)) isConst = true;
    else if (VOLATILE.has(text)) isVolatile = true;
    else if (WORDS.has(text)) words.push(WORDS.get(text)!);
    else if (text === '__attribute__' || text === '__attribute' || text === '_Alignas') {
      attrs = { ...attrs, ...attributes(p) };
      continue;
    } else if (text === 'struct' || text === 'union' || text === 'enum') {
      type = recordOrEnum(p, { specifiers, declarator });
      continue;
    } else if (/^(__)?typeof(__|_unqual)?$/.test(text)) {
      cursor.next();
      const of = typeofType(p);
      type = of.type;
      isVolatile ||= of.volatile;
      continue;
    } else if (text === '__auto_type') {
      auto = true;
      type = VOID;
    } else if (text === '__builtin_va_list') type = vaList(p);
    else if (!IGNORED.has(text)) {
      if (type !== undefined || words.length > 0) break;
      const entity = p.lookup(text);
      if (entity?.kind !== 'typedef') break;
      type = entity.type;
    }
    cursor.next();
  }
  type ??= basic(p, words);
  return { type, const: isConst, volatile: isVolatile, storage, auto, attributes: attrs };
}

function typeofType(p: Parsing): { type: CType; volatile: boolean } {
  p.cursor.expect('(');
  const result = unevaluated(p, () => {
    if (p.startsType()) return { type: p.typeName(), volatile: false };
    const e = p.expression();
    return { type: e.type, volatile: e.kind === 'deref' && e.volatile === true };
  });
  p.cursor.expect(')');
  return result;
}

/** va_list is an array of one 24-byte record on x86-64, so that passing it on passes its address. */
function vaList(p: Parsing): CType {
  const record = p.unit.record('struct', '__va_list_tag');
  if (!record.complete) {
    record.size = 24;
    record.align = 8;
    record.complete = true;
  }
  return { kind: 'array', of: { kind: 'record', record }, length: 1 };
}

function basic(p: Parsing, words: readonly string[]): CType {
  if (words.length === 0) {
    const token = p.cursor.peek();
    return p.fail(`a type is expected where \`${token?.text ?? 'the end'}\` stands`);
  }
  const count = (word: string): number => words.filter(w => w === word).length;
  if (count('float') + count('double') > 0) p.fail('floating point is not supported');
  if (count('__int128') > 0) p.fail('__int128 is not supported');
  if (count('void')) return VOID;
  if (count('_Bool')) return intType('_Bool', 'bool');
  const unsigned = count('unsigned') > 0;
  if (count('char')) return intType(unsigned ? 'unsigned char' : count('signed') ? 'signed char' : 'char');
  const size = count('short') ? 'short' : count('long') > 1 ? 'long long' : count('long') ? 'long' : 'int';
  return intType((unsigned ? `unsigned ${size}` : size) as IntBase);
}

type Wrap = (q: Qualified) => Qualified;
interface Parts {
  readonly name: string | undefined;
  readonly line: number;
  readonly wrap: Wrap;
  readonly params: readonly Param[] | undefined;
  readonly attributes: Attributes;
}

/** A declarator over `base`; abstract ones (no name) too. */
export function declarator(p: Parsing, base: Qualified): Declarator {
  const parts = declaratorParts(p);
  const { type, const: isConst, volatile } = parts.wrap(base);
  const { name, line, params } = parts;
  return { name, line, type, const: isConst, volatile, params, attributes: { ...parts.attributes, ...trailing(p) } };
}

/** `__asm__("name")` and attributes after a declarator. */
function trailing(p: Parsing): Attributes {
  let attrs = attributes(p);
  while (p.cursor.is('asm') || p.cursor.is('__asm__') || p.cursor.is('__asm')) {
    p.cursor.next();
    p.cursor.group();
    attrs = { ...attrs, ...attributes(p) };
  }
  return attrs;
}

function declaratorParts(p: Parsing): Parts {
  const { cursor } = p;
  const pointers: { const: boolean; volatile: boolean }[] = [];
  let attrs = attributes(p);
  while (cursor.accept('*')) {
    let isConst = false;
    let volatile = false;
    for (;;) {
      const text = cursor.peek()?.text ?? '';
      if (CONST.has(text)) isConst = true;
      else if (VOLATILE.has(text)) volatile = true;
      else if (text.startsWith('__attribute')) {
        attrs = { ...attrs, ...attributes(p) };
        continue;
      } else if (!IGNORED.has(text)) break;
      cursor.next();
    }
    pointers.push({ const: isConst, volatile });
  }
  const point: Wrap = q =>
    pointers.reduce<Qualified>((inner, own) => ({ type: pointerTo(inner.type, inner.volatile), ...own }), q);
  let inner: Parts | undefined;
  let name: string | undefined;
  let line = cursor.line;
  if (cursor.is('(') && nests(p)) {
    cursor.next();
    inner = declaratorParts(p);
    cursor.expect(')');
  } else if (cursor.isName()) {
    line = cursor.line;
    name = cursor.name();
  }
  const suffixes: Wrap[] = [];
  let params: readonly Param[] | undefined;
  for (;;) {
    if (cursor.is('[')) suffixes.push(arraySuffix(p));
    else if (cursor.is('(')) {
      const list = paramList(p);
      params ??= list.params;
      suffixes.push(({ type }) => ({ type: { ...list.type, returns: type }, const: false, volatile: false }));
    } else break;
  }
  const outer: Wrap = q => suffixes.reduceRight((t, suffix) => suffix(t), point(q));
  if (!inner) return { name, line, wrap: outer, params, attributes: attrs };
  const { wrap } = inner;
  return {
    ...inner,
    wrap: q => wrap(outer(q)),
    params: inner.params ?? params,
    attributes: { ...attrs, ...inner.attributes },
  };
}

/** After `(` in a declarator: another declarator (true), or the parameters of an abstract function (false). */
function nests(p: Parsing): boolean {
  const { cursor } = p;
  if (cursor.is('*', 1) || cursor.is('(', 1) || cursor.is('[', 1)) return true;
  if (cursor.is('__attribute__', 1)) return true;
  return cursor.isName(1) && !p.startsType(1);
}

function arraySuffix(p: Parsing): Wrap {
  const { cursor } = p;
  cursor.expect('[');
  while (cursor.is('static') || CONST.has(cursor.peek()?.text ?? '') || IGNORED.has(cursor.peek()?.text ?? ''))
    cursor.next();
  let length: number | undefined;
  if (cursor.is('*') && cursor.is(']', 1)) cursor.next();
  else if (!cursor.is(']')) {
    const e = unevaluated(p, () => p.assignment());
    if (e.kind !== 'int' || e.type.kind !== 'int') p.fail('an array of variable length is not supported');
    length = Number(e.value);
    if (length < 0) p.fail('this array has a negative length');
  }
  cursor.expect(']');
  return q => ({ ...q, type: { kind: 'array', of: q.type, length } });
}

function paramList(p: Parsing): { type: Omit<FunctionType, 'returns'>; params: readonly Param[] } {
  const { cursor } = p;
  cursor.expect('(');
  const outer = p.scope;
  p.scope = new Scope(outer);
  const params: Param[] = [];
  let variadic = false;
  try {
    if (cursor.is('void') && cursor.is(')', 1)) cursor.next();
    while (!cursor.is(')')) {
      if (cursor.accept('...')) variadic = true;
      else params.push(param(p));
      if (!cursor.accept(',')) break;
    }
  } finally {
    p.scope = outer;
  }
  cursor.expect(')');
  const types = params.map(({ name, type }) => ({ name, type }));
  return { type: { kind: 'function', params: types, variadic }, params };
}

function param(p: Parsing): Param {
  const spec = specifiers(p);
  const d = declarator(p, spec);
  let { type } = d;
  if (type.kind === 'array') type = pointerTo(type.of, d.volatile);
  else if (type.kind === 'function') type = pointerTo(type);
  return { name: d.name, line: d.line, type, const: d.const, volatile: d.volatile };
}

/** `struct page *`, as in casts and sizeof. */
export function typeName(p: Parsing): CType {
  const q = declarator(p, specifiers(p));
  if (q.name !== undefined) p.fail(`the name ${q.name} stands where only a type can`);
  return q.type;
}

/** A type under a typedef's name, which people know it by. */
export function named(type: CType, name: string): CType {
  if (type.kind === 'int' || type.kind === 'record') return { ...type, name };
  return type;
}

/** What a declaration of the unit makes of a name. */
export function unitEntity(spec: Specifiers, d: Declarator): Entity {
  const name = d.name!;
  if (spec.storage === 'typedef') return { kind: 'typedef', type: named(d.type, name) };
  if (d.type.kind === 'function') return { kind: 'function', name, type: d.type };
  return { kind: 'global', name, type: d.type };
}

/** An array `[]` cannot be a variable of its own. */
export const isSized = (type: CType): boolean =>
  !(type.kind === 'array' && type.length === undefined) && sizeOf(type) >= 0;
