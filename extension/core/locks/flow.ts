import type { LockMode } from '../report/documents.ts';
import type { Position } from '../text/source.ts';
import { type Expr, keyOf, parts, rewrite, sizeOf } from './expr.ts';
import type { Block, Graph, Step } from './graph.ts';
import { lift, type Put, substitution } from './lift.ts';
import type { Definition } from './scan.ts';
import { type Effect, isNamed, isNowhere, lockKey, pointersOf, State, union } from './state.ts';
import { type ExitPoint, type Outcome, ownerOf, type Sleep, type Summary } from './summary.ts';
import { ANY, assume, maskOf, NEGATIVE, POSITIVE, restrict, ZERO } from './values.ts';
import { gfpArgument, gfpSleeps, isGfpName, lockArgument, type VocabularyEntry, vocabularyOf } from './vocabulary.ts';

/** What the flow analysis of one function asks of the rest of the tree. All of it is at hand before it starts. */
export interface FlowContext {
  /** Summaries of what `name` may be (several when #if variants are open); undefined: cannot be followed. */
  callees(name: string): readonly Summary[] | undefined;
  /** Functions that are stored in fields of this name. */
  throughField(name: string): readonly Summary[] | undefined;
  /** The value of an object-like macro. */
  constant(name: string): Expr | undefined;
  position(at: number): Position;
}

/** Held set before one step. `ways`: one for each combination that can be held there. */
export interface Point {
  readonly at: number;
  readonly ways: readonly (readonly Effect[])[];
}

const MOST_STATES = 8;
/** Ways out of a function that are told apart. */
const MOST_WAYS = 6;
/** Size up to which the value of an accessor is put in place of the call. */
const PLAIN = 8;
const MOST_VISITS = 40;
/** Steps of one function's analysis before it is cut short, and says so in `unknown`. */
const MOST_STEPS = 4000;

/**
 * Runs a function's graph over held sets until nothing changes.
 *
 * States are merged where they hold the same locks and kept apart, with the conditions that led there, where they do not
 * (as in ESP: Das, Lerner, Seigle, PLDI 2002), so that `if (c) lock(); … if (c) unlock();` comes out exactly.
 */
export class Flow {
  private readonly owner: string;
  private readonly states = new Map<Block, Map<string, State>>();
  private readonly takes = new Map<string, Effect>();
  private readonly requires = new Map<string, Effect>();
  private readonly sleeps = new Map<string, Sleep>();
  private readonly primitives = new Set<string>();
  private readonly unknown = new Set<string>();
  private readonly exits = new Map<Step, Map<string, { state: State; value: Expr | undefined; ret: number }>>();

  constructor(
    private readonly definition: Definition,
    private readonly graph: Graph,
    private readonly context: FlowContext,
  ) {
    this.owner = ownerOf(definition);
  }

  run(): Summary {
    this.arrive(this.graph.entry, new State());
    const visits = new Map<Block, number>();
    while (this.pending.size) {
      let block: Block | undefined;
      for (const b of this.pending) if (!block || b.id < block.id) block = b;
      this.pending.delete(block!);
      const count = (visits.get(block!) ?? 0) + 1;
      visits.set(block!, count);
      if (count > MOST_VISITS || this.steps > MOST_STEPS) {
        this.unknown.add(`${this.definition.name}: too many paths`);
        continue;
      }
      this.visit(block!);
    }
    return this.summary();
  }

  private readonly pending = new Set<Block>();

  /** The held sets before every step, once `run` is done. */
  points(): Point[] {
    const at = new Map<number, (readonly Effect[])[]>();
    for (const [block, states] of this.states) {
      let current = [...states.values()].map(state => state.copy());
      for (const step of block.steps) {
        const list = at.get(step.at) ?? [];
        for (const state of current) list.push(state.held);
        at.set(step.at, list);
        current = current.flatMap(state => this.step(state, step));
      }
    }
    return [...at].map(([offset, ways]) => ({ at: offset, ways })).sort((a, b) => a.at - b.at);
  }

  private arrive(block: Block, state: State): void {
    let states = this.states.get(block);
    if (!states) this.states.set(block, (states = new Map()));
    const key = state.key;
    const known = states.get(key);
    if (known) {
      if (known.merge(state, -1 - block.id)) this.pending.add(block);
      return;
    }
    if (states.size >= MOST_STATES) {
      const [first, target] = [...states][0]!;
      if (target.join(state, -1 - block.id)) {
        states.delete(first);
        states.set(target.key, target);
        this.pending.add(block);
      }
      return;
    }
    states.set(key, state.copy());
    this.pending.add(block);
  }

