import type { NameIndex } from '../core/index/names.ts';
import type { ContractAnalyser } from '../core/locks/contracts.ts';
import { LockEvidence, wordsOf } from '../core/locks/lockEvidence.ts';
import type { CallersHover, FieldHover, LockHover } from '../core/locks/protection.ts';
import { vocabularyOf } from '../core/locks/vocabulary.ts';
import type { KeyedTree, NameAt } from '../editor/engine.ts';

/** Lets messages in: an answer that takes a second is worked out in pieces, between which others are answered. */
const pause = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** How long nobody must have asked anything before other files are read. In milliseconds. */
const QUIET = 1500;

/**
 * The evidence of every tree that is asked about. An answer is given from what has been read; what else mentions the name
 * is read afterwards, when nobody asks anything, so that the next answer knows more.
 */
export class Evidences {
  readonly #byAnalyser = new WeakMap<ContractAnalyser, LockEvidence>();
  readonly #byTree = new Map<string, WeakRef<LockEvidence>>();
  readonly #index: (key: string) => NameIndex | undefined;
  #widening: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next: ((signal: AbortSignal) => Promise<unknown>) | undefined;

  /** @param index of a tree, when there is one */
  constructor(index: (key: string) => NameIndex | undefined) {
    this.#index = index;
  }

  async lockAt(
    tree: KeyedTree,
    analyser: ContractAnalyser,
    { file, offset, text }: NameAt,
  ): Promise<LockHover | FieldHover | undefined> {
    this.asked();
    const evidence = this.#of(tree, analyser);
    const hover = await evidence.at(file, offset, text);
    if (hover?.scope.more) this.#widen(evidence, file, wordsOf(hover.kind === 'lock' ? hover.lockClass : hover.field));
    return hover;
  }

  async callers(
    tree: KeyedTree,
    analyser: ContractAnalyser,
    file: string,
    name: string,
    text?: string,
  ): Promise<CallersHover | undefined> {
    // Of what the whole kernel calls, a few callers say nothing.
    if (vocabularyOf(name)) return undefined;
    this.asked();
    const evidence = this.#of(tree, analyser);
    const hover = await evidence.callers(file, name, text);
    if (hover?.scope.more) this.#widen(evidence, file, [name]);
    return hover;
  }

  /** Something was asked of this thread: reading ahead stops, and goes on when all is quiet. */
  asked(): void {
    this.#widening?.abort();
    this.#widening = undefined;
    clearTimeout(this.#timer);
    if (this.#next) this.#timer = setTimeout(() => void this.#read(), QUIET);
  }

  async #read(): Promise<void> {
    const next = this.#next;
    const stop = new AbortController();
    this.#widening = stop;
    try {
      await next?.(stop.signal);
    } catch {
      // Stopped; or a file cannot be read: it is left out of an answer that says how much it is made of.
      if (stop.signal.aborted) return;
    }
    if (this.#next === next) this.#next = undefined;
  }

  forget(key: string, file: string): void {
    this.#byTree.get(key)?.deref()?.forget(file);
  }

  #widen(evidence: LockEvidence, file: string, words: readonly string[]): void {
    this.#next = signal => evidence.widen(file, words, signal);
    this.asked();
  }

  #of(tree: KeyedTree, analyser: ContractAnalyser): LockEvidence {
    let evidence = this.#byAnalyser.get(analyser);
    if (!evidence) {
      this.#byAnalyser.set(analyser, (evidence = new LockEvidence(tree, analyser, pause, () => this.#index(tree.key))));
      this.#byTree.set(tree.key, new WeakRef(evidence));
    }
    return evidence;
  }
}
