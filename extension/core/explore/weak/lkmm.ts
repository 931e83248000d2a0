import type { FenceKind } from '../../machine/weak.ts';
import type { Execution, GraphEvent, LockRole } from './execution.ts';
import { type EventSet, eventSet, Relation } from './relation.ts';

/** What the model is written after, for whoever prints a verdict. */
export const MODEL = 'the Linux kernel memory model of 6.1, built in';

export type Axiom = 'coherence' | 'atomic' | 'happens-before' | 'propagation' | 'rcu' | 'plain-coherence';

/** What is suspicious about an execution that is allowed, named as linux-kernel.cat and linux-kernel.bell flag it. */
export type Flag =
  | 'data-race'
  | 'mixed-accesses'
  | 'unbalanced-rcu-locking'
  | 'unbalanced-srcu-locking'
  | 'invalid-sleep'
  | 'mixed-lock-accesses'
  | 'unmatched-unlock';

export interface Judgement {
  /** The axiom that forbids the execution, the first in the order of the model; absent when it is allowed. */
  readonly forbidden?: Axiom;
  /** Only of an allowed execution. */
  readonly flags: readonly Flag[];
  /** Of an allowed execution: pairs of events that race. */
  readonly races: readonly (readonly [number, number])[];
}

/**
 * Judges an execution by the axioms of tools/memory-model/linux-kernel.cat of Linux 6.1, with locks as in its lock.cat
 * (a lock is a location that holds 0 or 1; spin_lock is a read-modify-write that reads 0). Left out: whether
 * srcu_read_unlock is given what its srcu_read_lock returned (srcu-bad-nesting), and lock-final.
 */
export function judge(execution: Execution): Judgement {
  return new Model(execution).judge();
}

/** The relations of one execution, each named as in linux-kernel.cat. */
class Model {
  private readonly events: readonly GraphEvent[];
  private readonly size: number;
  private readonly po: Relation;
  private readonly int: Relation;
  private readonly loc: Relation;
  private readonly rf: Relation;
  private readonly co: Relation;
  private readonly fr: Relation;
  private readonly rmw: Relation;
  private readonly writes: EventSet;
  private readonly memory: EventSet;
  private readonly marked: EventSet;
  private readonly plain: EventSet;

