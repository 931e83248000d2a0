import type { LockMode } from '../report/documents.ts';
import { classOf, maskParameter, paramTypes, type TypeOf } from './classes.ts';
import { Collected } from './collected.ts';
import { compact } from './compact.ts';
import { type Effect, isFarContext, keptOff } from './effects.ts';
import { accessor, call, type Expr, fresh, HAS_LOCAL, lockKey, type Owner, op, rewrite } from './expr.ts';
import { type Arrived, type FlowContext, spelledOut } from './flowContext.ts';
import { type Block, type CallStep, type ExitStep, type Graph, isRead, type Step } from './graph.ts';
import { accessed, isOf, letGo, lift, PLAIN, Put, sleepHere } from './lift.ts';
import { canOwe, isNamed, isNowhere, pointersOf } from './lockPaths.ts';
import type { Observer } from './observer.ts';
import { argumentsAt, canBe, type Exit, Exits } from './outcomes.ts';
import { shown } from './render.ts';
import { type Definition, saysAcquires } from './scan.ts';
import { MOST_STATES, State } from './state.ts';
import { does, type Outcome, type Sleep, type Summary } from './summary.ts';
import { maskOf, NEGATIVE, POSITIVE, restrict, ZERO } from './values.ts';
import {
  gfpArgument,
  gfpAskedFor,
  gfpSleeps,
  lockArgument,
  meant,
  type VocabularyEntry,
  vocabularyOf,
} from './vocabulary.ts';

/** Of one block, and steps of all, before the analysis is cut short, and says so in `unknown`. */
const MOST_VISITS = 40;
const MOST_STEPS = 6000;
/**
 * Runs a function's graph over held sets until nothing changes.
 *
 * States are merged where they hold the same locks and kept apart, with the conditions that led there, where they do not
 * (as in ESP: Das, Lerner, Seigle, PLDI 2002), so that `if (c) lock(); … if (c) unlock();` comes out exactly.
 */
export class Flow {
  private readonly states: (Map<string, Arrived> | undefined)[];
  private readonly found = new Collected();
  private readonly exits: Exits;
  private readonly classify: (e: Expr) => string | undefined;
  /** Calls of which has been told what happens within, by what is held there. */
  private readonly told = new Set<string>();
  private readonly pending: Uint8Array;
  private first = 0;
  private steps = 0;
  private observer: Observer | undefined;
  /** Nothing in it, or in what it calls, has to do with a lock: observing it would tell nothing. */
  isIdle = true;

  constructor(
    private readonly definition: Definition,
    private readonly owner: Owner,
    readonly graph: Graph,
    private readonly context: FlowContext,
  ) {
    this.states = new Array(graph.blocks.length);
    this.pending = new Uint8Array(graph.blocks.length);
    this.exits = new Exits(definition, owner);
    const types: TypeOf = (name, scope) =>
      scope === 'param' ? paramTypes(definition).get(name) : graph.locals.get(name);
    this.classify = e => classOf(e, types);
  }

  run(): Summary {
    const { blocks, entry } = this.graph;
    const visits = new Uint16Array(blocks.length);
    this.arrive(entry, new State(this.owner));
    for (this.first = 0; this.first < blocks.length; ) {
      const id = this.first++;
      if (!this.pending[id]) continue;
      this.pending[id] = 0;
      if (++visits[id]! > MOST_VISITS || this.steps > MOST_STEPS) {
        this.found.unknown.add(`${this.definition.name}: too many paths`);
        continue;
      }
      this.visit(blocks[id]!);
    }
    return this.summary();
  }

  /** Tells of every step, once `run` is done. */
  observe(observer: Observer): void {
    this.observer = observer;
    for (const block of this.graph.blocks) {
      const states = this.states[block.id];
      if (!states) continue;
      let current = [...states.values()].map(arrived => arrived.state.copy());
      for (const step of block.steps) {
        const next: State[] = [];
        for (const state of current) {
          observer.step?.(state, step);
          next.push(...this.step(state, step));
        }
        current = next.length > MOST_STATES ? compact(next, step.at) : next;
      }
    }
    this.observer = undefined;
  }

