import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Notice } from '../../../extension/core/index/tree/job.ts';
import { cacheFile } from '../../../extension/worker/indexCache.ts';
import { type OpenedIndex, openIndex } from '../../../extension/worker/indexStore.ts';
import { buildCli, project } from '../../support/cli.ts';

const CLI = join(project, 'dist/cli.cjs');
const LONG_AGO = new Date(2020, 1, 1);

interface Answer {
  readonly counts: { readonly functions: number; readonly calls: number };
  readonly fromCache: boolean;
  readonly notices: readonly Notice[];
}

describe('a cache that others write, or nobody can', function () {
  this.timeout(120_000);
  let base: string;
  let root: string;
  let home: string;
  let notices: Notice[];

  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), LONG_AGO, LONG_AGO);
  };
  const functions = (name: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `int ${name}_${i}(void) { return ${name}_${i + 1}(); }\n`).join('');
  const environment = (cache = home): NodeJS.ProcessEnv => ({ ...process.env, XDG_CACHE_HOME: cache });
  const start = () => spawn(process.execPath, [CLI, 'index', root, '--json'], { env: environment() });
  const answerOf = async (process: ReturnType<typeof start>): Promise<Answer> => {
    let [out, err] = ['', ''];
    process.stdout.on('data', data => (out += data));
    process.stderr.on('data', data => (err += data));
    const [code] = (await once(process, 'close')) as [number | null];
    assert.equal(code, 0, err);
    return JSON.parse(out) as Answer;
  };
  const file = (): string => cacheFile(join(home, 'lockstep'), root, ['']);
  const open = (): Promise<OpenedIndex> => {
    notices = [];
    return openIndex({ root, cache: join(home, 'lockstep'), threads: 0, notice: n => notices.push(n) });
  };

  before(buildCli);
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lockstep-shared-'));
    root = join(base, 'tree');
    home = join(base, 'cache');
    for (let i = 0; i < 10; i++) put(`mm/f${i}.c`, functions(`f${i}`, 1000));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('two processes at once, twenty times over, the tree another each time: each has it right', async () => {
    for (let round = 1; round <= 20; round++) {
      put('mm/f0.c', functions('f0', 1000 + round));
      if (round % 5 === 0) writeFileSync(file(), 'spoilt');
      const first = answerOf(start());
      if (round % 2) await new Promise(resolve => setTimeout(resolve, round * 8));
      for (const { counts, notices: told } of await Promise.all([first, answerOf(start())])) {
        assert.equal(counts.functions, 10_000 + round, `round ${round}`);
        assert.equal(counts.calls, 10_000 + round);
        // One of the two finds what the other has put in the spoilt one's place.
        for (const { message } of told) assert.match(message, /^the cached index is made anew: it is cut short$/);
        assert.ok(told.length <= (round % 5 === 0 ? 1 : 0), JSON.stringify(told));
      }
    }
    const { index, fromCache } = await open();
    assert.deepEqual([fromCache, index.counts().functions, notices], [true, 10_020, []]);
    assert.deepEqual(readdirSync(dirname(file())).sort(), ['all.index', 'tree']);
  });

  it('a process killed at any time leaves what the next can use', async () => {
    for (let i = 0; i < 10; i++) put(`mm/f${i}.c`, functions(`f${i}`, 20_000));
    const folder = dirname(file());
    const parts = (): string[] => (existsSync(folder) ? readdirSync(folder).filter(f => f.endsWith('.tmp')) : []);
    let cutShort = 0;
    for (let round = 1; round <= 12; round++) {
      put('mm/f0.c', functions('f0', 20_000 + round));
      const killed = start();
      const ended = once(killed, 'close');
      if (round % 2) {
        // While it writes: as soon as there is anything of it.
        const before = parts().length;
        while (killed.exitCode === null && parts().length === before)
          await new Promise(resolve => setImmediate(resolve));
      } else await new Promise(resolve => setTimeout(resolve, round * 50));
      killed.kill('SIGKILL');
      await ended;
      cutShort = parts().length;
      const { index } = await open();
      assert.equal(index.counts().functions, 200_000 + round);
      assert.deepEqual(notices, [], 'what was there is whole');
    }
    assert.ok(cutShort > 0, 'one at least was killed while it wrote');
    for (const part of parts()) utimesSync(join(folder, part), LONG_AGO, LONG_AGO);
    put('mm/f0.c', functions('f0', 1));
    await open();
    assert.deepEqual(parts(), [], 'parts that are old are swept away');
  });

  it('a folder of which another process has not yet said whose it is stays', async () => {
    await open();
    const other = join(home, 'lockstep/index/0123456789abcdef');
    mkdirSync(other);
    for (const name of ['tree', 'all.index']) writeFileSync(join(other, name), '');
    put('mm/f0.c', functions('f0', 1));
    await open();
    assert.deepEqual(readdirSync(other).sort(), ['all.index', 'tree']);
  });

  it('no room for it: the index is made, and the cache that was there is still whole', async () => {
    await open();
    const whole = readFileSync(file());
    put('mm/more.c', functions('more', 5000));
    // A limit on the size of files stands in for a full disk: writing fails in the middle.
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', 'trap "" XFSZ; ulimit -f 100; exec "$@"', 'bash', process.execPath, CLI, 'index', root, '--json'],
      { env: environment(), encoding: 'utf8', timeout: 60_000 },
    );
    assert.equal(status, 0, stderr);
    const { counts, notices: told } = JSON.parse(stdout) as Answer;
    assert.equal(counts.functions, 15_000);
    assert.match(told.map(n => n.message).join('\n'), /^the index is not cached: EFBIG[^\n]*$/);
    assert.ok(readFileSync(file()).equals(whole));
    assert.deepEqual(readdirSync(dirname(file())).sort(), ['all.index', 'tree']);
    assert.equal((await open()).index.counts().functions, 15_000);
  });

  it('no place for it, whatever stands there', () => {
    writeFileSync(join(base, 'file'), '');
    for (const place of [join(base, 'file'), '/dev/full', '/dev/null/x', '/proc', '/proc/self/none']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'index', root], {
        env: environment(place),
        encoding: 'utf8',
        timeout: 20_000,
      });
      assert.equal(status, 0, `${place}: ${stderr}`);
      assert.match(stdout, /^\s+10,000 {2}functions$/m);
      assert.match(stdout, /\nnot cached\n[^\n]*: the index is not cached: E[A-Z]+: [^\n]*\n$/, place);
    }
  });
});
