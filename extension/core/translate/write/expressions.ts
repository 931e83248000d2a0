import type { AssignExpr, BinaryExpr, ConditionalExpr, Expr, IncDecExpr, IntExpr, PointerExpr } from '../ast.ts';
import { writeCompound, writeStatementExpr } from './blocks.ts';
import { writeCall } from './calls.ts';
import { arg, at, binary, type Code, call, code, Level } from './code.ts';
import { arithmetic, convert, literal, wrap } from './convert.ts';
import { dependencies, joined, kept, remembering } from './dependencies.ts';
import { addressOf, load, type Place, place, store, twice, visible } from './places.ts';
import { repOf, scalarOf, sizeOfType, tsType } from './rep.ts';
import { lineOf, type State } from './state.ts';

/** The value of an expression, in the normal form of its C type. */
export function value(state: State, e: Expr): Code {
  switch (e.kind) {
    case 'int':
      return integer(state, e);
    case 'string':
    case 'local':
    case 'global':
    case 'deref':
    case 'member':
      return read(state, e);
    case 'function':
      return code(state.linker.functionAddress(e.name));
    case 'unary':
      return unary(state, e.op, e.arg, e);
    case 'incdec':
      return incDec(state, e, true);
    case 'address':
      return e.arg.kind === 'function' ? value(state, e.arg) : addressOf(state, e.arg);
    case 'decay':
      return e.arg.kind === 'function' ? value(state, e.arg) : addressOf(state, e.arg);
    case 'binary':
      return isComparison(e.op) ? truth(test(state, e)) : plainBinary(state, e);
    case 'pointer':
      return pointer(state, e);
    case 'logical':
      return truth(test(state, e));
    case 'conditional':
      return conditional(state, e);
    case 'assign':
      return assign(state, e, true);
    case 'comma':
      return code(`${arg(effect(state, e.left))}, ${arg(value(state, e.right))}`, Level.comma);
    case 'call':
      return writeCall(state, e);
    case 'cast':
      return e.type.kind === 'void' ? effect(state, e.arg) : convert(state, value(state, e.arg), e.arg.type, e.type);
    case 'compound':
      return writeCompound(state, e);
    case 'statement':
      return writeStatementExpr(state, e);
    case 'container':
      return container(state, e.arg, e.offset, e.path);
    case 'va':
      return state.fail(
        `va_${e.op}: functions with variable arguments of their own are not modelled yet`,
        lineOf(e, state),
      );
  }
}

/** An expression whose value nobody uses. */
export function effect(state: State, e: Expr): Code {
  switch (e.kind) {
    case 'incdec':
      return incDec(state, e, false);
    case 'assign':
      return assign(state, e, false);
    case 'comma':
      return code(`${arg(effect(state, e.left))}, ${arg(effect(state, e.right))}`, Level.comma);
    case 'cast':
      return e.type.kind === 'void' ? effect(state, e.arg) : value(state, e);
    default:
      return value(state, e);
  }
}

/** An expression as a condition: JavaScript's truth is C's for numbers, bigints and pointers in normal form. */
export function test(state: State, e: Expr): Code {
  switch (e.kind) {
    case 'unary':
      if (e.op === '!') return code(`!${at(test(state, e.arg), Level.unary)}`, Level.unary);
      break;
    case 'logical':
      return binary(test(state, e.left), e.op, test(state, e.right));
    case 'comma':
      return code(`${arg(effect(state, e.left))}, ${arg(test(state, e.right))}`, Level.comma);
    case 'binary':
      if (isComparison(e.op)) return comparison(state, e);
      break;
    case 'cast':
      if (e.type.kind === 'int' && e.type.scalar === 'bool') return test(state, e.arg);
      break;
    default:
  }
  return value(state, e);
}

const truth = (c: Code): Code => code(`${at(c, Level.conditional + 1)} ? 1 : 0`, Level.conditional);
const COMPARISONS: ReadonlySet<BinaryExpr['op']> = new Set(['==', '!=', '<', '>', '<=', '>='] as const);
const isComparison = (op: BinaryExpr['op']): boolean => COMPARISONS.has(op);