  /** The states in which control comes to the ways out, once `run` is done. */
  ways(): readonly Exit[] {
    return this.exits.all();
  }

  private mark(block: Block): void {
    this.pending[block.id] = 1;
    if (block.id < this.first) this.first = block.id;
  }

  /** `state` is the block's from here on. */
  private arrive(block: Block, state: State): void {
    let states = this.states[block.id];
    if (!states) this.states[block.id] = states = new Map();
    const key = state.key;
    const known = states.get(key);
    if (states.size > (known ? 1 : 0))
      for (const other of states.values()) if (other !== known) other.state.tellApart(state);
    if (known) {
      if (!known.state.merge(state, -1 - block.id)) return;
      known.dirty = true;
    } else if (states.size >= MOST_STATES) {
      const [first, target] = states.entries().next().value!;
      if (!target.state.join(state, -1 - block.id)) return;
      states.delete(first);
      target.dirty = true;
      states.set(target.state.key, target);
    } else states.set(key, { state, dirty: true });
    this.mark(block);
  }

  private visit(block: Block): void {
    let current: State[] = [];
    for (const arrived of this.states[block.id]!.values()) {
      if (!arrived.dirty) continue;
      arrived.dirty = false;
      current.push(arrived.state.copy());
    }
    for (const step of block.steps) {
      if (current.length === 1) current = this.step(current[0]!, step);
      else {
        const next: State[] = [];
        for (const state of current) next.push(...this.step(state, step));
        current = next;
      }
      if (current.length > 1) current = compact(current, step.at);
    }
    const { next } = block;
    for (const state of current) {
      for (let i = 0; i < next.length; i++) {
        const edge = next[i]!;
        const to = i < next.length - 1 ? state.copy() : state;
        if (edge.when && !to.assume(edge.when, edge.is ?? true)) continue;
        for (const local of block.dead) to.unbind(local);
        this.arrive(edge.to, to);
      }
    }
  }

  private step(state: State, step: Step): State[] {
    this.steps++;
    switch (step.op) {
      case 'set':
        this.set(state, step.place, step.value, step.at);
        return [state];
      case 'exit':
        this.exits.add(state, step as ExitStep);
        return [];
      case 'call':
        return this.call(state, step);
    }
  }

  private set(state: State, place: Expr, value: Expr | undefined, at: number): void {
    state.set(place, value, at);
    if (place.k !== 'name') this.found.modified(place);
  }

