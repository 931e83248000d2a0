import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import type { HeldFunction } from '../core/locks/heldLines.ts';
import type { CallersHover, FieldHover, LockHover } from '../core/locks/protection.ts';
import type { ContractsDocument, FindingsDocument, FunctionContract, TraceDocument } from '../core/report/documents.ts';
import type {
  Explored,
  FunctionSpan,
  IndexAnswer,
  IndexAsk,
  LineSpan,
  Model,
  NameAt,
  ScheduleChoice,
  SourceText,
} from '../editor/engine.ts';

/**
 * Messages between the extension host and the worker that runs the core. Plain data: the same over node's worker threads
 * and a browser's workers.
 */

/** A tree as the worker sees it: it is read through the host, by key. */
export interface TreeName {
  readonly key: string;
  readonly label: string;
}

/** Every question, what it carries and what its answer is. */
export interface Questions {
  functions: { ask: SourceText; answer: readonly FunctionSpan[] };
  contractOf: {
    ask: { tree: TreeName; file: string; name: string; text?: string };
    answer: FunctionContract | undefined;
  };
  contracts: { ask: { tree: TreeName; file: string; text?: string }; answer: ContractsDocument };
  findings: { ask: { tree: TreeName; file: string; text: string; barriers: boolean }; answer: FindingsDocument };
  heldLines: {
    ask: { tree: TreeName; file: string; text: string; within?: LineSpan };
    answer: readonly HeldFunction[];
  };
  definitionsOf: { ask: { tree: TreeName; at: NameAt }; answer: readonly SymbolAt[] };
  callersOf: { ask: { tree: TreeName; file: string; name: string; text?: string }; answer: readonly CallsOf[] };
  calleesOf: { ask: { tree: TreeName; file: string; name: string; text?: string }; answer: readonly CallsOf[] };
  index: { ask: { tree: TreeName; ask: IndexAsk }; answer: IndexAnswer };
  symbols: { ask: { tree: TreeName; query: string; limit: number }; answer: readonly SymbolAt[] | undefined };
  lockAt: { ask: { tree: TreeName; at: NameAt }; answer: LockHover | FieldHover | undefined };
  callersHolding: {
    ask: { tree: TreeName; file: string; name: string; text?: string };
    answer: CallersHover | undefined;
  };
  modelOf: { ask: { tree: TreeName; file: string; name: string }; answer: Model };
  simulate: {
    ask: {
      tree: TreeName;
      scenario: string;
      scenarioText: string;
      label?: string;
      patchLabel?: string;
      schedule: ScheduleChoice;
      stepLimit?: number;
    };
    answer: TraceDocument;
  };
  explore: {
    ask: { tree: TreeName; scenario: string; scenarioText: string; label?: string; patchLabel?: string };
    answer: Explored;
  };
  contentOf: { ask: { tree: TreeName; files: readonly string[] }; answer: number };
}
export type Question = keyof Questions;

/** An error on its way through a message: `at` only for mistakes in the input. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly at?: { readonly file: string; readonly line?: number; readonly column?: number };
}

export type ToWorker =
  /** First of all: the bytes of the two .wasm files. */
  | { readonly t: 'assets'; readonly runtime: Uint8Array; readonly grammar: Uint8Array }
  | { readonly t: 'ask'; readonly id: number; readonly question: Question; readonly ask: Questions[Question]['ask'] }
  /** Stop working on that question; it is answered all the same (with an AbortError). */
  | { readonly t: 'cancel'; readonly id: number }
  | { readonly t: 'close'; readonly key: string }
  | { readonly t: 'changed'; readonly tree: TreeName; readonly file: string }
  /** In reply to `read` and `list`; neither field: there is none. */
  | { readonly t: 'file'; readonly id: number; readonly bytes?: Uint8Array; readonly error?: ErrorMessage }
  | { readonly t: 'folder'; readonly id: number; readonly names?: readonly string[]; readonly error?: ErrorMessage };

export type FromWorker =
  | { readonly t: 'answer'; readonly id: number; readonly answer: Questions[Question]['answer'] }
  | { readonly t: 'failed'; readonly id: number; readonly error: ErrorMessage }
  | {
      readonly t: 'progress';
      readonly id: number;
      readonly steps: number;
      readonly more?: readonly [share: number, violations: number];
    }
  | { readonly t: 'read'; readonly id: number; readonly tree: string; readonly path: string }
  | { readonly t: 'list'; readonly id: number; readonly tree: string; readonly path: string };
