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
  lockKey,
  type Owner,
  op,
  ownName,
  rewrite,
  somePart,
} from './expr.ts';
import type { Graph } from './graph.ts';
import { isNamed } from './lockPaths.ts';
import type { State } from './state.ts';
import type { Sleep, Summary } from './summary.ts';
import { gfpSleeps } from './vocabulary.ts';

/** Size up to which the value of an accessor is put in place of the call. */
export const PLAIN = 8;

/**
 * Puts a callee's expressions into the caller's terms: arguments for parameters. In a macro a parameter stands for the argument itself (it can be assigned), and a name that
 * the macro does not declare means the caller's; in a function a parameter is a copy.
 *
 * The results are resolved in `state`, the caller's state at the call.
 */
export class Put {
  private readonly isMacro: boolean;
  private of: ((e: Expr) => Expr | undefined) | undefined;

  constructor(
    private readonly callee: Summary,
    private readonly caller: Graph,
    private readonly callerOwner: Owner,
    private readonly args: readonly Expr[],
    private readonly state: State,
  ) {
    this.isMacro = callee.definition.kind === 'macro';
  }

  /** The value. */
  value(e: Expr): Expr {
    return this.state.resolve(this.put(e));
  }

  /** The place that it names. */
  place(e: Expr): Expr {
    return this.state.resolvePlace(this.put(e));
  }

  private put(e: Expr): Expr {
    // Nothing of a caller's is in an expression without parameters, but for a macro's.
    if (!this.isMacro && !(e.has & HAS_PARAM)) return e;
    this.of ??= this.given();
    return this.isMacro ? throughout(e, this.of) : rewrite(e, this.of);
  }

  private given(): (e: Expr) => Expr | undefined {
    const { isMacro, caller, callerOwner, args } = this;
    const { owner, definition } = this.callee;
    const params = definition.params ?? [];
    return e => {
      if (e.k !== 'name') return undefined;
      if (e.scope === 'param' && e.owner === owner) return args[params.indexOf(e.name)];
      if (isMacro && e.scope === 'free') {
        const scope = caller.locals.has(e.name) ? 'local' : caller.params.has(e.name) ? 'param' : undefined;
        return scope && ownName(callerOwner, e.name, scope);
      }
      return undefined;
    };
  }
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

/** A callee's effect as the caller's: at the call, one call further away, on what the caller calls `expr`. */
export function lift(
  effect: Effect,
  callee: string,
  at: number,
  expr: Expr,
  classify: (e: Expr) => string | undefined,
): Effect {
  return {
    expr,
    lockClass: effect.lockClass ?? classify(expr),
    mode: effect.mode,
    primitive: effect.primitive,
    entry: effect.entry,
    via: [callee, ...effect.via],
    at,
    origin: effect.origin,
    maybe: effect.maybe,
  };
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
  requires.filter(e => e.entry.effect === 'release').map(e => lockKey(put.value(e.expr)));

/** A callee's sleep as the caller's, who has `dropped` these locks; undefined: with the gfp mask given here it does not. */
export function sleepHere(
  sleep: Sleep,
  put: Put,
  dropped: readonly Expr[],
  up: (effect: Effect) => Effect,
): Sleep | undefined {
  const gfp = sleep.gfp && put.value(sleep.gfp);
  const verdict = gfp ? gfpSleeps(gfp) : 'yes';
  if (verdict === 'no') return undefined;
  return {
    effect: up(sleep.effect),
    gfp: verdict === 'yes' ? undefined : gfp,
    dropped: [...dropped, ...sleep.dropped.map(e => put.value(e))],
    guards: sleep.guards?.map(({ expr, mask }) => ({ expr: put.value(expr), mask })),
  };
}
