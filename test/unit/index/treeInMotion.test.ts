import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type JobFile, LARGEST_FILE, LexJob, type Notice } from '../../../extension/core/index/tree/job.ts';
import { type Refreshed, refresh } from '../../../extension/core/index/tree/refresh.ts';
import { TreeIndex } from '../../../extension/core/index/tree/treeIndex.ts';
import { fileReader, listSources } from '../../../extension/worker/indexFiles.ts';

const LONG_AGO = new Date(2020, 1, 1);

/** What a tree's index holds, however it came about. */
const contents = (index: TreeIndex): string =>
  JSON.stringify([...index.data.paths()].sort().map(path => [path, index.outlineOf(path)]));

describe('a tree that changes while it is indexed', () => {
  let root: string;
  let notices: Notice[];
  const at = (path: string): string => join(root, path);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    utimesSync(at(path), LONG_AGO, LONG_AGO);
  };
  const fill = (): void => {
    put('mm/a.c', 'int a(void) { return b(); }\n');
    put('mm/b.c', 'int b(void) { return c(); }\n');
    put('fs/c.c', 'int c(void) { return a(); }\n');
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lockstep-motion-'));
    notices = [];
    fill();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Brings an index up to date; `meanwhile` happens when the files have been listed, `after` when they have been read. */
  async function open(index: TreeIndex, meanwhile = () => {}, after = () => {}): Promise<Refreshed> {
    const job = new LexJob();
    const notice = (n: Notice): void => void notices.push(n);
    return refresh(
      index,
      {
        list: () => listSources(root, [''], notice),
        begin: () => 1,
        lex: async (files: readonly JobFile[]) => {
          meanwhile();
          const result = job.run(files, fileReader(root), Date.now());
          after();
          return result;
        },
      },
      { notice },
    );
  }

  /** Whatever happened: the next refresh knows the tree as it is then. */
  async function settles(index: TreeIndex): Promise<void> {
    await open(index);
    const fresh = new TreeIndex();
    await open(fresh);
    assert.equal(contents(index), contents(fresh));
  }

  const events: Record<string, () => void> = {
    'written anew': () => writeFileSync(at('mm/b.c'), 'int b2(void) { return 0; }\n'),
    'written anew, of the same length': () => writeFileSync(at('mm/b.c'), 'int d(void) { return c(); }\n'),
    'put longer': () => appendFileSync(at('mm/b.c'), 'int more(void) { return 1; }\n'.repeat(20_000)),
    'cut short': () => truncateSync(at('mm/b.c'), 3),
    emptied: () => truncateSync(at('mm/b.c'), 0),
    deleted: () => rmSync(at('mm/b.c')),
    'moved elsewhere': () => renameSync(at('mm/b.c'), at('fs/b.c')),
    'replaced by another': () => {
      writeFileSync(at('mm/new'), 'int other(void) { return 0; }\n');
      renameSync(at('mm/new'), at('mm/b.c'));
    },
    'replaced by a folder': () => {
      rmSync(at('mm/b.c'));
      mkdirSync(at('mm/b.c'));
      writeFileSync(at('mm/b.c/inner.c'), 'int inner(void) { return 0; }\n');
    },
    'replaced by a link to itself': () => {
      rmSync(at('mm/b.c'));
      symlinkSync('b.c', at('mm/b.c'));
    },
    'replaced by a pipe': () => {
      rmSync(at('mm/b.c'));
      assert.equal(spawnSync('mkfifo', [at('mm/b.c')]).status, 0);
    },
    'its folder deleted': () => rmSync(at('mm'), { recursive: true }),
    'its folder replaced by a file': () => {
      rmSync(at('mm'), { recursive: true });
      writeFileSync(at('mm'), 'int mm;\n');
    },
  };
  for (const [what, happens] of Object.entries(events)) {
    it(`a file ${what}, before it is read and after`, async () => {
      const before = new TreeIndex();
      await open(before, happens);
      await settles(before);
      rmSync(root, { recursive: true });
      fill();
      const after = new TreeIndex();
      await open(after, undefined, happens);
      assert.deepEqual(after.definers('b'), ['mm/b.c'], 'as it was read');
      await settles(after);
    });
  }

  it('a file that grows without end is left out', () => {
    const read = fileReader(root);
    truncateSync(at('mm/a.c'), LARGEST_FILE + (2 << 20));
    assert.throws(() => read('mm/a.c', new Uint8Array(1 << 20)), /it has grown to more than 64 MiB/);
  });

  it('a folder that may be listed and not entered costs only itself', async () => {
    rmSync(root, { recursive: true });
    // Root may enter anything.
    if (process.getuid?.() === 0) process.seteuid!(65534);
    try {
      root = mkdtempSync(join(tmpdir(), 'lockstep-motion-'));
      put('mm/a.c', 'int a(void) { return b(); }\n');
      put('fs/c.c', 'int c(void) { return a(); }\n');
      chmodSync(at('mm'), 0o444);
      const index = new TreeIndex();
      await open(index);
      assert.deepEqual([...index.data.paths()], ['fs/c.c']);
      assert.match(notices.map(n => `${n.file}: ${n.message}`).join('\n'), /^mm\/a\.c: left out: .*EACCES[^\n]*$/);
      chmodSync(at('mm'), 0o755);
      await settles(index);
      assert.equal(index.data.size, 2);
    } finally {
      if (process.getuid?.() === 0) process.seteuid!(0);
    }
  });

  it('a name that is no UTF-8 is told of', async () => {
    writeFileSync(Buffer.concat([Buffer.from(at('mm/x')), Buffer.from([0xff]), Buffer.from('.c')]), 'int x;\n');
    const index = new TreeIndex();
    await open(index);
    assert.equal(index.data.size, 3);
    assert.match(
      notices.map(n => `${n.file}: ${n.message}`).join('\n'),
      /^mm\/x\ufffd\.c: left out: its name is no UTF-8$/,
    );
  });
});
