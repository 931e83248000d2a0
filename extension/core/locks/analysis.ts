import type { NameIndex } from '../index/names.ts';
import type { Bodies } from './bodies.ts';
import type { Expr } from './expr.ts';
import { type Observed, observe } from './findings/observed.ts';
import { LockOrders } from './findings/order.ts';
import { Flow } from './flow.ts';
import type { FlowContext } from './flowContext.ts';
import type { Graph } from './graph.ts';
import { LineStarts, type Moved } from './lines.ts';
import { MacroMade } from './macroMade.ts';
import { type Point, points } from './observer.ts';
import { Resolver } from './resolver.ts';
import { type Pair, untouched } from './reuse.ts';
import type { Definition, Scanned } from './scan.ts';
import { Need, type Sources } from './sources.ts';
import { emptySummary, fingerprint, type Summary } from './summary.ts';
import { isGfpName, leafOf } from './vocabulary.ts';

/** Functions that call each other in a circle are gone through so many times; then what they have is taken as it is. */
const MOST_ROUNDS = 4;
/** A circle of more functions than this is gone through twice. */
const LARGE_CIRCLE = 40;
/**
 * Calls are followed over so many .c files from the function asked about. A contract that told of everything that reclaim
 * may come to would tell nothing, and half the kernel would have to be read for it.
 */
const MOST_FILES = 2;
/** A call through a field that more functions than this are stored in could be any of them: it is not followed. */
const MOST_TARGETS = 4;

/** What the calls of one function may reach. */
interface Callees {
  readonly named: ReadonlyMap<string, readonly Definition[]>;
  readonly fields: ReadonlyMap<string, readonly Definition[]>;
  readonly constants: ReadonlyMap<string, Expr>;
  /** Functions that are named, not called. */
  readonly functions: ReadonlySet<string>;
}

/** What a function was worked out from, and when: kept with its summary. */
interface Basis {
  readonly callees: Callees;
  readonly calls: readonly Definition[];
  /** Over how many further .c files its calls were followed, at least. */
  reach: number;
  /** When its summary was made, by a count of all that were. */
  version: number;
}

/** A function to be worked out. */
interface Node {
  readonly definition: Definition;
  readonly callees: Callees;
  readonly calls: readonly Definition[];
  /** Over how many further .c files its calls are followed. */
  readonly reach: number;
  /** For `circles`: when it was come upon, and the earliest one that it can come back to. */
  index: number;
  low: number;
  next: number;
}

/** A search that is under way: what has been found, and what is still to be looked at, by how many files away it is. */
interface Search {
  readonly root: Definition;
  readonly nodes: Map<Definition, Node>;
  readonly queues: { readonly definition: Definition; readonly asking: Resolver }[][];
}

/** Functions that call each other in circles, or alone, callees before callers. R. Tarjan, SIAM J. Comput. 1 (1972). */
function* circles(nodes: ReadonlyMap<Definition, Node>, root: Definition): Generator<readonly Node[]> {
  const open: Node[] = [];
  const path: Node[] = [];
  let count = 0;
  const enter = (node: Node) => {
    node.index = node.low = count++;
    open.push(node);
    path.push(node);
  };
  const first = nodes.get(root);
  if (first) enter(first);
  while (path.length) {
    const node = path.at(-1)!;
    const definition = node.calls[node.next];
    if (definition) {
      node.next++;
      const callee = nodes.get(definition);
      if (!callee) continue;
      if (callee.index < 0) enter(callee);
      else if (open.includes(callee)) node.low = Math.min(node.low, callee.index);
      continue;
    }
    path.pop();
    const caller = path.at(-1);
    if (caller) caller.low = Math.min(caller.low, node.low);
    if (node.low === node.index) yield open.splice(open.indexOf(node));
  }
}

/**
 * Summaries of functions, each worked out once, callees first; functions that call each other in a circle are iterated to
 * a fixpoint. A function has one summary, whoever calls it. Questions throw Need where files have to be read first; what is
 * finished is kept.
 */
export class Summaries {
  private done = new Map<Definition, Summary>();
  private bases = new Map<Definition, Basis>();
  private version = 0;
  private readonly resolvers = new Map<Scanned, Resolver>();
  private made: MacroMade | undefined;
  private search: Search | undefined;
  private readonly bottoms = new Map<Definition, Summary>();
  /** What functions of the files that are watched do, for findings. */
  private readonly observations = new Map<Definition, Observed>();
  /** Who leans on a function's summary. */
  private readonly users = new Map<Definition, Definition[]>();
  /**
   * Definitions that read as they did in an earlier version of their file, by the earliest: what is known is known of that
   * one, and its places are told as they are now (`LineStarts.move`).
   */
  private earliest = new WeakMap<Definition, Definition>();
  private readonly later = new WeakMap<Scanned, Scanned>();

