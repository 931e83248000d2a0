import type { Expr, MemberExpr } from '../ast.ts';
import type { CField, CType } from '../ctype.ts';
import { at, binary, type Code, call, code, Level, yieldStar } from './code.ts';
import { addressDependencies, dependencies, lineAfter } from './dependencies.ts';
import { accessType, onlyScalar, repOf, scalarOf } from './rep.ts';
import { lineOf, needsMemory, type State } from './state.ts';

/** Where a value lives. */
export type Place =
  | { readonly kind: 'variable'; readonly name: string; readonly type: CType }
  | {
      readonly kind: 'memory';
      readonly address: Code;
      readonly type: CType;
      /** In this function's own frame: reading and writing it is no visible step. */
      readonly own: boolean;
      readonly bits?: CField['bits'];
      /** Code for what the address depends on; nothing if not given. */
      readonly depends?: string;
    };

/** The place an lvalue names. A member of a transparent struct is the struct itself. */
export function place(state: State, e: Expr): Place {
  const found = placeOf(state, e);
  if (!state.tracks || found.kind === 'variable' || found.own) return found;
  return { ...found, depends: addressDependencies(state, e) };
}

function placeOf(state: State, e: Expr): Place {
  switch (e.kind) {
    case 'local':
      return needsMemory(e.variable)
        ? { kind: 'memory', address: code(state.name(e.variable)), type: e.type, own: true }
        : { kind: 'variable', name: state.name(e.variable), type: e.type };
    case 'global':
      return { kind: 'memory', address: code(state.linker.global(e)), type: e.type, own: false };
    case 'deref':
      return { kind: 'memory', address: state.value(e.arg), type: e.type, own: false };
    case 'member':
      return memberPlace(state, e);
    case 'string':
      return { kind: 'memory', address: code(state.linker.text(e.bytes)), type: e.type, own: false };
    case 'compound':
    case 'call':
    case 'conditional':
    case 'assign':
    case 'comma':
    case 'statement':
      // A struct rvalue: its value is the address of what holds it.
      if (repOf(e.type) === 'memory') return { kind: 'memory', address: state.value(e), type: e.type, own: false };
      return materialised(state, e);
    default:
      return materialised(state, e);
  }
}

/** `&` of a scalar that has no place of its own (a scalar compound literal): put into the frame. */
function materialised(state: State, e: Expr): Place {
  if (scalarOf(e.type) === undefined) state.fail(`the address of a ${e.kind} expression`, lineOf(e, state));
  const slot = frameAddress(state, e.type);
  const set = call('k.set', slot, `'${accessType(e.type)}'`, state.value(e), ...told(state, e));
  return { kind: 'memory', address: code(`(${set.text}, ${slot.text})`), type: e.type, own: true };
}

/** What the value depends on, as a further argument. */
export const told = (state: State, e: Expr): string[] => (state.tracks ? [dependencies(state, e)] : []);

/** New room in the frame for a temporary of this type. */
export const frameAddress = (state: State, type: CType): Code => code(`$ + ${state.slot(type)}`, Level.sum);

function memberPlace(state: State, e: MemberExpr): Place {
  let { base } = e;
  let offset = e.field.offset;
  // Unnamed levels: count from the nearest record that people can name.
  while (base.kind === 'member' && base.field.name === undefined) {
    offset += base.field.offset;
    base = base.base;
  }
  if (base.type.kind === 'record' && onlyScalar(base.type.record) !== undefined) return place(state, base);
  const outer = place(state, base);
  if (outer.kind === 'variable') return outer;
  const name = base.type.kind === 'record' ? (base.type.record.tag ?? base.type.name) : undefined;
  const field =
    name === undefined || e.field.name === undefined ? undefined : state.linker.field(name, e.field.name, offset);
  const address = addOffset(outer.address, field ?? String(offset));
  return { kind: 'memory', address, type: e.type, own: outer.own, bits: e.field.bits };
}

export const addOffset = (address: Code, offset: string): Code =>
  offset === '0' ? address : binary(address, '+', code(offset));