  constructor(execution: Execution) {
    const { events } = execution;
    const size = events.length;
    this.events = events;
    this.size = size;
    const at = (e: number): GraphEvent => events[e]!;
    this.int = Relation.of(size, (a, b) => at(a).thread >= 0 && at(a).thread === at(b).thread);
    this.po = this.int.intersect(Relation.of(size, (a, b) => a < b));
    this.loc = Relation.of(size, (a, b) => at(a).location !== undefined && at(a).location === at(b).location);
    this.rf = new Relation(size);
    for (const [read, write] of execution.rf.entries()) if (write >= 0) this.rf.add(write, read);
    this.co = new Relation(size);
    for (const order of execution.co)
      order.forEach((a, i) => {
        for (const b of order.slice(i + 1)) this.co.add(a, b);
      });
    this.fr = this.rf.inverse().then(this.co);
    this.rmw = new Relation(size);
    for (const [i, e] of events.entries())
      if (e.kind === 'write' && e.readHalf !== undefined) this.rmw.add(i - e.index + e.readHalf, i);
    this.writes = this.set(e => e.kind === 'write');
    this.memory = this.set(e => e.kind !== 'fence');
    const halves = new Set<number>();
    for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) if (this.rmw.has(a, b)) halves.add(a).add(b);
    const marked = (e: GraphEvent, i: number): boolean =>
      e.kind === 'fence' || e.thread < 0 || (e.tag !== 'plain' && e.tag !== 'noreturn') || halves.has(i) || !!e.lock;
    this.marked = this.set(marked);
    this.plain = this.set((e, i) => !marked(e, i));
  }

  private set(has: (event: GraphEvent, index: number) => boolean): EventSet {
    return eventSet(this.size, i => has(this.events[i]!, i));
  }

  private fences(...kinds: readonly FenceKind[]): EventSet {
    return this.set(e => e.kind === 'fence' && kinds.includes(e.fence));
  }

  private lock(...roles: readonly LockRole[]): EventSet {
    return this.set(e => e.kind !== 'fence' && e.lock !== undefined && roles.includes(e.lock));
  }

  private tagged(tag: 'acquire' | 'release'): EventSet {
    return this.set(e => e.kind !== 'fence' && e.tag === tag);
  }

  /** `po ; [F] ; po`. */
  private fencerel(...kinds: readonly FenceKind[]): Relation {
    return this.po.restrict(undefined, this.fences(...kinds)).then(this.po);
  }

  private dependency(kind: 'addr' | 'data' | 'ctrl'): Relation {
    const relation = new Relation(this.size);
    this.events.forEach((e, i) => {
      if (e.kind !== 'fence') for (const read of e[kind]) relation.add(i - e.index + read, i);
    });
    return relation;
  }

  /** Matching pairs of a lock and an unlock of one thread (and, for SRCU, of one srcu_struct), as they nest. */
  private sections(lock: FenceKind, unlock: FenceKind): { pairs: Relation; balanced: boolean } {
    const pairs = new Relation(this.size);
    const open = new Map<string, number[]>();
    let balanced = true;
    this.events.forEach((e, i) => {
      if (e.kind !== 'fence' || (e.fence !== lock && e.fence !== unlock)) return;
      const key = `${e.thread} ${e.location ?? ''}`;
      const stack = open.get(key) ?? [];
      open.set(key, stack);
      if (e.fence === lock) stack.push(i);
      else {
        const begun = stack.pop();
        if (begun === undefined) balanced = false;
        else pairs.add(begun, i);
      }
    });
    for (const stack of open.values()) balanced &&= stack.length === 0;
    return { pairs, balanced };
  }

  judge(): Judgement {
    const { size, po, int, loc, rf, co, fr, rmw, writes, memory, marked, plain } = this;
    const forbid = (forbidden: Axiom): Judgement => ({ forbidden, flags: [], races: [] });
    const poLoc = po.intersect(loc);
    if (!poLoc.union(rf, co, fr).acyclic) return forbid('coherence');
    if (!rmw.intersect(fr.minus(int).then(co.minus(int))).isEmpty) return forbid('atomic');

    // Fences.
    const inM = (r: Relation): Relation => r.restrict(memory, memory);
    const acquire = this.tagged('acquire');
    const release = this.tagged('release');
    const unlocks = this.lock('UL');
    const lockReads = this.lock('LKR');
    const lockWrites = this.lock('LKW');
    const atomics = this.set(e => e.kind !== 'fence' && !e.lock && e.thread >= 0);
    const rmwEvents = rmw.restrict(atomics, atomics);
    const halves = eventSet(size, e => {
      for (let o = 0; o < size; o++) if (rmwEvents.has(e, o) || rmwEvents.has(o, e)) return true;
      return false;
    });
    const acqPo = po.restrict(acquire, memory);
    const poRel = po.restrict(memory, release);
    const poUnlockLockPo = po.restrict(undefined, unlocks).then(po.union(rf).restrict(undefined, lockReads), po);
    const notNoreturn = this.set(e => e.kind === 'fence' || e.tag !== 'noreturn');
    const r4rmb = this.set(e => e.kind === 'read' && e.tag !== 'noreturn');
    const rmbFence = this.fencerel('rmb');
    const rmb = rmbFence.restrict(r4rmb, r4rmb);
    const wmb = this.fencerel('wmb').restrict(writes, writes);
    const mb = inM(
      this.fencerel('mb').union(
        this.fencerel('before-atomic').restrict(undefined, halves).then(po.optional()),
        po.optional().restrict(undefined, halves).then(this.fencerel('after-atomic')),
        po.optional().restrict(undefined, lockWrites).then(this.fencerel('after-spinlock')),
        po
          .restrict(undefined, unlocks)
          .then(co.union(po).restrict(undefined, lockWrites), this.fencerel('after-unlock-lock')),
      ),
    );
    const gp = po.restrict(undefined, this.fences('sync-rcu', 'sync-srcu')).then(po.optional());
    const strongOnce = mb.union(gp);
    const nonRw = strongOnce.union(poRel, acqPo);
    const fenceOnce = nonRw.union(wmb, rmb);

    // Instruction execution ordering.
    const rfe = rf.minus(int);
    const addr = this.dependency('addr');
    const dep = addr.union(this.dependency('data'));
    const overwrite = co.union(fr);
    const toW = dep
      .union(this.dependency('ctrl'))
      .restrict(undefined, writes)
      .union(overwrite.intersect(int), addr.restrict(undefined, plain).then(wmb));
    const toR = addr.union(dep.restrict(undefined, marked).then(rf.intersect(int)));
    const ppo = toR.union(toW, fenceOnce, poUnlockLockPo.intersect(int));
    const inMarked = (r: Relation): Relation => r.restrict(marked, marked);
    const cumulate = rfe.restrict(undefined, marked).optional();
    const cumulFence = inMarked(cumulate.then(strongOnce.union(poRel)).union(wmb, poUnlockLockPo));
    const cumulStar = cumulFence.star();
    const prop = inMarked(
      overwrite
        .minus(int)
        .optional()
        .restrict(marked, undefined)
        .then(cumulStar.restrict(undefined, marked), rfe.optional()),
    );
    const identity = new Relation(size).optional();
    const hb = inMarked(ppo.union(rfe, prop.minus(identity).intersect(int)));
    if (!hb.acyclic) return forbid('happens-before');
    const hbStar = hb.star();
    const pb = prop.then(strongOnce, hbStar).restrict(undefined, marked);
    if (!pb.acyclic) return forbid('propagation');
    const pbStar = pb.star();

    // RCU.
    const rcu = this.sections('rcu-lock', 'rcu-unlock');
    const srcu = this.sections('srcu-lock', 'srcu-unlock');
    const only = (...kinds: readonly FenceKind[]): Relation => {
      const set = this.fences(...kinds);
      return identity.restrict(set, undefined);
    };
    const link = po.optional().then(hbStar, pbStar, prop, po);
    const order = rcuOrder(link, loc, [
      { gp: only('sync-rcu'), sections: rcu.pairs.inverse(), perLocation: false },
      { gp: only('sync-srcu'), sections: srcu.pairs.inverse(), perLocation: true },
    ]);
    const rcuFence = po.then(order, po.optional());
    const fence = fenceOnce.union(rcuFence);
    const strong = strongOnce.union(rcuFence);
    const rb = prop.then(rcuFence, hbStar, pbStar).restrict(undefined, marked);
    if (!rb.irreflexive) return forbid('rcu');

    // Plain accesses.
    const xbStar = hb.union(pb, rb).star();
    const vis = cumulStar
      .then(rfe.optional())
      .restrict(undefined, marked)
      .then(strong.restrict(undefined, marked).then(xbStar).union(xbStar.intersect(int)));
    const wPre = addr.union(fence).optional().restrict(marked, undefined);
    const rPre = addr.union(nonRw, rmbFence.restrict(r4rmb, notNoreturn)).optional().restrict(marked, undefined);
    const wPost = fence.optional().restrict(undefined, marked);
    const rPost = nonRw.union(rmbFence.restrict(notNoreturn, r4rmb)).optional().restrict(undefined, marked);
    const wwVis = fence.union(strong.then(xbStar, wPre), wPost.then(vis, wPre));
    const wrVis = fence.union(strong.then(xbStar, rPre), wPost.then(vis, rPre));
    const rwXb = fence.union(rPost.then(xbStar, wPre));
    const all = Relation.of(size, () => true);
    const ran = this.set(e => e.kind !== 'fence' && e.thread >= 0);
    const preRace = all.restrict(plain, memory).union(all.restrict(ran, plain)).minus(int);
    const incoherent = preRace
      .intersect(rf)
      .intersect(rwXb.inverse())
      .union(preRace.intersect(fr).intersect(wrVis.inverse()), preRace.intersect(co).intersect(wwVis.inverse()));
    if (!incoherent.isEmpty) return forbid('plain-coherence');

    const wwNonrace = wwVis
      .intersect(all.restrict(marked, writes).union(rwXb))
      .intersect(all.restrict(writes, marked).union(wrVis));
    const races = preRace
      .intersect(co)
      .minus(wwNonrace)
      .union(
        preRace.intersect(co.optional().then(rf)).minus(wrVis).minus(rwXb.inverse()),
        preRace.intersect(fr).minus(rwXb),
      );
    const flags: Flag[] = [];
    if (!races.isEmpty) flags.push('data-race');
    const barrier = this.fencerel(
      ...(['barrier', 'rmb', 'wmb', 'mb', 'sync-rcu', 'sync-srcu', 'before-atomic', 'after-atomic'] as const),
      ...(['rcu-lock', 'rcu-unlock', 'srcu-lock', 'srcu-unlock'] as const),
    ).union(
      po.restrict(undefined, acquire).union(po.restrict(undefined, release)).then(po),
      po.restrict(undefined, release),
      po.restrict(acquire, undefined),
    );
    const near = poLoc.minus(barrier);
    const afterPlain = near.restrict(plain, marked).restrict(writes, undefined);
    const beforePlain = near.restrict(marked, plain).restrict(undefined, writes);
    if (!afterPlain.union(beforePlain).isEmpty) flags.push('mixed-accesses');
    if (!rcu.balanced) flags.push('unbalanced-rcu-locking');
    if (!srcu.balanced) flags.push('unbalanced-srcu-locking');
    if (!rcu.pairs.intersect(po.restrict(undefined, this.fences('sync-srcu')).then(po)).isEmpty)
      flags.push('invalid-sleep');
    const ordinary = this.set(e => e.kind !== 'fence' && e.thread >= 0 && e.lock === undefined);
    if (
      !loc.restrict(
        ordinary,
        this.set(e => e.kind !== 'fence' && e.lock !== undefined),
      ).isEmpty
    )
      flags.push('mixed-lock-accesses');
    if (!this.unlocksMatched()) flags.push('unmatched-unlock');
    return { flags, races: races.pairs() };
  }

  /** Whether every unlock ends a section that its own thread began. */
  private unlocksMatched(): boolean {
    const held = new Set<string>();
    for (const e of this.events) {
      if (e.kind === 'fence') continue;
      const key = `${e.thread} ${e.location}`;
      if (e.lock === 'LKW') held.add(key);
      else if (e.lock === 'UL' && !held.delete(key)) return false;
    }
    return true;
  }
}

/** A flavour of RCU: its grace periods as an identity, its read-side sections from their end to their beginning. */
interface Flavour {
  readonly gp: Relation;
  readonly sections: Relation;
  /** Whether a grace period concerns only sections of its own location, as in SRCU. */
  readonly perLocation: boolean;
}

/** rcu-order: any sequence joined by rcu-link with at least as many grace periods as read-side sections. */
function rcuOrder(link: Relation, loc: Relation, flavours: readonly Flavour[]): Relation {
  let order = flavours[0]!.gp.union(...flavours.slice(1).map(f => f.gp));
  if (order.isEmpty) return order;
  for (;;) {
    const between = link.union(link.then(order, link));
    const grown = order.union(
      order.then(link, order),
      ...flavours.map(({ gp, sections, perLocation }) => {
        const pairs = gp.then(between, sections).union(sections.then(between, gp));
        return perLocation ? pairs.intersect(loc) : pairs;
      }),
    );
    if (grown.equals(order)) return order;
    order = grown;
  }
}
