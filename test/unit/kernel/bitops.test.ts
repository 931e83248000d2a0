import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bitopPrimitives } from '../../../extension/core/kernel/sync/bitops.ts';
import { Bench } from './callPrimitive.ts';

const WORDS = 3;
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** Bitmaps as searches meet them: full, empty, a bit here and there. */
const word = fc.oneof(
  u64,
  fc.constantFrom(0n, 2n ** 64n - 1n),
  fc.nat(63).map(n => 1n << BigInt(n)),
);
const bitmap = fc.array(word, { minLength: WORDS, maxLength: WORDS });
const bits = (words: readonly bigint[]): boolean[] =>
  words.flatMap(w => [...w.toString(2).padStart(64, '0')].reverse().map(c => c === '1'));

function setUp(): { bench: Bench; put: (words: readonly bigint[]) => number; get: (p: number) => bigint[] } {
  const bench = new Bench(bitopPrimitives);
  const put = (words: readonly bigint[]): number => {
    const p = bench.shared(words.length * 8);
    for (const [i, w] of words.entries()) bench.machine.poke(p + i * 8, 'u64', w);
    return p;
  };
  const get = (p: number): bigint[] =>
    [...Array(WORDS).keys()].map(i => bench.machine.peek(p + i * 8, 'u64') as bigint);
  return { bench, put, get };
}

describe('bit operations', () => {
  it('set, clear and change one bit of a bitmap and tell what it was', () => {
    const { bench, put, get } = setUp();
    const names = bitopPrimitives
      .map(p => p.name)
      .filter(n => /^(__)?(test_and_)?(set|clear|change)_bit(_(un)?lock)?$/.test(n));
    assert.equal(names.length, 15);
    for (const name of names)
      fc.assert(
        fc.property(bitmap, fc.nat(WORDS * 64 - 1), (words, nr) => {
          const p = put(words);
          const got = bench.call(name, [BigInt(nr), p]);
          const expected = bits(words);
          const before = expected[nr]!;
          expected[nr] = /set_bit/.test(name) ? true : /clear/.test(name) ? false : !before;
          assert.deepEqual(bits(get(p)), expected, name);
          assert.equal(got, /test_/.test(name) ? Number(before) : undefined, name);
          assert.equal(bench.steps, name.startsWith('__') ? 2 : 1, name);
          assert.equal(bench.call('test_bit', [BigInt(nr), p]), Number(expected[nr]));
        }),
        { numRuns: 20 },
      );
  });

  it('bit numbers below zero are before the address', () => {
    const { bench, put, get } = setUp();
    const p = put([0n, 0n, 0n]);
    bench.call('set_bit', [-1n, p + 8]);
    assert.deepEqual(get(p), [1n << 63n, 0n, 0n]);
  });

  it('an update by another thread is kept by set_bit and lost by __set_bit', () => {
    const { bench, put, get } = setUp();
    const p = put([0n, 0n, 0n]);
    let turns = 0;
    const other = (at: number) => () => {
      if (++turns === at) bench.machine.poke(p, 'u64', 8n);
    };
    bench.call('set_bit', [0n, p], { between: other(1) });
    assert.equal(get(p)[0], 9n);
    bench.machine.poke(p, 'u64', 0n);
    turns = 0;
    bench.call('__set_bit', [0n, p], { between: other(2) });
    assert.equal(get(p)[0], 1n);
  });

  it('unlocking tells whether somebody waits', () => {
    const { bench, put, get } = setUp();
    const p = put([0x81n, 0n, 0n]);
    assert.equal(bench.call('clear_bit_unlock_is_negative_byte', [0n, p]), 1);
    assert.equal(get(p)[0], 0x80n);
    assert.equal(bench.call('xor_unlock_is_negative_byte', [0x80n, p]), 0);
    assert.equal(get(p)[0], 0n);
  });
});

