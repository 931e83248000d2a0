import { InputError } from '../../text/source.ts';
import type { Expr } from '../ast.ts';
import type { CType } from '../ctype.ts';
import * as build from './build.ts';
import { call } from './calls.ts';
import { findField, recordName, sizeOf } from './layout.ts';
import { type Parsing, unevaluated } from './parsing.ts';
import { compatible, INT, pointerTo, spell, ULONG, VOID } from './types.ts';

/** The parts of the expression parser that builtins need. */
export interface ArgumentParsers {
  assignment(p: Parsing): Expr;
  expression(p: Parsing): Expr;
  argumentsOf(p: Parsing): Expr[];
}

type Builtin = (p: Parsing, line: number, parsers: ArgumentParsers) => Expr;

/** Kernel macros that are read as what they mean rather than expanded, and gcc's own builtins. */
const BUILTINS: Readonly<Record<string, Builtin>> = {
  offsetof: offsetOf,
  __builtin_offsetof: offsetOf,
  container_of: containerOf,
  container_of_const: containerOf,
  likely: first,
  unlikely: first,
  __builtin_expect: first,
  __builtin_expect_with_probability: first,
  __builtin_constant_p: (p, line, { argumentsOf }) =>
    build.int(unevaluated(p, () => argumentsOf(p)).every(build.isConstant) ? 1n : 0n, INT, line),
  __builtin_types_compatible_p: typesCompatible,
  __builtin_choose_expr: chooseExpr,
  _Generic: genericSelection,
  __builtin_unreachable: nothing,
  __builtin_prefetch: nothing,
  __builtin_va_start: (p, line, a) => ({ kind: 'va', op: 'start', args: a.argumentsOf(p), type: VOID, line }),
  __builtin_va_end: (p, line, a) => ({ kind: 'va', op: 'end', args: a.argumentsOf(p), type: VOID, line }),
  __builtin_va_copy: (p, line, a) => ({ kind: 'va', op: 'copy', args: a.argumentsOf(p), type: VOID, line }),
  __builtin_va_arg: vaArg,
  _Static_assert: staticAssert,
  static_assert: staticAssert,
  BUILD_BUG_ON: buildBugOn,
  BUILD_BUG_ON_MSG: buildBugOn,
  BUILD_BUG_ON_ZERO: (p, line, a) => {
    buildBugOn(p, line, a);
    return build.int(0n, INT, line);
  },
  compiletime_assert: staticAssert,
  __same_type: typesCompatible,
};

/** Names that macro expansion must leave for the reader. */
export const KEPT: ReadonlySet<string> = new Set(
  'offsetof container_of container_of_const likely unlikely BUILD_BUG_ON BUILD_BUG_ON_MSG BUILD_BUG_ON_ZERO compiletime_assert static_assert __same_type'.split(
    ' ',
  ),
);

const RENAMED =
  /^__builtin_((?:mem|str)\w+|abs|printf|bswap\d+|ffs\w*|clz\w*|ctz\w*|popcount\w*|return_address|frame_address|trap|object_size|dynamic_object_size|extract_return_addr)$/;

export const isBuiltin = (name: string): boolean => Object.hasOwn(BUILTINS, name) || RENAMED.test(name);

export function callBuiltin(p: Parsing, name: string, line: number, parsers: ArgumentParsers): Expr {
  const builtin = BUILTINS[name];
  if (builtin) return builtin(p, line, parsers);
  // __builtin_memcpy is memcpy; one that has no function of its own is nobody's model.
  const plain = RENAMED.exec(name)![1]!;
  const entity = p.lookup(plain);
  const type: CType =
    entity?.kind === 'function'
      ? entity.type
      : { kind: 'function', returns: resultOf(plain), params: [], variadic: true };
  return call(p, { kind: 'function', name: plain, type, line }, parsers.argumentsOf(p), line);
}

const resultOf = (name: string): CType =>
  /address$|^mem(cpy|set|move)|^str(cpy|ncpy|cat|chr)/.test(name)
    ? pointerTo(VOID)
    : /^strlen|_size$/.test(name)
      ? ULONG
      : INT;

function first(p: Parsing, line: number, { argumentsOf }: ArgumentParsers): Expr {
  const [value] = argumentsOf(p);
  return value ?? build.int(0n, INT, line);
}

function nothing(p: Parsing, line: number, { argumentsOf }: ArgumentParsers): Expr {
  unevaluated(p, () => argumentsOf(p));
  return { kind: 'cast', arg: build.int(0n, INT, line), type: VOID, line };
}

