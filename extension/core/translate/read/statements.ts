import { InputError } from '../../text/source.ts';
import type { Expr, Initialiser, LocalVariable, Stmt } from '../ast.ts';
import { attributes } from './attributes.ts';
import * as build from './build.ts';
import { type Declarator, declarator, named, type Specifiers, specifiers } from './declarations.ts';
import { typed } from './expressions.ts';
import { transparentScalar } from './layout.ts';
import { type Parsing, unevaluated } from './parsing.ts';
import { Scope } from './scope.ts';
import { INT } from './types.ts';

/** `{ … }` with a scope of its own. */
export function block(p: Parsing): Stmt[] {
  const outer = p.scope;
  p.scope = new Scope(outer);
  try {
    return blockItems(p);
  } finally {
    p.scope = outer;
  }
}

export function blockItems(p: Parsing): Stmt[] {
  const { cursor } = p;
  cursor.expect('{');
  const body: Stmt[] = [];
  while (!cursor.accept('}')) body.push(...item(p));
  return body;
}

function isLabel(p: Parsing): boolean {
  return p.cursor.isName() && p.cursor.is(':', 1) && !p.cursor.is('default');
}

function item(p: Parsing): Stmt[] {
  const { cursor } = p;
  if (isLabel(p)) return statement(p);
  if (cursor.accept('__label__')) {
    while (!cursor.accept(';')) cursor.next();
    return [];
  }
  return p.startsType() ? declaration(p) : statement(p);
}

/** One C statement; labels and cases come as statements of their own before what they stand at. */
export function statement(p: Parsing): Stmt[] {
  const { cursor } = p;
  const { line } = cursor;
  if (cursor.is('{')) return [{ kind: 'block', body: block(p), line }];
  if (cursor.accept(';')) return [];
  if (isLabel(p)) {
    const name = cursor.name();
    cursor.next();
    attributes(p);
    return [{ kind: 'label', name, line }, ...(cursor.is('}') ? [] : item(p))];
  }
  const word = cursor.isName() ? cursor.peek()!.text : '';
  switch (word) {
    case 'if':
      return ifStatement(p, line);
    case 'while': {
      cursor.next();
      const test = parenthesised(p);
      return [{ kind: 'while', test, body: body(p), line }];
    }
    case 'do': {
      cursor.next();
      const inner = body(p);
      cursor.expect('while');
      const test = parenthesised(p);
      cursor.accept(';');
      return [{ kind: 'do', body: inner, test, line }];
    }
    case 'for':
      return forStatement(p, line);
    case 'switch':
      return switchStatement(p, line);
    case 'case':
    case 'default':
      return caseLabel(p, word, line);
    case 'goto':
      cursor.next();
      if (cursor.is('*')) p.fail('a computed goto is not supported');
      return ended(p, { kind: 'goto', name: cursor.name(), line });
    case 'break':
    case 'continue':
      cursor.next();
      return ended(p, { kind: word, line });
    case 'return':
      return returnStatement(p, line);
    case 'asm':
    case '__asm__':
    case '__asm':
      return assembly(p, line);
    case '__attribute__':
      attributes(p);
      return statement(p);
    case '_Static_assert':
    case 'static_assert':
    default:
  }
  const expr = p.expression();
  return ended(p, { kind: 'expr', expr: build.rvalue(expr), line });
}

function ended(p: Parsing, s: Stmt): Stmt[] {
  p.cursor.expect(';');
  return [s];
}

/** The statement that a loop or an if governs. */
function body(p: Parsing): Stmt {
  const { line } = p.cursor;
  const list = statement(p);
  return list.length === 1 ? list[0]! : { kind: 'block', body: list, line };
}

function parenthesised(p: Parsing): Expr {
  p.cursor.expect('(');
  const e = p.expression();
  p.cursor.expect(')');
  return typed(p, () => build.condition(e));
}

