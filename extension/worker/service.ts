import { exploreScenario } from '../core/explore/explorer.ts';
import { simulate } from '../core/explore/simulate.ts';
import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import { primitives } from '../core/kernel/table.ts';
import { ContractAnalyser } from '../core/locks/contracts.ts';
import { type HeldFunction, heldLines } from '../core/locks/heldLines.ts';
import type { CallersHover, FieldHover, LockHover } from '../core/locks/protection.ts';
import { reachableContract } from '../core/locks/reachable.ts';
import type { ContractsDocument, FindingsDocument, FunctionContract, TraceDocument } from '../core/report/documents.ts';
import { loopMacros } from '../core/syntax/idioms.ts';
import { CParser, type ParserAssets, type SourceFile } from '../core/syntax/parser.ts';
import { decodeSource } from '../core/text/decode.ts';
import { InputError } from '../core/text/source.ts';
import { modelOf } from '../core/translate/model.ts';
import type {
  Engine,
  Explored,
  ExploreRequest,
  FunctionSpan,
  IndexAnswer,
  IndexAsk,
  KeyedTree,
  LineSpan,
  Model,
  NameAt,
  Progress,
  SimulateRequest,
  SourceText,
} from '../editor/engine.ts';
import { Contents } from './answers/contents.ts';
import { aborted } from './errors.ts';
import { Evidences } from './evidences.ts';
import { findingsOf, slices } from './findings.ts';
import { Indexes } from './indexes.ts';
import { calleesOf, callersOf, definitionsOf, symbolsOf } from './navigation.ts';

/** Parses and trees that are kept, each the most recently used. */
const MOST_PARSES = 12;
const MOST_TREES = 4;

/** The core behind the editor's questions, in one thread. Owns the parser, its trees and the analysers. */
export class CoreService implements Engine {
  #parser: Promise<CParser> | undefined;
  readonly #parses = new Map<string, SourceFile>();
  readonly #indexes = new Indexes();
  readonly #evidences = new Evidences(key => this.#indexes.of(key));
  readonly #analysers = new Map<string, Promise<ContractAnalyser>>();
  /** By tree: settles when every file that has changed is known as it is now. */
  readonly #rereading = new Map<string, Promise<void>>();
  /** The last text of a file that was looked at, by its name: what is no C is said before anything is analysed. */
  readonly #looked = new Map<string, string>();

  /** `assets`: the bytes of the two .wasm files, asked for when the parser is first needed. */
  constructor(readonly assets: () => Promise<ParserAssets>) {}

