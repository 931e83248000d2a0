import { type Effect, union } from './effects.ts';
import {
  contains,
  type Expr,
  HAS_CALL,
  HAS_DEREF,
  HAS_LITERAL,
  HAS_LOCAL,
  HAS_PARAM,
  lockKey,
  type Owner,
  orNull,
} from './expr.ts';
import type { ExitStep } from './graph.ts';
import type { Put } from './lift.ts';
import type { Definition } from './scan.ts';
import type { State } from './state.ts';
import type { ExitPoint, Guard, Outcome } from './summary.ts';
import { ANY, type Facts, maskOf, NEGATIVE, POSITIVE } from './values.ts';

/** Ways out of a function that are told apart. */
const MOST_WAYS = 6;
const MOST_GUARDS = 12;
const MOST_WRITES = 12;
/** Size of `p->field` and `*p`. */
const NEAR = 3;

/** One way out: `state` is what is known there. */
export interface Exit {
  readonly step: ExitStep;
  readonly state: State;
  value: Expr | undefined;
  ret: number;
}

/** The ways out of a function under analysis, by exit and by what is held. */
export class Exits {
  private readonly exits = new Map<ExitStep, Map<string, Exit>>();

  constructor(
    private readonly definition: Definition,
    readonly owner: Owner,
  ) {}

  all(): readonly Exit[] {
    return [...this.exits.values()].flatMap(ways => [...ways.values()]);
  }

  add(state: State, step: ExitStep): void {
    const value = step.value && state.resolve(step.value);
    const ret = value ? returned(value, state) : ANY;
    let ways = this.exits.get(step);
    if (!ways) this.exits.set(step, (ways = new Map()));
    const key = state.key;
    const known = ways.get(key);
    if (!known && ways.size < MOST_WAYS) {
      ways.set(key, { step, state: state.copy(), value, ret });
      return;
    }
    const way = known ?? ways.values().next().value!;
    if (known) way.state.merge(state, step.at);
    else way.state.join(state, step.at);
    way.ret |= ret;
    if (way.value !== value) way.value = undefined;
  }

  summary(): { outcomes: Outcome[]; exits: ExitPoint[] } {
    const isMacro = this.definition.kind === 'macro';
    const outcomes = new Map<string, Outcome>();
    const exits: ExitPoint[] = [];
    for (const [step, ways] of this.exits) {
      exits.push({
        at: step.at,
        kind: step.kind,
        ways: [...ways.values()].map(w => ({ held: w.state.held, released: w.state.released, ret: w.ret })),
      });
      if (step.kind === 'noreturn') continue;
      for (const { state, value, ret } of ways.values()) {
        const next: Outcome = {
          held: state.held,
          released: state.released,
          ret,
          value,
          writes: writesOf(state, isMacro),
          guards: guardsOf(state),
        };
        // Ways that hold the same are one to a caller, but for success and failure of what hands out a lock.
        const key = state.key;
        const known = outcomes.get(key);
        outcomes.set(key, known ? either(known, next) : next);
      }
    }
    exits.sort((a, b) => a.at - b.at);
    return { outcomes: told(bounded(asHolder([...outcomes.values()]))), exits };
  }
}

/** What a value returned can be. A sum is an address, when it comes with a lock: an errno is no sum. */
function returned(value: Expr, state: State): number {
  const mask = maskOf(value, state.facts);
  return mask === ANY && value.k === 'op' && value.op === '+' && state.held.length > 0 ? NEGATIVE | POSITIVE : mask;
}

/** A part that means the same in the caller once arguments are put for parameters: no memory, no local. */
const isStable = (e: Expr): boolean => (e.has & (HAS_LOCAL | HAS_CALL | HAS_LITERAL | HAS_DEREF)) === 0;

/**
 * What a caller can use of what was stored: through a pointer of its own, or a value that it can name. That anything was
 * stored at all in other fields, `modifies` says.
 */
function writesOf(state: State, isMacro: boolean): Outcome['writes'] {
  const out: { place: Expr; value: Expr | undefined }[] = [];
  for (const [place, value] of state.outside(isMacro)) {
    if (out.length >= MOST_WRITES) break;
    if (place.size <= NEAR || value.k === 'num' || value.k === 'addr') out.push({ place, value });
  }
  return out;
}

/** What the arguments must have been for control to come here; `more`: of a callee's, in terms of this function. */
export function argumentsAt(state: State, more: readonly Guard[] = []): readonly Guard[] | undefined {
  const out = more.filter(({ expr }) => expr.has & HAS_PARAM && isStable(expr));
  state.facts.forEach((expr, mask) => {
    if (out.length < NEAR && expr.has & HAS_PARAM && isStable(expr) && !out.some(g => g.expr === expr))
      out.push({ expr, mask });
  });
  return out.length ? out : undefined;
}