  constructor(
    private readonly sources: Sources,
    private readonly bodies: Bodies,
    /** Files of which findings will be asked: their functions are looked at when they are worked out, not once more. */
    private readonly watched: ReadonlySet<string>,
    private readonly index?: NameIndex,
  ) {}

  /** In which order locks are taken, over all functions worked out so far. */
  readonly orders = new LockOrders();

  get count(): number {
    return this.done.size;
  }

  /** What names mean in code of this file; in a header, what they mean to the .c file that the question came from. */
  resolver(version: Scanned, asking?: Resolver): Resolver {
    const file = this.latest(version);
    let resolver = this.resolvers.get(file);
    if (resolver) return resolver;
    if (asking && !this.index && !file.file.endsWith('.c')) return asking;
    const { tree, options } = this.sources;
    // Headers' macros make the same functions for everybody.
    const made = this.index ? (this.made ??= new MacroMade(tree, file, options)) : new MacroMade(tree, file, options);
    resolver = new Resolver(this.sources, file, made, this.index);
    this.resolvers.set(file, resolver);
    return resolver;
  }

  /** The file as it is now. */
  private latest(file: Scanned): Scanned {
    let now = file;
    for (let next = this.later.get(now); next; next = this.later.get(now)) now = next;
    if (now !== file) this.later.set(file, now);
    return now;
  }

  private known(definition: Definition): Definition {
    return this.earliest.get(definition) ?? definition;
  }

  /** Throws Need. `asking`: the file in whose terms names in headers are read. */
  of(asked: Definition, asking: Resolver, reach = MOST_FILES): Summary {
    const definition = this.known(asked);
    const known = this.done.get(definition);
    if (known && this.bases.get(definition)!.reach >= reach) return known;
    this.workOut(definition, asking);
    return this.done.get(definition)!;
  }

  /** The analysis of a function whose summary is known, for what else is to be told of its steps. */
  flow(definition: Definition, asking: Resolver): Flow {
    this.of(definition, asking);
    const flow = this.flowOf({ definition, callees: this.bases.get(this.known(definition))!.callees });
    flow.run();
    return flow;
  }

  /** What a function does, state by state. Throws Need. */
  observed(asked: Definition, asking: Resolver): Observed {
    const definition = this.known(asked);
    const summary = this.of(definition, asking);
    let seen = this.observations.get(definition);
    if (!seen) {
      seen = observe(summary, this.flow(definition, asking));
      this.bodies.drop(definition);
      this.observations.set(definition, seen);
    }
    return seen;
  }

  /** Held sets before every step. */
  points(definition: Definition, asking: Resolver): Point[] {
    return points(this.flow(definition, asking));
  }

  /**
   * Works out a function and what it reaches, over so many .c files. Where a file has to be read first (Need), the search
   * goes on from there when it is asked again.
   */
  private workOut(root: Definition, asking: Resolver): void {
    if (this.search?.root !== root) {
      this.search = { root, nodes: new Map(), queues: Array.from({ length: MOST_FILES + 1 }, () => []) };
      this.search.queues[0]!.push({ definition: root, asking });
    }
    const { nodes } = this.search;
    this.gather(this.search);
    this.search = undefined;
    for (const circle of circles(nodes, root)) this.finish(circle);
  }

  /** Finds what is reached, nearest files first, so that each function is found over as few files as can be. */
  private gather({ nodes, queues }: Search): void {
    for (let files = 0; files <= MOST_FILES; files++) {
      for (let next = queues[files]!.at(-1); next; next = queues[files]!.at(-1)) {
        const { definition, asking } = next;
        const reach = MOST_FILES - files;
        const known = this.bases.get(definition);
        if (!nodes.has(definition) && !(known && known.reach >= reach)) {
          const own = this.resolver(definition.source, asking);
          const callees = known?.callees ?? this.callees(definition, this.bodies.graph(definition), own);
          const calls = known?.calls ?? [...reached(callees)];
          nodes.set(definition, { definition, callees, calls, reach, index: -1, low: -1, next: 0 });
          queues[files]!.pop();
          for (const callee of calls) {
            const isFar = callee.source.file !== definition.source.file && callee.source.file.endsWith('.c');
            queues[files + Number(isFar)]?.push({ definition: callee, asking: own });
          }
        } else queues[files]!.pop();
      }
    }
  }

