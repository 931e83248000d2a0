import { type Event, type Graph, isMarked } from './graph.ts';
import { NO_ORDER, type RcuElement, rcuOrder } from './rcu.ts';
import { Steps } from './steps.ts';

/**
 * Whether an event that was just added, the last of its thread, leaves an execution one that the kernel's memory model allows
 * (tools/memory-model/linux-kernel.cat of Linux 6.1), given that without it it was one.
 *
 * Everything new that this makes goes through the event, and leaves it by an overwrite (coherence or from-read) only: nothing
 * comes after it in its thread. So it is enough to search for a way back to it, along happens-before, propagates-before and RCU
 * edges; the relations themselves are never built.
 */
export function allows(graph: Graph, added: Event): boolean {
  return isCoherent(graph, added) && isAtomic(graph, added) && !new Search(graph).returns(added);
}

/** acyclic(po-loc | rf | co | fr), of the location of an event that is the last of its thread. */
function isCoherent(graph: Graph, added: Event): boolean {
  const writes = graph.writes(added.location);
  const place = placeOf(graph, writes, added);
  for (const e of graph.threads[added.thread]!) {
    if (e === added || e.kind === 'fence' || e.location !== added.location) continue;
    const earlier = placeOf(graph, writes, e);
    // A write has to come after all that its thread has seen; a read may see the same again.
    if (added.kind === 'write' && e !== added.half ? earlier >= place : earlier > place) return false;
  }
  return true;
}

const placeOf = (graph: Graph, writes: readonly Event[], e: Event): number =>
  writes.indexOf(e.kind === 'write' ? e : graph.from.get(e)!);

/** empty(rmw & (fre ; coe)): what an update writes comes next after what it has read. */
function isAtomic(graph: Graph, added: Event): boolean {
  if (added.kind !== 'write') return true;
  const writes = graph.writes(added.location);
  for (let i = 1; i < writes.length; i++) {
    const { half } = writes[i]!;
    if (!half) continue;
    const place = writes.indexOf(graph.from.get(half)!);
    // Between the two may only be writes of the update's own thread, of which there can be none.
    if (place !== i - 1) return false;
  }
  return true;
}

/** Where a search stands: at an event, with what led there. Numbers above these are threads that a prop began in. */
const REACHED = 0;
const KINDS = 1;

/**
 * A search along edges of hb, pb and rb. States: reached by one of these (REACHED); inside a prop that began in a certain thread, or
 * at the event searched for; there after a reads-from edge, which only some fences may follow.
 */
class Search {
  private readonly steps: Steps;
  private readonly seen: Uint8Array;
  private readonly states: number;
  private readonly work: number[] = [];
  private target: Event | undefined;
  private found = false;
  private rcu = NO_ORDER;
  /** Called where a prop ends. */
  private ends: ((e: Event) => void) | undefined;

  constructor(readonly graph: Graph) {
    this.steps = new Steps(graph);
    this.states = KINDS + 2 * (graph.threads.length + 1);
    this.seen = new Uint8Array(this.steps.size * this.states);
    this.rcu = rcuOrder(this.steps, element => this.linked(element));
  }

  /** Whether a way leads from an event back to itself. */
  returns(e: Event): boolean {
    this.target = e;
    this.seen.fill(0);
    this.begin(e, this.graph.threads.length);
    // A read-side section that it lies in ends after it.
    this.prop(e, this.graph.threads.length, false);
    this.run();
    if (!this.found && isMarked(e)) this.found = this.contradictsPlain(e);
    const after = this.rcu.after(e);
    if (this.found || after.length === 0) return this.found;
    // The way may pass it inside a prop, too, that ends there and goes on by grace periods.
    this.seen.fill(0);
    this.target = undefined;
    this.ends = end => {
      if (end === e) this.found = true;
    };
    for (const later of after) this.reach(later);
    this.run();
    return this.found;
  }

  /**
   * Whether what is ordered after the event, as the search has found it, was before a plain access of the event's thread that is
   * ordered before it (ww-incoh, wr-incoh, rw-incoh).
   */
  private contradictsPlain(e: Event): boolean {
    const { graph, steps } = this;
    for (const plain of graph.threads[e.thread]!.slice(0, e.index)) {
      if (isMarked(plain)) continue;
      let ordered = false;
      const meets = (later: Event): void => {
        if (later === e) ordered = true;
      };
      if (plain.kind === 'read') steps.fenced(plain, meets);
      this.strongly(plain, meets);
      if (ordered && this.precedents(plain).some(x => x.thread !== e.thread && this.wasReached(x))) return true;
    }
    return false;
  }