/** `a.b[c]` after the comma: bytes from the start of the type. */
function memberOffset(
  p: Parsing,
  type: CType,
  parsers: ArgumentParsers,
): { offset: number; path: string; type: CType } {
  const { cursor } = p;
  let at = type;
  let offset = 0;
  let path = '';
  const step = (name: string): void => {
    if (at.kind !== 'record') p.fail(`.${name} of something that is no struct (${spell(at)})`);
    const fields = findField(at.record, name);
    if (!fields) p.fail(`${recordName(at.record)} has no member ${name}`);
    for (const field of fields) {
      offset += field.offset;
      at = field.type;
    }
    path += `.${name}`;
  };
  step(cursor.name());
  for (;;) {
    if (cursor.accept('.')) step(cursor.name());
    else if (cursor.accept('[')) {
      const index = unevaluated(p, () => parsers.expression(p));
      cursor.expect(']');
      if (index.kind !== 'int' || at.kind !== 'array')
        return p.fail('offsetof with an index that is not constant is not supported');
      offset += Number(index.value) * sizeOf(at.of);
      at = at.of;
      path += `[${index.value}]`;
    } else return { offset, path, type: at };
  }
}

function offsetOf(p: Parsing, line: number, parsers: ArgumentParsers): Expr {
  p.cursor.expect('(');
  const type = p.typeName();
  p.cursor.expect(',');
  const { offset } = memberOffset(p, type, parsers);
  p.cursor.expect(')');
  return build.int(BigInt(offset), ULONG, line);
}

function containerOf(p: Parsing, line: number, parsers: ArgumentParsers): Expr {
  p.cursor.expect('(');
  const arg = build.rvalue(parsers.assignment(p));
  p.cursor.expect(',');
  const type = p.typeName();
  p.cursor.expect(',');
  const { offset, path } = memberOffset(p, type, parsers);
  p.cursor.expect(')');
  return { kind: 'container', arg, offset, path: `${spell(type)}${path}`, type: pointerTo(type), line };
}

function typesCompatible(p: Parsing, line: number, { expression }: ArgumentParsers): Expr {
  const one = (): CType => (p.startsType() ? p.typeName() : unevaluated(p, () => expression(p)).type);
  p.cursor.expect('(');
  const a = unevaluated(p, () => (p.startsType() ? p.typeName() : p.assignment().type));
  p.cursor.expect(',');
  const b = one();
  p.cursor.expect(')');
  return build.int(compatible(a, b) ? 1n : 0n, INT, line);
}

function chooseExpr(p: Parsing, _line: number, { assignment }: ArgumentParsers): Expr {
  p.cursor.expect('(');
  const test = p.constant();
  p.cursor.expect(',');
  const yes = test.value !== 0n ? assignment(p) : unevaluated(p, () => assignment(p));
  p.cursor.expect(',');
  const no = test.value === 0n ? assignment(p) : unevaluated(p, () => assignment(p));
  p.cursor.expect(')');
  return test.value !== 0n ? yes : no;
}

/**
 * _Generic(e, T: a, …, default: z), C11 6.5.1.1. Types have no qualifiers here, so that of two associations which differ
 * in const alone the first is taken: the kernel gives both the same value.
 */
function genericSelection(p: Parsing, _line: number, { assignment }: ArgumentParsers): Expr {
  const { cursor } = p;
  cursor.expect('(');
  const { type } = unevaluated(p, () => build.rvalue(assignment(p)));
  let chosen: number | undefined;
  let otherwise: number | undefined;
  while (cursor.accept(',')) {
    const isDefault = cursor.accept('default');
    const matches = !isDefault && compatible(p.typeName(), type);
    cursor.expect(':');
    if (isDefault) otherwise = cursor.position;
    else if (matches) chosen ??= cursor.position;
    unevaluated(p, () => assignment(p));
  }
  cursor.expect(')');
  const end = cursor.position;
  const at = chosen ?? otherwise ?? p.fail(`_Generic has nothing for ${spell(type)}`);
  cursor.position = at;
  const value = assignment(p);
  cursor.position = end;
  return value;
}

function vaArg(p: Parsing, line: number, { assignment }: ArgumentParsers): Expr {
  p.cursor.expect('(');
  const list = assignment(p);
  p.cursor.expect(',');
  const type = p.typeName();
  p.cursor.expect(')');
  return { kind: 'va', op: 'arg', args: [list], type, line };
}

/** Checked when it is constant here; gcc's optimiser knows more, so what is not constant is passed over. */
function asserted(
  p: Parsing,
  line: number,
  { assignment }: ArgumentParsers,
  holds: (value: bigint) => boolean,
  what: string,
): Expr {
  p.cursor.expect('(');
  const start = p.cursor.position;
  try {
    const test = unevaluated(p, () => assignment(p));
    if (build.isConstant(test) && !holds(test.value)) p.fail(`${what} does not hold`);
  } catch (error) {
    if (!(error instanceof InputError) || error.message.endsWith('does not hold')) throw error;
  }
  p.cursor.position = start - 1;
  p.cursor.group();
  return { kind: 'cast', arg: build.int(0n, INT, line), type: VOID, line };
}

function staticAssert(p: Parsing, line: number, parsers: ArgumentParsers): Expr {
  return asserted(p, line, parsers, v => v !== 0n, 'this static assertion');
}

function buildBugOn(p: Parsing, line: number, parsers: ArgumentParsers): Expr {
  return asserted(p, line, parsers, v => v === 0n, 'this BUILD_BUG_ON');
}
