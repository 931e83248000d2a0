import type { CallExpr, Expr } from '../ast.ts';
import type { CType, FunctionType } from '../ctype.ts';
import { at, type Code, call, code, Level } from './code.ts';
import { dependencies, joined, lineAfter, remembering } from './dependencies.ts';
import { frameAddress, visible } from './places.ts';
import { accessType, repOf, scalarOf, tsType } from './rep.ts';
import { lineOf, type State } from './state.ts';

/** A call: to a primitive, a model, through a function pointer, or to what nobody has modelled. */
export function writeCall(state: State, e: CallExpr): Code {
  const made = plainCall(state, e);
  return repOf(e.type) === 'void' ? made : remembering(state, e, made);
}

/** What the arguments depend on, as one more argument. */
const told = (state: State, args: readonly Expr[]): string[] =>
  state.tracks ? [`[${args.map(a => dependencies(state, a)).join(', ')}]`] : [];

function plainCall(state: State, e: CallExpr): Code {
  const line = String(lineOf(e, state));
  if (e.primitive) return primitiveCall(state, e, e.primitive.name, e.primitive.generic, line);
  const args = e.args.map(a => state.value(a));
  if (e.callee.kind !== 'function') {
    const through = visible(state, call('k.call', state.value(e.callee), line, ...args, ...told(state, e.args)));
    return kept(state, e, cast(state, through, e.type));
  }
  const callee = state.linker.callee(e.callee.name);
  if (callee.kind === 'unmodelled') return unmodelled(state, e.callee.name, e.args, e.type, line);
  const made = call(callee.id, 'k', ...args, ...told(state, e.args));
  return kept(state, e, callee.visible ? visible(state, made) : made);
}

/** A struct value comes back as an address in the callee's frame: it is moved to this one before anything else runs. */
function kept(state: State, e: Expr, made: Code): Code {
  if (repOf(e.type) !== 'memory' || e.type.kind !== 'record') return made;
  return call(state.linker.helper('keep'), 'k', frameAddress(state, e.type), made, String(e.type.record.size));
}

/** Arguments are evaluated, the call is recorded, and the value is zero: visible, never silent. */
function unmodelled(state: State, name: string, args: readonly Expr[], type: CType, line: string): Code {
  const effects = args.filter(a => !isPure(a)).map(a => at(state.value(a), Level.assign));
  const event = visible(state, call('k.unmodelled', `'${name}'`, line));
  const result = zero(state, type);
  if (effects.length === 0 && result === undefined) return event;
  return code([...effects, event.text, ...(result ? [result.text] : [])].join(', '), Level.comma);
}

/** Zero of a type; undefined for void. */
export function zero(state: State, type: CType): Code | undefined {
  switch (repOf(type)) {
    case 'void':
      return undefined;
    case 'bigint':
      return code('0n');
    case 'number':
      return code('0');
    case 'memory':
      return frameAddress(state, type);
  }
}

function isPure(e: Expr): boolean {
  switch (e.kind) {
    case 'int':
    case 'string':
    case 'local':
    case 'function':
      return true;
    case 'cast':
    case 'decay':
    case 'address':
      return isPure(e.arg) || e.arg.kind === 'global';
    default:
      return false;
  }
}

function primitiveCall(state: State, e: CallExpr, name: string, generic: CType | undefined, line: string): Code {
  const primitive = state.linker.primitive(name);
  const fixed = variadicFrom(e);
  const args: (Code | string)[] = ['k'];
  if (generic)
    args.push(
      `'${scalarOf(generic) === undefined ? state.fail(`${name} of a ${generic.kind}`, lineOf(e, state)) : accessType(generic)}'`,
    );
  for (const a of e.args.slice(0, fixed)) args.push(state.value(a));
  if (fixed !== undefined)
    args.push(
      code(
        `[${e.args
          .slice(fixed)
          .map(a => at(state.value(a), Level.assign))
          .join(', ')}]`,
      ),
    );
  const [first, ...others] = e.args.toSorted((a, b) => Number(isAddress(b)) - Number(isAddress(a)));
  const depends = (all: readonly Expr[]): string => joined(...all.map(a => dependencies(state, a)));
  args.push(state.tracks ? lineAfter(state, line, depends(first ? [first] : []), depends(others)) : line);
  const made = call(name, ...args);
  return cast(state, primitive.visible ? visible(state, made) : made, e.type);
}

const isAddress = (e: Expr): boolean => e.type.kind === 'pointer';

/** How many arguments are fixed; undefined when all are. */
function variadicFrom(e: CallExpr): number | undefined {
  const type = functionType(e.callee.type);
  return type?.variadic ? type.params.length : undefined;
}

function functionType(type: CType): FunctionType | undefined {
  if (type.kind === 'function') return type;
  return type.kind === 'pointer' && type.to.kind === 'function' ? type.to : undefined;
}

/** `(c as bigint)` in TypeScript, for what comes back untyped. */
function cast(state: State, c: Code, type: CType): Code {
  if (repOf(type) === 'void') return c;
  return code(`(${c.level < Level.atom ? `(${c.text})` : c.text}${state.ty(` as ${tsType(type)}`)})`);
}
