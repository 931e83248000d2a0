import { defaultConfig } from '../index/config.ts';
import type { NameIndex } from '../index/names.ts';
import type { ContractsDocument, FindingsDocument, FunctionContract } from '../report/documents.ts';
import { InputError, type SourceTree } from '../text/source.ts';
import { Summaries } from './analysis.ts';
import { type BarrierScope, BarrierSearch, type Judged } from './barriers/search.ts';
import { Bodies } from './bodies.ts';
import type { OptionValues } from './condition.ts';
import { documentOf } from './document.ts';
import { unpairedBarriers } from './findings/barriers.ts';
import { findingsOf } from './findings/file.ts';
import type { Observed } from './findings/observed.ts';
import type { Flow } from './flow.ts';
import type { HeldByCallers } from './heldByCallers.ts';
import { nearest } from './nearest.ts';
import type { Point } from './observer.ts';
import type { Resolver } from './resolver.ts';
import type { Definition, Scanned } from './scan.ts';
import { Sources, settled } from './sources.ts';
import type { Summary } from './summary.ts';

export interface AnalyserOptions {
  /** Decides #if CONFIG_…; the stated default unless given. */
  readonly config?: OptionValues;
  /** Macros that stand where `for (…)` could: the tree's .clang-format lists them. */
  readonly loops?: readonly string[];
  /** An index of the whole tree; without one, names are looked for in the headers included and in nearby folders. */
  readonly index?: NameIndex;
  /** Look for barriers that nothing pairs with too (`unpaired-barrier`), and where: it reads the text of the whole tree. */
  readonly barriers?: BarrierScope;
}

/** One file's functions, and what is asked about them. */
export class FileAnalysis {
  constructor(
    readonly root: Scanned,
    private readonly resolver: Resolver,
    private readonly summaries: Summaries,
  ) {}

  /** The functions that the file defines, in order. */
  functions(): readonly Definition[] {
    return [...this.root.definitions.values()]
      .flat()
      .filter(d => d.kind === 'function')
      .sort((a, b) => a.start - b.start);
  }

  /** What a name that this file uses stands for: the definitions in it, its headers, then the tree's other .c files. */
  definitions(name: string): Promise<readonly Definition[]> {
    return settled(() => this.resolver.definitions(name));
  }

  summary(definition: Definition): Promise<Summary> {
    return settled(() => this.summaries.of(definition, this.resolver));
  }

  /** Held sets before every step of a function of this file. */
  points(definition: Definition): Promise<Point[]> {
    return settled(() => this.summaries.points(definition, this.resolver));
  }

  /** Everything that may be wrong in the file, and in its functions' use of what they call. */
  async findings(barriers?: BarrierSearch): Promise<FindingsDocument> {
    const all: Observed[] = [];
    for (const definition of this.functions())
      all.push(await settled(() => this.summaries.observed(definition, this.resolver)));
    return findingsOf(all, this.summaries.orders, unpairedBarriers((await barriers?.judge(this.root)) ?? []));
  }

  flow(definition: Definition): Promise<Flow> {
    return settled(() => this.summaries.flow(definition, this.resolver));
  }
}

/**
 * Lock contracts of functions, from source alone.
 *
 * Keeps what it has read and worked out. A changed text (an editor's) forgets what may depend on that file.
 */
export class ContractAnalyser {
  private readonly sources: Sources;
  private readonly bodies: Bodies;
  private readonly summaries: Summaries;
  private readonly watched = new Set<string>();
  private barriers: BarrierSearch | undefined;

  constructor(
    tree: SourceTree,
    private readonly options: AnalyserOptions = {},
  ) {
    const config = options.config ?? defaultConfig;
    this.sources = new Sources(tree, config);
    this.bodies = new Bodies(options.loops ?? [], config);
    this.summaries = new Summaries(this.sources, this.bodies, this.watched, options.index);
    this.searchAnew();
  }

  get tree(): SourceTree {
    return this.sources.tree;
  }

  /** How many functions have been worked out. */
  get known(): number {
    return this.summaries.count;
  }