  private visit(block: Block): void {
    let current = [...(this.states.get(block)?.values() ?? [])].map(state => state.copy());
    for (const step of block.steps) {
      current = current.flatMap(state => this.step(state, step));
      if (current.length > 1) current = compact(current, step.at);
    }
    for (const state of current) {
      for (const edge of block.next) {
        const next = state.copy();
        if (edge.when && !assume(next.resolve(edge.when), edge.is ?? true, next.facts)) continue;
        this.arrive(edge.to, next);
      }
    }
  }

  private steps = 0;

  private step(state: State, step: Step): State[] {
    this.steps++;
    switch (step.op) {
      case 'set':
        state.set(step.place, step.value, step.at);
        return [state];
      case 'exit':
        this.exit(state, step);
        return [];
      case 'call':
        return this.call(state, step);
    }
  }

  private exit(state: State, step: Step & { op: 'exit' }): void {
    const value = step.value && state.resolve(step.value);
    const ret = value ? maskOf(value, state.facts) : ANY;
    let ways = this.exits.get(step);
    if (!ways) this.exits.set(step, (ways = new Map()));
    const key = state.key;
    const known = ways.get(key);
    if (!known && ways.size < MOST_WAYS) ways.set(key, { state: state.copy(), value, ret });
    else if (!known) {
      const way = [...ways.values()][0]!;
      way.state.join(state, step.at);
      way.ret |= ret;
      if (way.value && (!value || keyOf(way.value) !== keyOf(value))) way.value = undefined;
    } else {
      known.state.merge(state, step.at);
      known.ret |= ret;
      if (known.value && (!value || keyOf(known.value) !== keyOf(value))) known.value = undefined;
    }
  }

  private call(state: State, step: Step & { op: 'call' }): State[] {
    const args = step.args.map(arg => state.resolve(arg));
    let name = step.name;
    let summaries: readonly Summary[] | undefined;
    if (step.through) {
      const target = state.resolve(step.through);
      const pointer = target.k === 'addr' ? target.base : target;
      if (pointer.k === 'name' && pointer.scope === 'free') {
        name = pointer.name;
        summaries = this.context.callees(name);
      } else if (pointer.k === 'field') summaries = this.context.throughField(pointer.name);
      if (!summaries) return this.unfollowed(state, step, args, shown(step.through));
    } else {
      const entry = vocabularyOf(name);
      if (entry) return this.known(state, step, name, entry, args);
      summaries = this.context.callees(name);
      if (!summaries) return this.unfollowed(state, step, args, name);
    }
    return summaries.flatMap(summary => this.follow(state.copy(), step, name, summary, args));
  }

  /** Binds the call's value: a new one, of which nothing is known. */
  private result(state: State, step: Step & { op: 'call' }, name: string, args: readonly Expr[]): Expr {
    const value: Expr = { k: 'call', name, args, owner: `${this.owner}:${step.at}` };
    const key = keyOf(value);
    state.forget(part => keyOf(part) === key);
    state.bind(step.temp, value, step.at);
    return value;
  }

  private unfollowed(state: State, step: Step & { op: 'call' }, args: readonly Expr[], name: string): State[] {
    this.unknown.add(name);
    state.clobber(args);
    this.result(state, step, name, args);
    return [state];
  }

  private effect(step: Step, expr: Expr, mode: LockMode, primitive: string, atomic: boolean): Effect {
    return {
      expr,
      mode,
      primitive,
      via: [],
      at: step.at,
      origin: this.context.position(step.at),
      atomic,
      maybe: false,
    };
  }

  private known(
    state: State,
    step: Step & { op: 'call' },
    name: string,
    entry: VocabularyEntry,
    args: readonly Expr[],
  ): State[] {
    const value = this.result(state, step, name, args);
    if (entry.effect === 'quiet' || entry.effect === 'value' || entry.effect === 'error') return [state];
    this.primitives.add(name);
    const lock = lockArgument(entry, args);
    const effect = this.effect(
      step,
      lock ?? { k: 'op', op: 'literal', args: [] },
      entry.mode ?? 'write',
      name,
      entry.atomic ?? false,
    );
    if (entry.sleeps || entry.effect === 'sleep') this.sleep({ effect, gfp: undefined });
    if (entry.effect === 'alloc') this.allocation(effect, args);
    if (!lock) return [state];
    switch (entry.effect) {
      case 'acquire': {
        const failed = entry.when ? state.copy() : undefined;
        if (entry.when && !restrict(value, entry.when === 'zero' ? ZERO : NEGATIVE | POSITIVE, state.facts))
          return [failed!];
        this.acquire(state, effect);
        if (!failed) return [state];
        // What sleeps fails with an errno; down_trylock fails with 1.
        const failure = entry.sleeps ? NEGATIVE : NEGATIVE | POSITIVE;
        restrict(value, entry.when === 'zero' ? failure : ZERO, failed.facts);
        return [state, failed];
      }
      case 'release':
        this.release(state, effect);
        return [state];
      case 'downgrade':
        this.release(state, { ...effect, mode: 'write' });
        this.acquire(state, { ...effect, mode: 'read' });
        return [state];
      case 'assert':
        this.require(state, effect, entry.mode);
        return [state];
      default:
        return [state];
    }
  }

