import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TraceDocument } from '../../../extension/core/report/documents.ts';
import { buildCli, lockstep, project } from '../../support/cli.ts';
import { assertGolden } from '../../support/golden.ts';

interface Both {
  readonly before: TraceDocument;
  readonly after: TraceDocument;
}

const SAMPLES = join(project, 'extension/samples');
const SCENARIO = join(SAMPLES, 'sample.scenario.c');

describe('lockstep demo, run and model', function () {
  this.timeout(60_000);
  let dir: string;
  before(() => {
    buildCli();
    dir = mkdtempSync(join(tmpdir(), 'lockstep-run-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  it('the demo prints what the sample does, every time the same', () => {
    const { status, stdout, stderr } = lockstep(['demo'], dir);
    assert.equal(status, 0, stderr);
    for (const line of stdout.split('\n')) assert.ok([...line].length <= 100, line);
    assertGolden(stdout, pathToFileURL(join(__dirname, 'demo.txt')));
  });

  it('a saved trace replays exactly, from the file that --output wrote', () => {
    const saved = join(dir, 'saved.json');
    assert.equal(lockstep(['run', SCENARIO, '--seed', '5', '--json', '--output', saved]).status, 0);
    const first = JSON.parse(readFileSync(saved, 'utf8')) as TraceDocument;
    assert.equal(first.schedule.seed, 5);
    const again = JSON.parse(lockstep(['run', SCENARIO, '--schedule', saved, '--json']).stdout) as TraceDocument;
    assert.deepEqual(again.events, first.events);
    assert.deepEqual(again.schedule.choices, first.schedule.choices);
    const other = JSON.parse(lockstep(['run', SCENARIO, '--seed', '6', '--json']).stdout) as TraceDocument;
    assert.notDeepEqual(other.schedule.choices, first.schedule.choices);
  });

  it('what was saved of a run before and after a patch replays each', () => {
    const saved = join(dir, 'both.json');
    const args = ['run', SCENARIO, '--patch', join(SAMPLES, 'sample.patch'), '--json'];
    assert.equal(lockstep([...args, '--seed', '7', '--output', saved]).status, 0);
    const first = JSON.parse(readFileSync(saved, 'utf8')) as Both;
    assert.notDeepEqual(first.before.schedule.choices, first.after.schedule.choices);
    const again = JSON.parse(lockstep([...args, '--schedule', saved]).stdout) as Both;
    for (const run of ['before', 'after'] as const) {
      assert.deepEqual(again[run].events, first[run].events);
      assert.equal(again[run].schedule.diverged, undefined);
    }
  });

  it('patches of a series are applied in order', () => {
    const second = join(dir, 'second.patch');
    const c = readFileSync(join(SAMPLES, 'mm/init-mm.c'), 'utf8').split('\n');
    const hunk = `@@ -1,1 +1,2 @@\n ${c[0]}\n+/* The second of two. */\n`;
    writeFileSync(second, `--- a/mm/init-mm.c\n+++ b/mm/init-mm.c\n${hunk}`);
    const third = join(dir, 'third.patch');
    const on = `@@ -1,2 +1,3 @@\n ${c[0]}\n /* The second of two. */\n+/* On top of it. */\n`;
    writeFileSync(third, `--- a/mm/init-mm.c\n+++ b/mm/init-mm.c\n${on}`);
    const { stdout, stderr, status } = lockstep(['run', SCENARIO, '--patch', second, '--patch', third]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /== after second\.patch \+ third\.patch/);
    assert.equal(lockstep(['run', SCENARIO, '--patch', third, '--patch', second]).status, 2);
  });

  it('half of the patch: the dump reports a PMD twice that splits between its two looks', () => {
    const args = ['--schedule', 'dump to dump_pmds #3, remap0, dump, remap1', '--format', 'ptdump'];
    const half = lockstep(['run', SCENARIO, '--patch', join(SAMPLES, 'sample-half.patch'), ...args]).stdout;
    assert.match(half, /\+0xffffea0000000000-0xffffea0000000000 +0K RW PSE NX pmd/);
    const whole = lockstep(['run', SCENARIO, '--patch', join(SAMPLES, 'sample.patch'), ...args]).stdout;
    assert.match(whole, /== difference\n\nnone/);
  });

  it('what a run finds is exit status 1, and said', () => {
    const path = join(dir, 'found.scenario.c');
    const text = (thread: string, invariant: string): void =>
      writeFileSync(
        path,
        `SCENARIO("s");\nstatic int x;\nTHREAD(a) { ${thread} }\nINVARIANT("x is one") { ${invariant} }\n`,
      );
    text('x = 1;', 'CHECK(x == 1);');
    assert.equal(lockstep(['run', path]).status, 0);
    text('x = 2;', 'CHECK(x == 1);');
    const violated = lockstep(['run', path]);
    assert.equal(violated.status, 1);
    assert.match(violated.stdout, /Violated: x is one \(found\.scenario\.c:4\)/);
    text('int *p = 0; *p = 1;', '');
    const bug = lockstep(['run', path]);
    assert.equal(bug.status, 1);
    assert.match(bug.stdout, /found\.scenario\.c:3: NULL pointer dereference/);
  });

  it('macros can be overridden', () => {
    const second = lockstep([
      'run',
      SCENARIO,
      '--define',
      'HUGEPAGE=64',
      '--format',
      'ptdump',
      '--schedule',
      'remap0, dump',
    ]);
    assert.match(second.stdout, /^0xffffea0000000000-0xffffea0000200000 +2M RW PSE NX pmd$/m);
  });

  it('a model is found by the name of its function, with the line of the C before each line', () => {
    const { stdout } = lockstep(['model', 'split_vmemmap_pmd', '--tree', SAMPLES, '--map']);
    const c = readFileSync(join(SAMPLES, 'mm/vmemmap.c'), 'utf8').split('\n');
    const wmb = stdout.split('\n').find(l => l.includes('yield* smp_wmb('))!;
    assert.match(c[Number.parseInt(wmb, 10) - 1]!, /smp_wmb\(\);/);
  });
});