function ifStatement(p: Parsing, line: number): Stmt[] {
  const { cursor } = p;
  cursor.next();
  const test = parenthesised(p);
  const known = build.isConstant(test) ? test.value !== 0n : undefined;
  const then = known === false ? dead(p) : body(p);
  let otherwise: Stmt | undefined;
  if (cursor.accept('else')) otherwise = known === true ? dead(p) : body(p);
  // A branch that the configuration rules out is read only for the labels in it.
  if (known === true && !otherwise) return then ? [then] : [];
  if (known === false && !then) return otherwise ? [otherwise] : [];
  return [{ kind: 'if', test, then: then ?? { kind: 'block', body: [], line }, else: otherwise, line }];
}

/** A statement that never runs: undefined, unless somebody may jump into it. */
function dead(p: Parsing): Stmt | undefined {
  const { cursor } = p;
  const start = cursor.position;
  try {
    const s = unevaluated(p, () => body(p));
    if (!hasLabel(s)) return undefined;
    cursor.position = start;
    return body(p);
  } catch (error) {
    // It need not even make sense under this configuration.
    if (!(error instanceof InputError)) throw error;
    cursor.position = start;
    skipStatement(p);
    return undefined;
  }
}

function skipStatement(p: Parsing): void {
  const { cursor } = p;
  if (cursor.is('{')) {
    cursor.group();
    return;
  }
  while (!cursor.is(';')) {
    if (cursor.is('(') || cursor.is('{') || cursor.is('[')) cursor.group();
    else cursor.next();
  }
  cursor.next();
}

function hasLabel(s: Stmt): boolean {
  switch (s.kind) {
    case 'label':
    case 'case':
      return true;
    case 'block':
      return s.body.some(hasLabel);
    case 'if':
      return hasLabel(s.then) || (s.else !== undefined && hasLabel(s.else));
    case 'while':
    case 'do':
    case 'for':
      return hasLabel(s.body);
    default:
      return false;
  }
}

function forStatement(p: Parsing, line: number): Stmt[] {
  const { cursor } = p;
  const outer = p.scope;
  p.scope = new Scope(outer);
  try {
    cursor.next();
    cursor.expect('(');
    let init: Stmt[] = [];
    if (p.startsType()) init = declaration(p);
    else if (!cursor.accept(';')) init = ended(p, { kind: 'expr', expr: p.expression(), line });
    const condition = cursor.is(';') ? undefined : p.expression();
    const test = condition && typed(p, () => build.condition(condition));
    cursor.expect(';');
    const step = cursor.is(')') ? undefined : p.expression();
    cursor.expect(')');
    return [{ kind: 'for', init, test, step, body: body(p), line }];
  } finally {
    p.scope = outer;
  }
}

function switchStatement(p: Parsing, line: number): Stmt[] {
  p.cursor.next();
  p.cursor.expect('(');
  const value = typed(p, () => build.promote(p.expression()));
  p.cursor.expect(')');
  p.body?.switches.push(value.type);
  const inner = body(p);
  p.body?.switches.pop();
  return [{ kind: 'switch', value, body: inner, line }];
}

function caseLabel(p: Parsing, word: string, line: number): Stmt[] {
  const { cursor } = p;
  cursor.next();
  let label: Stmt;
  if (word === 'default') label = { kind: 'case', value: undefined, line };
  else {
    const type = p.body?.switches.at(-1) ?? INT;
    const constant = (): { value: bigint; name?: string } => {
      const c = p.constant();
      const converted = build.convert(c, type);
      return build.isConstant(converted)
        ? { value: converted.value, ...(c.name === undefined ? {} : { name: c.name }) }
        : { value: c.value };
    };
    const from = constant();
    const to = cursor.accept('...') ? constant().value : undefined;
    label = { kind: 'case', ...from, ...(to === undefined ? {} : { to }), line };
  }
  cursor.expect(':');
  return [label, ...(cursor.is('}') ? [] : item(p))];
}

function returnStatement(p: Parsing, line: number): Stmt[] {
  const { cursor } = p;
  cursor.next();
  const returns = p.body?.returns;
  if (cursor.is(';') || !returns) return ended(p, { kind: 'return', value: undefined, line });
  const e = p.expression();
  return ended(p, { kind: 'return', value: typed(p, () => build.convert(e, returns)), line });
}