  async functions({ key, file, text }: SourceText): Promise<readonly FunctionSpan[]> {
    this.#look(file, text);
    const parser = await this.#c();
    const kept = this.#parses.get(key);
    const parsed = !kept ? parser.parse(text) : kept.original === text ? kept : kept.edit(text);
    this.#parses.delete(key);
    this.#parses.set(key, parsed);
    for (const oldest of this.#parses.keys()) {
      if (this.#parses.size <= MOST_PARSES) break;
      this.close(oldest);
    }
    return parsed.functions().map(({ name, line, start, end, nameStart, bodyStart }) => ({
      name,
      line,
      start,
      end,
      nameStart,
      bodyStart,
    }));
  }

  close(key: string): void {
    this.#parses.get(key)?.dispose();
    this.#parses.delete(key);
  }

  async contractOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<FunctionContract | undefined> {
    this.#evidences.asked();
    if (text !== undefined) this.#look(file, text);
    return reachableContract(await this.#analyser(tree), file, name, text);
  }

  async contracts(tree: KeyedTree, file: string, text?: string): Promise<ContractsDocument> {
    this.#evidences.asked();
    if (text !== undefined) this.#look(file, text);
    return (await this.#analyser(tree)).contracts(file, text);
  }

  async findings(
    tree: KeyedTree,
    file: string,
    text: string,
    signal?: AbortSignal,
    barriers = false,
  ): Promise<FindingsDocument> {
    this.#evidences.asked();
    this.#look(file, text);
    return findingsOf(tree, await this.#analyser(tree), { file, text, barriers }, signal);
  }

  async heldLines(
    tree: KeyedTree,
    file: string,
    text: string,
    within?: LineSpan,
    signal?: AbortSignal,
  ): Promise<readonly HeldFunction[]> {
    this.#evidences.asked();
    this.#look(file, text);
    return heldLines(await this.#analyser(tree), file, { text, within, pause: slices(signal) });
  }

  async definitionsOf(tree: KeyedTree, at: NameAt): Promise<readonly SymbolAt[]> {
    return definitionsOf(tree, await this.#analyser(tree), at, this.#indexes.of(tree.key));
  }

  async callersOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<readonly CallsOf[]> {
    return callersOf(tree, await this.#analyser(tree), { file, name, text }, this.#indexes.of(tree.key));
  }

  async calleesOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<readonly CallsOf[]> {
    return calleesOf(await this.#analyser(tree), file, name, text);
  }

  async index(tree: KeyedTree, ask: IndexAsk, signal?: AbortSignal, progress?: Progress): Promise<IndexAnswer> {
    const answer = await this.#indexes.open(tree.key, ask, signal, progress);
    // What was worked out without these names is worked out anew.
    if (answer.changed) this.#analysers.delete(tree.key);
    return answer;
  }

  async symbols(tree: KeyedTree, query: string, limit: number): Promise<readonly SymbolAt[] | undefined> {
    return this.#indexes.of(tree.key)?.search(query, limit).map(symbolsOf);
  }

  async lockAt(tree: KeyedTree, at: NameAt): Promise<LockHover | FieldHover | undefined> {
    return this.#evidences.lockAt(tree, await this.#analyser(tree), at);
  }

  async callersHolding(tree: KeyedTree, file: string, name: string, text?: string): Promise<CallersHover | undefined> {
    return this.#evidences.callers(tree, await this.#analyser(tree), file, name, text);
  }

  changed(tree: KeyedTree, file: string): void {
    this.#evidences.forget(tree.key, file);
    const before = this.#rereading.get(tree.key);
    const done = Promise.all([before, this.#reread(tree, file)]).then(
      () => undefined,
      () => undefined,
    );
    this.#rereading.set(tree.key, done);
  }

  /** A file that has been edited here is saved, mostly: then it is known, and what was worked out of it still holds. */
  async #reread(tree: KeyedTree, file: string): Promise<void> {
    const bytes = await tree.read(file).catch(() => undefined);
    this.#indexes.changed(tree.key, file, bytes);
    const analyser = await this.#analysers.get(tree.key);
    try {
      if (!bytes || !this.#looked.has(file)) analyser?.forget(file);
      else await analyser?.analysis(file, decodeSource(bytes, file));
    } catch {
      analyser?.forget(file);
    }
  }

  async modelOf(tree: KeyedTree, file: string, name: string): Promise<Model> {
    const bytes = await tree.read(file);
    if (!bytes) throw new InputError(`${file}: no such file in ${tree.label}`, { file });
    decodeSource(bytes, file);
    return modelOf(tree, file, name, primitives);
  }

  async simulate(request: SimulateRequest, signal?: AbortSignal, progress?: Progress): Promise<TraceDocument> {
    const trace = await simulate({ ...request, ...(signal ? { signal } : {}), ...(progress ? { progress } : {}) });
    // Half a run that nobody waits for any more is no answer.
    if (signal?.aborted) throw aborted();
    return trace;
  }

  async explore(request: ExploreRequest, signal?: AbortSignal, progress?: Progress): Promise<Explored> {
    const contents = new Contents(request.tree);
    const verdict = await exploreScenario({
      ...request,
      tree: contents.tree,
      ...(signal ? { signal } : {}),
      ...(progress ? { progress } : {}),
    });
    return { verdict, files: contents.files(), content: contents.sum() };
  }

  async contentOf(tree: KeyedTree, files: readonly string[]): Promise<number> {
    const contents = new Contents(tree);
    for (const file of files) await contents.tree.read(file);
    return contents.sum();
  }

  #c(): Promise<CParser> {
    this.#parser ??= this.assets()
      .then(assets => CParser.create(assets))
      .catch((error: unknown) => {
        this.#parser = undefined;
        throw error;
      });
    return this.#parser;
  }

  async #analyser(tree: KeyedTree): Promise<ContractAnalyser> {
    const { key } = tree;
    await this.#rereading.get(key);
    const known = this.#analysers.get(key) ?? this.#makeAnalyser(tree);
    this.#analysers.delete(key);
    this.#analysers.set(key, known);
    known.catch(() => this.#analysers.delete(key));
    for (const oldest of this.#analysers.keys()) {
      if (this.#analysers.size <= MOST_TREES) break;
      this.#analysers.delete(oldest);
    }
    return known;
  }

  async #makeAnalyser(tree: KeyedTree): Promise<ContractAnalyser> {
    const format = await tree.read('.clang-format');
    const loops = format ? loopMacros(new TextDecoder().decode(format)) : [];
    const index = this.#indexes.of(tree.key);
    return new ContractAnalyser(tree, { loops, ...(index ? { index } : {}) });
  }

  #look(file: string, text: string): void {
    if (this.#looked.get(file) === text) return;
    decodeSource(new TextEncoder().encode(text), file);
    this.#looked.set(file, text);
    if (this.#looked.size > MOST_PARSES) this.#looked.delete(this.#looked.keys().next().value!);
  }
}