describe('counting and searching bits', () => {
  it('in a word', () => {
    const { bench } = setUp();
    fc.assert(
      fc.property(word, x => {
        const all = bits([x]);
        const low = all.indexOf(true);
        const high = all.lastIndexOf(true);
        const count = all.filter(Boolean).length;
        assert.equal(bench.call('fls64', [x]), high + 1);
        assert.equal(bench.call('ffs64', [x]), low + 1);
        assert.equal(bench.call('ffsl', [BigInt.asIntN(64, x)]), low + 1);
        assert.equal(bench.call('clzl', [x]), 63 - high);
        assert.equal(bench.call('hweight64', [x]), BigInt(count));
        assert.equal(bench.call('popcountll', [x]), count);
        if (x !== 0n) {
          assert.equal(bench.call('__ffs', [x]), BigInt(low));
          assert.equal(bench.call('__fls', [x]), BigInt(high));
          assert.equal(bench.call('ctzl', [x]), low);
        }
        if (all.includes(false)) assert.equal(bench.call('ffz', [x]), BigInt(all.indexOf(false)));
        const half = Number(x & 0xffffffffn);
        const narrow = all.slice(0, 32);
        assert.equal(bench.call('fls', [half]), narrow.lastIndexOf(true) + 1);
        assert.equal(bench.call('ffs', [half | 0]), narrow.indexOf(true) + 1);
        assert.equal(bench.call('clz', [half]), 31 - narrow.lastIndexOf(true));
        assert.equal(bench.call('hweight32', [half]), narrow.filter(Boolean).length);
      }),
    );
  });

  it('byte swaps', () => {
    const { bench } = setUp();
    assert.equal(bench.call('bswap16', [0x1234]), 0x3412);
    assert.equal(bench.call('bswap32', [0x123456f8]), 0xf8563412);
    assert.equal(bench.call('__arch_swab64', [0x0123456789abcdefn]), 0xefcdab8967452301n);
  });

  it('in a bitmap, from any place on and up to any size', () => {
    const { bench, put } = setUp();
    fc.assert(
      fc.property(bitmap, bitmap, fc.nat(WORDS * 64), fc.nat(WORDS * 64), (a, b, size, start) => {
        const [p, q] = [put(a), put(b)];
        const [x, y] = [bits(a), bits(b)];
        const first = (test: (i: number) => boolean, from: number): bigint => {
          for (let i = from; i < size; i++) if (test(i)) return BigInt(i);
          return BigInt(size);
        };
        const n = BigInt(size);
        const at = BigInt(start);
        assert.equal(
          bench.call('find_first_bit', [p, n]),
          first(i => x[i]!, 0),
        );
        assert.equal(
          bench.call('find_first_zero_bit', [p, n]),
          first(i => !x[i], 0),
        );
        assert.equal(
          bench.call('find_first_and_bit', [p, q, n]),
          first(i => x[i]! && y[i]!, 0),
        );
        assert.equal(
          bench.call('find_next_bit', [p, n, at]),
          first(i => x[i]!, start),
        );
        assert.equal(
          bench.call('find_next_zero_bit', [p, n, at]),
          first(i => !x[i], start),
        );
        assert.equal(
          bench.call('find_next_and_bit', [p, q, n, at]),
          first(i => x[i]! && y[i]!, start),
        );
        assert.equal(
          bench.call('find_next_andnot_bit', [p, q, n, at]),
          first(i => x[i]! && !y[i], start),
        );
        const last = x.slice(0, size).lastIndexOf(true);
        assert.equal(bench.call('find_last_bit', [p, n]), last < 0 ? n : BigInt(last));
      }),
    );
  });

  it('reads no word that it need not read: nothing is behind a bitmap', () => {
    const { bench, put } = setUp();
    const p = put([0n, 0n, 1n]);
    assert.equal(bench.call('find_next_bit', [p, 192n, 0n]), 128n);
    assert.equal(bench.steps, 3);
    bench.call('find_next_bit', [p, 64n, 64n]);
    assert.equal(bench.steps, 0);
    bench.call('find_last_bit', [p, 64n]);
    assert.equal(bench.steps, 1);
  });
});
