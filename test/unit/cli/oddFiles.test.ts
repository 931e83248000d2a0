import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, project } from '../../support/cli.ts';

const HEADER = `typedef struct { int raw; } spinlock_t;
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
struct s { spinlock_t lock; int v; };
`;
/** A function with one finding. */
const faulty = (name: string, before = ''): string =>
  `${before}#include <linux/locks.h>
int ${name}(struct s *s)
{
	spin_lock(&s->lock);
	if (s->v)
		return -1;
	spin_unlock(&s->lock);
	return helper_${name}();
}
`;
/** Who may not read everything: root may, so that it takes another to find out. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

describe('files that are no files, or not for us', function () {
  this.timeout(60_000);
  let base: string;
  const put = (path: string, text: string): void => writeFileSync(join(base, 'tree', path), text);

  /** The command as another user, from a copy that this one can read. No answer within the time is a failure. */
  const run = (...args: string[]): { status: number | null; out: string; err: string[] } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(base, 'cli.cjs'), ...args], {
      cwd: base,
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(base, 'cache') },
      ...NOBODY,
    });
    return { status, out: stdout, err: stderr.split('\n').filter(Boolean) };
  };

  before(() => {
    buildCli();
    base = mkdtempSync(join(tmpdir(), 'lockstep-odd-'));
    copyFileSync(join(project, 'dist/cli.cjs'), join(base, 'cli.cjs'));
    for (const folder of ['tree/include/linux', 'tree/mm', 'tree/fs/closed', 'cache', 'elsewhere'])
      mkdirSync(join(base, folder), { recursive: true });
    put('Kbuild', '');
    put('include/linux/locks.h', HEADER);
    put('mm/a.c', faulty('a', '#include "pipe.h"\n'));
    spawnSync('mkfifo', ['mm/pipe.h', 'mm/pipe.c', 'mm/Makefile', '.clang-format'], { cwd: join(base, 'tree') });
    symlinkSync('..', join(base, 'tree/mm/up'));
    symlinkSync('loop.c', join(base, 'tree/mm/loop.c'));
    writeFileSync(join(base, 'elsewhere/x.c'), faulty('x'));
    symlinkSync('../../elsewhere/x.c', join(base, 'tree/mm/x.c'));
    put('fs/b.c', faulty('b', '#include "secret.h"\n'));
    put('fs/secret.h', 'int secret;\n');
    put('fs/secret.c', faulty('secret'));
    put('fs/closed/c.c', faulty('c'));
    for (const path of ['cli.cjs', 'cache', '']) chmodSync(join(base, path), 0o777);
    for (const path of ['fs/secret.h', 'fs/secret.c', 'fs/closed']) chmodSync(join(base, 'tree', path), 0);
  });
  after(() => {
    chmodSync(join(base, 'tree/fs/closed'), 0o700);
    rmSync(base, { recursive: true });
  });

  it('a header, a neighbour and a Makefile that are pipes cost only themselves, and are told of', () => {
    const { status, out, err } = run('check', 'tree/mm/a.c', '--json');
    assert.equal(status, 1, err.join('\n'));
    const { findings } = JSON.parse(out) as { findings: { kind: string; function: string }[] };
    assert.deepEqual(
      findings.map(f => `${f.function} ${f.kind}`),
      ['a missing-unlock'],
    );
    assert.ok(err.includes('lockstep: mm/pipe.h: it is no regular file (a pipe or a device); name a .c or .h file'));
    for (const line of err) assert.match(line, /^lockstep: (?:mm\/(?:pipe\.h|Makefile|x\.c)|\.clang-format): it /);
    assert.match(run('contracts', 'tree/mm/a.c').out, /acquires\s+&s->lock/);
  });

  it('what is named and is no file is said in one line', () => {
    for (const [path, why] of [
      ['mm/pipe.c', /mm\/pipe\.c: it is no regular file/],
      ['mm/x.c', /mm\/x\.c: it leads to .*elsewhere\/x\.c, outside of the tree .*--tree/],
      ['mm/loop.c', /mm\/loop\.c: no such file/],
      ['fs/secret.c', /fs\/secret\.c: it cannot be read \(EACCES/],
      ['fs/closed/c.c', /fs\/closed\/c\.c: it cannot be read \(EACCES/],
    ] as const)
      for (const command of ['check', 'contracts']) {
        const { status, err } = run(command, `tree/${path}`);
        assert.equal(status, 2, `${command} ${path}`);
        assert.match(err.at(-1)!, why);
        assert.equal(err.filter(line => !line.includes('.clang-format')).length, 1, err.join('\n'));
      }
  });

  it('a folder with such files is checked but for them, and said not to be whole', () => {
    const mm = run('check', 'tree/mm');
    assert.equal(mm.status, 2);
    assert.match(mm.out, /a\.c:\d+:\d+: missing-unlock/);
    assert.match(mm.err.at(-1)!, /^lockstep: mm\/x\.c: it leads to /);
    const fs = run('check', 'tree/fs', '--json');
    assert.equal(fs.status, 2);
    assert.deepEqual(
      (JSON.parse(fs.out) as { findings: { function: string }[] }).findings.map(f => f.function),
      ['b'],
    );
    assert.match(fs.err.at(-1)!, /^lockstep: 2 files could not be checked, the first: fs\/closed: the folder cannot/);
    assert.ok(fs.err.some(line => /^lockstep: fs\/secret\.h: it cannot be read \(EACCES/.test(line)));
  });

  it('the index of such a tree is made, and says what it does not have', () => {
    const { status, out, err } = run('index', 'tree');
    assert.equal(status, 0, err.join('\n'));
    assert.match(out, /fs\/closed: left out: the folder cannot be listed/);
    assert.match(out, /fs\/secret\.c: left out: it cannot be read/);
    assert.match(out, /^\s+2 {2}functions$/m);
    assert.match(run('index', 'tree', '--folder', 'fs/closed').err[0]!, /fs\/closed: it cannot be listed/);
  });

  it('a model or a run that wants what cannot be read says so', () => {
    put('fs/one.c', '#include "secret.h"\nint one(void)\n{\n\treturn secret;\n}\n');
    put('fs/one.scenario.c', 'SCENARIO("s");\nSOURCES("fs/one.c");\nint one(void);\nTHREAD(t) { one(); }\n');
    const model = run('model', 'one', '--tree', 'tree', '--file', 'fs/one.c');
    assert.equal(model.status, 2);
    assert.match(model.err.at(-1)!, /fs\/one\.c:4: .*secret\.h: it cannot be read \(EACCES/);
    // What a run cannot model it says by itself.
    const simulated = run('run', 'tree/fs/one.scenario.c', '--json');
    assert.ok(
      simulated.err.some(line => /^lockstep: fs\/secret\.h: it cannot be read \(EACCES/.test(line)),
      simulated.err.join('\n'),
    );
  });
});
