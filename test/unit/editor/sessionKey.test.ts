import assert from 'node:assert/strict';
import { parseChoices, readSchedule, readSessionKey, scheduleTitle } from '../../../extension/editor/sessionKey.ts';

describe('session key', () => {
  it('comes back whole from a window that kept it', () => {
    for (const schedule of [
      { kind: 'round-robin' },
      { kind: 'round-robin', quantum: 3 },
      { kind: 'random', seed: 7 },
      { kind: 'explicit', choices: [0, 12, 1, 3] },
      { kind: 'script', script: 'dump to walk, remap0' },
    ]) {
      const key = { kind: 'run', root: 'file:///t', scenario: 'file:///s.c', patch: 'file:///p.patch', schedule };
      assert.deepEqual(readSessionKey(JSON.parse(JSON.stringify(key))), key);
    }
    assert.deepEqual(readSessionKey({ kind: 'trace', trace: 'file:///a.json' }), {
      kind: 'trace',
      trace: 'file:///a.json',
    });
  });

  it('is refused when another version wrote it', () => {
    const good = { kind: 'run', root: 'r', scenario: 's', schedule: { kind: 'round-robin' } };
    assert.ok(readSessionKey(good));
    for (const bad of [
      undefined,
      null,
      'x',
      [],
      { ...good, root: 1 },
      { ...good, scenario: undefined },
      { ...good, patch: 3 },
      { ...good, schedule: { kind: 'random' } },
      { ...good, schedule: { kind: 'explicit', choices: ['a'] } },
      { ...good, schedule: { kind: 'newest' } },
      { kind: 'trace' },
    ])
      assert.equal(readSessionKey(bad), undefined, JSON.stringify(bad));
  });

  it('drops a quantum that is none', () => {
    for (const quantum of [0, -1, 1.5, '3'])
      assert.deepEqual(readSchedule({ kind: 'round-robin', quantum }), { kind: 'round-robin' });
  });

  it('names schedules', () => {
    assert.equal(scheduleTitle({ kind: 'round-robin' }), 'round robin');
    assert.equal(scheduleTitle({ kind: 'round-robin', quantum: 5 }), 'round robin, 5 steps each');
    assert.equal(scheduleTitle({ kind: 'random', seed: 3 }), 'random, seed 3');
  });
});

describe('list of choices as people write it', () => {
  it('reads pairs', () => {
    assert.deepEqual(parseChoices('0 12, 1 5,0 3'), [0, 12, 1, 5, 0, 3]);
    assert.deepEqual(parseChoices(' 0:12;\n1×5 '), [0, 12, 1, 5]);
  });

  it('refuses what is no list of pairs', () => {
    for (const text of ['', ' , ', '1', '0 1 2', '0 -1', '0 1.5', 'a 1']) assert.equal(parseChoices(text), undefined);
  });
});