function assembly(p: Parsing, line: number): Stmt[] {
  const { cursor } = p;
  cursor.next();
  while (cursor.is('volatile') || cursor.is('__volatile__') || cursor.is('inline') || cursor.is('goto')) cursor.next();
  const tokens = cursor.group();
  const text = tokens
    .filter(t => t.kind === 'str')
    .map(t => t.text.slice(1, -1))
    .join(' ')
    .trim();
  cursor.expect(';');
  // An empty template is a compiler barrier: nothing to run.
  return text === '' ? [] : [{ kind: 'asm', text, line }];
}

function declaration(p: Parsing): Stmt[] {
  const { cursor } = p;
  const spec = specifiers(p);
  const out: Stmt[] = [];
  if (cursor.accept(';')) return out;
  do out.push(...declare(p, spec, declarator(p, spec)));
  while (cursor.accept(','));
  cursor.expect(';');
  return out;
}

function declare(p: Parsing, spec: Specifiers, d: Declarator): Stmt[] {
  const { cursor } = p;
  const { name, line } = d;
  if (name === undefined) return p.fail('a declaration without a name');
  const names = p.scope!.names;
  if (spec.storage === 'typedef') {
    names.set(name, { kind: 'typedef', type: named(d.type, name) });
    return [];
  }
  if (d.type.kind === 'function') {
    names.set(name, { kind: 'function', name, type: d.type });
    return [];
  }
  if (spec.storage === 'extern') {
    names.set(name, { kind: 'global', name, type: d.type });
    return [];
  }
  if (spec.attributes.cleanup || d.attributes.cleanup)
    return p.fail(`${name} is cleaned up when its scope ends, which is not supported yet`);
  return spec.storage === 'static' ? staticLocal(p, d, name) : automatic(p, spec, d, name, line, cursor.is('='));
}

function staticLocal(p: Parsing, d: Declarator, name: string): Stmt[] {
  const { cursor } = p;
  const isConst = d.const || (d.type.kind === 'array' && d.const);
  const variable = {
    name,
    type: d.type,
    line: d.line,
    parameter: false,
    static: true,
    const: isConst,
    addressed: true,
  } as LocalVariable & { type: typeof d.type; init?: Initialiser };
  p.scope!.names.set(name, { kind: 'global', name, type: d.type, static: variable });
  if (cursor.accept('=')) {
    const { init, type } = p.initialiser(d.type);
    Object.assign(variable, { init, type });
    p.scope!.names.set(name, { kind: 'global', name, type, static: variable });
  }
  if (p.unevaluated === 0) p.body?.locals.push(variable);
  return [];
}

function automatic(
  p: Parsing,
  spec: Specifiers,
  d: Declarator,
  name: string,
  line: number,
  initialised: boolean,
): Stmt[] {
  let { type } = d;
  let init: Initialiser | undefined;
  const make = (): LocalVariable => ({
    name,
    type,
    line,
    parameter: false,
    static: false,
    const: d.const,
    addressed: typed(p, () => inMemory(type)),
  });
  let variable: LocalVariable | undefined;
  // The name is in scope in its own initialiser: `struct list_head x = { &x, &x }`.
  if (!spec.auto && !(type.kind === 'array' && type.length === undefined)) {
    variable = make();
    p.scope!.names.set(name, { kind: 'local', variable });
  }
  if (initialised) {
    p.cursor.next();
    if (spec.auto) {
      const value = build.rvalue(p.assignment());
      type = value.type;
      init = { kind: 'scalar', value };
    } else {
      const read = p.initialiser(type);
      init = read.init;
      type = read.type;
    }
  }
  if (!variable) {
    variable = make();
    p.scope!.names.set(name, { kind: 'local', variable });
  }
  if (p.unevaluated === 0) p.body?.locals.push(variable);
  return [{ kind: 'declare', variable, init, line }];
}

/** Arrays and structs that are not a single scalar live in memory whatever happens to them. */
export const inMemory = (type: LocalVariable['type']): boolean =>
  type.kind === 'array' || (type.kind === 'record' && transparentScalar(type) === undefined);
