import { InputError } from '../../text/source.ts';
import type { BinaryExpr, Expr } from '../ast.ts';
import type { CType } from '../ctype.ts';
import * as build from './build.ts';
import { callBuiltin, isBuiltin } from './builtins.ts';
import { call } from './calls.ts';
import { alignOf, sizeOf } from './layout.ts';
import { charValue, integerLiteral, literalBytes } from './literals.ts';
import { type Parsing, unevaluated } from './parsing.ts';
import { CHAR, INT, ULONG } from './types.ts';

/** Turns the type errors of build.ts, which know no place, into ones that name it. */
export function typed<T>(p: Parsing, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputError && error.at === undefined) p.fail(error.message);
    throw error;
  }
}

export function expression(p: Parsing): Expr {
  let left = assignment(p);
  while (p.cursor.is(',')) {
    const { line } = p.cursor.next();
    const right = build.rvalue(assignment(p));
    left = { kind: 'comma', left, right, type: right.type, line };
  }
  return left;
}

const ASSIGN: Readonly<Record<string, BinaryExpr['op']>> = {
  '+=': '+',
  '-=': '-',
  '*=': '*',
  '/=': '/',
  '%=': '%',
  '&=': '&',
  '|=': '|',
  '^=': '^',
  '<<=': '<<',
  '>>=': '>>',
};

export function assignment(p: Parsing): Expr {
  const left = conditional(p);
  const { line } = p.cursor;
  const op = p.cursor.peek();
  if (op?.kind !== 'punct') return left;
  if (op.text === '=') {
    p.cursor.next();
    const right = assignment(p);
    return typed(p, () => build.assign(left, right, line));
  }
  const compound = ASSIGN[op.text];
  if (compound === undefined) return left;
  p.cursor.next();
  const right = assignment(p);
  return typed(p, () => build.assignWith(compound, left, right, line));
}

function conditional(p: Parsing): Expr {
  const test = binaryLevel(p, 0);
  if (!p.cursor.is('?')) return test;
  const { line } = p.cursor;
  p.cursor.next();
  // Only the branch that is taken counts when the test is constant: the other may not even make sense.
  const known = build.isConstant(test) ? test.value !== 0n : undefined;
  const then = p.cursor.is(':') ? undefined : known === false ? unevaluated(p, () => expression(p)) : expression(p);
  p.cursor.expect(':');
  const otherwise = known === true ? unevaluated(p, () => conditional(p)) : conditional(p);
  return typed(p, () => build.conditional(test, then, otherwise, line));
}

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

function binaryLevel(p: Parsing, level: number): Expr {
  const operators = LEVELS[level];
  if (!operators) return unary(p);
  let left = binaryLevel(p, level + 1);
  for (;;) {
    const op = p.cursor.peek();
    if (op?.kind !== 'punct' || !operators.includes(op.text)) return left;
    const { line } = p.cursor;
    p.cursor.next();
    const l = left;
    if (op.text === '&&' || op.text === '||') {
      const decided = build.isConstant(l) && (l.value === 0n) === (op.text === '&&');
      const right = decided ? unevaluated(p, () => binaryLevel(p, level + 1)) : binaryLevel(p, level + 1);
      left = typed(p, () => build.logical(op.text as '&&' | '||', l, right, line));
    } else {
      const right = binaryLevel(p, level + 1);
      left = typed(p, () => build.binary(op.text as BinaryExpr['op'], l, right, line));
    }
  }
}

export function unary(p: Parsing): Expr {
  const { cursor } = p;
  const token = cursor.peek();
  const { line } = cursor;
  if (token?.kind === 'punct') {
    switch (token.text) {
      case '++':
      case '--': {
        cursor.next();
        const arg = unary(p);
        return incDec(p, token.text, true, arg, line);
      }
      case '&': {
        cursor.next();
        const arg = unary(p);
        if (p.unevaluated > 0 && arg.kind === 'local')
          return { kind: 'address', arg, type: { kind: 'pointer', to: arg.type }, line };
        return typed(p, () => build.address(arg, line));
      }
      case '*': {
        cursor.next();
        const arg = unary(p);
        return typed(p, () => build.deref(arg, line));
      }
      case '+':
      case '-':
      case '~':
      case '!': {
        cursor.next();
        const arg = unary(p);
        return typed(p, () => build.unary(token.text as '+' | '-' | '~' | '!', arg, line));
      }
      case '&&':
        p.fail('the address of a label is not supported');
        break;
      case '(':
        if (p.startsType(1)) return castOrCompound(p);
        break;
      default:
    }
  } else if (token?.kind === 'id') {
    if (token.text === 'sizeof') return sizeOperator(p, sizeOf);
    if (/^(_Alignof|__alignof__|__alignof|alignof)$/.test(token.text)) return sizeOperator(p, alignOf);
    if (token.text === '__extension__') {
      cursor.next();
      return unary(p);
    }
  }
  return postfix(p, primary(p));
}

function incDec(p: Parsing, op: '++' | '--', prefix: boolean, arg: Expr, line: number): Expr {
  if (!build.isLvalue(arg)) p.fail(`${op} of something that is no object`);
  return { kind: 'incdec', op, prefix, arg, type: arg.type, line };
}