  /** Works out functions that are each other's callees, or one alone; all else that they call is done. */
  private finish(circle: readonly Node[]): void {
    const [first] = circle;
    if (this.isCurrent(circle)) {
      for (const { definition, reach } of circle) this.bases.get(definition)!.reach = reach;
    } else if (circle.length === 1 && !first!.calls.includes(first!.definition)) {
      const flow = this.flowOf(first!);
      const summary = flow.run();
      this.keep(summary, first!);
      if (this.watched.has(first!.definition.source.file))
        this.observations.set(first!.definition, observe(summary, flow));
    } else this.iterate(circle);
    for (const { definition } of circle) this.bodies.drop(definition);
  }

  /** Whether calls were followed less far before, and nothing new was found where they are followed now. */
  private isCurrent(circle: readonly Node[]): boolean {
    const own = new Set(circle.map(node => node.definition));
    return circle.every(({ definition, calls }) => {
      const version = this.bases.get(definition)?.version;
      if (version === undefined) return false;
      return calls.every(callee => own.has(callee) || (this.bases.get(callee)?.version ?? 0) <= version);
    });
  }

  /** Functions that call each other, from nothing up to what stays the same. */
  private iterate(circle: readonly Node[]): void {
    for (const { definition } of circle)
      this.bottoms.set(definition, {
        ...emptySummary(definition, this.bodies.owner(definition), []),
        outcomes: [],
        modifies: new Set(),
      });
    // Those found last are the callees.
    const order = circle.toReversed();
    const rounds = circle.length > LARGE_CIRCLE ? 2 : MOST_ROUNDS;
    let stale: ReadonlySet<Definition> | undefined;
    for (let round = 0; round < rounds && stale?.size !== 0; round++) {
      const changed = new Set<Definition>();
      for (const node of order) {
        const { definition, calls } = node;
        if (stale && !calls.some(callee => stale!.has(callee) || changed.has(callee))) continue;
        const next = this.flowOf(node).run();
        if (fingerprint(next) !== fingerprint(this.bottoms.get(definition)!)) changed.add(definition);
        this.bottoms.set(definition, next);
      }
      stale = changed;
    }
    for (const node of circle) {
      const { definition } = node;
      const summary = this.bottoms.get(definition)!;
      // Nobody comes out of a circle that is never left; more likely it was cut short.
      const isLeft = summary.outcomes.length > 0 || summary.exits.length > 0;
      this.keep(isLeft ? summary : emptySummary(definition, summary.owner, [definition.name]), node);
      this.bottoms.delete(definition);
    }
  }

  private keep(summary: Summary, { definition, callees, calls, reach }: Node): void {
    const before = this.done.get(definition);
    if (before) this.orders.remove(definition, before);
    this.done.set(definition, summary);
    if (!this.bases.has(definition)) for (const callee of calls) this.use(callee, definition);
    this.bases.set(definition, { callees, calls, reach, version: ++this.version });
    this.observations.delete(definition);
    this.orders.add(summary);
  }

  private use(callee: Definition, user: Definition): void {
    const users = this.users.get(callee);
    if (users) users.push(user);
    else this.users.set(callee, [user]);
  }

  private flowOf({ definition, callees }: Pick<Node, 'definition' | 'callees'>): Flow {
    const graph = this.bodies.graph(definition);
    return new Flow(definition, this.bodies.owner(definition), graph, this.context(callees));
  }

  private context(callees: Callees): FlowContext {
    const summaries = (definitions: readonly Definition[] | undefined): readonly Summary[] | undefined => {
      if (!definitions?.length) return undefined;
      const out: Summary[] = [];
      for (const d of definitions) {
        const summary = this.done.get(d) ?? this.bottoms.get(d);
        if (summary) out.push(summary);
      }
      return out.length ? out : undefined;
    };
    return {
      callees: name => summaries(callees.named.get(name)),
      throughField: name => summaries(callees.fields.get(name)),
      isFunction: arg => arg.k === 'name' && arg.scope === 'free' && callees.functions.has(arg.name),
      constant: name => callees.constants.get(name),
    };
  }

