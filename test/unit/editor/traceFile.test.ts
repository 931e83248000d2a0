import assert from 'node:assert/strict';
import { InputError } from '../../../extension/core/text/source.ts';
import { readTrace } from '../../../extension/editor/traceFile.ts';
import { TraceBuilder } from '../../support/trace.ts';

describe('saved trace', () => {
  const trace = new TraceBuilder(['a']).event(0, 'start', 1).build();

  it('comes back as it was saved', () => {
    assert.deepEqual(readTrace(JSON.stringify(trace), 'run.json'), JSON.parse(JSON.stringify(trace)));
  });

  it('is refused with what is wrong with the file', () => {
    const wrong: [string, RegExp][] = [
      ['', /no JSON/],
      ['{"version": 1', /no JSON/],
      ['null', /no trace/],
      ['[]', /version undefined/],
      [JSON.stringify({ ...trace, version: 2 }), /version 2.*reads version 1/],
      [JSON.stringify({ ...trace, events: undefined }), /"events" is missing/],
      [JSON.stringify({ ...trace, scenario: undefined }), /"scenario" is missing/],
    ];
    for (const [text, message] of wrong)
      assert.throws(
        () => readTrace(text, 'run.json'),
        (e: unknown) => e instanceof InputError && message.test(e.message) && e.at?.file === 'run.json',
        text,
      );
  });
});