/** Whether arguments can be such; `put` puts the caller's in their place. */
export const canBe = (guards: readonly Guard[] | undefined, put: Put, facts: Facts): boolean =>
  guards?.every(({ expr, mask }) => (maskOf(put.value(expr), facts) & mask) !== 0) ?? true;

/** What was so at the function's entry, on this way: of its arguments, and of memory through them. */
function guardsOf(state: State): Outcome['guards'] {
  const out: { expr: Expr; mask: number }[] = [];
  state.facts.forEach((expr, mask) => {
    if (isStable(expr)) out.push({ expr, mask });
  });
  for (const [expr, mask] of state.facts.entry) out.push({ expr, mask });
  return out.length > MOST_GUARDS ? out.slice(0, MOST_GUARDS) : out;
}

/**
 * What a lock's own members say of whether it is held, whoever lets it go knows: `if (sk->sk_lock.owned)` it is let go,
 * the other way out is nobody's who holds it. Told of locks that lockdep is told of where they are made.
 */
function asHolder(outcomes: readonly Outcome[]): readonly Outcome[] {
  let left = outcomes;
  for (const { released, guards } of outcomes)
    for (const { entry, expr } of released) {
      if (!entry.map || left.length < 2) continue;
      const state = guards.filter(g => contains(g.expr, expr.k === 'addr' ? expr.base : expr));
      const isFree = (o: Outcome) =>
        !o.released.some(r => lockKey(r.expr) === lockKey(expr)) &&
        o.guards.some(g => state.some(s => s.expr === g.expr && (s.mask & g.mask) === 0));
      const rest = left.filter(o => !isFree(o));
      if (rest.length === left.length) continue;
      left = rest.map(o => ({ ...o, guards: o.guards.filter(g => !state.some(s => s.expr === g.expr)) }));
    }
  return left;
}

/**
 * A lock that is held (or let go) on one way out and not on another is so for a caller only if it can tell the two: by the
 * value returned, or by what its arguments must have been. Otherwise it is `maybe`.
 */
function told(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.map(outcome => {
    const mark = (of: (o: Outcome) => readonly Effect[]) =>
      of(outcome).map(effect => {
        if (effect.maybe) return effect;
        const key = lockKey(effect.expr);
        const without = outcomes.filter(o => !of(o).some(h => lockKey(h.expr) === key));
        return without.every(
          o => areTold(outcome, o) || (o.value !== outcome.value && (isHandle(outcome, effect) || isHandle(o, effect))),
        )
          ? effect
          : { ...effect, maybe: true };
      });
    return { ...outcome, held: mark(o => o.held), released: mark(o => o.released) };
  });
}

/** Whether what is returned is a pointer to the lock's own object: who gets it knows by it. */
function isHandle({ value }: Outcome, { expr }: Effect): boolean {
  return value !== undefined && value.k !== 'num' && contains(expr, value.k === 'addr' ? value.base : value);
}

function areTold(a: Outcome, b: Outcome): boolean {
  if ((a.ret & b.ret) === 0) return true;
  // What it stores for its caller says it too: `*locked = false`.
  if (
    a.writes.some(w => w.place.has & HAS_PARAM && b.writes.some(v => v.place === w.place && differ(v.value, w.value)))
  )
    return true;
  return a.guards.some(g => b.guards.some(h => h.expr === g.expr && (h.mask & g.mask) === 0));
}

const differ = (a: Expr | undefined, b: Expr | undefined): boolean => a?.k === 'num' && b?.k === 'num' && a !== b;

/** Outcomes beyond the bound as one: what only some of them hold or let go is `maybe`. */
function bounded(outcomes: readonly Outcome[]): Outcome[] {
  if (outcomes.length <= MOST_WAYS) return [...outcomes];
  const rest = outcomes.slice(MOST_WAYS - 1);
  const joined = rest.reduce((a, b) => ({
    ...either(a, b),
    held: union(a.held, b.held),
    released: union(a.released, b.released),
  }));
  return [...outcomes.slice(0, MOST_WAYS - 1), joined];
}

/** Two ways out that agree on locks. */
function either(a: Outcome, b: Outcome): Outcome {
  const theirs = new Map(b.writes.map(w => [w.place, w.value]));
  const writes = a.writes.map(w => {
    const other = theirs.get(w.place);
    theirs.delete(w.place);
    return other && other === w.value ? w : { place: w.place, value: undefined };
  });
  for (const place of theirs.keys()) writes.push({ place, value: undefined });
  const guards = a.guards.flatMap(g => {
    const other = b.guards.find(h => h.expr === g.expr);
    return other && (other.mask | g.mask) !== ANY ? [{ expr: g.expr, mask: other.mask | g.mask }] : [];
  });
  return {
    held: a.held,
    released: a.released,
    ret: a.ret | b.ret,
    value: a.value === b.value ? a.value : orNull(a.value, b.value),
    writes,
    guards,
  };
}
