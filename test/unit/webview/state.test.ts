import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  CLOSEST,
  freshState,
  movedTo,
  type PanelState,
  panned,
  readState,
  stateFor,
  viewOf,
  zoomed,
} from '../../../webview/state.ts';

const kept: PanelState = {
  version: 1,
  key: { kind: 'run', scenario: 'a' },
  side: 'after',
  views: { after: { step: 7, from: 3, to: 20 } },
  hidden: ['output'],
  folded: ['holds'],
};

describe('panel state', () => {
  it('survives being written and read', () => {
    assert.deepEqual(readState(JSON.parse(JSON.stringify(kept))), kept);
  });

  it('of another shape is not read', () => {
    for (const value of [undefined, null, 7, 'state', [], {}, { version: 2, views: {} }, { version: 1 }])
      assert.equal(readState(value), undefined);
  });

  it('loses only what is damaged', () => {
    const damaged = {
      ...kept,
      views: { before: { step: 'x' }, after: kept.views.after },
      hidden: ['output', 'nonsense'],
    };
    assert.deepEqual(readState(damaged), kept);
    assert.deepEqual(readState({ version: 1, key: 1, views: {} }), freshState(1));
  });

  it('keeps the place only in the same run', () => {
    assert.deepEqual(stateFor(kept, { kind: 'run', scenario: 'a' }), kept);
    const other = stateFor(kept, { kind: 'run', scenario: 'b' });
    assert.deepEqual([other.side, other.views, other.hidden, other.folded], ['before', {}, ['output'], ['holds']]);
    assert.deepEqual(stateFor(undefined, 1), freshState(1));
  });
});

describe('view', () => {
  it('is the whole run at first', () => {
    assert.deepEqual(viewOf(undefined, 500), { step: 0, from: 0, to: 500 });
    assert.deepEqual(viewOf(undefined, 0), { step: 0, from: 0, to: 1 });
  });

  it('zooms about a step and stays there', () => {
    const near = zoomed({ step: 0, from: 0, to: 1000 }, 1000, 250, 0.1);
    assert.deepEqual(near, { step: 0, from: 225, to: 325 });
    assert.deepEqual(zoomed(near, 1000, 250, 100), { step: 0, from: 0, to: 1000 });
  });

  it('follows the cursor when it leaves', () => {
    const view = { step: 10, from: 0, to: 100 };
    assert.deepEqual(movedTo(view, 1000, 50), { step: 50, from: 0, to: 100 });
    const right = movedTo(view, 1000, 100);
    assert.equal(right.to - right.from, 100);
    assert.ok(right.from > 0 && right.step < right.to);
    assert.equal(movedTo(view, 1000, 5000).step, 999);
    assert.equal(movedTo(view, 1000, -1).step, 0);
  });

  it('never leaves the run, however it is moved', () => {
    const move = fc.record({
      how: fc.constantFrom('zoom', 'pan', 'go'),
      about: fc.double({ min: -50, max: 1500, noNaN: true }),
      by: fc.double({ min: 0.01, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.array(move), (steps, moves) => {
        let view = viewOf(undefined, steps);
        for (const { how, about, by } of moves) {
          if (how === 'zoom') view = zoomed(view, steps, about, by);
          else if (how === 'pan') view = panned(view, steps, about - 700);
          else view = movedTo(view, steps, about);
          const most = Math.max(1, steps);
          assert.ok(view.from >= 0 && view.to <= most + 1e-9, `${view.from} … ${view.to} of ${most}`);
          assert.ok(view.to - view.from >= Math.min(CLOSEST, most) - 1e-9);
          assert.ok(Number.isInteger(view.step) && view.step >= 0 && view.step < most);
          if (how === 'go') assert.ok(view.step >= view.from && view.step < view.to);
        }
      }),
    );
  });
});
