import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TraceDocument } from '../../../extension/core/report/documents.ts';
import { buildCli, lockstep, project } from '../../support/cli.ts';
import { assertGolden } from '../../support/golden.ts';

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