function castOrCompound(p: Parsing): Expr {
  const { cursor } = p;
  const { line } = cursor;
  cursor.expect('(');
  const type = p.typeName();
  cursor.expect(')');
  if (cursor.is('{')) {
    const { init, type: sized } = p.initialiser(type);
    return postfix(p, { kind: 'compound', init, type: sized, line });
  }
  const arg = unary(p);
  return typed(p, () => build.convert(arg, type, true));
}

function sizeOperator(p: Parsing, of: (type: CType) => number): Expr {
  const { cursor } = p;
  const { line } = cursor;
  cursor.next();
  let type: CType;
  if (cursor.is('(') && p.startsType(1)) {
    cursor.next();
    type = p.typeName();
    cursor.expect(')');
    if (cursor.is('{')) type = p.initialiser(type).type;
  } else type = unevaluated(p, () => unary(p)).type;
  return typed(p, () => build.int(BigInt(type.kind === 'void' ? 1 : of(type)), ULONG, line));
}

function postfix(p: Parsing, start: Expr): Expr {
  const { cursor } = p;
  let e = start;
  for (;;) {
    const { line } = cursor;
    const base = e;
    if (cursor.accept('[')) {
      const index = expression(p);
      cursor.expect(']');
      e = typed(p, () => build.subscript(base, index, line));
    } else if (cursor.accept('.')) {
      const name = cursor.name();
      e = typed(p, () => build.member(base, name, line));
    } else if (cursor.accept('->')) {
      const name = cursor.name();
      e = typed(p, () => build.member(build.deref(base, line), name, line));
    } else if (cursor.is('++') || cursor.is('--')) e = incDec(p, cursor.next().text as '++' | '--', false, base, line);
    else if (cursor.is('(')) e = call(p, base, argumentsOf(p), line);
    else return e;
  }
}

export function argumentsOf(p: Parsing): Expr[] {
  const args: Expr[] = [];
  p.cursor.expect('(');
  while (!p.cursor.is(')')) {
    args.push(assignment(p));
    if (!p.cursor.accept(',')) break;
  }
  p.cursor.expect(')');
  return args;
}

function primary(p: Parsing): Expr {
  const { cursor } = p;
  const { line } = cursor;
  const token = cursor.next();
  switch (token.kind) {
    case 'num':
      return typed(p, () => {
        const { value, type } = integerLiteral(token.text);
        return build.int(value, type, line);
      });
    case 'chr':
      return build.int(charValue(token.text), INT, line);
    case 'str': {
      let bytes = literalBytes(token.text);
      while (cursor.peek()?.kind === 'str') bytes += literalBytes(cursor.next().text);
      return { kind: 'string', bytes, type: { kind: 'array', of: CHAR, length: bytes.length + 1 }, line };
    }
    case 'punct':
      if (token.text !== '(') return p.fail(`an expression is expected where \`${token.text}\` stands`);
      if (cursor.is('{')) return statementExpression(p, line);
      return parenthesised(p);
    case 'id':
      return name(p, token.text, line);
  }
}

function parenthesised(p: Parsing): Expr {
  const e = expression(p);
  p.cursor.expect(')');
  return e;
}

function statementExpression(p: Parsing, line: number): Expr {
  const body = p.block();
  p.cursor.expect(')');
  const last = body[body.length - 1];
  if (last?.kind !== 'expr') return { kind: 'statement', body, type: { kind: 'void' }, line };
  const value = build.rvalue(last.expr);
  return { kind: 'statement', body: [...body.slice(0, -1), { ...last, expr: value }], type: value.type, line };
}

function name(p: Parsing, text: string, line: number): Expr {
  const entity = p.lookup(text);
  if (entity?.kind === 'local') return { kind: 'local', variable: entity.variable, type: entity.variable.type, line };
  if (isBuiltin(text) && (p.cursor.is('(') || text === '__func__'))
    return callBuiltin(p, text, line, { assignment, expression, argumentsOf });
  if (/^__(func|FUNCTION|PRETTY_FUNCTION)__$/.test(text)) {
    const bytes = p.body?.name ?? '';
    return { kind: 'string', bytes, type: { kind: 'array', of: CHAR, length: bytes.length + 1 }, line };
  }
  if (p.unit.primitive(text) && p.cursor.is('('))
    return call(
      p,
      { kind: 'function', name: text, type: { kind: 'function', returns: INT, params: [], variadic: true }, line },
      argumentsOf(p),
      line,
    );
  const constant = entity === undefined || entity.kind !== 'enumerator' ? p.unit.macroConstant(text) : undefined;
  if (constant) return { ...constant, line };
  switch (entity?.kind) {
    case 'enumerator':
      return build.int(entity.value, entity.type, line, text);
    case 'global':
      return entity.static
        ? { kind: 'global', name: entity.name, static: entity.static, type: entity.type, line }
        : { kind: 'global', name: entity.name, type: entity.type, line };
    case 'function':
      return { kind: 'function', name: entity.name, type: entity.type, line };
    case 'typedef':
      return p.fail(`the type ${text} stands where an expression is expected`);
    default:
      // C89's implicit declaration: the linker finds out whether anybody defines it.
      if (p.cursor.is('('))
        return {
          kind: 'function',
          name: text,
          type: { kind: 'function', returns: INT, params: [], variadic: true },
          line,
        };
      return p.fail(`nothing declares ${text}`);
  }
}
