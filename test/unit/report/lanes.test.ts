import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lanesOf, MARKERS, READ, WAIT, WRITE } from '../../../extension/core/report/lanes.ts';
import { TraceBuilder } from '../../support/trace.ts';

describe('lanes', () => {
  it('nests what is taken inside and keeps a hold in the row of its wait', () => {
    const b = new TraceBuilder(['a', 'b']);
    const outer = b.lock('outer');
    const inner = b.lock('inner');
    b.acquire(0, outer, 'read', 1)
      .acquire(0, inner, 'write', 2)
      .acquire(1, outer, 'read', 1)
      .wait(1, inner, 'write', 2);
    b.release(0, inner, 3).acquire(1, inner, 'write', 2).release(0, outer, 4).release(1, inner, 3).release(1, outer, 4);
    const { bars, lanes, steps } = lanesOf(b.build());
    assert.equal(steps, 9);
    assert.deepEqual(
      lanes.map(l => [l.name, l.rows, l.bars, l.first, l.last]),
      [
        ['a', 2, [0, 2], 0, 6],
        ['b', 2, [2, 5], 2, 8],
      ],
    );
    const rows = Array.from({ length: bars.count }, (_, i) => [
      bars.lock[i],
      bars.mode[i],
      bars.start[i],
      bars.end[i],
      bars.depth[i],
    ]);
    assert.deepEqual(rows, [
      [outer, READ, 0, 6, 0],
      [inner, WRITE, 1, 4, 1],
      [outer, READ, 2, 8, 0],
      [inner, WAIT, 3, 5, 1],
      [inner, WRITE, 5, 7, 1],
    ]);
  });

  it('keeps a downgraded lock in its row when the row below it is free again', () => {
    const b = new TraceBuilder(['a']);
    const first = b.lock('first');
    const second = b.lock('second');
    b.acquire(0, first, 'write', 1)
      .acquire(0, second, 'write', 2)
      .release(0, first, 3)
      .downgrade(0, second, 4)
      .release(0, second, 5);
    const { bars } = lanesOf(b.build());
    assert.deepEqual([...bars.depth], [0, 1, 1]);
    assert.deepEqual([...bars.mode], [WRITE, WRITE, READ]);
  });

  it('gives a marker to events that are seen as points, and none to lock operations', () => {
    const b = new TraceBuilder(['a', 'b']);
    const lock = b.lock('l');
    b.acquire(1, lock, 'write', 1)
      .event(1, 'tlbflush', 2)
      .event(0, 'bug', 3)
      .event(1, 'barrier', 4)
      .release(1, lock, 5);
    const { markers, lanes } = lanesOf(b.build());
    assert.deepEqual(
      [...markers.kind].map(k => MARKERS[k]),
      ['bug', 'tlbflush', 'barrier'],
    );
    assert.deepEqual([...markers.event], [2, 1, 3]);
    assert.deepEqual(
      lanes.map(l => l.markers),
      [
        [0, 1],
        [1, 3],
      ],
    );
  });

  it('never puts two bars of a thread over one another', () => {
    const action = fc.record({ thread: fc.nat(2), lock: fc.nat(3), read: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), actions => {
        const b = new TraceBuilder(['a', 'b', 'c']);
        for (let i = 0; i < 4; i++) b.lock(`lock${i}`);
        const held = new Set<string>();
        for (const { thread, lock, read } of actions) {
          const key = `${thread} ${lock}`;
          if (held.delete(key)) b.release(thread, lock, 1);
          else {
            held.add(key);
            b.acquire(thread, lock, read ? 'read' : 'write', 1);
          }
        }
        const { bars, lanes, steps } = lanesOf(b.build());
        for (let i = 0; i < bars.count; i++) {
          assert.ok(bars.end[i]! <= steps && bars.depth[i]! < lanes[bars.thread[i]!]!.rows);
          for (let j = 0; j < i; j++)
            if (bars.thread[i] === bars.thread[j] && bars.depth[i] === bars.depth[j])
              assert.ok(bars.end[j]! <= bars.start[i]!, `bars ${j} and ${i} overlap`);
        }
      }),
    );
  });
});