  private call(state: State, step: CallStep): State[] {
    const args = step.args.map(arg => state.resolve(arg));
    let name = step.name;
    if (state.held.length && step.args.some(arg => this.context.isFunction(arg))) state.doubt = true;
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
      if (entry && !entry.fallback) return this.known(state, step, name, entry, args);
      summaries = this.context.callees(name);
      if (entry && !summaries?.some(s => does(s, entry.effect))) return this.known(state, step, name, entry, args);
      if (!summaries) return this.unfollowed(state, step, args, name);
    }
    this.observer?.callee?.(step, summaries);
    if (summaries.length === 1) return this.follow(state, step, name, summaries[0]!, args);
    return summaries.flatMap(summary => this.follow(state.copy(), step, name, summary, args));
  }

  /** Binds the call's value: a new one, of which nothing is known. */
  private result(state: State, step: CallStep, name: string, args: readonly Expr[]): Expr {
    const value = call(name, args, this.owner, step.at);
    state.again(value);
    state.bind(step.temp, value);
    return value;
  }

  private unfollowed(state: State, step: CallStep, args: readonly Expr[], name: string): State[] {
    this.found.unfollowed(name);
    state.clobber(args);
    this.result(state, step, name, args);
    return [state];
  }

  private known(state: State, step: CallStep, name: string, entry: VocabularyEntry, args: readonly Expr[]): State[] {
    const value = this.result(state, step, name, args);
    if (entry.reads) state.bind(step.temp, accessor(name, args));
    if (entry.effect === 'quiet' || entry.effect === 'error') return [state];
    if (entry.effect === 'refutes') return args[0] && !restrict(args[0], ZERO, state.facts) ? [] : [state];
    const lock = lockArgument(entry, args);
    if (entry.map && !lock) return [state];
    this.found.primitive(name);
    const effect: Effect = {
      expr: lock ?? op('literal'),
      // By the expression as it stands: its names have declared types.
      lockClass: lock && (this.classify(lockArgument(entry, step.args) ?? lock) ?? this.classify(lock)),
      mode: entry.mode ?? 'write',
      primitive: name,
      entry: meant(entry, args),
      via: [],
      at: step.at,
      origin: { source: this.definition.source, at: step.at },
      maybe: false,
    };
    this.found.need(state.held, effect);
    const condition = entry.if === undefined ? undefined : args[entry.if];
    const asked = condition && gfpAskedFor(condition);
    if (asked) this.allocation(state, effect, [], asked);
    else if (entry.sleeps || entry.effect === 'sleep')
      if (!condition || maskOf(condition, state.facts) & ~ZERO)
        // What a condition decides that is not known here, a caller's arguments may.
        this.sleep(state, {
          effect,
          gfp: condition && maskOf(condition, state.facts) & ZERO ? condition : undefined,
          dropped: state.dropped,
        });
    if (entry.effect === 'alloc') this.allocation(state, effect, args);
    if (entry.effect === 'sleep') state.forgetMemory();
    if (!lock) return [state];
    switch (entry.effect) {
      case 'sleep':
        // It lets the lock go meanwhile, and takes it again.
        this.require(state, effect, entry.mode);
        this.found.take(effect);
        return [state];
      case 'acquire': {
        this.observer?.acquire?.(state, effect, entry.when !== undefined);
        // Who does not ask whether it was taken knows that it was: it waits for ever.
        const failed = entry.when && isRead(this.graph, step.temp) ? state.copy() : undefined;
        if (entry.when && !restrict(value, entry.when === 'zero' ? ZERO : NEGATIVE | POSITIVE, state.facts))
          return [failed ?? state];
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
      case 'value':
        this.require(state, effect, entry.mode);
        return [state];
      default:
        return [state];
    }
  }

  private allocation(state: State, effect: Effect, args: readonly Expr[], mask?: Expr): void {
    const gfp = mask
      ? spelledOut(mask, this.context)
      : (gfpArgument(args.map(arg => spelledOut(arg, this.context))) ?? maskParameter(args, this.definition));
    const dropped = state.dropped;
    if (!gfp) {
      this.sleep(state, { effect, gfp: undefined, dropped });
      return;
    }
    const verdict = gfpSleeps(gfp);
    if (verdict !== 'no') this.sleep(state, { effect, gfp: verdict === 'yes' ? undefined : gfp, dropped });
  }

  private sleep(state: State, sleep: Sleep): void {
    this.observer?.sleep?.(state, sleep);
    // User memory where faults are off here: it fails at once, whoever calls.
    if (sleep.effect.entry.faults && state.held.some(h => h.entry.lock === 'pagefault')) return;
    this.found.sleep({ ...sleep, guards: argumentsAt(state, sleep.guards) });
  }

  private acquire(state: State, effect: Effect, except: readonly Expr[] = []): void {
    this.isIdle = false;
    const owned = effect.entry.map ? state.find(effect.expr, effect.mode, effect.lockClass) : undefined;
    if (owned && !owned.entry.map) return;
    if (effect.expr.k !== 'addr') restrict(effect.expr, NEGATIVE | POSITIVE, state.facts);
    for (const pointer of pointersOf(effect.expr)) restrict(pointer, NEGATIVE | POSITIVE, state.facts);
    this.found.order(except.length ? state.held.filter(h => !except.includes(lockKey(h.expr))) : state.held, effect);
    const before = state.released.length;
    state.acquire(effect);
    if (state.released.length !== before) this.found.take(effect);
  }

  private release(state: State, effect: Effect): void {
    this.isIdle = false;
    const held = state.find(effect.expr, effect.mode, effect.lockClass) ?? state.context(effect);
    // Of a lock that primitives take, lockdep is told who owns it: it stays held, and who had told of it did not take it.
    if (held && effect.entry.map && !held.entry.map) return;
    if (held?.entry.map && !effect.entry.map) {
      state.forgetHeld(held);
      this.release(state, effect);
      return;
    }
    this.observer?.release?.(state, effect, held);
    if (held) {
      state.drop(held, keptOff(effect.entry, held, state.held));
      this.found.take(held);
      // `local_bh_disable(); spin_lock(l); … spin_unlock_bh(l);`: what the lock did not turn off was off before.
      for (const off of state.turnedOff(effect.entry, held.entry)) state.drop(off);
      return;
    }
    // Nobody else can hold what is named after a local of this function.
    if (effect.expr.k === 'num' || effect.expr.has & HAS_LOCAL) return;
    this.require(state, effect, effect.mode);
    state.release(effect);
  }

  private require(state: State, effect: Effect, mode: LockMode | undefined): void {
    if (isNowhere(effect.expr)) return;
    this.isIdle = false;
    this.observer?.require?.(state, effect, mode);
    const held = state.find(effect.expr, mode, effect.lockClass) ?? state.context(effect);
    if (held && (mode !== 'write' || held.mode === 'write')) return;
    // An assert that does not say how is met by a shared hold.
    this.found.require({ ...effect, mode: mode ?? 'read' });
  }

  private follow(state: State, step: CallStep, name: string, callee: Summary, args: readonly Expr[]): State[] {
    const given = callee.definition.kind === 'macro' ? step.args : args;
    if (callee.plain) {
      const [outcome] = callee.outcomes;
      const value = this.result(state, step, name, args);
      if (outcome!.ret !== 7 && !restrict(value, outcome!.ret, state.facts)) return [];
      const returned = outcome!.value;
      if (returned && returned.size <= PLAIN * 2) {
        const here = new Put(callee, this.graph, this.owner, given, state).value(returned);
        const said = accessed(name, callee, args, here);
        if (said) state.bind(step.temp, said);
      }
      return [state];
    }
    const put = new Put(callee, this.graph, this.owner, given, state);
    const up = (effect: Effect) => lift(effect, name, step.at, put.value(effect.expr), this.classify);
    this.found.callee(callee);
    // What only the callee can name, its caller cannot owe it.
    const owed = (effect: Effect) =>
      callee.definition.kind === 'macro' || (canOwe(effect.expr) && !isFarContext(effect));
    for (const effect of callee.requires) if (owed(effect)) this.require(state, up(effect), effect.mode);
    for (const effect of callee.needs) this.found.need(state.held, up(effect));
    const once = `${step.at} ${callee.owner.id} ${state.key}`;
    if (this.observer || !this.told.has(once)) {
      if (this.within(state, step.at, callee, put, up)) this.told.add(once);
    }
    if (callee.unknown.length) state.clobber(args);
    if (callee.modifies) state.forgetFields(callee.modifies);
    else state.forgetMemory();
    const out: State[] = [];
    for (const outcome of callee.outcomes) {
      const next = callee.outcomes.length === 1 ? state : state.copy();
      if (this.outcome(next, step, name, callee, args, outcome, put, up, owed)) out.push(next);
    }
    return out.length > 1 ? compact(out, step.at) : out;
  }

  /** What happens within a callee: sleeping, and locks that are let go again; false when it may do more in other states. */
  private within(state: State, at: number, callee: Summary, put: Put, up: (effect: Effect) => Effect): boolean {
    let isAll = true;
    for (const sleep of callee.sleeps) {
      if (!canBe(sleep.guards, put, state.facts)) {
        isAll = false;
        continue;
      }
      const here = sleepHere(sleep, put, state.dropped, up);
      if (here) this.sleep(state, here);
    }
    if (callee.takes.length) this.isIdle = false;
    // What is taken anew, after the callee has let go what its caller held, is not taken under that.
    const isUnder = !callee.requires.some(e => e.entry.effect === 'release');
    const isTold = isUnder && (this.observer?.acquire !== undefined || state.held.length > 0);
    for (const effect of callee.takes) {
      const { mode, via } = effect;
      if (!isTold && this.found.knowsTake(put.value(effect.expr), mode, at, via.length + 1)) continue;
      const lifted = up(effect);
      if (isTold) {
        this.observer?.acquire?.(state, lifted, false, true);
        this.found.order(state.held, lifted);
      }
      this.found.take(lifted);
    }
    return isAll;
  }

  /** Applies one way in which a callee can leave; false when it cannot be this one here. */
  private outcome(
    next: State,
    step: CallStep,
    name: string,
    callee: Summary,
    args: readonly Expr[],
    outcome: Outcome,
    put: Put,
    up: (effect: Effect) => Effect,
    owed: (effect: Effect) => boolean,
  ): boolean {
    for (const { expr, mask } of outcome.guards) {
      const here = put.value(expr);
      if (!restrict(here, mask, next.facts)) return false;
      if (callee.outcomes.length > 1) next.pin(here);
    }
    const value = this.result(next, step, name, args);
    if (!restrict(value, outcome.ret, next.facts)) return false;
    for (const effect of outcome.held) if (isNowhere(put.value(effect.expr))) return false;
    for (const effect of outcome.released) if (isNowhere(put.value(effect.expr))) return false;
    // The callee's local that came out through a pointer (`*ptlp = ptl`) goes by the caller's name for it.
    let renamed: Map<Expr, Expr> | undefined;
    const rename = (from: Expr, to: Expr) => (renamed ??= new Map()).set(from, to);
    const places = outcome.writes.map(write => put.place(write.place));
    outcome.writes.forEach(({ value: stored }, i) => {
      const place = places[i]!;
      if (place.k === 'name' && stored && !isNamed(stored) && stored.k !== 'num')
        rename(stored, fresh(place, this.owner, step.at));
    });
    // What it returns goes by the call: `folio = filemap_get_folio()`.
    if (outcome.value && outcome.value.k !== 'num' && !canOwe(outcome.value)) rename(outcome.value, value);
    const here = (e: Expr) => put.value(renamed ? rewrite(e, part => renamed!.get(part)) : e);
    for (const effect of outcome.released) {
      const known =
        next.find(put.value(effect.expr), effect.mode, effect.lockClass) ?? (owed(effect) && next.context(effect));
      // What it lets go only perhaps, nobody can count on, neither that it is held nor that it is not.
      if (known && effect.maybe) next.soften(known);
      else if (known || (owed(effect) && !effect.maybe)) this.release(next, up(effect));
      else if (effect.via.length < 3 && owed(effect) && !isNowhere(put.value(effect.expr))) next.release(up(effect));
    }
    for (const other of callee.outcomes) {
      if (other === outcome || next.doubt) continue;
      next.doubt = other.released.some(e => e.maybe && next.find(put.value(e.expr), e.mode, e.lockClass));
    }
    // Its head says that it hands out a lock, and the analysis does not see which.
    if (saysAcquires(callee.definition) && !outcome.held.some(e => !e.maybe)) next.doubt = true;
    const letGone = outcome.held.length ? letGo(callee, put) : [];
    // What the callee holds only perhaps is its own to show; a caller built on it would be told things that are not so.
    for (const effect of outcome.held) {
      if (effect.maybe || (callee.definition.kind === 'function' && isFarContext(effect))) continue;
      const lifted = lift(effect, name, step.at, here(effect.expr), this.classify);
      // Named after what only the callee knows: nobody out here could let it go.
      if (lifted.expr.has & HAS_LOCAL && isOf(lifted.expr, callee.owner)) {
        next.doubt = true;
        continue;
      }
      this.observer?.acquire?.(next, lifted, callee.outcomes.length > 1);
      // What the callee lets go meanwhile is not held when it takes another.
      this.acquire(next, lifted, letGone);
    }
    outcome.writes.forEach((write, i) => {
      const place = places[i]!;
      const stored = write.value ? here(write.value) : undefined;
      next.bind(place, stored && stored.size <= 16 ? stored : fresh(place, this.owner, step.at));
      if (place.k !== 'name') this.found.modified(place);
    });
    const returned = outcome.value && accessed(name, callee, args, here(outcome.value));
    if (returned) {
      next.bind(step.temp, returned);
      if (!restrict(returned, outcome.ret, next.facts)) return false;
    }
    return true;
  }

  private summary(): Summary {
    return this.found.summary(this.definition, this.owner, this.exits);
  }
}