  private callees(definition: Definition, graph: Graph, resolver: Resolver): Callees {
    const named = new Map<string, readonly Definition[]>();
    const fields = new Map<string, readonly Definition[]>();
    const constants = new Map<string, Expr>();
    const needs: Need[] = [];
    for (const name of graph.calls) {
      if (named.has(name) || leafOf(name)) continue;
      try {
        const found = this.named(name, resolver, 0).map(d => this.known(d));
        const others = found.filter(d => d !== definition || d.kind === 'function');
        if (others.length) named.set(name, others);
      } catch (need) {
        if (!(need instanceof Need)) throw need;
        needs.push(need);
      }
    }
    // All that this function's names need is read at once.
    if (needs.length) throw new Need(() => Promise.all(needs.map(need => need.load())));
    for (const name of graph.fieldCalls) {
      if (fields.has(name)) continue;
      const found = resolver.throughField(name);
      if (found.length && found.length <= MOST_TARGETS)
        fields.set(
          name,
          found.map(d => this.known(d)),
        );
    }
    const functions = new Set<string>();
    for (const name of graph.constants) {
      if (isGfpName(name)) this.constant(name, resolver, constants);
      else if (resolver.root.definitions.get(name)?.some(d => d.kind === 'function')) functions.add(name);
    }
    return { named, fields, constants, functions };
  }

  /** What a call of `name` reaches, through macros that are only another name for a function. */
  private named(name: string, resolver: Resolver, depth: number): readonly Definition[] {
    const out: Definition[] = [];
    for (const d of resolver.definitions(name)) {
      if (d.kind === 'function' || d.params !== undefined) {
        out.push(d);
        continue;
      }
      const alias = d.source.text.slice(d.bodyStart, d.end).trim();
      if (depth < 4 && /^[A-Za-z_]\w*$/.test(alias) && alias !== name && !leafOf(alias))
        out.push(...this.named(alias, resolver, depth + 1));
    }
    return out;
  }

  /** Expands GFP_KERNEL and the like into what they are made of, as far as the vocabulary does not know them. */
  private constant(name: string, resolver: Resolver, into: Map<string, Expr>): void {
    if (into.has(name)) return;
    const macro = resolver.definitions(name).find(d => d.kind === 'macro' && d.params === undefined);
    const value = macro && this.bodies.constant(macro);
    if (value) into.set(name, value);
  }

  /**
   * A file is read anew: what was worked out of its functions, or of any that reach them, is forgotten; as far as the edit
   * lies within functions, of those alone.
   */
  replaced(before: Scanned, after: Scanned | undefined): void {
    this.search = undefined;
    if (!after || offered(before) !== offered(after)) {
      this.clear();
      return;
    }
    this.resolvers.delete(before);
    this.later.set(before, after);
    for (const resolver of this.resolvers.values()) resolver.replaced(before, after);
    const pairs = untouched(before, after) ?? [];
    const same = new Set(pairs.map(([old]) => old));
    this.forget([...before.definitions.values()].flat().filter(d => !same.has(d)));
    this.takeOver(pairs, after);
  }

  /** What was worked out of these, and of whoever leans on them. */
  private forget(definitions: readonly Definition[]): void {
    const stale = definitions.map(d => this.known(d));
    for (let next = stale.pop(); next; next = stale.pop()) {
      const summary = this.done.get(next);
      if (summary) this.orders.remove(next, summary);
      this.done.delete(next);
      this.bases.delete(next);
      this.observations.delete(next);
      const users = this.users.get(next);
      this.users.delete(next);
      if (users) stale.push(...users);
    }
  }

  /** What is still known of definitions that read the same is from now on known of the later ones. */
  private takeOver(pairs: readonly Pair[], after: Scanned): void {
    const moved = new Map<Scanned, Moved[]>();
    for (const [old, now] of pairs) {
      const known = this.known(old);
      if (!this.bases.has(known)) continue;
      this.earliest.set(now, known);
      const part = { start: known.start, end: known.end, by: now.start - known.start };
      const parts = moved.get(known.source);
      if (parts) parts.push(part);
      else moved.set(known.source, [part]);
    }
    for (const [source, parts] of moved) LineStarts.move(source, after, parts);
  }

  /** Everything that was worked out is forgotten: names may mean something else now. */
  clear(): void {
    this.search = undefined;
    for (const [definition, summary] of this.done) this.orders.remove(definition, summary);
    this.users.clear();
    this.observations.clear();
    this.done = new Map();
    this.bases = new Map();
    this.resolvers.clear();
    this.earliest = new WeakMap();
    this.made = undefined;
  }
}

/** What a file offers to others: when that stays the same, names mean what they meant. */
function offered(file: Scanned): string {
  const out: string[] = [];
  for (const [name, list] of file.definitions)
    for (const d of list)
      if (!d.static || !file.file.endsWith('.c')) out.push(`${d.kind}${name}${d.under}${d.params?.length}`);
  return `${out.join(' ')}|${file.includes.map(i => i.path).join(' ')}`;
}

function reached(callees: Callees): Set<Definition> {
  const out = new Set<Definition>();
  for (const list of callees.named.values()) for (const d of list) out.add(d);
  for (const list of callees.fields.values()) for (const d of list) out.add(d);
  return out;
}
