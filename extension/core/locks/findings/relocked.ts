import type { FindingKind } from '../../report/documents.ts';
import type { Effect } from '../effects.ts';
import { addr, contains, type Expr, HAS_LOCAL, lockKey } from '../expr.ts';
import type { Block, CallStep, Edge, SetStep, Step } from '../graph.ts';
import { parts } from '../lockPaths.ts';
import type { Relocking } from './observed.ts';
import { derefs, lastName, leadsTo, objectOf, pointsTo, reads } from './places.ts';

/** Facts at one point beyond which no more are kept. */
const MOST_FACTS = 64;
const MOST_VISITS = 12;

/**
 * Something known of `place` from under `lock`.
 *
 * `value`: `local` came from there; `test`: a branch of `block` went by it, `is` says which way; `late`: `local` came from there
 * after a test, when the lock had been let go. `phase` of the lock since: held still, let go, taken again.
 */
interface Fact {
  readonly of: 'value' | 'test' | 'late';
  readonly place: Expr;
  readonly lock: Effect;
  readonly from: number;
  readonly local?: Expr;
  /** `local` is exactly what was read, and not made of it. */
  readonly direct?: boolean;
  readonly block?: number;
  readonly is?: boolean;
  readonly phase: 'held' | 'dropped' | 'retaken';
  readonly dropped?: number;
  readonly retaken?: Effect;
  /** Of a test: it was repeated, or what it stands for was claimed. Kept, since it still says that its branch led here. */
  readonly moot?: boolean;
}

/** Something done that relies on a fact after the lock was let go. */
export interface Act {
  readonly kind: FindingKind;
  readonly at: number;
  readonly fact: Fact;
  readonly local?: Expr;
}

class Point {
  constructor(
    /** Locks held on every path here, by their key. */
    readonly held = new Map<Expr, Effect>(),
    readonly facts = new Map<string, Fact>(),
  ) {}

  copy(): Point {
    return new Point(new Map(this.held), new Map(this.facts));
  }

  add(fact: Fact): void {
    if (this.facts.size < MOST_FACTS) this.facts.set(keyOf(fact), fact);
  }

  /** Facts that say nothing any more. */
  drop(which: (fact: Fact) => boolean): void {
    for (const [key, fact] of this.facts) {
      if (fact.moot || !which(fact)) continue;
      this.facts.delete(key);
      if (fact.of === 'test') this.add({ ...fact, moot: true });
    }
  }

  /** Facts about a local that has another value now, or places that are others by it. */
  assigned(local: Expr): void {
    for (const [key, fact] of this.facts)
      if (fact.local === local || contains(fact.place, local)) this.facts.delete(key);
  }

  /** Facts of either side, locks of both; true when this changed. */
  merge(other: Point): boolean {
    let changed = false;
    for (const key of this.held.keys()) if (!other.held.has(key)) changed = this.held.delete(key) || changed;
    for (const [key, fact] of other.facts) {
      if (this.facts.has(key) || this.facts.size >= MOST_FACTS) continue;
      this.facts.set(key, fact);
      changed = true;
    }
    return changed;
  }
}

const keyOf = (f: Fact): string =>
  `${f.of} ${f.place.id} ${lockKey(f.lock.expr).id} ${f.local?.id} ${f.direct} ${f.block} ${f.is} ${f.phase} ${f.moot}`;

/**
 * Runs a function's graph over what was read and tested under locks, forward, facts of all paths together.
 *
 * A fact ends where it no longer says anything: the place is read or written again under the lock, whoever could test it is
 * called, a local on the way to it is assigned. What was tested and then changed under the same lock is a claim (`a->busy = 1`),
 * and what was handed to a call or written through is pinned, or is not shared any more: neither needs a second look.
 */
export class Relocked {
  private readonly points: (Point | undefined)[];
  private found: Act[] | undefined;
  /** Values that something is made of. A call whose value is not is there for what it does to its arguments. */
  private readonly used = new Set<Expr>();

  constructor(private readonly relocking: Relocking) {
    this.points = new Array(relocking.graph.blocks.length);
    const use = (e: Expr | undefined) => {
      if (e && e.has & HAS_LOCAL) for (const part of parts(e)) if (part.k === 'name') this.used.add(part);
    };
    for (const { steps, next } of relocking.graph.blocks) {
      for (const edge of next) use(edge.when);
      for (const step of steps) {
        if (step.op === 'call') for (const arg of step.args) use(arg);
        else use(step.value);
      }
    }
  }

