import type { ScheduleChoice } from '../core/explore/schedule.ts';
import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import type { HeldFunction } from '../core/locks/heldLines.ts';
import type { CallersHover, FieldHover, LockHover } from '../core/locks/protection.ts';
import type {
  ContractsDocument,
  FindingsDocument,
  FunctionContract,
  TraceDocument,
  VerdictDocument,
} from '../core/report/documents.ts';
import type { SourceTree } from '../core/text/source.ts';

/** Extent of a function in a file: UTF-16 offsets; `line` is 1-based, of the name. */
export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly nameStart: number;
  readonly bodyStart: number;
}

/** A tree that the engine may keep what it has worked out about: `key` tells one tree from another. */
export interface KeyedTree extends SourceTree {
  readonly key: string;
}

/** A source text: `key` is the same for every version of it (a document's URI), so that parsing can be incremental. */
export interface SourceText {
  readonly key: string;
  /** For messages. */
  readonly file: string;
  readonly text: string;
}

export type { ScheduleChoice };

export interface SimulateRequest {
  readonly tree: KeyedTree;
  readonly scenario: string;
  readonly scenarioText: string;
  readonly label?: string;
  readonly patchLabel?: string;
  readonly schedule: ScheduleChoice;
  readonly stepLimit?: number;
}

export interface ExploreRequest {
  readonly tree: KeyedTree;
  readonly scenario: string;
  readonly scenarioText: string;
  readonly label?: string;
  readonly patchLabel?: string;
}

/** What exploring came to, and what it was worked out from: paths of the tree, and what `contentOf` them was. */
export interface Explored {
  readonly verdict: VerdictDocument;
  readonly files: readonly string[];
  readonly content: number;
}

/** A name in a text: the file of the tree that it stands in, and its offset there. */
export interface NameAt {
  readonly file: string;
  readonly name: string;
  readonly offset: number;
  /** Stands in for the file's bytes. */
  readonly text?: string;
}

/** Lines of a file, both included; 1-based. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/** Which index of a tree is wanted. Paths are below the tree, `''` is all of it; what is not there is left out. */
export interface IndexAsk {
  /** The tree's folder on this machine. */
  readonly root: string;
  /** What the settings say: kept in a cache on disk. */
  readonly folders: readonly string[];
  /** What is needed besides, for files that are open. */
  readonly extra: readonly string[];
  /** What is there is compared with the disk again; it is dropped when no folder is wanted. */
  readonly again?: boolean;
}

export interface IndexAnswer {
  /** Something was read that was not in the index before. */
  readonly changed: boolean;
  readonly files: number;
  readonly functions: number;
  readonly seconds: number;
  /** What could not be read, and the like. */
  readonly notices: readonly string[];
}

/**
 * Told now and then what a run is doing. Of exploring: `share`, how much of all is done by now, 0 to 1, and the violations found.
 */
export type Progress = (steps: number, share?: number, violations?: number) => void;

/** A function's model as the core gives it: `map` is pairs of 1-based lines, model then C. */
export interface Model {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly typescript: string;
  readonly map: readonly (readonly [number, number])[];
}

/**
 * What the editor asks of the core. Everything is asked for by message, so that the work can be done away from the
 * extension host's own thread, and rejects with InputError when the mistake is in the input.
 */
export interface Engine {
  /** The functions that a text defines. Its parse is kept until `close`, the most recently used few at least. */
  functions(source: SourceText): Promise<readonly FunctionSpan[]>;
  /** The text of that key is no longer of interest. */
  close(key: string): void;
  /** The contract of a function that `file` defines or can call; undefined when there is no such function. */
  contractOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<FunctionContract | undefined>;
  /** The contracts of all functions of a file. */
  contracts(tree: KeyedTree, file: string, text?: string): Promise<ContractsDocument>;
  /**
   * What may be wrong in a file, however sure, with what is suppressed marked. Rejects with AbortError once `signal` says
   * so.
   *
   * @param barriers look for barriers that nothing in the file pairs with too: of low confidence, and not for nothing
   */
  findings(
    tree: KeyedTree,
    file: string,
    text: string,
    signal?: AbortSignal,
    barriers?: boolean,
  ): Promise<FindingsDocument>;
  /** What is held before each line, in the functions that have one of the lines; like `findings`. */
  heldLines(
    tree: KeyedTree,
    file: string,
    text: string,
    within?: LineSpan,
    signal?: AbortSignal,
  ): Promise<readonly HeldFunction[]>;
  /** Where a name is defined; several answers are #if variants, or namesakes that only types could tell apart. */
  definitionsOf(tree: KeyedTree, at: NameAt): Promise<readonly SymbolAt[]>;
  /** Functions that call `name`: of the file, and of all that is indexed. */
  callersOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<readonly CallsOf[]>;
  /** What a function of a file calls by name, in order. */
  calleesOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<readonly CallsOf[]>;
  /**
   * Makes the index of a tree, or adds to it; from then on names are looked up there too. `progress` hears thousandths.
   * Rejects with AbortError once `signal` says so.
   */
  index(tree: KeyedTree, ask: IndexAsk, signal?: AbortSignal, progress?: Progress): Promise<IndexAnswer>;
  /** Symbols of the index by parts of their names, best first; undefined: there is no index. */
  symbols(tree: KeyedTree, query: string, limit: number): Promise<readonly SymbolAt[] | undefined>;
  /** What is known of the lock, or of the field or global, at a place; undefined: it is neither. */
  lockAt(tree: KeyedTree, at: NameAt): Promise<LockHover | FieldHover | undefined>;
  /** Who calls a function, holding what, as far as callers have been read. */
  callersHolding(tree: KeyedTree, file: string, name: string, text?: string): Promise<CallersHover | undefined>;
  /** A file of a tree has changed: what was worked out from it is stale. */
  changed(tree: KeyedTree, file: string): void;
  modelOf(tree: KeyedTree, file: string, name: string): Promise<Model>;
  /** Rejects with AbortError once `signal` says so, whatever the run is doing. */
  simulate(request: SimulateRequest, signal?: AbortSignal, progress?: Progress): Promise<TraceDocument>;
  /**
   * Every order of a scenario's steps that makes a difference. Once `signal` says so the verdict is of what was done until
   * then; `progress` hears of executions.
   */
  explore(request: ExploreRequest, signal?: AbortSignal, progress?: Progress): Promise<Explored>;
  /** A number that stands for the contents of files, and for the absence of those that are not there. */
  contentOf(tree: KeyedTree, files: readonly string[]): Promise<number>;
}