/** The address of a place in memory. */
export function addressOf(state: State, e: Expr): Code {
  const p = place(state, e);
  if (p.kind === 'variable') return state.fail(`the address of ${p.name}, which has none`, lineOf(e, state));
  if (p.bits) return state.fail('the address of a bit-field', lineOf(e, state));
  return p.address;
}

/** Can be written twice without doing anything twice. */
export const isSimple = (c: Code): boolean => /^[\w$.]+( \+ [\w$.]+)*$/.test(c.text);

export function load(state: State, p: Place, line: number): Code {
  if (p.kind === 'variable') return code(p.name);
  if (repOf(p.type) === 'memory') return p.address;
  const whole = p.own
    ? call('k.get', p.address, `'${accessType(p.type)}'`)
    : visible(
        state,
        call('k.load', p.address, `'${accessType(p.type)}'`, lineAfter(state, line, p.depends ?? 'k.none', 'k.none')),
      );
  return p.bits ? extract(whole, p.bits, p.type) : whole;
}

/** Writes `v` (of the place's type) there; the code's own value is not meaningful. */
export function store(state: State, p: Place, v: Code, line: number, depends = 'k.none'): Code {
  if (p.kind === 'variable') return code(`${p.name} = ${at(v, Level.assign)}`, Level.assign);
  if (p.bits) {
    const { first, again } = twice(state, p.address);
    const whole: Place = { ...p, address: again, bits: undefined };
    const read = load(state, whole, line);
    const write = store(state, whole, insert(read, v, p.bits, p.type), line, depends);
    return first === again ? write : code(`(${first.text}, ${at(write, Level.assign)})`);
  }
  const type = `'${accessType(p.type)}'`;
  if (p.own) return call('k.set', p.address, type, v, ...(state.tracks ? [depends] : []));
  return visible(state, call('k.store', p.address, type, v, lineAfter(state, line, p.depends ?? 'k.none', depends)));
}

/** Code to write first, and code that gives the same value again without evaluating anything twice. */
export function twice(state: State, c: Code, type = 'Ptr'): { first: Code; again: Code } {
  if (isSimple(c)) return { first: c, again: c };
  const name = state.temp(type);
  return { first: code(`(${name} = ${at(c, Level.assign)})`), again: code(name) };
}

export function visible(state: State, c: Code): Code {
  state.yields = true;
  return yieldStar(c);
}

function extract(whole: Code, bits: NonNullable<CField['bits']>, type: CType): Code {
  const { shift, width } = bits;
  const scalar = scalarOf(type)!;
  const signed = scalar.startsWith('i');
  if (repOf(type) === 'bigint') {
    return call(signed ? 'BigInt.asIntN' : 'BigInt.asUintN', String(width), binary(whole, '>>', code(`${shift}n`)));
  }
  if (signed) return binary(binary(whole, '<<', code(String(32 - shift - width))), '>>', code(String(32 - width)));
  return binary(binary(whole, '>>>', code(String(shift))), '&', code(String(2 ** width - 1)));
}

function insert(whole: Code, v: Code, bits: NonNullable<CField['bits']>, type: CType): Code {
  const { shift, width } = bits;
  const scalar = scalarOf(type)!;
  if (repOf(type) === 'bigint') {
    const mask = ((1n << BigInt(width)) - 1n) << BigInt(shift);
    const keep = binary(whole, '&', code(`${BigInt.asUintN(64, ~mask)}n`));
    const put = binary(call('BigInt.asUintN', String(width), v), '<<', code(`${shift}n`));
    return call(scalar === 'i64' ? 'BigInt.asIntN' : 'BigInt.asUintN', '64', binary(keep, '|', put));
  }
  const mask = 2 ** width - 1;
  const keep = binary(whole, '&', code(`~(${mask} << ${shift})`, Level.unary));
  const put = binary(binary(v, '&', code(String(mask))), '<<', code(String(shift)));
  const both = binary(keep, '|', put);
  return scalar === 'u32'
    ? binary(both, '>>>', code('0'))
    : scalar === 'u8'
      ? binary(both, '&', code('0xff'))
      : scalar === 'u16'
        ? binary(both, '&', code('0xffff'))
        : both;
}
