import type { Effect } from './effects.ts';
import {
  accessor,
  addr,
  call,
  deref,
  type Expr,
  field,
  HAS_CALL,
  HAS_LOCAL,
  HAS_PARAM,
  index,
  isNamed,
  lockKey,
  type Owner,
  op,
  ownName,
  rewrite,
  somePart,
} from './expr.ts';
import type { Graph } from './graph.ts';
import type { State } from './state.ts';
import type { Summary } from './summary.ts';

/** Size up to which the value of an accessor is put in place of the call. */
export const PLAIN = 8;

/** Puts a callee's expression into the caller's terms: as a value, and as the place it names. */
export interface Put {
  (e: Expr): Expr;
  place(e: Expr): Expr;
}

/**
 * Arguments for parameters. In a macro a parameter stands for the argument itself (it can be assigned), and a name that
 * the macro does not declare means the caller's; in a function a parameter is a copy.
 *
 * The result is resolved in `state`, the caller's state at the call.
 */
export function substitution(
  callee: Summary,
  caller: Graph,
  callerOwner: Owner,
  args: readonly Expr[],
  state: State,
): Put {
  const { owner, definition } = callee;
  const params = definition.params ?? [];
  const isMacro = definition.kind === 'macro';
  const of = (e: Expr): Expr | undefined => {
    if (e.k !== 'name') return undefined;
    if (e.scope === 'param' && e.owner === owner) return args[params.indexOf(e.name)];
    if (isMacro && e.scope === 'free') {
      const scope = caller.locals.has(e.name) ? 'local' : caller.params.has(e.name) ? 'param' : undefined;
      return scope && ownName(callerOwner, e.name, scope);
    }
    return undefined;
  };
  // Nothing of a caller's is in an expression without parameters, but for a macro's.
  const put = (e: Expr) => (isMacro ? throughout(e, of) : e.has & HAS_PARAM ? rewrite(e, of) : e);
  return Object.assign((e: Expr) => state.resolve(put(e)), { place: (e: Expr) => state.resolvePlace(put(e)) });
}

/** Like `rewrite`, but names that are places are replaced too. */
function throughout(e: Expr, of: (e: Expr) => Expr | undefined): Expr {
  switch (e.k) {
    case 'name':
      return of(e) ?? e;
    case 'field':
      return field(throughout(e.base, of), e.name);
    case 'deref':
      return deref(throughout(e.base, of));
    case 'addr':
      return addr(throughout(e.base, of));
    case 'index':
      return index(throughout(e.base, of), throughout(e.index, of));
    case 'call':
      return call(
        e.name,
        e.args.map(arg => throughout(arg, of)),
        e.owner,
        e.at,
      );
    case 'op':
      return op(e.op, ...e.args.map(arg => throughout(arg, of)));
    default:
      return e;
  }
}

/** A callee's effect as the caller's: at the call, one call further away. */
export function lift(
  effect: Effect,
  callee: string,
  at: number,
  put: (e: Expr) => Expr,
  classify: (e: Expr) => string | undefined,
): Effect {
  const expr = put(effect.expr);
  return { ...effect, expr, lockClass: effect.lockClass ?? classify(expr), via: [callee, ...effect.via], at };
}

/** Whether a local of `owner` is a part. */
export function isOf(e: Expr, owner: Owner): boolean {
  return somePart(
    e,
    part => (part.k === 'new' || (part.k === 'name' && part.scope === 'local')) && part.owner === owner,
  );
}

/**
 * What a call's value goes by: the value itself where it is short. A long way to say it the call says better,
 * `pte_lockptr(mm, pmd)`, which is the same wherever it is asked of the same arguments. Undefined: nothing that has a name.
 */
export function accessed(name: string, callee: Summary, args: readonly Expr[], value: Expr): Expr | undefined {
  if (value.has & HAS_CALL || (value.has & HAS_LOCAL && isOf(value, callee.owner))) return undefined;
  if (value.size <= PLAIN) return value;
  if (callee.definition.kind === 'macro' || !isNamed(value) || !args.length || callee.outcomes.length > 1)
    return undefined;
  const said = accessor(name, args);
  return said.size <= PLAIN ? said : undefined;
}

/** Locks of its caller's that a callee lets go. */
export const letGo = ({ requires }: Summary, put: Put): readonly Expr[] =>
  requires.filter(e => e.entry.effect === 'release').map(e => lockKey(put(e.expr)));