  acts(): readonly Act[] {
    const { blocks, entry } = this.relocking.graph;
    const visits = new Uint8Array(blocks.length);
    const pending = new Set<number>([entry.id]);
    this.points[entry.id] = new Point();
    while (pending.size) {
      const id = Math.min(...pending);
      pending.delete(id);
      if (++visits[id]! > MOST_VISITS) continue;
      const block = blocks[id]!;
      const point = this.through(block);
      for (const edge of block.next) {
        const next = this.along(point, block, edge);
        const known = this.points[edge.to.id];
        if (!known) this.points[edge.to.id] = next;
        else if (!known.merge(next)) continue;
        pending.add(edge.to.id);
      }
    }
    this.found = [];
    for (const block of blocks) if (this.points[block.id]) this.through(block);
    return this.found;
  }

  private through(block: Block): Point {
    const point = this.points[block.id]!.copy();
    for (const step of block.steps) this.step(point, step);
    // The condition at the end reads, too.
    const when = block.next[0]?.when;
    if (when) this.read(point, [when], block.steps.at(-1)?.at ?? 0);
    return point;
  }

  private step(point: Point, step: Step): void {
    if (step.op === 'set') this.set(point, step);
    else if (step.op === 'call') this.call(point, step);
    else if (step.value) this.read(point, [step.value], step.at);
  }

  /** What expressions do to facts by being read. */
  private read(point: Point, all: readonly Expr[], at: number): void {
    if (!point.facts.size) return;
    const read = new Set<Expr>();
    for (const e of all) reads(e, read);
    point.drop(fact => {
      if (fact.phase !== 'retaken') {
        // Used without the lock: something else keeps it.
        return fact.of === 'value' && fact.phase === 'dropped' && all.some(e => derefs(e, fact.local!));
      }
      if (fact.of !== 'late' && read.has(fact.place)) return true;
      if (fact.of === 'value' && fact.direct && all.some(e => derefs(e, fact.local!)))
        return this.act(point, 'missing-recheck', at, fact);
      if (fact.of === 'late' && all.some(e => contains(e, fact.local!))) {
        if (read.has(fact.place)) return true;
        return this.act(point, 'check-then-act', fact.from, fact);
      }
      return false;
    });
  }

  private act(point: Point, kind: FindingKind, at: number, fact: Fact): true {
    if (this.found && point.held.has(lockKey(fact.lock.expr)) && this.isDecisive(point, fact))
      this.found.push({ kind, at, fact, ...(fact.local ? { local: fact.local } : {}) });
    return true;
  }

  /** A test decides only what not both of its branches lead to. */
  private isDecisive(point: Point, fact: Fact): boolean {
    if (fact.of !== 'test') return true;
    for (const other of point.facts.values())
      if (other.of === 'test' && other.place === fact.place && other.block === fact.block && other.is !== fact.is)
        return false;
    return true;
  }

  private set(point: Point, { place, value, at }: SetStep): void {
    const local = place.k === 'name' && place.scope !== 'free';
    if (value) this.read(point, [value], at);
    if (!local) {
      // Where it is has to be read, not what is in it.
      this.read(point, [addr(place)], at);
      this.written(point, place, at);
      return;
    }
    const facts = value ? this.derived(point, value, at) : [];
    point.assigned(place);
    for (const fact of facts) if (!contains(fact.place, place)) point.add({ ...fact, local: place });
  }

  /** A store to `place`. */
  private written(point: Point, place: Expr, at: number): void {
    const acted: Fact[] = [];
    point.drop(fact => {
      if (fact.of === 'value') return fact.phase !== 'retaken' && derefs(place, fact.local!);
      if (fact.of === 'test' && fact.phase === 'held') return objectOf(fact.place) === objectOf(place);
      if (fact.place !== place || fact.moot) return false;
      acted.push(fact);
      return false;
    });
    for (const fact of acted)
      if (fact.of === 'test' && fact.phase === 'retaken') this.act(point, 'missing-recheck', at, fact);
    point.drop(fact => fact.place === place);
  }

  /** What a local made of `value` says of which places. */
  private derived(point: Point, value: Expr, at: number): Fact[] {
    const out: Fact[] = [];
    for (const place of reads(value)) {
      for (const lock of point.held.values())
        if (!contains(lock.expr, place))
          out.push({ of: 'value', place, lock, from: at, direct: place === value, phase: 'held' });
      for (const fact of point.facts.values())
        if (
          fact.of === 'test' &&
          !fact.moot &&
          fact.place === place &&
          fact.phase === 'dropped' &&
          this.isDecisive(point, fact)
        )
          out.push({ ...fact, of: 'late', from: at });
    }
    for (const fact of point.facts.values())
      if (fact.local && fact.of !== 'test' && contains(value, fact.local))
        out.push({ ...fact, direct: fact.direct === true && value === fact.local });
    return out;
  }

