import assert from 'node:assert/strict';
import { WAIT, WRITE } from '../../../extension/core/report/lanes.ts';
import { AXIS, BAR, barTop, hitTest, layOut, markerMiddle, stepAt, xOf } from '../../../webview/geometry.ts';
import { Run } from '../../../webview/run.ts';
import { viewOf } from '../../../webview/state.ts';
import { raceTrace } from '../../support/race.ts';
import { TraceBuilder } from '../../support/trace.ts';

const run = new Run(raceTrace({ entries: 16, exclusive: true }));
const layout = layOut(run, viewOf(undefined, run.steps), 1000, 100);

describe('timeline geometry', () => {
  it('maps steps to pixels and back', () => {
    assert.equal(xOf(layout, 0), 100);
    for (const step of [0, 1, 17, run.steps]) assert.ok(Math.abs(stepAt(layout, xOf(layout, step)) - step) < 1e-9);
    const near = layOut(run, { step: 0, from: 10, to: 20 }, 1000, 100);
    assert.equal(xOf(near, 10), 100);
    assert.equal(stepAt(near, xOf(near, 15)), 15);
  });

  it('gives every lane room for its rows, one below the other', () => {
    assert.equal(layout.lanes[0]!.top, AXIS);
    layout.lanes.forEach((box, t) => {
      const next = layout.lanes[t + 1]?.top ?? layout.height;
      assert.equal(box.top + box.height, next);
      assert.ok(barTop(layout, t, run.lanes.lanes[t]!.rows - 1) + BAR <= next);
    });
  });

  it('finds every bar in its middle', () => {
    const { bars } = run.lanes;
    for (let i = 0; i < bars.count; i++) {
      const x = (xOf(layout, bars.start[i]!) + xOf(layout, bars.end[i]!)) / 2;
      const y = barTop(layout, bars.thread[i]!, bars.depth[i]!) + BAR / 2;
      const hit = hitTest(run, layout, [], x, y);
      assert.ok(hit?.kind === 'bar' && hit.bar === i, `bar ${i}: ${JSON.stringify(hit)}`);
    }
  });

  it('finds markers by nearness, but not hidden ones', () => {
    const { markers } = run.lanes;
    const flush = [...markers.event].findIndex(e => run.trace.events[e]!.kind === 'tlbflush');
    const x = xOf(layout, markers.step[flush]! + 0.5);
    const y = markerMiddle(layout, markers.thread[flush]!);
    assert.deepEqual(hitTest(run, layout, [], x, y), { kind: 'marker', marker: flush, step: markers.step[flush] });
    const hit = hitTest(run, layout, ['tlbflush'], x, y);
    assert.ok(hit?.kind !== 'marker' || hit.marker !== flush);
  });

  it('finds a bar narrower than a pixel', () => {
    const b = new TraceBuilder(['a']);
    const lock = b.lock('l');
    b.gap(100_000).acquire(0, lock, 'write', 1).release(0, lock, 2).gap(100_000);
    const wide = new Run(b.build());
    const all = layOut(wide, viewOf(undefined, wide.steps), 800, 100);
    assert.equal(hitTest(wide, all, [], xOf(all, 100_000) + 1, barTop(all, 0, 0) + 3)?.kind, 'bar');
  });

  it('tells axis, names and empty places apart', () => {
    assert.deepEqual(hitTest(run, layout, [], xOf(layout, 5) + 1, 3), { kind: 'axis', step: 5 });
    assert.deepEqual(hitTest(run, layout, [], 20, layout.lanes[1]!.top + 5), { kind: 'gutter', thread: 1 });
    assert.equal(hitTest(run, layout, [], 990, barTop(layout, 0, 0) + 2)?.kind, 'lane');
    assert.equal(hitTest(run, layout, [], 20, 3), undefined);
    assert.equal(hitTest(run, layout, [], 500, layout.height + 1), undefined);
  });

  it('draws waiting and then holding of one lock in one row', () => {
    const { bars } = run.lanes;
    const wait = bars.mode.indexOf(WAIT);
    assert.deepEqual([bars.mode[wait + 1], bars.depth[wait + 1]], [WRITE, bars.depth[wait]]);
  });
});
