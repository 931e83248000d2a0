import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type JobFile, LexJob, type Notice, type ReadInto } from '../../../extension/core/index/tree/job.ts';
import { refresh } from '../../../extension/core/index/tree/refresh.ts';
import { TreeIndex } from '../../../extension/core/index/tree/treeIndex.ts';
import { InputError } from '../../../extension/core/text/source.ts';
import { cacheFile } from '../../../extension/worker/indexCache.ts';
import { fileReader, listSources } from '../../../extension/worker/indexFiles.ts';
import { IndexPool } from '../../../extension/worker/indexPool.ts';
import { type IndexRequest, type OpenedIndex, openIndex } from '../../../extension/worker/indexStore.ts';
import { buildCli, lockstep, project } from '../../support/cli.ts';

const LONG_AGO = new Date(2020, 1, 1);

describe('the index on disk', () => {
  let base: string;
  let root: string;
  let cache: string;
  let notices: Notice[];

  const put = (path: string, content: string | Buffer, when: Date | undefined = LONG_AGO): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    if (when) utimesSync(join(root, path), when, when);
  };
  const open = (more: Partial<IndexRequest> = {}): Promise<OpenedIndex> => {
    notices = [];
    return openIndex({ root, cache, threads: 0, notice: n => notices.push(n), ...more });
  };
  const took = ({ fromCache, read, same, removed, changed }: OpenedIndex): string =>
    `${fromCache ? 'cache' : 'none'} read ${read} same ${same} removed ${removed}${changed ? ' changed' : ''}`;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lockstep-index-'));
    root = join(base, 'tree');
    cache = join(base, 'cache');
    put('mm/a.c', '#include "a.h"\nint f(void)\n{\n\treturn g();\n}\n');
    put('mm/a.h', '#define g() 1\n');
    put('fs/b.c', 'int g2(void)\n{\n\treturn f();\n}\n');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('reads everything once, then only what has changed', async () => {
    const cold = await open();
    assert.equal(took(cold), 'none read 3 same 0 removed 0 changed');
    const warm = await open();
    assert.equal(took(warm), 'cache read 0 same 0 removed 0');
    assert.deepEqual(warm.index.counts(), cold.index.counts());
    for (const index of [cold.index, warm.index]) {
      assert.deepEqual(index.callers('f'), [{ file: 'fs/b.c', function: 'g2' }]);
      assert.deepEqual(index.definers('g'), ['mm/a.h']);
    }
    put('mm/a.c', '#include "a.h"\nint f3(void)\n{\n\treturn g();\n}\n');
    put('mm/new.c', 'int h(void) { return f3(); }\n');
    put('fs/b.c', readFileSync(join(root, 'fs/b.c')), new Date(2021, 1, 1));
    rmSync(join(root, 'mm/a.h'));
    const next = await open();
    assert.equal(took(next), 'cache read 3 same 1 removed 1 changed');
    assert.deepEqual(next.index.definers('f'), []);
    assert.deepEqual(next.index.definers('f3'), ['mm/a.c']);
    assert.deepEqual(next.index.callers('f3'), [{ file: 'mm/new.c', function: 'h' }]);
    assert.deepEqual(next.index.definers('g'), []);
    assert.equal(took(await open()), 'cache read 0 same 0 removed 0');
    assert.deepEqual(notices, []);
  });

  it('a file that changes within the grain of the clock is noticed all the same', async () => {
    const now = new Date();
    put('mm/a.c', 'int one(void) { }\n', now);
    await open();
    put('mm/a.c', 'int two(void) { }\n', now);
    const { index } = await open();
    assert.deepEqual(index.definers('one'), []);
    assert.deepEqual(index.definers('two'), ['mm/a.c']);
  });

  it('folders of a tree have a cache of their own', async () => {
    const all = await open();
    const some = await open({ folders: ['./mm/'] });
    assert.equal(some.fromCache, false);
    assert.deepEqual([...some.index.data.paths()].sort(), ['mm/a.c', 'mm/a.h']);
    assert.notEqual(all.cacheFile, some.cacheFile);
    assert.equal((await open({ folders: ['mm', 'mm'] })).fromCache, true);
    await assert.rejects(open({ folders: ['none'] }), InputError);
    await assert.rejects(open({ folders: ['../other'] }), InputError);
    await assert.rejects(open({ root: join(base, 'none') }), InputError);
  });

  it('a damaged, cut or foreign cache is made anew with a notice, never trusted', async () => {
    const { cacheFile: file, index } = await open();
    const whole = readFileSync(file!);
    const damaged: Buffer[] = [
      Buffer.alloc(0),
      whole.subarray(0, 20),
      whole.subarray(0, whole.length - 8),
      Buffer.concat([whole, Buffer.alloc(8)]),
      Buffer.from('not an index at all, but long enough to hold a header of that size, is it not?'),
    ];
    for (let at = 0; at < whole.length; at += 97) {
      const copy = Buffer.from(whole);
      copy[at]! ^= 1 << (at % 8);
      damaged.push(copy);
    }
    for (const bytes of damaged) {
      writeFileSync(file!, bytes);
      const again = await open();
      assert.equal(again.fromCache, false);
      assert.match(notices[0]!.message, /^the cached index is made anew: /);
      assert.deepEqual(again.index.counts(), index.counts());
    }
    assert.ok(damaged.length > 30);
    assert.equal((await open()).fromCache, true);
  });

  it('without a place for the cache the work goes on', async () => {
    writeFileSync(cache, 'a file where a folder should be');
    const opened = await open();
    assert.equal(opened.index.counts().functions, 2);
    assert.equal(opened.cacheFile, undefined);
    assert.ok(notices.some(n => /not cached|cannot be read/.test(n.message)));
    rmSync(cache);
    mkdirSync(cacheFile(cache, root, ['']), { recursive: true });
    assert.equal((await open()).index.counts().functions, 2);
    assert.ok(notices.length > 0);
    assert.deepEqual(
      readdirSync(dirname(cacheFile(cache, root, ['']))).filter(f => f.endsWith('.tmp')),
      [],
    );
  });

  it('two at once leave one good cache', async () => {
    buildCli();
    const both = await Promise.all([open(), open()]);
    for (const { index } of both) assert.equal(index.counts().functions, 2);
    assert.equal((await open()).fromCache, true);
    assert.deepEqual(readdirSync(dirname(both[0].cacheFile!)).sort(), ['all.index', 'tree']);
  });

  it('caches that nobody will ask for again go', async () => {
    for (let i = 0; i < 9; i++) {
      put(`d${i}/x.c`, `int x${i};\n`);
      await open({ folders: [`d${i}`] });
    }
    const own = dirname((await open()).cacheFile!);
    assert.equal(readdirSync(own).filter(f => f.endsWith('.index')).length, 6);
    assert.equal((await open({ folders: ['d8'] })).fromCache, true);
    const other = join(base, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'y.c'), 'int y;\n');
    await open({ root: other });
    assert.equal(readdirSync(join(cache, 'index')).length, 2);
    rmSync(other, { recursive: true });
    put('mm/a.c', 'int changed;\n');
    await open();
    assert.deepEqual(readdirSync(join(cache, 'index')), [basename(own)]);
  });

  it('links are not followed: no loops, nothing from outside', async () => {
    symlinkSync('..', join(root, 'mm/loop'));
    symlinkSync('self.c', join(root, 'mm/self.c'));
    writeFileSync(join(base, 'secret.c'), 'int secret(void) { }\n');
    symlinkSync(join(base, 'secret.c'), join(root, 'mm/secret.c'));
    symlinkSync('none.h', join(root, 'mm/dangling.h'));
    const { index, files } = await open();
    assert.equal(files, 3);
    assert.deepEqual(index.definers('secret'), []);
    symlinkSync(root, join(base, 'link'));
    assert.equal((await open({ root: join(base, 'link') })).fromCache, true);
  });

  it('odd files cost a notice at most', async () => {
    put('o/utf16.c', Buffer.from('\ufeffint f16(void) { }\n', 'utf16le'));
    put('o/binary.h', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]));
    put('o/empty.c', '');
    put('o/latin1.c', Buffer.from('/* \xe9\xff */\nint latin1(void) { return "\xe9"[0]; }\n', 'latin1'));
    put('o/crlf.c', 'int crlf(void)\r\n{\r\n\treturn f(); \\\r\n}\r\n#define TWO 1 + \\\r\n\tf()\r\n');
    put('o/bom.c', '\ufeff#define BOM 1\nint bom(void) { }\n');
    put('o/macros.h', Array.from({ length: 250_000 }, (_, i) => `#define REGISTER_${i}__SHIFT 0x${i}\n`).join(''));
    put('o/line.c', `int long_line[] = { ${'0x12345678, '.repeat(900_000)} };\nint after_line(void) { }\n`);
    put('o/nested.c', `int deep(void) {${'{('.repeat(200_000)}\n}\nint after_deep(void)\n{\n}\n`);
    const { index } = await open();
    assert.deepEqual(
      notices.map(n => `${n.file}: ${n.message}`),
      [
        'o/binary.h: left out: byte 4 is NUL, so this is no C source',
        'o/utf16.c: left out: it is UTF-16; kernel source is UTF-8 or Latin-1',
      ],
    );
    for (const name of ['latin1', 'crlf', 'bom', 'BOM', 'REGISTER_249999__SHIFT', 'after_line', 'after_deep'])
      assert.equal(index.symbols(name).length, 1, name);
    assert.deepEqual(
      index.callersOf('f').map(c => `${c.file}:${c.line}`),
      ['fs/b.c:3', 'o/crlf.c:3', 'o/crlf.c:6'],
    );
    assert.equal((await open()).read, 0, 'what was left out is not read again either');
  });

  it('files that cannot be read or vanish are left out with a notice, and tried again', async () => {
    const index = new TreeIndex();
    const job = new LexJob();
    const real = fileReader(root);
    let broken = true;
    const read: ReadInto = (path, into) => {
      if (broken && path === 'mm/a.c') throw new Error('EACCES: permission denied');
      if (broken && path === 'mm/a.h') throw new Error('ENOENT: no such file or directory');
      return real(path, into);
    };
    notices = [];
    const world = {
      list: () => listSources(root, [''], n => notices.push(n)),
      begin: () => 1,
      lex: async (files: readonly JobFile[]) => job.run(files, read, Date.now()),
    };
    await refresh(index, world, { notice: n => notices.push(n) });
    assert.deepEqual([...index.data.paths()], ['fs/b.c']);
    assert.deepEqual(notices.map(n => n.file).sort(), ['mm/a.c', 'mm/a.h']);
    broken = false;
    assert.equal((await refresh(index, world)).read, 2);
    assert.equal(index.counts().functions, 2);
  });

  it('stops when it is told to, and caches nothing half done', async () => {
    for (let i = 0; i < 40; i++) put(`many/${i}.c`, `int f${i}(void) { }\n`.repeat(20_000));
    const stop = new AbortController();
    let told = 0;
    const stopped = await open({
      signal: stop.signal,
      progress: (done, total) => {
        assert.ok(done <= total);
        told++;
        stop.abort();
      },
    });
    assert.equal(stopped.complete, false);
    assert.equal(told, 1);
    assert.ok(stopped.index.counts().functions > 0 && stopped.files > stopped.index.data.size);
    assert.equal(stopped.cacheFile, undefined);
    assert.equal((await open({ signal: AbortSignal.abort() })).complete, false);
    assert.equal((await open()).index.data.size, 43);
  });

  it('threads give the same, and one that ends is done without', async () => {
    buildCli();
    for (let i = 0; i < 6; i++) put(`t/${i}.c`, `int t${i}(void) { t${i + 1}(); }\n`);
    const files = await listSources(root, [''], () => {});
    const ended = join(base, 'ends.cjs');
    writeFileSync(ended, 'require("node:worker_threads").parentPort.once("message", () => process.exit(3));');
    const counts: unknown[] = [];
    for (const threadFile of [undefined, join(project, 'dist/indexer.cjs'), ended, join(base, 'none.cjs')]) {
      const pool = new IndexPool(root, 2, threadFile);
      const parallel = pool.begin(1 << 30);
      assert.equal(parallel, threadFile === undefined || threadFile.endsWith('none.cjs') ? 1 : 2);
      const index = new TreeIndex();
      const results = await Promise.all([pool.lex(files.slice(0, 4)), pool.lex(files.slice(4))]);
      for (const { batch } of results) index.addBatch(batch);
      await pool.close();
      counts.push(index.counts());
      assert.deepEqual(index.callers('t3'), [{ file: 't/2.c', function: 't2' }]);
    }
    for (const c of counts) assert.deepEqual(c, counts[0]);
  });

  it('Ctrl-C stops it cleanly', async () => {
    buildCli();
    for (let i = 0; i < 60; i++) put(`many/${i}.c`, `int f${i}(void) { g(); }\n`.repeat(52_000));
    const tries: string[] = [];
    // Too early, and there is no handler yet; too late, and all is done. Between them lies most of the time.
    for (const delay of [150, 300, 500, 800, 1200, 2000, 4000]) {
      const started = spawn(process.execPath, [join(project, 'dist/cli.cjs'), 'index', root], {
        env: { ...process.env, XDG_CACHE_HOME: cache },
      });
      let errors = '';
      started.stderr.on('data', (data: Buffer) => {
        errors += data.toString();
      });
      const interrupt = setTimeout(() => started.kill('SIGINT'), delay);
      const [code] = (await once(started, 'close')) as [number | null];
      clearTimeout(interrupt);
      tries.push(`${delay} ms: ${code} ${errors.trim()}`);
      if (code === 2) break;
      rmSync(cache, { recursive: true, force: true });
    }
    assert.match(tries.at(-1)!, /: 2 lockstep: stopped: the index is not whole, and not cached$/, tries.join('\n'));
    assert.equal(existsSync(cacheFile(join(cache, 'lockstep'), root, [''])), false);
  });

  it('lockstep index prints counts, as text and as a document', () => {
    buildCli();
    process.env.XDG_CACHE_HOME = cache;
    try {
      const text = lockstep(['index', root]);
      assert.equal(text.status, 0, text.stderr);
      assert.match(text.stdout, /^\s+2 {2}functions$/m);
      assert.match(text.stdout, /3 of 3 files read .*\ncached in /);
      const json = lockstep(['index', root, '--folder', 'mm', '--json']);
      const document = JSON.parse(json.stdout) as { version: number; counts: { files: number }; fromCache: boolean };
      assert.deepEqual([document.version, document.counts.files, document.fromCache], [1, 2, false]);
      assert.match(lockstep(['index', root]).stdout, /nothing had to be read/);
      assert.match(lockstep(['index', root, '--no-cache']).stdout, /3 of 3 files read .*\nnot cached/);
      const none = lockstep(['index', join(base, 'none')]);
      assert.equal(none.status, 2);
      assert.match(none.stderr, /no such folder/);
      assert.equal(lockstep(['index', root, '--folder', 'nope']).status, 2);
    } finally {
      delete process.env.XDG_CACHE_HOME;
    }
    assert.ok(statSync(cacheFile(join(cache, 'lockstep'), root, [''])).size > 0);
  });
});
