import assert from 'node:assert/strict';
import { compareHolds, holdStats, overlap } from '../../../extension/core/report/holdStats.ts';
import { holdComparison, traceText } from '../../../extension/core/report/text.ts';
import { TraceBuilder } from '../../support/trace.ts';

/** Two threads take mmap_lock for `mode`; the second starts when the first is inside. */
function remaps(mode: 'read' | 'write') {
  const b = new TraceBuilder(['remap0', 'remap1']);
  const lock = b.lock('init_mm.mmap_lock', 'struct rw_semaphore');
  b.acquire(0, lock, mode, 10, { function: 'remap' });
  if (mode === 'write') b.wait(1, lock, mode, 10);
  else b.acquire(1, lock, mode, 10);
  b.event(0, 'tlbflush', 11, { function: 'remap' });
  b.release(0, lock, 12);
  if (mode === 'write') b.acquire(1, lock, mode, 10);
  return b.event(1, 'tlbflush', 11, { function: 'walk' }).release(1, lock, 12).build();
}

describe('hold statistics', () => {
  it('counts steps held and waited and the most holders at once', () => {
    const [write] = holdStats(remaps('write'));
    assert.deepEqual(write, {
      lock: 'init_mm.mmap_lock',
      type: 'struct rw_semaphore',
      held: { read: 0, write: 3 + 2 },
      waited: 3,
      acquisitions: { read: 0, write: 2 },
      waits: 1,
      mostHolders: 1,
      longestHold: 3,
      longestWait: 3,
    });
    const [read] = holdStats(remaps('read'));
    assert.deepEqual([read!.held, read!.waited, read!.mostHolders], [{ read: 3 + 4, write: 0 }, 0, 2]);
  });

  it('takes a downgraded hold as one, and a lock held twice by a thread as one holder', () => {
    const b = new TraceBuilder(['a']);
    const lock = b.lock('l');
    b.acquire(0, lock, 'write', 1)
      .downgrade(0, lock, 2)
      .acquire(0, lock, 'read', 3)
      .release(0, lock, 4)
      .release(0, lock, 5);
    const [s] = holdStats(b.build());
    assert.equal(s!.mostHolders, 1);
    assert.equal(s!.longestHold, 4);
    assert.deepEqual(s!.acquisitions, { read: 1, write: 1 });
  });

  it('tells whether two threads were inside at once', () => {
    assert.deepEqual(overlap(remaps('write')), []);
    assert.deepEqual(overlap(remaps('read')), [{ lock: 'init_mm.mmap_lock', steps: 2, spans: [[1, 3]] }]);
    assert.deepEqual(overlap(remaps('read'), { threads: [0] }), []);
    assert.deepEqual(overlap(remaps('read'), { lock: 'other' }), []);
    assert.deepEqual(overlap(remaps('read'), { function: 'remap' }), [], 'thread 1 never ran remap()');
  });

  it('puts the same lock of two runs side by side', () => {
    const rows = compareHolds(remaps('write'), remaps('read'));
    assert.deepEqual(
      rows.map(r => [r.lock, r.before?.mostHolders, r.after?.mostHolders]),
      [['init_mm.mmap_lock', 1, 2]],
    );
    assert.deepEqual(holdComparison(remaps('write'), remaps('read')), [
      'lock                       steps held  read  write  waited  taken  most holders',
      'init_mm.mmap_lock  before           5     0      5       3      2             1',
      '                   after            7     7      0       0      2             2',
    ]);
  });

  it('keeps locks that only one of the runs has', () => {
    const other = new TraceBuilder(['a']);
    const lock = other.lock('other');
    other.acquire(0, lock, 'write', 1).release(0, lock, 2);
    assert.deepEqual(
      compareHolds(remaps('read'), other.build()).map(r => [r.lock, Boolean(r.before), Boolean(r.after)]),
      [
        ['init_mm.mmap_lock', true, false],
        ['other', false, true],
      ],
    );
  });

  it('says in words what was not modelled and how the run ended', () => {
    const b = new TraceBuilder(['a']).unmodelled(0, 'kasan_poison', 5).unmodelled(0, 'kasan_poison', 5);
    const text = traceText(b.build('deadlock', { end: { kind: 'deadlock', message: 'a waits for a', steps: 2 } }));
    assert.match(text, /2 unmodelled calls/);
    assert.match(text, /Deadlock after 2 steps: a waits for a\./);
    assert.match(text, /kasan_poison {2}mm\/sample\.c:5 {2}2 times/);
  });
});
