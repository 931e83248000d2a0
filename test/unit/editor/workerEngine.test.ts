import assert from 'node:assert/strict';
import { InputError } from '../../../extension/core/text/source.ts';
import type { KeyedTree } from '../../../extension/editor/engine.ts';
import { WorkerEngine, type WorkerHost } from '../../../extension/editor/workerEngine.ts';
import { serve } from '../../../extension/worker/dispatch.ts';
import type { FromWorker, ToWorker } from '../../../extension/worker/protocol.ts';
import { parserAssets } from './assets.ts';

const files: Readonly<Record<string, string>> = {
  'mm/a.c': `#include <linux/spinlock.h>
static DEFINE_SPINLOCK(table_lock);
static void locked(void)
{
	spin_lock(&table_lock);
}
void outer(void)
{
	locked();
	helper_in_b();
}
`,
  'mm/b.c': 'void helper_in_b(void)\n{\n\tmutex_lock(&b_lock);\n}\n',
  'mm/broken.scenario.c': 'SCENARIO("x"); SOURCES("mm/a.c"); THREAD(t) { locked(; }',
};

const tree: KeyedTree = {
  key: 'tree',
  label: 'tree',
  read: async path => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])),
  list: async path => (path === 'mm' ? ['a.c', 'b.c'] : undefined),
};

/** Workers of this thread, whose messages are copied as real ones are; `silent` ones never answer. */
function host(options: { silent?: boolean } = {}) {
  const started: { stopped: boolean; gone: (error: Error | undefined) => void }[] = [];
  const made: WorkerHost = {
    start() {
      let take: (message: FromWorker) => void = () => undefined;
      const receive = serve(message => queueMicrotask(() => take(structuredClone(message))));
      const worker = { stopped: false, gone: (_: Error | undefined) => undefined as void };
      started.push(worker);
      return {
        post: (message: ToWorker) => {
          const copy = structuredClone(message);
          if (!options.silent) setTimeout(() => !worker.stopped && receive(copy));
        },
        onMessage: t => {
          take = t;
        },
        onGone: t => {
          worker.gone = t;
        },
        stop: () => {
          worker.stopped = true;
        },
      };
    },
    asset: async name => {
      const { runtime, grammar } = await parserAssets();
      return name === 'tree-sitter-c.wasm' ? grammar : runtime;
    },
    log: () => undefined,
  };
  return { started, host: made };
}