function integer(state: State, e: IntExpr): Code {
  if (e.type.kind === 'pointer') {
    const signed = BigInt.asIntN(64, e.value);
    const size = signed < 0n ? -signed : signed;
    const digits = size < 0x10000n ? size.toString() : `0x${size.toString(16)}`;
    const address = signed < 0n ? `-${digits}` : digits;
    const known = e.name === undefined || e.value === 0n ? undefined : state.linker.constant(e.name, address);
    return code(known ?? address, known === undefined && address.startsWith('-') ? Level.unary : Level.atom);
  }
  const text = literal(e.value, e.type);
  const name = e.name === undefined ? undefined : state.linker.constant(e.name, text);
  if (name !== undefined) return code(name);
  return text.startsWith('-') ? code(text, Level.unary) : code(text);
}

function read(state: State, e: Expr): Code {
  const from = place(state, e);
  const made = load(state, from, lineOf(e, state));
  return from.kind === 'variable' || repOf(e.type) === 'memory' ? made : remembering(state, e, made);
}

function unary(state: State, op: '-' | '~' | '!', argument: Expr, e: Expr): Code {
  if (op === '!') return truth(test(state, e));
  const scalar = scalarOf(e.type)!;
  const c = code(`${op}${at(value(state, argument), Level.unary + 1)}`, Level.unary);
  return op === '~' && (scalar === 'i32' || scalar === 'i64') ? c : wrap(state, c, scalar);
}

function plainBinary(state: State, e: BinaryExpr): Code {
  return arithmetic(state, e.op, value(state, e.left), value(state, e.right), scalarOf(e.type)!, lineOf(e, state));
}

function comparison(state: State, e: BinaryExpr): Code {
  const left = value(state, e.left);
  const right = value(state, e.right);
  if (e.op === '==' || e.op === '!=') return binary(left, `${e.op}=`, right);
  if (e.left.type.kind === 'pointer') {
    const below = state.linker.helper('below');
    const [a, b] = e.op === '<' || e.op === '>=' ? [left, right] : [right, left];
    const less = call(below, a, b);
    return e.op === '<' || e.op === '>' ? less : code(`!${less.text}`, Level.unary);
  }
  return binary(left, e.op, right);
}

/** `right` elements of `size` bytes as a number of bytes. */
function scaled(state: State, right: Expr, size: number): Code {
  if (right.kind === 'int')
    return code(String(Number(BigInt.asIntN(64, right.value)) * size), right.value < 0n ? Level.unary : Level.atom);
  const inner =
    right.kind === 'cast' && repOf(right.type) === 'bigint' && repOf(right.arg.type) === 'number' ? right.arg : right;
  const v = value(state, inner);
  const count = repOf(inner.type) === 'bigint' ? call(state.linker.helper('toPtr'), v) : v;
  return size === 1 ? count : binary(count, '*', code(String(size)));
}

function pointer(state: State, e: PointerExpr): Code {
  const left = value(state, e.left);
  if (e.op === 'diff') {
    const bytes = binary(left, '-', value(state, e.right));
    return call('BigInt', e.size === 1 ? bytes : binary(bytes, '/', code(String(e.size))));
  }
  return binary(left, e.op, scaled(state, e.right, e.size));
}

function conditional(state: State, e: ConditionalExpr): Code {
  if (e.then === undefined) {
    const { first, again } = twice(state, value(state, e.test), tsType(e.type));
    return code(
      `${at(first, Level.conditional + 1)} ? ${arg(convert(state, again, e.test.type, e.type))} : ${arg(value(state, e.else))}`,
      Level.conditional,
    );
  }
  const both = e.type.kind === 'void' ? effect : value;
  const c = test(state, e.test);
  return code(
    `${at(c, Level.conditional + 1)} ? ${arg(both(state, e.then))} : ${arg(both(state, e.else))}`,
    Level.conditional,
  );
}

function assign(state: State, e: AssignExpr, wanted: boolean): Code {
  const line = lineOf(e, state);
  const target = place(state, e.left);
  if (repOf(e.left.type) === 'memory') {
    const to = (target as Place & { kind: 'memory' }).address;
    const size = e.left.type.kind === 'record' ? e.left.type.record.size : 0;
    const { first, again } = wanted ? twice(state, to) : { first: to, again: to };
    const copy = visible(state, call('k.copy', first, value(state, e.right), String(size), String(line)));
    return wanted ? code(`(${copy.text}, ${again.text})`) : copy;
  }
  if (e.op === undefined) {
    const v = value(state, e.right);
    return finish(state, target, v, e, wanted, undefined, () => dependencies(state, e.right));
  }
  const { stable, before } = stablePlace(state, target);
  const old = remembering(state, e, load(state, stable, line));
  let result: Code;
  if (e.size !== undefined) {
    result = binary(old, e.op as '+' | '-', scaled(state, e.right, e.size));
  } else {
    const compute = e.compute ?? e.left.type;
    const isShift = e.op === '<<' || e.op === '>>';
    const right = isShift ? shiftCount(state, e.right) : convert(state, value(state, e.right), e.right.type, compute);
    const sum = arithmetic(state, e.op, convert(state, old, e.left.type, compute), right, scalarOf(compute)!, line);
    result = convert(state, sum, compute, e.left.type);
  }
  const own = stable.kind === 'variable' ? dependencies(state, e) : state.known.get(e);
  return finish(state, stable, result, e, wanted, before, () => joined(own ?? 'k.none', dependencies(state, e.right)));
}