  /** Events that come before a plain access in coherence order, or that it reads from. */
  private precedents(plain: Event): Event[] {
    const { graph, steps } = this;
    if (plain.kind === 'read') return [graph.from.get(plain)!];
    const writes = graph.writes(plain.location);
    const before = writes.slice(0, writes.indexOf(plain));
    return before.flatMap(w => [w, ...steps.readersOf(w)]);
  }

  private wasReached(e: Event): boolean {
    if (e.thread < 0) return false;
    const { graph, steps } = this;
    const reached = (x: Event): boolean => this.seen[steps.numberOf(x) * this.states + REACHED] === 1;
    if (isMarked(e)) return reached(e);
    return graph.threads[e.thread]!.slice(0, e.index).some(x => reached(x) && steps.bounds(x, e));
  }

  /** rcu-link: the end of each prop that a way leads to from an element of RCU; given by the events that may come next. */
  private linked({ end }: RcuElement): Event[] {
    const reached: Event[] = [];
    this.seen.fill(0);
    this.ends = e => void reached.push(e);
    const events = this.graph.threads[end.thread]!;
    for (let i = end.index; i < events.length; i++) this.reach(events[i]!);
    this.run();
    this.ends = undefined;
    return reached;
  }

  private run(): void {
    for (let next = this.work.pop(); next !== undefined && !this.found; next = this.work.pop()) {
      const state = next % this.states;
      const e = this.steps.at((next - state) / this.states);
      if (state === REACHED) this.goOn(e);
      else {
        const way = state - KINDS;
        this.inProp(e, way >> 1, (way & 1) === 1);
      }
    }
    this.work.length = 0;
  }

  private push(e: Event, state: number): void {
    const at = this.steps.numberOf(e) * this.states + state;
    if (this.seen[at] === 1) return;
    this.seen[at] = 1;
    this.work.push(at);
  }

  /** An edge of hb, pb or rb ends at a marked event. */
  private reach(e: Event): void {
    if (!isMarked(e)) return;
    if (e === this.target) this.found = true;
    this.push(e, REACHED);
  }

  private prop(e: Event, began: number, afterRead: boolean): void {
    if (isMarked(e)) this.push(e, KINDS + 2 * began + Number(afterRead));
  }

  /** The overwrites that a prop may begin with; a plain write counts from what a fence orders after it (w-post-bounded). */
  private begin(e: Event, began: number): void {
    for (const write of this.steps.overwrites(e)) {
      if (isMarked(write)) this.prop(write, began, false);
      else if (this.target === e) {
        this.steps.fenced(write, later => void this.prop(later, began, false));
        this.strongly(write, later => {
          this.prop(later, began, false);
          this.reach(later);
        });
      }
    }
  }

  /** strong-fence, with what grace periods order. */
  private strongly(e: Event, visit: (later: Event) => void): void {
    this.steps.strong(e, visit);
    for (const later of this.rcu.after(e)) visit(later);
  }

  private goOn(e: Event): void {
    const { steps, target } = this;
    steps.preserved(e, later => {
      this.reach(later);
    });
    // A plain access is bounded by what comes before it (w-pre-bounded, r-pre-bounded).
    if (target && !isMarked(target) && steps.bounds(e, target)) this.found = true;
    for (const read of steps.external(e)) this.reach(read);
    this.prop(e, e.thread, false);
    if (e !== target) this.begin(e, e.thread);
  }

  private inProp(e: Event, began: number, afterRead: boolean): void {
    const { steps, graph } = this;
    this.ends?.(e);
    const atTarget = began === graph.threads.length;
    if (atTarget ? e.thread === this.target!.thread && e !== this.target : e.thread === began) this.reach(e);
    steps.strong(e, later => void this.prop(later, began, false));
    this.strongly(e, later => void this.reach(later));
    const release = steps.nextRelease(e);
    if (release) this.prop(release, began, false);
    if (afterRead) return;
    if (e.kind === 'write') steps.writesAfterBarrier(e, later => void this.prop(later, began, false));
    steps.handedOver(e, later => void this.prop(later, began, false));
    for (const read of steps.external(e)) this.prop(read, began, true);
  }
}
