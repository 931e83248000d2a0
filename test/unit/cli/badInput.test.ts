import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, lockstep, project } from '../../support/cli.ts';

const CLI = [join(project, 'dist/cli.cjs')];
const SAMPLE = join(project, 'extension/samples/sample.scenario.c');

const FILES: Record<string, string | Buffer> = {
  'tree/Kbuild': '',
  'tree/include/linux/locks.h': 'typedef struct { int raw; } spinlock_t;\nvoid spin_lock(spinlock_t *lock);\n',
  'tree/include/linux/part.h': 'static inline __attribute__((unused)) int in_header(gone_t *g)\n{\n\treturn g->x;\n}\n',
  'tree/mm/empty.c': '',
  'tree/mm/binary.c': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]),
  'tree/mm/long.c': `int x = ${'1+'.repeat(2_500_000)}1;\n`,
  'tree/mm/letter.c': 'Dear all,\n\nthis is no C at all; it is a letter (really) {.\n',
  'tree/mm/headers.c': '#include <linux/none.h>\nint f(struct gone *g)\n{\n\treturn g->x;\n}\n',
  'tree/mm/crlf.c': '#include <linux/locks.h>\r\nvoid f(spinlock_t *l)\r\n{\r\n\tspin_lock(l);\r\n}\r\n',
  'tree/mm/utf8.c': Buffer.from(
    '/* \xff\xfe */\n#include <linux/locks.h>\nvoid f(spinlock_t *l)\n{\n\tspin_lock(l);\n}\n',
    'latin1',
  ),
  'syntax.scenario.c': 'SCENARIO("s");\nTHREAD(a) { int x = ; }\n',
  'brace.scenario.c': 'SCENARIO("s");\nTHREAD(a) { if (1) { }\n',
  'endless.scenario.c': 'SCENARIO("s");\nstatic int x;\nTHREAD(a) { while (!x) ; }\n',
  'stale.patch': '--- a/mm/vmemmap.c\n+++ b/mm/vmemmap.c\n@@ -1,2 +1,2 @@\n no such line\n-nor this\n+that\n',
  'letter.patch': 'Hello!\n',
  'letter.json': 'Hello!\n',
};

