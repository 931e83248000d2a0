import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import type { HeldFunction } from '../core/locks/heldLines.ts';
import type { CallersHover, FieldHover, LockHover } from '../core/locks/protection.ts';
import type { ContractsDocument, FindingsDocument, FunctionContract, TraceDocument } from '../core/report/documents.ts';
import { aborted, fromError, toError } from '../worker/errors.ts';
import type { FromWorker, Question, Questions, ToWorker, TreeName } from '../worker/protocol.ts';
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
} from './engine.ts';

/** One end of a worker, whatever the host makes workers of. */
export interface WorkerPort {
  post(message: ToWorker): void;
  onMessage(take: (message: FromWorker) => void): void;
  /** The worker is gone, for this reason when it was not `stop`. */
  onGone(take: (error: Error | undefined) => void): void;
  stop(): void;
}

export interface WorkerHost {
  start(): WorkerPort;
  /** Bytes of a file that is shipped in dist/. */
  asset(name: string): Promise<Uint8Array>;
  log(message: string): void;
}

/** How long a run has, after it was cancelled, to end by itself: then its worker is stopped. In milliseconds. */
const GRACE = 1000;

interface Asked {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly progress: Progress | undefined;
}

/** One worker, started when it is first asked, and again after it was stopped or has died. */
class Channel {
  #port: WorkerPort | undefined;
  #asked = new Map<number, Asked>();
  readonly #trees = new Map<string, KeyedTree>();
  #last = 0;

  constructor(
    readonly name: string,
    readonly host: WorkerHost,
    /** How long what was cancelled has to end by itself; undefined: as long as it takes. In milliseconds. */
    readonly grace?: number,
  ) {}

  ask<Q extends Question>(
    question: Q,
    ask: Questions[Q]['ask'],
    tree?: KeyedTree,
    signal?: AbortSignal,
    progress?: Progress,
  ): Promise<Questions[Q]['answer']> {
    if (signal?.aborted) return Promise.reject(aborted());
    if (tree) this.#trees.set(tree.key, tree);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      let grace: ReturnType<typeof setTimeout> | undefined;
      const cancel = () => {
        this.tell({ t: 'cancel', id });
        if (this.grace !== undefined) grace = setTimeout(() => this.stop(aborted()), this.grace);
      };
      const done = () => {
        clearTimeout(grace);
        signal?.removeEventListener('abort', cancel);
      };
      signal?.addEventListener('abort', cancel);
      this.#asked.set(id, {
        resolve: answer => {
          done();
          resolve(answer);
        },
        reject: error => {
          done();
          reject(error);
        },
        progress,
      });
      this.#start().post({ t: 'ask', id, question, ask });
    });
  }

  /** Tells a worker that runs; one that does not has nothing to forget. */
  tell(message: ToWorker): void {
    this.#port?.post(message);
  }

  stop(reason: Error): void {
    const port = this.#port;
    this.#port = undefined;
    port?.stop();
    this.#fail(reason);
  }

  #fail(reason: Error): void {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const a of asked) a.reject(reason);
  }

  #start(): WorkerPort {
    if (this.#port) return this.#port;
    const port = this.host.start();
    this.#port = port;
    port.onMessage(message => {
      if (this.#port === port) void this.#take(message, port);
    });
    port.onGone(error => {
      if (this.#port !== port) return;
      this.#port = undefined;
      this.host.log(`the ${this.name} worker ended: ${error?.stack ?? 'no error'}`);
      this.#fail(new Error(`the ${this.name} worker ended${error ? `: ${error.message}` : ''}. Try again.`));
    });
    void Promise.all([this.host.asset('web-tree-sitter.wasm'), this.host.asset('tree-sitter-c.wasm')]).then(
      ([runtime, grammar]) => port.post({ t: 'assets', runtime, grammar }),
      (error: unknown) => this.stop(error instanceof Error ? error : new Error(String(error))),
    );
    return port;
  }

  async #take(message: FromWorker, port: WorkerPort): Promise<void> {
    switch (message.t) {
      case 'answer':
      case 'failed': {
        const asked = this.#asked.get(message.id);
        this.#asked.delete(message.id);
        if (message.t === 'failed') asked?.reject(toError(message.error));
        else asked?.resolve(message.answer as never);
        break;
      }
      case 'progress':
        this.#asked.get(message.id)?.progress?.(message.steps, ...(message.more ?? []));
        break;
      case 'read': {
        const { id, tree, path } = message;
        try {
          const bytes = await this.#trees.get(tree)?.read(path);
          // A message copies the whole buffer behind a view.
          const own = bytes && (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice());
          port.post({ t: 'file', id, ...(own ? { bytes: own } : {}) });
        } catch (error) {
          port.post({ t: 'file', id, error: fromError(error) });
        }
        break;
      }
      case 'list': {
        const { id, tree, path } = message;
        try {
          const names = await this.#trees.get(tree)?.list(path);
          port.post({ t: 'folder', id, ...(names ? { names } : {}) });
        } catch (error) {
          port.post({ t: 'folder', id, error: fromError(error) });
        }
      }
    }
  }
}