  private allocation(effect: Effect, args: readonly Expr[]): void {
    const expanded = args.map(arg =>
      rewrite(arg, part =>
        part.k === 'name' && part.scope === 'free' && isGfpName(part.name)
          ? this.context.constant(part.name)
          : undefined,
      ),
    );
    const gfp = gfpArgument(expanded);
    if (!gfp) {
      this.sleep({ effect, gfp: undefined });
      return;
    }
    const verdict = gfpSleeps(gfp);
    if (verdict !== 'no') this.sleep({ effect, gfp: verdict === 'yes' ? undefined : gfp });
  }

  private sleep(sleep: Sleep): void {
    const key = `${sleep.effect.primitive}@${sleep.effect.at}`;
    const known = this.sleeps.get(key);
    if (!known || (known.gfp && !sleep.gfp)) this.sleeps.set(key, sleep);
  }

  private acquire(state: State, effect: Effect): void {
    const before = state.released.length;
    for (const pointer of pointersOf(effect.expr)) restrict(pointer, NEGATIVE | POSITIVE, state.facts);
    state.acquire(effect);
    if (state.released.length !== before) this.take(effect);
  }

  private take(effect: Effect): void {
    if (isNowhere(effect.expr)) return;
    const key = `${lockKey(effect.expr)}:${effect.mode}@${effect.at}`;
    if (!this.takes.has(key)) this.takes.set(key, effect);
  }

  private release(state: State, effect: Effect): void {
    const held = state.find(effect.expr, effect.mode);
    if (held) {
      state.drop(held);
      this.take(held);
      return;
    }
    this.require(state, effect, effect.mode);
    state.release(effect);
  }

  private require(state: State, effect: Effect, mode: LockMode | undefined): void {
    if (isNowhere(effect.expr)) return;
    const held = state.find(effect.expr, mode);
    if (held && (mode !== 'write' || held.mode === 'write')) return;
    const key = `${lockKey(effect.expr)}:${mode}`;
    // An assert that does not say how is met by a shared hold.
    if (!this.requires.has(key)) this.requires.set(key, { ...effect, mode: mode ?? 'read' });
  }

  private follow(
    state: State,
    step: Step & { op: 'call' },
    name: string,
    callee: Summary,
    args: readonly Expr[],
  ): State[] {
    const given = callee.definition.kind === 'macro' ? step.args : args;
    const put: Put = substitution(callee.definition, this.graph, this.owner, given, state);
    const up = (effect: Effect) => lift(effect, name, step.at, put);
    for (const primitive of callee.primitives) this.primitives.add(primitive);
    for (const unknown of callee.unknown) this.unknown.add(unknown);
    for (const sleep of callee.sleeps) {
      const gfp = sleep.gfp && put(sleep.gfp);
      const verdict = gfp ? gfpSleeps(gfp) : 'yes';
      if (verdict !== 'no') this.sleep({ effect: up(sleep.effect), gfp: verdict === 'yes' ? undefined : gfp });
    }
    // What only the callee can name, its caller cannot owe it.
    const owed = (effect: Effect) => callee.definition.kind === 'macro' || isNamed(effect.expr);
    for (const effect of callee.requires) if (owed(effect)) this.require(state, up(effect), effect.mode);
    for (const effect of callee.takes) this.take(up(effect));
    if (callee.unknown.length) state.clobber(args);
    else if (callee.primitives.length) state.forgetMemory();
    const out: State[] = [];
    for (const outcome of callee.outcomes) {
      const next = state.copy();
      if (!outcome.guards.every(guard => restrict(put(guard.expr), guard.mask, next.facts))) continue;
      const value = this.result(next, step, name, args);
      if (!restrict(value, outcome.ret, next.facts)) continue;
      if ([...outcome.held, ...outcome.released].some(effect => isNowhere(put(effect.expr)))) continue;
      // The callee's local that came out through a pointer (`*ptlp = ptl`) goes by the caller's name for it.
      const renamed = new Map<string, Expr>();
      for (const write of outcome.writes) {
        const place = put.place(write.place);
        if (place.k === 'name' && write.value?.k === 'name' && write.value.scope === 'local') {
          renamed.set(keyOf(write.value), { ...place, scope: 'local', owner: `${this.owner}!${step.at}` });
        }
      }
      const here = (e: Expr) => put(renamed.size ? rewrite(e, part => renamed.get(keyOf(part))) : e);
      for (const effect of outcome.released) {
        const here = next.find(put(effect.expr), effect.mode);
        if (here || (owed(effect) && !effect.maybe)) this.release(next, up(effect));
      }
      // What the callee holds only perhaps is its own to show; a caller built on it would be told things that are not so.
      for (const effect of outcome.held) if (!effect.maybe) this.acquire(next, lift(effect, name, step.at, here));
      for (const write of outcome.writes) {
        const place = put.place(write.place);
        next.bind(
          place,
          write.value
            ? put(write.value)
            : { k: 'name', name: shown(place), scope: 'local', owner: `${this.owner}!${step.at}` },
          step.at,
        );
      }
      // A long way to say it: the call itself says it better, `pte_lockptr(mm, pmd)`.
      const returned = outcome.value && here(outcome.value);
      if (returned && sizeOf(returned) <= PLAIN && ![...parts(returned)].some(part => part.k === 'call'))
        next.bind(step.temp, returned, step.at);
      out.push(next);
    }
    return out;
  }