/** Command lines and the one line that they end with. */
const CASES: [args: string[], message: RegExp][] = [
  [['contracts', 'tree/mm/none.c'], /^mm\/none\.c: no such file in /],
  [['contracts', 'tree/mm/empty.c'], /^mm\/empty\.c: no function is defined there/],
  [['contracts', 'tree/mm/binary.c'], /^mm\/binary\.c: not C source: byte 4 is NUL/],
  [['contracts', 'tree/mm/long.c'], /^mm\/long\.c:1: this line has 5000010 characters/],
  [['contracts', 'tree/mm/letter.c'], /^mm\/letter\.c: no function is defined there/],
  [['contracts', 'tree/mm/crlf.c', '--function', 'g'], /^mm\/crlf\.c: .*\bg\b/],
  [['model', 'f', '--tree', 'tree', '--file', 'mm/binary.c'], /^mm\/binary\.c: not C source/],
  [
    ['model', 'f', '--tree', 'tree', '--file', 'mm/headers.c'],
    /^mm\/headers\.c:4: .*linux\/none\.h \(included at mm\/headers\.c:1\) is not in tree|.*linux\/none\.h/,
  ],
  [['model', 'g', '--tree', 'tree'], /^no function g is defined in .*--tree/],
  [
    ['model', 'f', '--tree', 'tree'],
    /^f is defined in mm\/crlf\.c, mm\/headers\.c, mm\/utf8\.c; choose one with --file/,
  ],
  [['model', 'spin_lock', '--tree', 'tree'], /^spin_lock has no model: it is a primitive, .*spin_lock\(/],
  [
    ['model', 'in_header', '--tree', 'tree'],
    /^include\/linux\/part\.h:1: .*include\/linux\/part\.h may need .* name a \.c file with --file/,
  ],
  [['run', 'none.scenario.c'], /^none\.scenario\.c: no such scenario/],
  [['run', 'syntax.scenario.c', '--tree', 'tree'], /^syntax\.scenario\.c:2: an expression is expected/],
  [['run', 'brace.scenario.c', '--tree', 'tree'], /^brace\.scenario\.c:2: '\{' is never closed/],
  [['run', 'tree/mm/empty.c'], /^mm\/empty\.c:1: no SCENARIO/],
  [['run', 'tree/mm/binary.c'], /^tree\/mm\/binary\.c: not C source/],
  [
    ['run', 'endless.scenario.c', '--tree', 'tree', '--steps', '5000'],
    /^endless\.scenario\.c: not finished after 5000 steps: a is in lockstep_thread_a at endless\.scenario\.c:3/,
  ],
  [['run', SAMPLE, '--tree', 'tree'], /sample\.scenario\.c: its source mm\/vmemmap\.c is not in .*\/tree; .*--tree/],
  [['run', SAMPLE, '--tree', 'none'], /^--tree none: no such folder/],
  [['model', 'f', '--tree', 'syntax.scenario.c'], /^--tree syntax\.scenario\.c: no such folder/],
  [['contracts', 'tree/mm/crlf.c', '--tree', 'none'], /^--tree none: no such folder/],
  [
    ['run', 'endless.scenario.c', '--steps', '5000', '--json', '--output', 'endless.json'],
    /^endless\.scenario\.c: not finished after 5000 steps/,
  ],
  [['run', SAMPLE, '--patch', 'none.patch'], /^none\.patch: no such patch/],
  [['run', SAMPLE, '--patch', 'letter.patch'], /^letter\.patch: there is no diff in it/],
  [['run', SAMPLE, '--patch', 'stale.patch'], /^stale\.patch: mm\/vmemmap\.c: @@ -1,2 \+1,2 @@ does not apply/],
  [['run', SAMPLE, '--schedule', 'nobody'], /^schedule entry "nobody": the scenario has no thread nobody/],
  [['run', SAMPLE, '--schedule', 'none.json'], /^none\.json: no such file/],
  [['run', SAMPLE, '--schedule', 'letter.json'], /^letter\.json: it is no JSON/],
  [['run', SAMPLE, '--seed', 'x'], /^--seed x: it takes a whole number/],
  [['run', SAMPLE, '--seed', '9'.repeat(20)], /^--seed 9{20}: it takes a whole number/],
  [['run', SAMPLE, '--seed', '1', '--schedule', 'dump'], /^--seed is for a random schedule/],
  [['run', SAMPLE, '--quantum', '0'], /^a quantum of 0 steps/],
  [['run', SAMPLE, '--format', 'poem'], /^--format poem: it is one of/],
  [['run', SAMPLE, '--output', 'no/such/folder/x'], /^no\/such\/folder\/x: it cannot be written/],
  [['run', SAMPLE, '--define', '3=4'], /^--define 3=4: write NAME=VALUE/],
];

describe('bad input on the command line', function () {
  this.timeout(60_000);
  let dir: string;
  before(() => {
    buildCli();
    dir = mkdtempSync(join(tmpdir(), 'lockstep-bad-'));
    for (const folder of ['tree/include/linux', 'tree/mm']) mkdirSync(join(dir, folder), { recursive: true });
    for (const [path, content] of Object.entries(FILES)) writeFileSync(join(dir, path), content);
  });
  after(() => rmSync(dir, { recursive: true }));

  for (const [args, message] of CASES)
    it(`lockstep ${args.join(' ').replace(project, '.')}`, () => {
      const before = readdirSync(dir, { recursive: true }).length;
      const { status, stderr } = lockstep(args, dir);
      assert.equal(status, 2, stderr);
      const lines = stderr.trimEnd().split('\n');
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0]!, /^lockstep: /);
      assert.match(lines[0]!.slice('lockstep: '.length), message);
      assert.equal(readdirSync(dir, { recursive: true }).length, before, 'something was written');
    });

  it('Ctrl-C: what there is so far, and status 2', async () => {
    const child = spawn(process.execPath, [...CLI, 'run', 'endless.scenario.c', '--steps', '1000000000'], { cwd: dir });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', data => (stdout += data));
    child.stderr.on('data', data => (stderr += data));
    const ended = once(child, 'exit');
    await new Promise(resolve => setTimeout(resolve, 2500));
    child.kill('SIGINT');
    assert.deepEqual(await ended, [2, null], stderr);
    assert.match(stderr, /^lockstep: endless\.scenario\.c: cancelled after \d+ steps\n$/);
    assert.match(stdout, /Cancelled after [\d,]+ steps/);
  });

  it('a reader that stops reading is no fault', async () => {
    const child = spawn(process.execPath, [...CLI, 'run', SAMPLE, '--json'], { cwd: dir });
    let stderr = '';
    child.stderr.on('data', data => (stderr += data));
    child.stdout.once('data', () => child.stdout.destroy());
    assert.deepEqual(await once(child, 'exit'), [0, null], stderr);
    assert.equal(stderr, '');
  });

  it('CRLF and bytes that are no UTF-8 are read all the same', () => {
    for (const file of ['tree/mm/crlf.c', 'tree/mm/utf8.c']) {
      const { status, stdout } = lockstep(['contracts', file, '--function', 'f'], dir);
      assert.equal(status, 0);
      assert.match(stdout, /acquires\s+l\s/);
    }
  });
});
