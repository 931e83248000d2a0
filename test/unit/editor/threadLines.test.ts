import assert from 'node:assert/strict';
import { threadLines } from '../../../extension/editor/threadLines.ts';
import { TraceBuilder } from '../../support/trace.ts';

describe('where threads are at a step', () => {
  const trace = new TraceBuilder(['a', 'b'], 'mm/x.c')
    .event(0, 'start', 1) // 0
    .event(0, 'read', 10) // 1
    .event(1, 'start', 2) // 2
    .event(1, 'write', 10) // 3
    .event(0, 'write', 12) // 4
    .event(0, 'exit', 14) // 5
    .build();

  it('is the line of the last event of each, shared when they agree', () => {
    assert.deepEqual(threadLines(trace, 1), [{ file: 'mm/x.c', line: 10, threads: [0] }]);
    assert.deepEqual(threadLines(trace, 3), [{ file: 'mm/x.c', line: 10, threads: [0, 1] }]);
    assert.deepEqual(threadLines(trace, 4), [
      { file: 'mm/x.c', line: 12, threads: [0] },
      { file: 'mm/x.c', line: 10, threads: [1] },
    ]);
  });

  it('is nowhere before the start and after the end', () => {
    assert.deepEqual(threadLines(trace, 0), []);
    assert.deepEqual(threadLines(trace, 5), [{ file: 'mm/x.c', line: 10, threads: [1] }]);
  });
});