  private summary(): Summary {
    const isMacro = this.definition.kind === 'macro';
    const outcomes = new Map<string, Outcome>();
    const exits: ExitPoint[] = [];
    for (const [step, ways] of this.exits) {
      if (step.op !== 'exit') continue;
      exits.push({
        at: step.at,
        kind: step.kind,
        ways: [...ways.values()].map(w => ({ held: w.state.held, released: w.state.released })),
      });
      if (step.kind === 'noreturn') continue;
      for (const [key, { state, value, ret }] of ways) {
        const writes = [...state.outside(this.owner, isMacro)].map(w => ({
          place: w.place,
          value: w.value,
        }));
        const guards = [...state.facts.values()].filter(f => [...parts(f.expr)].every(p => stable(p, this.owner)));
        const next: Outcome = {
          held: state.held,
          released: state.released,
          ret,
          value,
          writes,
          guards,
        };
        const known = outcomes.get(key);
        outcomes.set(key, known ? either(known, next) : next);
      }
    }
    return {
      definition: this.definition,
      outcomes: bounded([...outcomes.values()]),
      takes: [...this.takes.values()],
      requires: [...this.requires.values()],
      sleeps: [...this.sleeps.values()],
      primitives: [...this.primitives],
      unknown: [...this.unknown],
      exits: exits.sort((a, b) => a.at - b.at),
    };
  }
}

/** Merges states that agree on locks; beyond the bound, also such as do not. */
function compact(states: readonly State[], at: number): State[] {
  const out = new Map<string, State>();
  for (const state of states) {
    const key = state.key;
    const known = out.get(key);
    if (known) known.merge(state, at);
    else if (out.size < MOST_STATES) out.set(key, state);
    else [...out.values()][0]!.join(state, at);
  }
  return [...out.values()];
}

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

/** A part that means the same in the caller once arguments are put for parameters: no memory, no local. */
function stable(p: Expr, owner: string): boolean {
  switch (p.k) {
    case 'name':
      return p.scope === 'free' || (p.scope === 'param' && p.owner === owner);
    case 'num':
    case 'op':
    case 'addr':
      return true;
    default:
      return false;
  }
}

/** Two ways out that agree on locks. */
function either(a: Outcome, b: Outcome): Outcome {
  const theirs = new Map(b.writes.map(w => [keyOf(w.place), w]));
  const writes = a.writes.map(w => {
    const other = theirs.get(keyOf(w.place));
    theirs.delete(keyOf(w.place));
    return other?.value && w.value && keyOf(other.value) === keyOf(w.value) ? w : { place: w.place, value: undefined };
  });
  for (const w of theirs.values()) writes.push({ place: w.place, value: undefined });
  const guards = a.guards.flatMap(g => {
    const other = b.guards.find(h => keyOf(h.expr) === keyOf(g.expr));
    return other && (other.mask | g.mask) !== ANY ? [{ expr: g.expr, mask: other.mask | g.mask }] : [];
  });
  const same = a.value && b.value && keyOf(a.value) === keyOf(b.value);
  return { held: a.held, released: a.released, ret: a.ret | b.ret, value: same ? a.value : undefined, writes, guards };
}

/** A called expression as the source has it. */
function shown(e: Expr): string {
  if (e.k === 'field') return e.base.k === 'deref' ? `${shown(e.base.base)}->${e.name}` : `${shown(e.base)}.${e.name}`;
  if (e.k === 'name') return e.name;
  if (e.k === 'deref') return `*${shown(e.base)}`;
  if (e.k === 'index') return `${shown(e.base)}[…]`;
  if (e.k === 'call') return `${e.name}()`;
  return '(expression)';
}
