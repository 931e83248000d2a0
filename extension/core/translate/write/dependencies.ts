import type { Expr, LocalVariable } from '../ast.ts';
import { at, type Code, code, Level } from './code.ts';
import { onlyScalar } from './rep.ts';
import { needsMemory, type State } from './state.ts';

/**
 * Which reads a value depends on, for memory models that order by address, data and control dependencies.
 *
 * A program that tracks dependencies keeps beside each JavaScript variable another one with the reads that its value was made
 * from, as tools/memory-model/Documentation/explanation.txt ("Dependency relations: data, address, and control") has them:
 * syntactically. What is called tells of its result in `k.dependsOn`.
 */

/** No reads. */
const NONE = 'k.none';

const isNone = (text: string): boolean => text === NONE;

/** Code for the reads of both. */
export function joined(...all: readonly string[]): string {
  const some = [...new Set(all)].filter(text => !isNone(text));
  if (some.length < 2) return some[0] ?? NONE;
  return `k.join(${some.join(', ')})`;
}

/** The variable beside a local of this function. */
export const beside = (state: State, variable: LocalVariable): string => state.beside(variable);

/** Code for what the value of an expression depends on; to be evaluated after the expression, once. */
export function dependencies(state: State, e: Expr): string {
  const known = state.known.get(e);
  if (known !== undefined) return known;
  switch (e.kind) {
    case 'local':
      return needsMemory(e.variable) ? NONE : beside(state, e.variable);
    case 'unary':
    case 'cast':
    case 'container':
    case 'incdec':
      return dependencies(state, e.arg);
    case 'address':
    case 'decay':
      return e.arg.kind === 'function' ? NONE : addressDependencies(state, e.arg);
    case 'binary':
    case 'pointer':
    case 'logical':
      return joined(dependencies(state, e.left), dependencies(state, e.right));
    case 'comma':
      return dependencies(state, e.right);
    case 'conditional':
      return joined(
        dependencies(state, e.test),
        ...(e.then ? [dependencies(state, e.then)] : []),
        dependencies(state, e.else),
      );
    case 'assign':
      if (e.left.kind === 'local' && !needsMemory(e.left.variable)) return beside(state, e.left.variable);
      return dependencies(state, e.right);
    case 'statement': {
      const last = e.body.at(-1);
      return last?.kind === 'expr' ? dependencies(state, last.expr) : NONE;
    }
    case 'compound':
      if (e.init.kind === 'scalar') return dependencies(state, e.init.value);
      return joined(...e.init.parts.map(part => dependencies(state, part.value)));
    case 'member':
      // What is in a transparent struct is the struct.
      if (e.base.type.kind === 'record' && onlyScalar(e.base.type.record) !== undefined)
        return dependencies(state, e.base);
      return addressDependencies(state, e);
    case 'deref':
      // A struct as a whole: its value is where it is.
      return addressDependencies(state, e);
    default:
      return NONE;
  }
}

/** Code for what the address of an lvalue depends on. */
export function addressDependencies(state: State, e: Expr): string {
  switch (e.kind) {
    case 'deref':
      return dependencies(state, e.arg);
    case 'member':
      return addressDependencies(state, e.base);
    case 'local':
    case 'global':
    case 'string':
      return NONE;
    default:
      return dependencies(state, e);
  }
}

/** The same value, with what it depends on remembered: it was told in `k.dependsOn` by what `made` does last. */
export function remembering(state: State, e: Expr, made: Code): Code {
  if (!state.tracks) return made;
  const name = state.temp('Dependencies');
  state.known.set(e, name);
  return kept(state, made, `${name} = k.dependsOn`);
}

/** A value, and then something that is done. */
export function kept(state: State, made: Code, after: string): Code {
  const value = state.temp('never');
  return code(`(${value} = ${at(made, Level.assign)}, ${after}, ${value})`);
}

/** The line, for an access, after telling what its address and the value that it writes depend on. */
export function lineAfter(state: State, line: number | string, address: string, data: string): string {
  if (!state.tracks) return String(line);
  return `k.given(${line}, ${address}, ${data})`;
}

/** A condition, with what control depends on from here. */
export function branching(state: State, e: Expr, condition: Code): Code {
  if (!state.tracks) return condition;
  const reads = dependencies(state, e);
  return isNone(reads) ? condition : code(`k.branch(${at(condition, Level.assign)}, ${reads})`);
}