describe('engine in workers', () => {
  it('finds functions, and contracts of own functions and of callees in other files', async () => {
    const { host: workers, started } = host();
    const engine = new WorkerEngine(workers);
    assert.equal(started.length, 0, 'no worker before the first question');
    const functions = await engine.functions({ key: 'a', file: 'mm/a.c', text: files['mm/a.c']! });
    assert.deepEqual(
      functions.map(f => [f.name, f.line]),
      [
        ['locked', 3],
        ['outer', 7],
      ],
    );
    const own = await engine.contractOf(tree, 'mm/a.c', 'outer');
    assert.deepEqual(own?.acquires.map(a => a.lock).sort(), ['&b_lock', '&table_lock']);
    const callee = await engine.contractOf(tree, 'mm/a.c', 'helper_in_b');
    assert.equal(callee?.file, 'mm/b.c');
    assert.deepEqual(
      callee?.acquires.map(a => a.lock),
      ['&b_lock'],
    );
    assert.equal(await engine.contractOf(tree, 'mm/a.c', 'no_such_function'), undefined);
    assert.equal(started.length, 1);
    engine.dispose();
    assert.ok(started[0]!.stopped);
  });

  it('finds definitions, callers and callees, in the text that is being edited', async () => {
    const engine = new WorkerEngine(host().host);
    const text = `${files['mm/a.c']}void last(int n)\n{\n\tlocked();\n\tn++;\n}\n`;
    const where = async (name: string, offset: number) =>
      (await engine.definitionsOf(tree, { file: 'mm/a.c', name, offset, text })).map(
        s => `${s.file}:${s.line} ${s.kind}`,
      );
    assert.deepEqual(await where('helper_in_b', text.indexOf('helper_in_b')), ['mm/b.c:1 function']);
    assert.deepEqual(await where('n', text.indexOf('n++')), ['mm/a.c:12 variable']);
    const callers = await engine.callersOf(tree, 'mm/a.c', 'locked', text);
    assert.deepEqual(
      callers.map(c => [c.symbol.name, c.at.map(p => p.line)]),
      [
        ['outer', [9]],
        ['last', [14]],
      ],
    );
    const callees = await engine.calleesOf(tree, 'mm/a.c', 'outer', text);
    assert.deepEqual(
      callees.map(c => [c.symbol.name, c.symbol.file, c.at.map(p => p.line)]),
      [
        ['locked', 'mm/a.c', [9]],
        ['helper_in_b', 'mm/b.c', [10]],
      ],
    );
    engine.dispose();
  });

  it('tells of locks and callers, of a text as it is being edited', async () => {
    const engine = new WorkerEngine(host().host);
    const text = files['mm/a.c']!.replace('\tlocked();', '\tspin_lock(&far_lock);\n\tlocked();');
    const at = { file: 'mm/a.c', name: 'table_lock', offset: text.indexOf('table_lock);\n}'), text };
    const lock = await engine.lockAt(tree, at);
    assert.equal(lock?.kind, 'lock');
    assert.equal(lock?.kind === 'lock' && lock.lockClass, 'table_lock');
    const callers = await engine.callersHolding(tree, 'mm/a.c', 'locked', text);
    assert.deepEqual(
      callers?.groups.map(g => [g.held.map(h => h.lockClass), g.callers.map(c => c.function)]),
      [[['far_lock'], ['outer']]],
    );
    assert.equal(await engine.lockAt(tree, { ...at, offset: text.indexOf('static') }), undefined);
    assert.equal(await engine.symbols(tree, 'locked', 10), undefined, 'nothing is indexed');
    engine.dispose();
  });

  it('reads a file again after it changed', async () => {
    const engine = new WorkerEngine(host().host);
    let text = files['mm/b.c']!;
    const changing: KeyedTree = {
      ...tree,
      read: async path => (path === 'mm/b.c' ? new TextEncoder().encode(text) : tree.read(path)),
    };
    assert.equal((await engine.contractOf(changing, 'mm/b.c', 'helper_in_b'))?.acquires.length, 1);
    text = 'void helper_in_b(void)\n{\n}\n';
    engine.changed(changing, 'mm/b.c');
    assert.equal((await engine.contractOf(changing, 'mm/b.c', 'helper_in_b'))?.acquires.length, 0);
    engine.dispose();
  });

  it('says what is wrong with the input as an InputError with its place', async () => {
    const engine = new WorkerEngine(host().host);
    const long = `int x; /* ${'y'.repeat(5 << 20)} */`;
    const wrong: [() => Promise<unknown>, RegExp][] = [
      [() => engine.functions({ key: 'bin', file: 'mm/bin.c', text: 'int\0x;' }), /mm\/bin\.c: not C source.*NUL/],
      [() => engine.functions({ key: 'long', file: 'mm/long.c', text: long }), /mm\/long\.c:1: this line has 52/],
      [() => engine.contracts(tree, 'mm/gone.c'), /mm\/gone\.c: no such file in tree/],
      [() => engine.modelOf(tree, 'mm/gone.c', 'f'), /mm\/gone\.c: no such file in tree/],
      [() => engine.modelOf(tree, 'mm/b.c', 'no_such'), /no_such/],
      [
        () =>
          engine.simulate({
            tree,
            scenario: 'broken.scenario.c',
            scenarioText: files['mm/broken.scenario.c']!,
            schedule: { kind: 'round-robin' },
          }),
        /broken\.scenario\.c/,
      ],
    ];
    for (const [asked, message] of wrong) {
      const error: unknown = await asked().then(
        () => 'no error',
        (e: unknown) => e,
      );
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, message);
      assert.ok(error.at?.file, error.message);
    }
    assert.deepEqual(await engine.functions({ key: 'empty', file: 'mm/empty.c', text: '' }), []);
    engine.dispose();
  });

  it('ends a question that is cancelled although its worker does not listen, and starts another worker', async () => {
    const { host: workers, started } = host({ silent: true });
    const engine = new WorkerEngine(workers);
    const abort = new AbortController();
    const request = { tree, scenario: 's', scenarioText: 'SCENARIO("s");', schedule: { kind: 'round-robin' } as const };
    const run = engine.simulate(request, abort.signal);
    abort.abort();
    await assert.rejects(run, { name: 'AbortError' });
    assert.ok(started[0]!.stopped);
    const again = engine.simulate(request, AbortSignal.timeout(10));
    await assert.rejects(again, { name: 'AbortError' });
    assert.equal(started.length, 2);
  });

  it('fails what was asked when a worker dies, and goes on with a new one', async () => {
    const { host: workers, started } = host({ silent: true });
    const engine = new WorkerEngine(workers);
    const asked = engine.contracts(tree, 'mm/a.c');
    started[0]!.gone(new Error('out of memory'));
    await assert.rejects(asked, /worker ended: out of memory/);
    engine.contracts(tree, 'mm/a.c').catch(() => undefined);
    assert.equal(started.length, 2);
    engine.dispose();
  });
});
