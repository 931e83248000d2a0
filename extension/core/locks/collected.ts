import type { LockMode } from '../report/documents.ts';
import { meets } from './contextNeeds.ts';
import type { Effect } from './effects.ts';
import { type Expr, lockKey, type Owner } from './expr.ts';
import { isNowhere } from './lockPaths.ts';
import type { Exits } from './outcomes.ts';
import type { Definition } from './scan.ts';
import type { Guard, Order, Sleep, Summary } from './summary.ts';
import { ANY } from './values.ts';
import { isNested } from './vocabulary.ts';

/** Names in `modifies` beyond which a function is taken to modify anything. */
const MOST_FIELDS = 300;
const MOST_TAKES = 48;
const MOST_SLEEPS = 6;
const MOST_UNKNOWN = 24;
const MOST_PRIMITIVES = 40;
const MOST_ORDERS = 64;
/** How far up a chain of calls what a function takes or requires is told of. */
const DEEPEST_VIA = 8;

/** What the flow analysis of one function has come upon so far, bounded: a summary is to be read, and kept for thousands. */
export class Collected {
  readonly unknown = new Set<string>();
  private readonly takes = new Map<string, Effect>();
  private readonly requires = new Map<string, Effect>();
  private readonly sleeps = new Map<string, Sleep>();
  private readonly primitives = new Set<string>();
  private readonly modifies = new Set<string>();
  private readonly orders = new Map<string, Order>();
  private readonly callees = new Set<Summary>();
  private readonly needs = new Map<string, Effect>();

  unfollowed(name: string): void {
    if (this.unknown.size < MOST_UNKNOWN) this.unknown.add(name);
  }

  primitive(name: string): void {
    if (this.primitives.size < MOST_PRIMITIVES) this.primitives.add(name);
  }

  /** What a callee reaches is reached from here. */
  callee(callee: Summary): void {
    if (this.callees.has(callee)) return;
    this.callees.add(callee);
    const { primitives, unknown, modifies } = callee;
    for (const name of primitives) this.primitive(name);
    for (const name of unknown) this.unfollowed(name);
    if (!modifies) for (let i = 0; this.modifies.size <= MOST_FIELDS; i++) this.modifies.add(`#${i}`);
    else if (this.modifies.size <= MOST_FIELDS) for (const field of modifies) this.modifies.add(field);
  }

  modified(place: Expr): void {
    if (this.modifies.size > MOST_FIELDS) return;
    if (place.k === 'field') this.modifies.add(place.name);
    else if (place.k === 'index') this.modified(place.base);
    else if (place.k === 'deref') this.modifies.add('*');
  }

  sleep(sleep: Sleep): void {
    const key = `${sleep.effect.at}${sleep.dropped.map(d => d.id)}`;
    const known = this.sleeps.get(key);
    if (!known) {
      if (this.sleeps.size < MOST_SLEEPS) this.sleeps.set(key, sleep);
      return;
    }
    const guards = common(known.guards, sleep.guards);
    if (guards !== known.guards || (known.gfp && !sleep.gfp))
      this.sleeps.set(key, { ...(known.gfp && !sleep.gfp ? sleep : known), guards });
  }

  take(effect: Effect): void {
    if (isNowhere(effect.expr) || effect.via.length > DEEPEST_VIA) return;
    // What the function takes itself is always told.
    if (this.takes.size >= MOST_TAKES && effect.via.length) return;
    const key = takeKey(effect.expr, effect.mode, effect.at);
    if (!this.takes.has(key)) this.takes.set(key, effect);
  }

  /** Whether `take` would do nothing about such: it asks less than making the effect costs. `depth`: calls away. */
  knowsTake(expr: Expr, mode: LockMode, at: number, depth: number): boolean {
    if (depth > DEEPEST_VIA || (this.takes.size >= MOST_TAKES && depth > 0)) return true;
    return isNowhere(expr) || this.takes.has(takeKey(expr, mode, at));
  }

  require(effect: Effect): void {
    if (effect.via.length > DEEPEST_VIA) return;
    const key = `${lockKey(effect.expr).id}:${effect.mode}`;
    if (!this.requires.has(key)) this.requires.set(key, effect);
  }

  /** The CPU must be so: the first that asks is told of. */
  need(held: readonly Effect[], effect: Effect): void {
    const { context } = effect.entry;
    if (context && effect.via.length <= DEEPEST_VIA && !this.needs.has(context) && !meets(held, effect))
      this.needs.set(context, effect);
  }

  /** A lock is taken while others are held. One that is only tried waits for nobody. */
  order(all: readonly Effect[], second: Effect): void {
    if (!second.lockClass || !isOrdered(second) || second.entry.when || this.orders.size > MOST_ORDERS) return;
    if (isNested(second.primitive, second.via)) return;
    for (const first of all) {
      // Taken below what it is held over: it has come round a loop, perhaps by a condition that is asked twice.
      if (first.at > second.at) continue;
      if (!first.lockClass || first.maybe || !isOrdered(first) || first.lockClass === second.lockClass) continue;
      const key = `${first.lockClass} ${second.lockClass}`;
      if (!this.orders.has(key)) this.orders.set(key, { first, second });
    }
  }

  summary(definition: Definition, owner: Owner, ways: Exits): Summary {
    const { outcomes, exits } = ways.summary();
    const modifies = this.modifies.size > MOST_FIELDS ? undefined : this.modifies;
    const [only] = outcomes;
    const plain =
      outcomes.length === 1 &&
      modifies?.size === 0 &&
      this.unknown.size + this.takes.size + this.requires.size + this.sleeps.size + this.primitives.size === 0 &&
      only!.held.length + only!.released.length + only!.writes.length + only!.guards.length === 0;
    return {
      definition,
      owner,
      outcomes,
      takes: [...this.takes.values()],
      requires: [...this.requires.values()],
      needs: [...this.needs.values()],
      sleeps: [...this.sleeps.values()],
      primitives: [...this.primitives],
      unknown: [...this.unknown],
      exits,
      orders: [...this.orders.values()],
      modifies,
      plain,
    };
  }
}

/** What both say of the same argument. */
function common(a: readonly Guard[] | undefined, b: readonly Guard[] | undefined): readonly Guard[] | undefined {
  if (!a || !b) return undefined;
  const both = a.flatMap(g => {
    const other = b.find(h => h.expr === g.expr);
    if (!other || (other.mask | g.mask) === ANY) return [];
    return [other.mask === g.mask ? g : { expr: g.expr, mask: other.mask | g.mask }];
  });
  return both.length === a.length && both.every((g, i) => g === a[i]) ? a : both;
}

const takeKey = (expr: Expr, mode: LockMode, at: number): string => `${lockKey(expr).id}${mode}@${at}`;

const isOrdered = ({ entry }: Effect): boolean => !entry.nests && !entry.anyone;