function shiftCount(state: State, e: Expr): Code {
  return repOf(e.type) === 'bigint' ? call('Number', value(state, e)) : value(state, e);
}

/** A place whose address can be written several times, and the code that must run before it, if any. */
function stablePlace(state: State, p: Place): { stable: Place; before: Code | undefined } {
  if (p.kind === 'variable') return { stable: p, before: undefined };
  const { first, again } = twice(state, p.address);
  return { stable: { ...p, address: again }, before: first === again ? undefined : first };
}

/** Stores `v`; when the assignment's own value is wanted, gives it without reading the place again. */
function finish(
  state: State,
  target: Place,
  v: Code,
  e: AssignExpr | IncDecExpr,
  wanted: boolean,
  before: Code | undefined,
  depends: () => string,
): Code {
  const line = lineOf(e, state);
  const parts: string[] = before ? [before.text] : [];
  const reads = state.tracks ? depends() : 'k.none';
  if (!wanted || target.kind === 'variable') {
    const write = remember(state, target, e, reads, store(state, target, v, line, reads));
    return parts.length === 0 ? write : code(`${parts[0]}, ${arg(write)}`, Level.comma);
  }
  const { stable, before: address } = stablePlace(state, target);
  if (address) parts.push(address.text);
  const name = state.temp(tsType(e.type));
  parts.push(`${name} = ${arg(v)}`, arg(store(state, stable, code(name), line, reads)), name);
  return code(parts.join(', '), Level.comma);
}

/** After a variable has been written to, what is beside it says on what it depends. */
function remember(state: State, target: Place, e: AssignExpr | IncDecExpr, reads: string, write: Code): Code {
  const variable = e.kind === 'assign' ? e.left : e.arg;
  if (!state.tracks || target.kind !== 'variable' || variable.kind !== 'local') return write;
  const name = state.beside(variable.variable);
  return name === reads ? write : kept(state, write, `${name} = ${reads}`);
}

function incDec(state: State, e: IncDecExpr, wanted: boolean): Code {
  const op = e.op === '++' ? '+' : '-';
  const line = lineOf(e, state);
  const { stable, before } = stablePlace(state, place(state, e.arg));
  const step = (old: Code): Code => {
    if (e.type.kind === 'pointer') return binary(old, op, code(String(elementSize(e))));
    const scalar = scalarOf(e.type)!;
    const one = code(repOf(e.type) === 'bigint' ? '1n' : '1');
    return scalar === 'bool'
      ? code(op === '+' ? '1' : `${old.text} ? 0 : 1`, Level.conditional)
      : arithmetic(state, op, old, one, scalar, line);
  };
  const depends = (): string =>
    stable.kind === 'variable' ? dependencies(state, e.arg) : (state.known.get(e) ?? 'k.none');
  const old = (): Code =>
    stable.kind === 'variable' ? load(state, stable, line) : remembering(state, e, load(state, stable, line));
  if (e.prefix || !wanted) return finish(state, stable, step(old()), e, wanted, before, depends);
  // Postfix, value wanted: remember the old one.
  const name = state.temp(tsType(e.type));
  const parts = before ? [before.text] : [];
  parts.push(`${name} = ${arg(old())}`, arg(store(state, stable, step(code(name)), line, depends())), name);
  return code(parts.join(', '), Level.comma);
}

function elementSize(e: IncDecExpr): number {
  if (e.type.kind !== 'pointer') return 1;
  return Math.max(1, sizeOfType(e.type.to));
}

function container(state: State, pointerTo: Expr, offset: number, path: string): Code {
  const [record, ...member] = path.replace(/^(struct|union) /, '').split('.');
  const field = record && member.length === 1 ? state.linker.field(record, member[0]!, offset) : undefined;
  const p = value(state, pointerTo);
  return field === undefined && offset === 0 ? p : binary(p, '-', code(field ?? String(offset)));
}
