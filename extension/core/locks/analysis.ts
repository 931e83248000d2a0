import type { Position } from '../text/source.ts';
import type { Bodies } from './bodies.ts';
import { type Sources, View } from './callees.ts';
import type { Expr } from './expr.ts';
import { Flow, type FlowContext, type Point } from './flow.ts';
import { LineStarts } from './lines.ts';
import { MacroMade } from './macroMade.ts';
import type { Definition, Scanned } from './scan.ts';
import { emptySummary, fingerprint, type Summary } from './summary.ts';
import { isGfpName, vocabularyOf } from './vocabulary.ts';

/**
 * How far calls are followed: into this many other .c files on the way from the function asked about, and this deep.
 * What lies beyond is `unknown`, by name: a contract that told of everything that reclaim or rmap may do would tell nothing.
 */
const MOST_FILES = 2;
const DEEPEST_CALL = 32;
const MOST_ROUNDS = 5;

interface Active {
  summary: Summary;
  /** Somebody below has used the unfinished summary. */
  used: boolean;
  readonly depth: number;
}

/** Where a call stands: how deep, in how many other .c files so far, and what names mean there. */
interface Site {
  readonly depth: number;
  readonly files: number;
  readonly view: View;
}

/** Summaries of the functions of one .c file and of all that they reach. Recursion is iterated to a fixpoint. */
export class Analysis {
  private readonly views = new Map<Scanned, View>();
  /** By how many files away the function was: what it can still reach depends on that. */
  private readonly done: Map<Definition, Summary>[] = Array.from({ length: MOST_FILES + 1 }, () => new Map());
  private readonly active = new Map<Definition, Active>();
  /** Summaries that lean on a function still unfinished, at depth `leaned`: good for that one's round only. */
  private readonly partial: Map<Definition, { summary: Summary; leaned: number }>[] = Array.from(
    { length: MOST_FILES + 1 },
    () => new Map(),
  );
  /** Least depth of an unfinished function that the work under way has leaned on. */
  private leaned = Number.POSITIVE_INFINITY;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly made: MacroMade;

  constructor(
    private readonly sources: Sources,
    private readonly bodies: Bodies,
    readonly root: Scanned,
  ) {
    this.made = new MacroMade(sources.tree, root, sources.options);
  }

  /** What names mean in a .c file. */
  private viewOf(file: Scanned): View {
    let view = this.views.get(file);
    if (!view) this.views.set(file, (view = new View(this.sources, file, this.made)));
    return view;
  }

  /** The functions that the file defines, in order. */
  functions(): readonly Definition[] {
    return [...this.root.definitions.values()]
      .flat()
      .filter(d => d.kind === 'function')
      .sort((a, b) => a.start - b.start);
  }

  /** What a name that this file uses stands for: the definitions in it, its headers, then the tree's other .c files. */
  definitions(name: string): Promise<readonly Definition[]> {
    return this.viewOf(this.root).definitions(name);
  }

