import { type OptionValues, optionsFor } from './condition.ts';
import { type Expr, Owner } from './expr.ts';
import type { Graph } from './graph.ts';
import { readBody } from './read/body.ts';
import { markDead } from './read/liveness.ts';
import { tokenize } from './read/tokens.ts';
import type { Definition } from './scan.ts';
import { guardOf, vocabularyOf } from './vocabulary.ts';

const LOOP = /for_each|foreach|^list_for_|^hlist_|^for_/;

/** Graphs of definitions, each read on its own, so that what cannot be read costs only itself. */
export class Bodies {
  private readonly graphs = new WeakMap<Definition, Graph>();
  private readonly owners = new WeakMap<Definition, Owner>();
  private readonly loops: ReadonlySet<string>;

  /** @param loops macros that stand where `for (…)` could, beside those that are called like it */
  constructor(
    loops: readonly string[],
    private readonly config: OptionValues | undefined,
  ) {
    this.loops = new Set(loops);
  }

  owner(definition: Definition): Owner {
    let owner = this.owners.get(definition);
    if (!owner) this.owners.set(definition, (owner = new Owner(definition.name)));
    return owner;
  }

  graph(definition: Definition): Graph {
    let graph = this.graphs.get(definition);
    if (!graph) this.graphs.set(definition, (graph = this.read(definition)));
    return graph;
  }

  /** A graph can be read again at any time; thousands need not be kept. */
  drop(definition: Definition): void {
    this.graphs.delete(definition);
    const owner = this.owner(definition);
    owner.names.clear();
    owner.sites.clear();
  }

  private read(definition: Definition): Graph {
    const { kind, source, bodyStart, end } = definition;
    const tokens = tokenize(source.text, bodyStart, end, kind === 'function' ? source.blanks : []);
    // IS_ENABLED() says what the #ifs of the file say.
    const options = optionsFor(source.file, this.config);
    const graph = readBody(tokens, {
      owner: this.owner(definition),
      params: definition.params ?? [],
      isTransparent: name => vocabularyOf(name)?.effect === 'value',
      needs: name => {
        const entry = vocabularyOf(name);
        return entry?.lock === undefined ? undefined : (entry.condition ?? 'always');
      },
      asksHeld: name => {
        const entry = vocabularyOf(name);
        return entry?.effect === 'quiet' && entry.lock !== undefined;
      },
      option: name => {
        const value = options?.value(name.replace(/^CONFIG_/, ''));
        return options && Number(value !== undefined && value !== 'n');
      },
      isNoReturn: name => vocabularyOf(name)?.effect === 'noreturn',
      isLoop: name => this.loops.has(name) || LOOP.test(name),
      isListedLoop: name => this.loops.has(name),
      guard: guardOf,
    });
    markDead(graph.blocks);
    return graph;
  }

  /** The value of an object-like macro that is an expression; undefined when it is none. */
  constant(definition: Definition): Expr | undefined {
    const exit = this.graph(definition).entry.steps.find(step => step.op === 'exit');
    return exit?.op === 'exit' ? exit.value : undefined;
  }
}
