import type { ParserAssets } from '../core/syntax/parser.ts';
import type { Engine, KeyedTree } from '../editor/engine.ts';
import { fromError, toError } from './errors.ts';
import type { FromWorker, Question, Questions, ToWorker, TreeName } from './protocol.ts';
import { CoreService } from './service.ts';

type Settle<T> = { resolve(value: T): void; reject(error: Error): void };

/**
 * The worker's end of the protocol, over any channel: answers questions with a {@link CoreService} that reads its trees
 * through the host. Returns what takes the host's messages. A question that fails is answered with its error; nothing
 * is thrown.
 */
export function serve(post: (message: FromWorker) => void): (message: ToWorker) => void {
  const assets = deferred<ParserAssets>();
  const engine: Engine = new CoreService(() => assets.promise);
  const running = new Map<number, AbortController>();
  const files = new Map<number, Settle<Uint8Array | undefined>>();
  const folders = new Map<number, Settle<readonly string[] | undefined>>();
  let reads = 0;

  const treeOf = ({ key, label }: TreeName): KeyedTree => ({
    key,
    label,
    read: path =>
      new Promise((resolve, reject) => {
        files.set(++reads, { resolve, reject });
        post({ t: 'read', id: reads, tree: key, path });
      }),
    list: path =>
      new Promise((resolve, reject) => {
        folders.set(++reads, { resolve, reject });
        post({ t: 'list', id: reads, tree: key, path });
      }),
  });

  function answer(id: number, question: Question, ask: unknown, signal: AbortSignal): Promise<unknown> {
    const as = <Q extends Question>(_: Q) => ask as Questions[Q]['ask'];
    switch (question) {
      case 'functions':
        return engine.functions(as(question));
      case 'contractOf': {
        const { tree, file, name, text } = as(question);
        return engine.contractOf(treeOf(tree), file, name, text);
      }
      case 'contracts': {
        const { tree, file, text } = as(question);
        return engine.contracts(treeOf(tree), file, text);
      }
      case 'findings': {
        const { tree, file, text, barriers } = as(question);
        return engine.findings(treeOf(tree), file, text, signal, barriers);
      }
      case 'heldLines': {
        const { tree, file, text, within } = as(question);
        return engine.heldLines(treeOf(tree), file, text, within, signal);
      }
      case 'definitionsOf': {
        const { tree, at } = as(question);
        return engine.definitionsOf(treeOf(tree), at);
      }
      case 'callersOf': {
        const { tree, file, name, text } = as(question);
        return engine.callersOf(treeOf(tree), file, name, text);
      }
      case 'calleesOf': {
        const { tree, file, name, text } = as(question);
        return engine.calleesOf(treeOf(tree), file, name, text);
      }
      case 'index': {
        const { tree, ask: wanted } = as(question);
        return engine.index(treeOf(tree), wanted, signal, steps => post({ t: 'progress', id, steps }));
      }
      case 'symbols': {
        const { tree, query, limit } = as(question);
        return engine.symbols(treeOf(tree), query, limit);
      }
      case 'lockAt': {
        const { tree, at } = as(question);
        return engine.lockAt(treeOf(tree), at);
      }
      case 'callersHolding': {
        const { tree, file, name, text } = as(question);
        return engine.callersHolding(treeOf(tree), file, name, text);
      }
      case 'modelOf': {
        const { tree, file, name } = as(question);
        return engine.modelOf(treeOf(tree), file, name);
      }
      case 'simulate': {
        const request = as(question);
        return engine.simulate({ ...request, tree: treeOf(request.tree) }, signal, steps =>
          post({ t: 'progress', id, steps }),
        );
      }
      case 'explore': {
        const request = as(question);
        return engine.explore({ ...request, tree: treeOf(request.tree) }, signal, (steps, share = 0, found = 0) =>
          post({ t: 'progress', id, steps, more: [share, found] }),
        );
      }
      case 'contentOf': {
        const { tree, files } = as(question);
        return engine.contentOf(treeOf(tree), files);
      }
    }
  }

  async function asked(id: number, question: Question, ask: unknown): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const result = await answer(id, question, ask, abort.signal);
      post({ t: 'answer', id, answer: result as Questions[Question]['answer'] });
    } catch (error) {
      post({ t: 'failed', id, error: fromError(error) });
    } finally {
      running.delete(id);
    }
  }

  return message => {
    switch (message.t) {
      case 'assets':
        assets.resolve(message);
        break;
      case 'ask':
        void asked(message.id, message.question, message.ask);
        break;
      case 'cancel':
        running.get(message.id)?.abort();
        break;
      case 'close':
        engine.close(message.key);
        break;
      case 'changed':
        engine.changed(treeOf(message.tree), message.file);
        break;
      case 'file':
        settle(files, message.id, message.bytes, message.error && toError(message.error));
        break;
      case 'folder':
        settle(folders, message.id, message.names, message.error && toError(message.error));
    }
  };
}

function settle<T>(waiting: Map<number, Settle<T>>, id: number, value: T, error: Error | undefined): void {
  const waits = waiting.get(id);
  waiting.delete(id);
  if (error) waits?.reject(error);
  else waits?.resolve(value);
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>(r => {
    resolve = r;
  });
  return { promise, resolve };
}