/**
 * The engine that ships: three workers, so that a run that takes a second delays no hover, and can be stopped whatever it
 * is doing, and a witness can be looked at while exploring goes on.
 */
export class WorkerEngine implements Engine {
  readonly #reader: Channel;
  readonly #runner: Channel;
  readonly #explorer: Channel;

  constructor(host: WorkerHost) {
    this.#reader = new Channel('analysis', host);
    this.#runner = new Channel('simulation', host, GRACE);
    this.#explorer = new Channel('exploration', host, GRACE);
  }

  functions(source: SourceText): Promise<readonly FunctionSpan[]> {
    return this.#reader.ask('functions', source);
  }

  close(key: string): void {
    this.#reader.tell({ t: 'close', key });
  }

  contractOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<FunctionContract | undefined> {
    const ask = { tree: named(tree), file, name, ...(text === undefined ? {} : { text }) };
    return this.#reader.ask('contractOf', ask, tree);
  }

  contracts(tree: KeyedTree, file: string, text?: string): Promise<ContractsDocument> {
    return this.#reader.ask('contracts', { tree: named(tree), file, ...(text === undefined ? {} : { text }) }, tree);
  }

  findings(
    tree: KeyedTree,
    file: string,
    text: string,
    signal?: AbortSignal,
    barriers = false,
  ): Promise<FindingsDocument> {
    return this.#reader.ask('findings', { tree: named(tree), file, text, barriers }, tree, signal);
  }

  heldLines(
    tree: KeyedTree,
    file: string,
    text: string,
    within?: LineSpan,
    signal?: AbortSignal,
  ): Promise<readonly HeldFunction[]> {
    const ask = { tree: named(tree), file, text, ...(within ? { within } : {}) };
    return this.#reader.ask('heldLines', ask, tree, signal);
  }

  definitionsOf(tree: KeyedTree, at: NameAt): Promise<readonly SymbolAt[]> {
    return this.#reader.ask('definitionsOf', { tree: named(tree), at }, tree);
  }

  callersOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<readonly CallsOf[]> {
    const ask = { tree: named(tree), file, name, ...(text === undefined ? {} : { text }) };
    return this.#reader.ask('callersOf', ask, tree);
  }

  calleesOf(tree: KeyedTree, file: string, name: string, text?: string): Promise<readonly CallsOf[]> {
    const ask = { tree: named(tree), file, name, ...(text === undefined ? {} : { text }) };
    return this.#reader.ask('calleesOf', ask, tree);
  }

  index(tree: KeyedTree, ask: IndexAsk, signal?: AbortSignal, progress?: Progress): Promise<IndexAnswer> {
    return this.#reader.ask('index', { tree: named(tree), ask }, tree, signal, progress);
  }

  symbols(tree: KeyedTree, query: string, limit: number): Promise<readonly SymbolAt[] | undefined> {
    return this.#reader.ask('symbols', { tree: named(tree), query, limit }, tree);
  }

  lockAt(tree: KeyedTree, at: NameAt): Promise<LockHover | FieldHover | undefined> {
    return this.#reader.ask('lockAt', { tree: named(tree), at }, tree);
  }

  callersHolding(tree: KeyedTree, file: string, name: string, text?: string): Promise<CallersHover | undefined> {
    const ask = { tree: named(tree), file, name, ...(text === undefined ? {} : { text }) };
    return this.#reader.ask('callersHolding', ask, tree);
  }

  changed(tree: KeyedTree, file: string): void {
    this.#reader.tell({ t: 'changed', tree: named(tree), file });
  }

  modelOf(tree: KeyedTree, file: string, name: string): Promise<Model> {
    return this.#reader.ask('modelOf', { tree: named(tree), file, name }, tree);
  }

  simulate(request: SimulateRequest, signal?: AbortSignal, progress?: Progress): Promise<TraceDocument> {
    return this.#runner.ask('simulate', { ...request, tree: named(request.tree) }, request.tree, signal, progress);
  }

  explore(request: ExploreRequest, signal?: AbortSignal, progress?: Progress): Promise<Explored> {
    return this.#explorer.ask('explore', { ...request, tree: named(request.tree) }, request.tree, signal, progress);
  }

  contentOf(tree: KeyedTree, files: readonly string[]): Promise<number> {
    return this.#reader.ask('contentOf', { tree: named(tree), files }, tree);
  }

  dispose(): void {
    this.#explorer.stop(aborted());
    this.#reader.stop(aborted());
    this.#runner.stop(aborted());
  }
}

function named({ key, label }: KeyedTree): TreeName {
  return { key, label };
}