  /** The summary of a function of this file. Questions are answered one at a time: they share the recursion state. */
  summary(definition: Definition): Promise<Summary> {
    const known = this.done[0]!.get(definition);
    if (known) return Promise.resolve(known);
    const answer = this.turn.then(() => this.follow(definition, this.home));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Held sets before every step of a function of this file. */
  async points(definition: Definition): Promise<Point[]> {
    await this.summary(definition);
    const answer = this.turn.then(async () => {
      const flow = new Flow(definition, this.bodies.graph(definition), await this.context(definition, this.home));
      flow.run();
      return flow.points();
    });
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private get home(): Site {
    return { depth: 0, files: 0, view: this.viewOf(this.root) };
  }

  /** Where a callee stands: in a .c file names mean what they mean there, in a header what they mean to its user. */
  private siteOf(callee: Definition, caller: Site): Site {
    const { source } = callee;
    const other = source !== caller.view.root && source !== this.root && source.file.endsWith('.c');
    if (source === this.root) return { depth: caller.depth + 1, files: 0, view: this.viewOf(this.root) };
    return {
      depth: caller.depth + 1,
      // Calling back into a file that the calls have come through is no further away.
      files: caller.files + Number(other && !this.asking().some(view => view.root === source)),
      view: other ? this.viewOf(source) : caller.view,
    };
  }

  private async follow(definition: Definition, site: Site): Promise<Summary> {
    const { depth, files } = site;
    const known = this.done[files]?.get(definition);
    if (known) return known;
    const partial = this.partial[files]?.get(definition);
    if (partial) {
      this.leaned = Math.min(this.leaned, partial.leaned);
      return partial.summary;
    }
    const running = this.active.get(definition);
    if (running) {
      running.used = true;
      this.leaned = Math.min(this.leaned, running.depth);
      return running.summary;
    }
    if (files > MOST_FILES || depth > DEEPEST_CALL) return emptySummary(definition, [definition.name]);
    const outer = this.leaned;
    this.leaned = Number.POSITIVE_INFINITY;
    const active: Active = { summary: { ...emptySummary(definition, []), outcomes: [] }, used: false, depth };
    this.active.set(definition, active);
    try {
      for (let round = 0; round < MOST_ROUNDS; round++) {
        active.used = false;
        this.settle(depth, false);
        const context = await this.context(definition, site);
        const next = new Flow(definition, this.bodies.graph(definition), context).run();
        const same = fingerprint(next) === fingerprint(active.summary);
        active.summary = next;
        if (!active.used || same) break;
      }
    } finally {
      this.active.delete(definition);
    }
    // What leans on a function still unfinished above is provisional, and is found again in that one's next round.
    if (this.leaned >= depth) {
      this.done[files]!.set(definition, active.summary);
      this.settle(depth, true);
    } else {
      this.partial[files]!.set(definition, { summary: active.summary, leaned: this.leaned });
    }
    const mine = this.leaned < depth ? this.leaned : Number.POSITIVE_INFINITY;
    this.leaned = Math.min(outer, mine);
    return active.summary;
  }

  private async context(definition: Definition, site: Site): Promise<FlowContext> {
    const { view } = site;
    const graph = this.bodies.graph(definition);
    const callees = new Map<string, readonly Summary[]>();
    const fields = new Map<string, readonly Summary[]>();
    const constants = new Map<string, Expr>();
    for (const name of graph.calls) {
      if (callees.has(name) || vocabularyOf(name)) continue;
      const summaries = await this.named(name, site, 0);
      if (summaries.length) callees.set(name, summaries);
    }
    for (const name of graph.fieldCalls) {
      if (fields.has(name)) continue;
      let found = await view.throughField(name);
      // The tables of operations are often in a file further up the calls, not in the one that calls through them.
      for (const other of this.asking()) if (!found.length) found = await other.throughField(name);
      const summaries: Summary[] = [];
      for (const d of found) summaries.push(await this.follow(d, this.siteOf(d, site)));
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

  /** Ends what leaned on the function at `depth`: its last round stands, earlier ones are forgotten. */
  private settle(depth: number, stands: boolean): void {
    this.partial.forEach((map, files) => {
      for (const [definition, { summary, leaned }] of map) {
        if (leaned < depth) continue;
        map.delete(definition);
        if (stands) this.done[files]!.set(definition, summary);
      }
    });
  }

  /** Views of the .c files that the calls under way have come through, innermost first. */
  private asking(): View[] {
    const files = [...this.active.keys()].map(d => d.source).filter(source => source.file.endsWith('.c'));
    return [...new Set(files.reverse())].map(file => this.viewOf(file));
  }

  private async named(name: string, site: Site, hops: number): Promise<readonly Summary[]> {
    const out: Summary[] = [];
    for (const d of await site.view.definitions(name)) {
      if (d.kind === 'macro' && d.params === undefined) {
        // `#define foo bar`: calling foo is calling bar.
        const alias = /^\s*([A-Za-z_]\w*)\s*$/.exec(d.source.text.slice(d.bodyStart, d.end))?.[1];
        if (alias && alias !== name && hops < 4 && !vocabularyOf(alias))
          out.push(...(await this.named(alias, site, hops + 1)));
      } else out.push(await this.follow(d, this.siteOf(d, site)));
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
