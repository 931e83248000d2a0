import { InputError } from '../../text/source.ts';
import type { CallExpr, Expr } from '../ast.ts';
import type { CType, FunctionType } from '../ctype.ts';
import * as build from './build.ts';
import type { Parsing } from './parsing.ts';
import type { PrimitiveShape } from './scope.ts';
import { INT, pointerTo, spell } from './types.ts';

/** A call with its arguments converted to what receives them. */
export function call(p: Parsing, callee: Expr, args: readonly Expr[], line: number): Expr {
  const shape = callee.kind === 'function' ? p.unit.primitive(callee.name) : undefined;
  try {
    if (shape && callee.kind === 'function') return primitiveCall(shape, args, line);
    const type = functionType(callee);
    const implicit = type.variadic && type.params.length === 0;
    if (!implicit && (args.length < type.params.length || (args.length > type.params.length && !type.variadic))) {
      throw new InputError(`${args.length} arguments for ${type.params.length} parameters`);
    }
    const converted = args.map((a, i) =>
      type.params[i] ? build.convert(a, type.params[i]!.type) : build.defaultPromote(a),
    );
    const target = callee.kind === 'function' ? callee : build.rvalue(callee);
    return { kind: 'call', callee: target, args: converted, type: type.returns, line };
  } catch (error) {
    if (error instanceof InputError && error.at === undefined) {
      return p.fail(`${error.message}${callee.kind === 'function' ? `, in a call of ${callee.name}` : ''}`);
    }
    throw error;
  }
}

function functionType(callee: Expr): FunctionType {
  if (callee.type.kind === 'function') return callee.type;
  if (callee.type.kind === 'pointer' && callee.type.to.kind === 'function') return callee.type.to;
  throw new InputError(`a call of something that is no function (${spell(callee.type)})`);
}

/** T by the first argument that says what it is. */
function primitiveCall(shape: PrimitiveShape, args: readonly Expr[], line: number): Expr {
  if (args.length < shape.params.length || (args.length > shape.params.length && !shape.variadic)) {
    throw new InputError(`${args.length} arguments for the ${shape.params.length} of ${shape.name}`);
  }
  const generic = shape.generic ? bind(shape, args) : undefined;
  const local = shape.params.findIndex((param, i) => param.reference && isPlainLocal(args[i]!));
  if (local === 0) {
    const plain = onLocal(shape, args, line);
    if (plain) return plain;
  }
  const substituted = (type: CType): CType => substitute(type, generic);
  const converted = args.map((a, i): Expr => {
    const param = shape.params[i];
    if (!param) return build.defaultPromote(a);
    if (param.reference) return build.address(a, line);
    return param.type === undefined ? build.rvalue(a) : build.convert(a, substituted(param.type));
  });
  const type = substituted(shape.returns);
  const params = shape.params.map((param, i) => ({
    name: undefined,
    type: param.type ? substituted(param.type) : converted[i]!.type,
  }));
  const callee: Expr = {
    kind: 'function',
    name: shape.name,
    type: { kind: 'function', returns: type, params, variadic: shape.variadic },
    line,
  };
  const made: CallExpr = {
    kind: 'call',
    callee,
    args: converted,
    type,
    line,
    primitive: generic ? { name: shape.name, generic } : { name: shape.name },
  };
  return made;
}

/** READ_ONCE(x) and WRITE_ONCE(x, v) of a local scalar that nobody else can see are plain accesses. */
function onLocal(shape: PrimitiveShape, args: readonly Expr[], line: number): Expr | undefined {
  const [target, value] = args;
  if (shape.params.length === 1 && shape.returns.kind !== 'void') return build.rvalue(target!);
  if (shape.params.length === 2 && shape.returns.kind === 'void') return build.assign(target!, value!, line);
  return undefined;
}

function isPlainLocal(e: Expr): boolean {
  if (e.kind === 'member') return isPlainLocal(e.base);
  return e.kind === 'local' && !e.variable.addressed && !e.variable.static;
}

/** The marker type that `T` is in a shape's types. */
export const GENERIC: CType = {
  kind: 'record',
  record: { union: false, tag: 'T', complete: true, fields: [], size: 0, align: 1 },
  name: 'T',
};

const isGeneric = (type: CType): boolean =>
  type.kind === 'record' && GENERIC.kind === 'record' && type.record === GENERIC.record;

function bind(shape: PrimitiveShape, args: readonly Expr[]): CType {
  for (const [i, param] of shape.params.entries()) {
    const arg = args[i]!;
    if (param.reference) return arg.type;
    if (param.type?.kind === 'pointer' && isGeneric(param.type.to)) {
      const pointer = build.rvalue(arg);
      if (pointer.type.kind === 'pointer') return pointer.type.to;
    }
  }
  const plain = shape.params.findIndex(param => param.type !== undefined && isGeneric(param.type));
  return plain >= 0 ? build.promote(args[plain]!).type : INT;
}

function substitute(type: CType, generic: CType | undefined): CType {
  if (generic === undefined) return type;
  if (isGeneric(type)) return generic;
  return type.kind === 'pointer' && isGeneric(type.to) ? pointerTo(generic) : type;
}
