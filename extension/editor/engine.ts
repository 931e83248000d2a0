import type { FunctionContract, TraceDocument } from '../core/report/documents.ts';
import type { Position, SourceTree } from '../core/text/source.ts';

/** Extent of a function in a file: UTF-16 offsets; `line` is 1-based, of the name. */
export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly nameStart: number;
  readonly bodyStart: number;
}

/** A parsed file, owned by whoever asked for it: `edit` frees the old tree and gives the new one. */
export interface ParsedFile {
  functions(): readonly FunctionSpan[];
  edit(text: string): ParsedFile;
  dispose(): void;
}

export type ScheduleChoice =
  | { readonly kind: 'round-robin'; readonly quantum?: number }
  | { readonly kind: 'random'; readonly seed: number }
  | { readonly kind: 'explicit'; readonly choices: readonly number[] };

export interface SimulateRequest {
  readonly tree: SourceTree;
  readonly scenario: string;
  readonly scenarioText?: string;
  readonly label?: string;
  readonly patchLabel?: string;
  readonly schedule: ScheduleChoice;
  readonly stepLimit?: number;
  readonly signal?: AbortSignal;
}

/** A function's model as the core gives it: `map` is pairs of 1-based lines, model then C. */
export interface Model {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly typescript: string;
  readonly map: readonly (readonly [number, number])[];
}

/**
 * What the editor asks of the core. main.ts makes the one that ships, each part loaded when it is first needed, so that
 * activation loads none of it.
 */
export interface Engine {
  /** Decodes and parses a file for its functions. Rejects with InputError when it is no C. */
  parse(text: string): Promise<ParsedFile>;
  /** Bytes to text; throws InputError for binaries and the like. */
  decode(bytes: Uint8Array, file: string): Promise<string>;
  /** The contract of a function that `file` defines, declares or calls; undefined when there is no such function. */
  contractOf(tree: SourceTree, file: string, name: string, text?: string): Promise<FunctionContract | undefined>;
  /** Markdown of a contract; `link` gives the target of a link to a place. */
  contractMarkdown(contract: FunctionContract, link: (position: Position) => string): Promise<string>;
  /** Source has changed: contracts that were worked out may be stale. */
  forget(): void;
  modelOf(tree: SourceTree, file: string, name: string): Promise<Model>;
  simulate(request: SimulateRequest): Promise<TraceDocument>;
  /** The tree as a patch leaves it, and the paths that differ. Rejects with InputError when it does not apply. */
  patchedTree(tree: SourceTree, patch: string, label: string): Promise<{ tree: SourceTree; files: readonly string[] }>;
}