  private call(point: Point, step: CallStep): void {
    const { args, temp, at } = step;
    const locks = this.relocking.locking.get(step);
    const callees = this.relocking.callees.get(step);
    this.read(point, args, at);
    const facts: Fact[] = args.flatMap(arg => this.derived(point, arg, at)).map(fact => ({ ...fact, direct: false }));
    if (!locks) {
      const changes = callees ? callees.some(c => c.modifies === undefined || c.modifies.size > 0) : true;
      if (callees && !changes) facts.push(...this.pointed(point, args, at));
      this.handed(point, step, changes);
    }
    point.assigned(temp);
    for (const fact of facts) point.add({ ...fact, local: temp });
    if (locks) {
      for (const effect of locks.releases) this.release(point, effect, at);
      for (const effect of locks.retakes)
        if (!locks.releases.length && point.held.has(lockKey(effect.expr))) {
          this.release(point, effect, at);
          this.acquire(point, { ...effect, at });
        }
      for (const effect of locks.acquires) this.acquire(point, effect);
    }
  }

  /** `list_empty(&a->list)`, of a function that stores nothing, tells of the list. */
  private pointed(point: Point, args: readonly Expr[], at: number): Fact[] {
    const out: Fact[] = [];
    for (const arg of args) {
      if (arg.k !== 'addr' || ![...reads(arg.base)].includes(arg.base)) continue;
      for (const lock of point.held.values())
        if (!contains(lock.expr, arg.base))
          out.push({ of: 'value', place: arg.base, lock, from: at, direct: false, phase: 'held' });
    }
    return out;
  }

  /** What handing `args` to a call does to facts. */
  private handed(point: Point, step: CallStep, changes: boolean): void {
    const { args, at } = step;
    const callees = this.relocking.callees.get(step);
    const modifies = (place: Expr) =>
      callees?.every(c => c.modifies?.has(lastName(place)) || (c.modifies?.size && place.k === 'field')) ?? false;
    point.drop(fact => {
      if (fact.of === 'value' && fact.phase !== 'retaken' && !fact.local!.has)
        return args.some(arg => contains(arg, fact.local!));
      if (
        fact.of === 'value' &&
        fact.direct &&
        fact.phase !== 'retaken' &&
        args.some(arg => contains(arg, fact.local!))
      )
        return true;
      if (fact.of === 'late') return false;
      if (!args.some(arg => leadsTo(arg, fact.place))) return false;
      if (fact.phase === 'dropped') return false;
      if (fact.phase === 'held') return fact.of === 'test' && changes;
      const exact = args.some(arg => pointsTo(arg, fact.place));
      if (fact.of === 'test' && exact && callees && ((changes && modifies(fact.place)) || !this.used.has(step.temp)))
        return this.act(point, 'missing-recheck', at, fact);
      return true;
    });
  }

  private release(point: Point, effect: Effect, at: number): void {
    const key = lockKey(effect.expr);
    if (!point.held.delete(key)) return;
    this.move(point, key, fact => (fact.phase === 'dropped' ? fact : { ...fact, phase: 'dropped', dropped: at }));
  }

  private acquire(point: Point, effect: Effect): void {
    const key = lockKey(effect.expr);
    this.move(point, key, fact => (fact.phase === 'dropped' ? { ...fact, phase: 'retaken', retaken: effect } : fact));
    point.held.set(key, effect);
  }

  private move(point: Point, key: Expr, to: (fact: Fact) => Fact): void {
    for (const [id, fact] of [...point.facts]) {
      if (lockKey(fact.lock.expr) !== key) continue;
      const next = to(fact);
      if (next === fact) continue;
      point.facts.delete(id);
      point.facts.set(keyOf(next), next);
    }
  }

  /** What taking an edge says: the places that its condition was made of have been tested. */
  private along(point: Point, block: Block, edge: Edge): Point {
    const next = point.copy();
    const { when } = edge;
    if (!when) return next;
    const is = edge.is ?? true;
    const at = block.steps.at(-1)?.at ?? 0;
    for (const fact of this.derived(point, when, at)) {
      if (fact.of !== 'value' || fact.phase === 'retaken') continue;
      const from = [...parts(when)].some(part => part === fact.local) ? fact.from : at;
      const { local: _, direct: __, ...rest } = fact;
      const test: Fact = { ...rest, of: 'test', from, block: block.id, is };
      next.add(test);
    }
    return next;
  }
}