  /** Contracts of every function of a file. `text` stands in for the file's bytes. Throws InputError: no such file. */
  async contracts(file: string, text?: string): Promise<ContractsDocument> {
    const analysis = await this.analysis(file, text);
    const functions: FunctionContract[] = [];
    for (const definition of analysis.functions()) functions.push(documentOf(await analysis.summary(definition)));
    return { version: 1, functions };
  }

  /** Tells which files `findings` will be asked for: the answers are the same, and cost less. */
  watch(files: Iterable<string>): void {
    for (const file of files) this.watched.add(file);
  }

  /**
   * What may be wrong in a file. `text` stands in for the file's bytes. Throws InputError: no such file.
   *
   * @param barriers look for barriers that nothing pairs with in this file alone, unless the options say to look everywhere
   */
  async findings(file: string, text?: string, barriers = false): Promise<FindingsDocument> {
    this.watched.add(file);
    const analysis = await this.analysis(file, text);
    const search = this.barriers ?? (barriers ? new BarrierSearch(this.sources, {}, this.watched) : undefined);
    return analysis.findings(search);
  }

  /** The barriers in a file's functions, and what became of each. Throws InputError: no such file. */
  async judgedBarriers(file: string, text?: string): Promise<readonly Judged[]> {
    const { root } = await this.analysis(file, text);
    return (this.barriers ?? new BarrierSearch(this.sources, {}, this.watched)).judge(root);
  }

  /** One function's contract; undefined when the file defines no function of that name. */
  async contractOf(file: string, functionName: string, text?: string): Promise<FunctionContract | undefined> {
    const analysis = await this.analysis(file, text);
    const definition = analysis.functions().find(d => d.name === functionName);
    return definition && documentOf(await analysis.summary(definition));
  }

  /**
   * Contracts of a file's functions (or of one), with what is held when they are called, as `callers` finds it.
   *
   * Throws InputError as `contracts` and `requireContract` do.
   */
  async contractsWithCallers(file: string, callers: HeldByCallers, functionName?: string): Promise<FunctionContract[]> {
    if (functionName !== undefined) await this.requireContract(file, functionName);
    const analysis = await this.analysis(file);
    const out: FunctionContract[] = [];
    for (const definition of analysis.functions()) {
      if (functionName !== undefined && definition.name !== functionName) continue;
      // What a caller asserts it holds; that it seems to need a lock for letting it go may be one way of several.
      const { locks, ...counts } = await callers.entry(analysis, definition, need => need.entry.effect === 'assert');
      out.push({
        ...documentOf(await analysis.summary(definition)),
        calledWith: { ...counts, locks: locks.map(({ lock, mode, sites }) => ({ lock, mode, sites })) },
      });
    }
    return out;
  }

  /** Like `contractOf`; an unknown function is an InputError that names the nearest names. */
  async requireContract(file: string, functionName: string, text?: string): Promise<FunctionContract> {
    const found = await this.contractOf(file, functionName, text);
    if (found) return found;
    const names = (await this.analysis(file, text)).functions().map(d => d.name);
    const near = nearest(functionName, names);
    const hint = near.length
      ? `did you mean ${near.join(', ')}?`
      : names.length
        ? `it defines ${names.length} functions`
        : 'it defines no function';
    throw new InputError(`${file}: no function ${functionName}; ${hint}`, { file });
  }

  /** The analysis of one file, for what else is asked of it (held sets at a line). */
  async analysis(file: string, text?: string): Promise<FileAnalysis> {
    await this.sources.load([file]);
    let root = this.sources.get(file);
    if (text !== undefined && root?.text !== text) {
      const before = root;
      root = this.sources.replace(file, text);
      if (before) this.summaries.replaced(before, root);
      this.searchAnew();
    }
    if (!root) throw new InputError(`${file}: no such file in ${this.sources.tree.label}`, { file });
    return new FileAnalysis(root, this.summaries.resolver(root), this.summaries);
  }

  /** The file has changed on disk: read it again when next asked. */
  forget(file: string): void {
    this.sources.forget(file);
    this.summaries.clear();
    this.searchAnew();
  }

  /** What functions elsewhere do may have changed. */
  private searchAnew(): void {
    const { barriers } = this.options;
    if (barriers) this.barriers = new BarrierSearch(this.sources, barriers, this.watched);
  }
}
