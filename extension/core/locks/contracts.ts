import { defaultConfig } from '../index/config.ts';
import type { ContractsDocument, FunctionContract } from '../report/documents.ts';
import type { CParser } from '../syntax/parser.ts';
import { InputError, type SourceTree } from '../text/source.ts';
import { Analysis } from './analysis.ts';
import { Bodies } from './bodies.ts';
import { Sources } from './callees.ts';
import type { OptionValues } from './condition.ts';
import { documentOf } from './document.ts';
import { nearest } from './nearest.ts';
import { scan } from './scan.ts';

/**
 * Lock contracts of functions, from source alone.
 *
 * Keeps what it has read: headers and other files are scanned once, functions followed once per file that asks. A changed
 * text (an editor's) forgets only what depends on that file.
 */
export class ContractAnalyser {
  private readonly sources: Sources;
  private readonly bodies: Bodies;
  private readonly analyses = new Map<string, Analysis>();

  /** @param options.config decides #if CONFIG_…, the stated default unless given. @param options.loops loop macros. */
  constructor(
    parser: CParser,
    tree: SourceTree,
    options: { readonly config?: OptionValues; readonly loops?: readonly string[] } = {},
  ) {
    const config = options.config ?? defaultConfig;
    this.sources = new Sources(tree, config);
    this.bodies = new Bodies(parser, options.loops ?? [], config);
  }

  /** Contracts of every function of a file. `text` stands in for the file's bytes. Throws InputError: no such file. */
  async contracts(file: string, text?: string): Promise<ContractsDocument> {
    const analysis = await this.analysis(file, text);
    const functions: FunctionContract[] = [];
    for (const definition of analysis.functions()) functions.push(documentOf(await analysis.summary(definition)));
    return { version: 1, functions };
  }

  /** One function's contract; undefined when the file defines no function of that name. */
  async contractOf(file: string, functionName: string, text?: string): Promise<FunctionContract | undefined> {
    const analysis = await this.analysis(file, text);
    const definition = analysis.functions().find(d => d.name === functionName);
    return definition && documentOf(await analysis.summary(definition));
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
  async analysis(file: string, text?: string): Promise<Analysis> {
    const known = this.analyses.get(file);
    if (known && (text === undefined || known.root.text === text)) return known;
    const root = text === undefined ? await this.sources.scanned(file) : scan(file, text, this.sources.options);
    if (!root) throw new InputError(`${file}: no such file in ${this.sources.tree.label}`, { file });
    const analysis = new Analysis(this.sources, this.bodies, root);
    this.analyses.set(file, analysis);
    return analysis;
  }

  /** The file has changed on disk: read it again when next asked. */
  forget(file: string): void {
    this.sources.forget(file);
    this.analyses.clear();
  }
}
