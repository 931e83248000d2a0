import assert from 'node:assert/strict';
import { freeName } from '../../../extension/core/locks/expr.ts';
import {
  guardOf,
  guards,
  lockArgument,
  type VocabularyEntry,
  vocabulary,
  vocabularyOf,
} from '../../../extension/core/locks/vocabulary.ts';
import table from '../../../grammars/locks.json' with { type: 'json' };

const entries = table.entries as readonly VocabularyEntry[];
const nameOf = (entry: VocabularyEntry): string => entry.names[0]!;

/** What pairs: how the lock is told, in what mode, and whether sleeping is forbidden while it is held. */
const pair = (e: VocabularyEntry): string =>
  `${typeof e.lock === 'number' ? 'argument' : e.lock} ${e.mode} ${e.atomic === true}`;

describe('the lock vocabulary', () => {
  it('has no name twice', () => {
    const seen = new Map<string, number>();
    for (const name of entries.flatMap(e => e.names)) seen.set(name, (seen.get(name) ?? 0) + 1);
    assert.deepEqual(
      [...seen].filter(([, times]) => times > 1).map(([name]) => name),
      [],
    );
    assert.equal(vocabulary.size, seen.size);
  });

  it('has no field that nobody knows', () => {
    const known = new Set(
      'names effect lock mode sleeps atomic nests when irq bh preempt if condition context gfp reads anyone around fallback map tries drops faults doc'.split(
        ' ',
      ),
    );
    for (const entry of entries)
      for (const field of Object.keys(entry)) assert.ok(known.has(field), `${nameOf(entry)}: ${field}`);
  });

  it('says of each entry what it is, and where that can be read', () => {
    for (const entry of entries) {
      assert.match(entry.doc, /^[A-Z].*\.$|\.[chS]$|\.txt$/, nameOf(entry));
      if (/^(?:acquire|release|downgrade|assert|context)$/.test(entry.effect))
        assert.match(entry.doc, /(?:include|kernel|net|mm|drivers|arch)\/\S+\.[ch]\b/, nameOf(entry));
    }
  });

  it('names the lock of everything that takes, lets go or asserts one, and of little else', () => {
    for (const entry of entries) {
      const needs = /^(?:acquire|release|downgrade|assert)$/.test(entry.effect);
      assert.ok(!needs || entry.lock !== undefined, nameOf(entry));
      assert.ok(needs || entry.lock === undefined || /^(?:sleep|value|quiet)$/.test(entry.effect), nameOf(entry));
      if (/^(?:acquire|release)$/.test(entry.effect)) assert.ok(entry.mode, nameOf(entry));
    }
  });

  it('says when whatever may fail has succeeded', () => {
    for (const entry of entries.filter(e => e.effect === 'acquire')) {
      for (const name of entry.names) {
        if (/try|_interruptible|_killable|_timeout/.test(name)) assert.ok(entry.when, name);
      }
      // A trylock never waits.
      if (entry.names.some(name => /trylock/.test(name))) assert.ok(!entry.sleeps, nameOf(entry));
      // What waits with sleeping allowed is no spinlock.
      assert.ok(!(entry.sleeps && entry.atomic), nameOf(entry));
    }
    for (const entry of entries.filter(e => e.effect !== 'acquire')) assert.equal(entry.when, undefined);
  });

  it('has a release for whatever can be acquired, and the other way round', () => {
    const acquired = new Set(entries.filter(e => e.effect === 'acquire').map(pair));
    const released = new Set(entries.filter(e => e.effect === 'release').map(pair));
    assert.deepEqual([...acquired].sort(), [...released].sort());
    for (const [off, on] of [
      ['off', ['on', 'restore']],
      ['off', ['on']],
    ] as const) {
      const field = on.length === 2 ? 'irq' : 'bh';
      for (const e of entries.filter(x => x.effect === 'acquire' && x[field] === off)) {
        const back = entries.filter(x => x.effect === 'release' && pair(x) === pair(e)).map(x => x[field]);
        for (const how of on) assert.ok(back.includes(how), `${nameOf(e)}: ${field} is never ${how} again`);
      }
    }
  });

  it('takes names for what they say', () => {
    for (const entry of entries) {
      for (const name of entry.names) {
        if (entry.effect === 'acquire') {
          if (entry.lock !== 'hardirq')
            assert.equal(entry.irq === 'off', /_irq(?:save)?(?:_|$)|local_irq|native_irq/.test(name), name);
          assert.equal(entry.bh === 'off', /(?<!nested)_bh(?:_|$)/.test(name), name);
          if (/(?:^|_)(?:down_)?read_?(?:lock|trylock)?(?:_|$)/.test(name) && !/seqlock_excl/.test(name))
            assert.equal(entry.mode, 'read', name);
          if (/(?:^|_)write_?/.test(name)) assert.equal(entry.mode, 'write', name);
        }
        if (entry.effect === 'release') {
          const irq = /_irqrestore|irq_restore/.test(name)
            ? 'restore'
            : /_irq$|irq_enable/.test(name)
              ? 'on'
              : undefined;
          assert.equal(entry.irq, irq, name);
          assert.equal(entry.bh === 'on', /(?<!nested)_bh(?:_|$)/.test(name), name);
        }
      }
    }
  });

  it('has guards whose two calls are listed and fit each other', () => {
    for (const [name, { acquire, release, conditional, base }] of guards) {
      const [taken, let_go] = [vocabularyOf(acquire), vocabularyOf(release)];
      assert.ok(taken?.effect === 'acquire' && let_go?.effect === 'release', name);
      assert.equal(pair(taken), pair(let_go), name);
      assert.equal(conditional, taken.when, name);
      assert.equal(base !== undefined, conditional !== undefined, name);
      if (base) assert.equal(guardOf(base)?.release, release, name);
    }
    assert.equal(guardOf('toString'), undefined);
  });

  it('finds the argument that is the lock', () => {
    const args = ['a', 'b', 'c'].map(freeName);
    const lockOf = (name: string) => lockArgument(vocabularyOf(name)!, args);
    assert.equal(lockOf('mutex_lock'), args[0]);
    assert.equal(lockOf('bit_spin_lock'), args[2]);
    assert.equal(lockOf('rcu_read_lock'), freeName('rcu'));
    const named = lockOf('wait_event_lock_irq');
    assert.ok(named?.k === 'addr' && named.base === args[2]);
    assert.equal(lockOf('schedule'), undefined);
  });

  it('knows an allocator by its name without accounting', () => {
    assert.equal(vocabularyOf('kmalloc_noprof'), vocabularyOf('kmalloc'));
    assert.equal(vocabularyOf('no_such_thing_noprof'), undefined);
  });
});
