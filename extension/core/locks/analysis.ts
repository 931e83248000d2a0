import type { Position } from '../text/source.ts';
import type { Bodies } from './bodies.ts';
import { type Sources, View } from './callees.ts';
import type { Expr } from './expr.ts';
import { Flow, type FlowContext, type Point } from './flow.ts';
import { LineStarts } from './lines.ts';
import type { Definition, Scanned } from './scan.ts';
import { emptySummary, fingerprint, type Summary } from './summary.ts';
import { isGfpName, vocabularyOf } from './vocabulary.ts';

/** Calls are followed this deep; deeper ones are unknown, by name. */
const DEEPEST_CALL = 12;
const MOST_ROUNDS = 5;

interface Active {
  summary: Summary;
  /** Somebody below has used the unfinished summary. */
  used: boolean;
  readonly depth: number;
}

/** Summaries of the functions of one .c file and of all that they reach. Recursion is iterated to a fixpoint. */
export class Analysis {
  private readonly views = new Map<Scanned, View>();
  private readonly done = new Map<Definition, Summary>();
  private readonly active = new Map<Definition, Active>();
  /** Least depth of an unfinished function that the work under way has leaned on. */
  private leaned = Number.POSITIVE_INFINITY;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly sources: Sources,
    private readonly bodies: Bodies,
    readonly root: Scanned,
  ) {}

  /** What names mean in a definition: in a .c file what they mean there, in a header what they mean to its user. */
  private viewOf(definition: Definition, user: View | undefined): View {
    const unit = definition.source === this.root || definition.source.file.endsWith('.c') || !user;
    if (!unit) return user;
    let view = this.views.get(definition.source);
    if (!view) this.views.set(definition.source, (view = new View(this.sources, definition.source)));
    return view;
  }

  /** The functions that the file defines, in order. */
  functions(): readonly Definition[] {
    return [...this.root.definitions.values()]
      .flat()
      .filter(d => d.kind === 'function')
      .sort((a, b) => a.start - b.start);
  }

  /** The summary of a function of this file. Questions are answered one at a time: they share the recursion state. */
  summary(definition: Definition): Promise<Summary> {
    const known = this.done.get(definition);
    if (known) return Promise.resolve(known);
    const answer = this.turn.then(() => this.follow(definition, 0, undefined));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Held sets before every step of a function of this file. */
  async points(definition: Definition): Promise<Point[]> {
    await this.summary(definition);
    const answer = this.turn.then(async () => {
      const flow = new Flow(
        definition,
        this.bodies.graph(definition),
        await this.context(definition, 0, this.viewOf(definition, undefined)),
      );
      flow.run();
      return flow.points();
    });
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private rootView(): View {
    let view = this.views.get(this.root);
    if (!view) this.views.set(this.root, (view = new View(this.sources, this.root)));
    return view;
  }

  private async follow(definition: Definition, depth: number, user: View | undefined): Promise<Summary> {
    const known = this.done.get(definition);
    if (known) return known;
    const running = this.active.get(definition);
    if (running) {
      running.used = true;
      this.leaned = Math.min(this.leaned, running.depth);
      return running.summary;
    }
    if (depth > DEEPEST_CALL) return emptySummary(definition, [definition.name]);
    const view = this.viewOf(definition, user);
    const outer = this.leaned;
    this.leaned = Number.POSITIVE_INFINITY;
    const active: Active = { summary: { ...emptySummary(definition, []), outcomes: [] }, used: false, depth };
    this.active.set(definition, active);
    try {
      for (let round = 0; round < MOST_ROUNDS; round++) {
        active.used = false;
        const context = await this.context(definition, depth, view);
        const next = new Flow(definition, this.bodies.graph(definition), context).run();
        const same = fingerprint(next) === fingerprint(active.summary);
        active.summary = next;
        if (!active.used || same) break;
      }
    } finally {
      this.active.delete(definition);
    }
    // What leans on a function still unfinished above is provisional, and is found again in that one's next round.
    if (this.leaned >= depth) this.done.set(definition, active.summary);
    const mine = this.leaned < depth ? this.leaned : Number.POSITIVE_INFINITY;
    this.leaned = Math.min(outer, mine);
    return active.summary;
  }

  private async context(definition: Definition, depth: number, view: View): Promise<FlowContext> {
    const graph = this.bodies.graph(definition);
    const callees = new Map<string, readonly Summary[]>();
    const fields = new Map<string, readonly Summary[]>();
    const constants = new Map<string, Expr>();
    for (const name of graph.calls) {
      if (callees.has(name) || vocabularyOf(name)) continue;
      const summaries = await this.named(name, view, depth, 0);
      if (summaries.length) callees.set(name, summaries);
    }
    for (const name of graph.fieldCalls) {
      if (fields.has(name)) continue;
      let found = await view.throughField(name);
      // The tables of operations are often in the file that asks, not in the one that calls through them.
      if (!found.length) found = await this.rootView().throughField(name);
      const summaries: Summary[] = [];
      for (const d of found) summaries.push(await this.follow(d, depth + 1, view));
      if (summaries.length) fields.set(name, summaries);
    }
    for (const name of graph.constants) if (isGfpName(name)) await this.constant(name, view, constants);
    const lines = LineStarts.of(definition.source);
    const file = definition.source.file;
    return {
      callees: name => callees.get(name),
      throughField: name => fields.get(name),
      constant: name => constants.get(name),
      position: (at): Position => ({ file, ...lines.position(at) }),
    };
  }

  private async named(name: string, view: View, depth: number, hops: number): Promise<readonly Summary[]> {
    const out: Summary[] = [];
    for (const d of await view.definitions(name)) {
      if (d.kind === 'macro' && d.params === undefined) {
        // `#define foo bar`: calling foo is calling bar.
        const alias = /^\s*([A-Za-z_]\w*)\s*$/.exec(d.source.text.slice(d.bodyStart, d.end))?.[1];
        if (alias && alias !== name && hops < 4 && !vocabularyOf(alias))
          out.push(...(await this.named(alias, view, depth, hops + 1)));
      } else out.push(await this.follow(d, depth + 1, view));
    }
    return out;
  }

  private async constant(name: string, view: View, into: Map<string, Expr>): Promise<void> {
    const [d] = await view.definitions(name);
    if (d?.kind !== 'macro' || d.params !== undefined || into.has(name)) return;
    const value = this.bodies.constant(d);
    if (value && value.k !== 'num') into.set(name, value);
  }
}
