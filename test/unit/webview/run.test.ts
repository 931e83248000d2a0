import assert from 'node:assert/strict';
import { eventText, Run } from '../../../webview/run.ts';
import { raceTrace } from '../../support/race.ts';
import { TraceBuilder } from '../../support/trace.ts';

function small() {
  const b = new TraceBuilder(['a', 'b']);
  const outer = b.lock('outer');
  const inner = b.lock('inner');
  b.event(0, 'start', 1).acquire(0, outer, 'read', 10).acquire(0, inner, 'write', 11).gap(3);
  b.event(1, 'start', 1).wait(1, inner, 'write', 11).release(0, inner, 12).acquire(1, inner, 'write', 11);
  b.release(0, outer, 13).event(0, 'exit', 14).release(1, inner, 12);
  return new Run(b.build());
}

describe('a run at a step', () => {
  it('knows where each thread is and what it holds', () => {
    const run = small();
    const at = (thread: number, step: number) => {
      const { state, event, holdings } = run.threadAt(thread, step);
      const locks = holdings.map(h => `${h.waiting ? 'wait ' : ''}${run.trace.locks[h.lock]!.lock} ${h.mode}`);
      return [state, event < 0 ? undefined : run.trace.events[event]!.line, ...locks];
    };
    assert.deepEqual(at(0, 0), ['running', 1]);
    assert.deepEqual(at(0, 4), ['running', 11, 'outer read', 'inner write']);
    assert.deepEqual(at(1, 5), ['not started', undefined]);
    assert.deepEqual(at(1, 7), ['waiting', 11, 'wait inner write']);
    assert.deepEqual(at(1, 9), ['running', 11, 'inner write']);
    assert.deepEqual(at(0, 11), ['ended', 14]);
  });

  it('steps from event to event over steps that recorded nothing', () => {
    const run = small();
    assert.equal(run.stepFrom(2, 1), 6);
    assert.equal(run.stepFrom(4, 1), 6);
    assert.equal(run.stepFrom(6, -1), 2);
    assert.equal(run.stepFrom(0, -1), 0);
    assert.equal(run.stepFrom(12, 1), 12);
    assert.equal(run.stepFrom(0, 3), 6);
    assert.equal(
      run.stepFrom(0, 1, e => e.kind === 'release'),
      8,
    );
  });

  it('finds the event at or before a step, and those of a line', () => {
    const run = small();
    assert.equal(run.eventAt(4), 2);
    assert.equal(run.eventAt(6), 3);
    assert.deepEqual(
      run.eventsOf({ file: 'mm/sample.c', line: 11 }).map(i => run.trace.events[i]!.step),
      [2, 7, 9],
    );
    assert.deepEqual(run.eventsOf({ file: 'mm/other.c', line: 11 }), []);
  });

  it('is first looked at where it went wrong, else where the tables were split', () => {
    const at = (run: Run) => run.trace.events[run.eventAt(run.landmark)]!;
    const b = new TraceBuilder(['a']).event(0, 'barrier', 1, { text: 'smp_mb' }).event(0, 'bug', 2, { text: 'null' });
    assert.equal(at(new Run(b.build('bug'))).kind, 'bug');
    assert.match(at(new Run(raceTrace({ entries: 4, twice: true }))).text ?? '', /NX pmd\n$/);
    assert.equal(at(new Run(raceTrace({ entries: 4 }))).level, 'pmd');
    assert.equal(new Run(new TraceBuilder(['a']).build()).landmark, 0);
  });

  it('divides the run into turns without gaps', () => {
    const { turns } = new Run(raceTrace({ entries: 8 }));
    for (let i = 1; i < turns.count; i++) {
      assert.equal(turns.start[i], turns.end[i - 1]);
      assert.notEqual(turns.thread[i], turns.thread[i - 1]);
    }
  });

  it('has words for every event', () => {
    const { trace } = new Run(raceTrace({ entries: 2, twice: true }));
    for (const e of trace.events) assert.doesNotMatch(eventText(trace, e), /undefined|^$/);
  });
});
