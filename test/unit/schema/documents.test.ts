import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { buildCli, lockstep, project } from '../../support/cli.ts';

const SAMPLE = 'extension/samples';

function validator(name: string): ValidateFunction {
  const read = (file: string): object =>
    JSON.parse(readFileSync(join(project, `docs/schema/${file}.schema.json`), 'utf8')) as object;
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  // A comparison consists of traces.
  if (name !== 'trace') ajv.addSchema(read('trace'));
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

  it('and a schema refuses what is none', () => {
    const trace = json('run', `${SAMPLE}/sample.scenario.c`, '--json') as { events: { kind: string }[] };
    trace.events[0]!.kind = 'nap';
    assert.equal(validator('trace')(trace), false);
    assert.equal(validator('contracts')({ version: 2, functions: [] }), false);
    assert.equal(validator('model')({ version: 1 }), false);
  });
});
