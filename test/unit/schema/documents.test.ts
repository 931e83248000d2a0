import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { buildCli, lockstep, project } from '../../support/cli.ts';

const SAMPLE = 'extension/samples';

const FAULTS = `void f(struct a *a)
{
	spin_lock(&a->lock);
	spin_lock(&a->lock);
	spin_unlock(&a->lock);
}

/* lockstep: ignore doubt: there is no such kind */
void g(struct a *a)
{
	mutex_lock(&a->mutex);
	mutex_lock(&a->mutex); /* lockstep: ignore double-lock: on purpose */
	mutex_unlock(&a->mutex);
}
`;
const FIX =
  '--- a/a.c\n+++ b/a.c\n@@ -1,5 +1,4 @@\n void f(struct a *a)\n {\n-\tspin_lock(&a->lock);\n \tspin_lock(&a->lock);\n \tspin_unlock(&a->lock);\n';

function validator(name: string): ValidateFunction {
  const read = (file: string): object =>
    JSON.parse(readFileSync(join(project, `docs/schema/${file}.schema.json`), 'utf8')) as object;
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  // A comparison consists of what it compares.
  for (const part of ['trace', 'findings']) if (name !== part) ajv.addSchema(read(part));
  return ajv.compile(read(name));
}

function assertValid(name: string, document: unknown): void {
  const validate = validator(name);
  assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 3)));
}

describe('documents are as their schemas say', function () {
  this.timeout(60_000);
  before(buildCli);

  const json = (...args: string[]): unknown => {
    const { stdout, stderr, status } = lockstep(args);
    assert.notEqual(status, 2, stderr);
    return JSON.parse(stdout);
  };

  it('contracts', () => {
    const document = json('contracts', `${SAMPLE}/mm/vmemmap.c`, `${SAMPLE}/mm/dump.c`, '--json');
    assertValid('contracts', document);
    assert.ok((document as { functions: unknown[] }).functions.length > 5);
    const one = json('contracts', `${SAMPLE}/mm/vmemmap.c`, '--function', 'split_vmemmap_pmd', '--index', '--json');
    assertValid('contracts', one);
    const [split] = (one as { functions: { calledWith: { sites: number; callers: number } }[] }).functions;
    assert.ok(split!.calledWith.callers > 0 && split!.calledWith.sites >= split!.calledWith.callers);
  });

  it('findings, suppressed ones too, and what a patch does to them', () => {
    const dir = mkdtempSync(join(tmpdir(), 'lockstep-schema-'));
    try {
      writeFileSync(join(dir, 'a.c'), FAULTS);
      writeFileSync(join(dir, 'a.patch'), FIX);
      const args = ['check', '--tree', dir, '--confidence', 'low', '--json'];
      const document = json(...args, join(dir, 'a.c')) as { findings: { suppressed?: string }[]; notices: unknown[] };
      assertValid('findings', document);
      assert.deepEqual(
        [document.findings.length, document.findings.filter(f => f.suppressed).length, document.notices.length],
        [2, 1, 1],
      );
      const both = json(...args, '--patch', join(dir, 'a.patch')) as { removed: unknown[]; unchanged: unknown[] };
      assertValid('findings-comparison', both);
      assert.deepEqual([both.removed.length, both.unchanged.length], [1, 1]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('models', () => {
    assertValid('model', json('model', 'split_vmemmap_pmd', '--tree', SAMPLE, '--json'));
  });

  it('what an index holds', () => {
    assertValid('index', json('index', SAMPLE, '--no-cache', '--json'));
    assertValid('index', json('index', SAMPLE, '--no-cache', '--folder', 'mm', '--json'));
  });

  it('traces, of every kind of schedule', () => {
    for (const schedule of [[], ['--seed', '3'], ['--schedule', 'dump to dump_pmds, remap0']]) {
      const both = json(
        'run',
        `${SAMPLE}/sample.scenario.c`,
        '--patch',
        `${SAMPLE}/sample.patch`,
        ...schedule,
        '--json',
      );
      assertValid('comparison', both);
      const { before } = both as { before: unknown };
      assertValid('trace', before);
      assert.equal(validator('comparison')({ version: 1, before, after: before }), false, 'after has no patch');
    }
  });

  it('litmus verdicts', () => {
    const dir = mkdtempSync(join(tmpdir(), 'lockstep-litmus-'));
    const file = join(dir, 'SB.litmus');
    const thread = (n: number, own: string, other: string): string =>
      `P${n}(int *x, int *y)\n{\n\tint r0;\n\n\tWRITE_ONCE(*${own}, 1);\n\tr0 = READ_ONCE(*${other});\n}\n`;
    writeFileSync(file, `C SB\n\n{}\n\n${thread(0, 'x', 'y')}\n${thread(1, 'y', 'x')}\nexists (0:r0=0 /\\ 1:r0=0)\n`);
    try {
      const document = json('litmus', file, '--json') as { tests: { verdict: string; positive: number }[] };
      assertValid('litmus', document);
      assert.deepEqual([document.tests[0]!.verdict, document.tests[0]!.positive], ['Sometimes', 1]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('verdicts, with and without violations', () => {
    const explored = join(project, 'test/fixtures/explore');
    for (const [name, violations] of [
      ['counted', 0],
      ['lost', 1],
    ] as const) {
      const verdict = json('explore', join(explored, `${name}.scenario.c`), '--tree', SAMPLE, '--json');
      assertValid('verdict', verdict);
      assertValid('verdict', json('explore', join(explored, `${name}.scenario.c`), '--memory', 'weak', '--json'));
      assert.equal((verdict as { violations: unknown[] }).violations.length, violations);
    }
  });

  it('and a schema refuses what is none', () => {
    const trace = json('run', `${SAMPLE}/sample.scenario.c`, '--json') as { events: { kind: string }[] };
    trace.events[0]!.kind = 'nap';
    assert.equal(validator('trace')(trace), false);
    assert.equal(validator('contracts')({ version: 2, functions: [] }), false);
    assert.equal(validator('model')({ version: 1 }), false);
    assert.equal(validator('findings')({ version: 1, findings: [{ kind: 'leak' }] }), false);
    assert.equal(validator('findings-comparison')({ version: 1, added: [{}], removed: [], unchanged: [] }), false);
  });
});
