import type { CompoundExpr, Initialiser, InitPart, StatementExpr, Stmt } from '../ast.ts';
import type { CType } from '../ctype.ts';
import { zero } from './calls.ts';
import { arg, at, type Code, call, code, Level, yieldStar } from './code.ts';
import { dependencies } from './dependencies.ts';
import { addOffset, frameAddress, store, visible } from './places.ts';
import { onlyScalar, repOf, sizeOfType, tsType } from './rep.ts';
import { lineOf, needsMemory, type State } from './state.ts';

/** `(struct s) { … }`: the scalar inside a transparent one, else the address of a temporary in the frame. */
export function writeCompound(state: State, e: CompoundExpr): Code {
  const scalar = scalarInit(state, e.type, e.init);
  if (scalar) return scalar;
  const address = frameAddress(state, e.type);
  const steps = initialise(state, address, e.type, e.init, lineOf(e, state), false);
  return code([...steps.map(s => at(s, Level.assign)), address.text].join(', '), Level.comma);
}

/** The value that initialises something held in a JavaScript value; undefined when the type lives in memory. */
export function scalarInit(state: State, type: CType, init: Initialiser): Code | undefined {
  if (repOf(type) === 'memory') return undefined;
  if (init.kind === 'scalar') return state.value(init.value);
  const part = init.parts[0];
  return part ? state.value(part.value) : zero(state, type);
}

/** Code for what the initial value of a local depends on. */
export function initialDependencies(state: State, init: Initialiser | undefined): string {
  if (!init) return 'k.none';
  const from = init.kind === 'scalar' ? init.value : init.parts[0]?.value;
  return from ? dependencies(state, from) : 'k.none';
}

/** What brings memory at `address` (in this function's own frame) to its initial state. */
export function initialise(
  state: State,
  address: Code,
  type: CType,
  init: Initialiser,
  line: number,
  fresh: boolean,
): Code[] {
  const size = String(sizeOfType(type));
  if (init.kind === 'scalar') {
    const v = init.value;
    if (v.kind === 'string' && type.kind === 'array') {
      const text = state.linker.text(v.bytes);
      return [
        call('k.zero', address, size),
        call('k.move', address, text, String(Math.min(sizeOfType(type), v.bytes.length + 1))),
      ];
    }
    if (repOf(type) !== 'memory')
      return [store(state, { kind: 'memory', address, type, own: true }, state.value(v), line, dependencies(state, v))];
    return [visible(state, call('k.copy', address, state.value(v), size, String(line)))];
  }
  const steps = fresh ? [] : [call('k.zero', address, size)];
  for (const part of init.parts) steps.push(initPart(state, address, type, part, line));
  return steps;
}

function initPart(state: State, address: Code, type: CType, part: InitPart, line: number): Code {
  const where = addOffset(address, fieldName(state, type, part.offset));
  if (repOf(part.type) === 'memory') {
    if (part.value.kind === 'string')
      return call(
        'k.move',
        where,
        state.linker.text(part.value.bytes),
        String(Math.min(sizeOfType(part.type), part.value.bytes.length + 1)),
      );
    return visible(state, call('k.copy', where, state.value(part.value), String(sizeOfType(part.type)), String(line)));
  }
  return store(
    state,
    { kind: 'memory', address: where, type: part.type, own: true, bits: part.bits },
    state.value(part.value),
    line,
    dependencies(state, part.value),
  );
}

function fieldName(state: State, type: CType, offset: number): string {
  if (type.kind !== 'record' || onlyScalar(type.record) !== undefined) return String(offset);
  const field = type.record.fields.find(f => f.offset === offset && f.name !== undefined && !f.bits);
  const name = type.record.tag ?? type.name;
  return (field && name && state.linker.field(name, field.name!, offset)) ?? String(offset);
}

/**
 * `({ … })` as an expression. Declarations and expressions alone become a comma expression; anything else runs in a
 * function of its own, a generator when it has visible steps. `break`, `goto` and `return` out of one are not C that
 * the kernel writes in the code at hand, and are refused where statements are written.
 */
export function writeStatementExpr(state: State, e: StatementExpr): Code {
  const flat = asCommas(state, e);
  if (flat) return flat;
  const outer = state.yields;
  state.yields = false;
  const depth = state.enterExpression();
  const lines = state.buffered(() => {
    state.indent++;
    const last = e.body[e.body.length - 1];
    const hasValue = repOf(e.type) !== 'void' && last?.kind === 'expr';
    state.statements(hasValue ? e.body.slice(0, -1) : e.body);
    if (hasValue && last.kind === 'expr') state.push(`return ${arg(state.value(last.expr))};`, last.line);
    state.indent--;
  });
  state.leaveExpression(depth);
  const generator = state.yields;
  state.yields = outer || generator;
  const base = '  '.repeat(state.indent);
  const body = lines.map(l => (l.text.startsWith(base) ? l.text.slice(base.length) : l.text)).join('\n');
  const result = repOf(e.type) === 'void' ? 'void' : tsType(e.type);
  if (!generator) return code(`(()${state.ty(`: ${result}`)} => {\n${body}\n})()`);
  return yieldStar(code(`(function* ()${state.ty(`: Running<${result}>`)} {\n${body}\n})()`));
}

/** `({ int x = a; x + 1; })` → `(x = a, x + 1)` with x declared at the function's top. */
function asCommas(state: State, e: StatementExpr): Code | undefined {
  const simple = (s: Stmt): boolean =>
    s.kind === 'expr' ||
    (s.kind === 'declare' && !s.variable.static && !needsMemory(s.variable) && repOf(s.variable.type) !== 'memory');
  if (!e.body.every(simple)) return undefined;
  const parts: string[] = [];
  for (const s of e.body) {
    if (s.kind === 'declare') {
      const name = state.hoist(s.variable);
      const init = (s.init && scalarInit(state, s.variable.type, s.init)) ?? zero(state, s.variable.type)!;
      parts.push(`${name} = ${arg(init)}`);
      if (state.tracks) parts.push(`${state.beside(s.variable)} = ${initialDependencies(state, s.init)}`);
    } else if (s.kind === 'expr') parts.push(arg(state.value(s.expr)));
  }
  if (parts.length === 0) return code('undefined');
  if (parts.length === 1) return code(parts[0]!, Level.assign);
  return code(parts.join(', '), Level.comma);
}
