import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atomicPrimitives } from '../../../extension/core/kernel/sync/atomic.ts';
import { Bench } from './callPrimitive.ts';

type Value = number | bigint;

/** The two widths: how a value is passed, and cut. */
const WIDTHS = [
  { prefix: 'atomic', bits: 32, access: 'i32', pass: (x: bigint): Value => Number(x) },
  { prefix: 'atomic64', bits: 64, access: 'i64', pass: (x: bigint): Value => x },
  { prefix: 'atomic_long', bits: 64, access: 'i64', pass: (x: bigint): Value => x },
] as const;

const integer = (bits: number): fc.Arbitrary<bigint> => {
  const end = 2n ** BigInt(bits - 1);
  return fc.oneof(fc.bigInt({ min: -end, max: end - 1n }), fc.constantFrom(0n, 1n, -1n, 2n, end - 1n, -end));
};

/** What an operation does to a counter, written as Documentation/atomic_t.txt puts it: [what is there then, result]. */
type Model = (v: bigint, a: bigint, b: bigint, cut: (x: bigint) => bigint) => [bigint, bigint | boolean | undefined];

const binary: Record<string, (v: bigint, i: bigint) => bigint> = {
  add: (v, i) => v + i,
  sub: (v, i) => v - i,
  and: (v, i) => v & i,
  andnot: (v, i) => v & ~i,
  or: (v, i) => v | i,
  xor: (v, i) => v ^ i,
};

const models: Record<string, { params: string; run: Model }> = {
  xchg: { params: 'va', run: (v, a) => [a, v] },
  cmpxchg: { params: 'vab', run: (v, a, b) => [v === a ? b : v, v] },
  sub_and_test: { params: 'av', run: (v, a, _b, cut) => [cut(v - a), cut(v - a) === 0n] },
  dec_and_test: { params: 'v', run: (v, _a, _b, cut) => [cut(v - 1n), cut(v - 1n) === 0n] },
  inc_and_test: { params: 'v', run: (v, _a, _b, cut) => [cut(v + 1n), cut(v + 1n) === 0n] },
  add_negative: { params: 'av', run: (v, a, _b, cut) => [cut(v + a), cut(v + a) < 0n] },
  add_unless: { params: 'vab', run: (v, a, b, cut) => (v === b ? [v, false] : [cut(v + a), true]) },
  fetch_add_unless: { params: 'vab', run: (v, a, b, cut) => [v === b ? v : cut(v + a), v] },
  inc_not_zero: { params: 'v', run: (v, _a, _b, cut) => (v === 0n ? [v, false] : [cut(v + 1n), true]) },
  inc_unless_negative: { params: 'v', run: (v, _a, _b, cut) => (v < 0n ? [v, false] : [cut(v + 1n), true]) },
  dec_unless_positive: { params: 'v', run: (v, _a, _b, cut) => (v > 0n ? [v, false] : [cut(v - 1n), true]) },
  dec_if_positive: { params: 'v', run: (v, _a, _b, cut) => [cut(v - 1n) < 0n ? v : cut(v - 1n), cut(v - 1n)] },
};
for (const [name, op] of Object.entries(binary)) {
  models[name] = { params: 'av', run: (v, a, _b, cut) => [cut(op(v, a)), undefined] };
  models[`fetch_${name}`] = { params: 'av', run: (v, a, _b, cut) => [cut(op(v, a)), v] };
}
for (const name of ['add', 'sub'])
  models[`${name}_return`] = {
    params: 'av',
    run: (v, a, _b, cut) => [cut(binary[name]!(v, a)), cut(binary[name]!(v, a))],
  };
for (const [name, by] of [
  ['inc', 1n],
  ['dec', -1n],
] as const) {
  models[name] = { params: 'v', run: (v, _a, _b, cut) => [cut(v + by), undefined] };
  models[`fetch_${name}`] = { params: 'v', run: (v, _a, _b, cut) => [cut(v + by), v] };
  models[`${name}_return`] = { params: 'v', run: (v, _a, _b, cut) => [cut(v + by), cut(v + by)] };
}

const ORDER = /_(relaxed|acquire|release)$/;

describe('atomics', () => {
  for (const { prefix, bits, access, pass } of WIDTHS)
    it(`${prefix}_t: every operation agrees with its definition, wraps at ${bits} bits and is one step`, () => {
      const bench = new Bench(atomicPrimitives);
      const p = bench.shared(8);
      const cut = (x: bigint): bigint => BigInt.asIntN(bits, x);
      const ours = atomicPrimitives
        .map(x => x.name)
        .filter(n => n.startsWith(`${prefix}_`) && (prefix !== 'atomic' || !n.startsWith('atomic_long_')));
      const plain = ours.filter(n => !/_(read|set|try_cmpxchg)$/.test(n.replace(ORDER, '')));
      assert.ok(plain.length > 60);
      for (const name of plain) {
        const model = models[name.slice(prefix.length + 1).replace(ORDER, '')];
        assert.ok(model, `no definition of ${name}`);
        fc.assert(
          fc.property(integer(bits), integer(bits), integer(bits), fc.boolean(), (start, a, other, same) => {
            const [v, b] = [same ? (model.params === 'vab' ? a : other) : start, other];
            bench.machine.poke(p, access, pass(v));
            const args = [...model.params].map(c => (c === 'v' ? p : pass(c === 'a' ? a : b)));
            const got = bench.call(name, args);
            const [after, result] = model.run(v, a, b, cut);
            assert.equal(bench.machine.peek(p, access), pass(after), `${name} of ${v}, ${a}, ${b}`);
            assert.equal(
              got,
              typeof result === 'bigint' ? pass(result) : result === undefined ? result : Number(result),
              name,
            );
            assert.equal(bench.steps, 1);
          }),
          { numRuns: 40 },
        );
      }
    });

  it('read, set and try_cmpxchg', () => {
    const bench = new Bench(atomicPrimitives);
    const [p, old] = [bench.shared(8), bench.shared(8)];
    bench.call('atomic_set', [p, -5]);
    assert.equal(bench.call('atomic_read', [p]), -5);
    bench.call('atomic64_set_release', [p, -(2n ** 63n)]);
    assert.equal(bench.call('atomic_long_read_acquire', [p]), -(2n ** 63n));
    bench.machine.poke(old, 'i64', 7n);
    assert.equal(bench.call('atomic64_try_cmpxchg', [p, old, 1n]), 0);
    assert.equal(bench.machine.peek(old, 'i64'), -(2n ** 63n), 'what was found comes back');
    assert.equal(bench.call('atomic64_try_cmpxchg_relaxed', [p, old, 1n]), 1);
    assert.equal(bench.machine.peek(p, 'i64'), 1n);
    assert.equal(bench.machine.peek(old, 'i64'), -(2n ** 63n));
  });

  it('an increment that another thread comes before is not lost', () => {
    const bench = new Bench(atomicPrimitives);
    const p = bench.shared(4);
    bench.call('atomic_inc', [p], { between: () => bench.machine.poke(p, 'i32', 41) });
    assert.equal(bench.machine.peek(p, 'i32'), 42);
  });

  it('a counter in memory that is not there is a bug', () => {
    const bench = new Bench(atomicPrimitives);
    assert.throws(() => bench.call('atomic_inc', [0]), /NULL pointer/);
    assert.throws(() => bench.call('atomic64_read', [-8]), /error pointer/);
  });

  it('a refcount that is caught saturates, with one warning of each kind', () => {
    const bench = new Bench(atomicPrimitives);
    const p = bench.shared(4);
    for (const kind of [3, 2, 3]) bench.call('refcount_warn_saturate', [p, kind]);
    assert.equal((bench.machine.peek(p, 'i32') as number) >>> 0, 0xc0000000);
    assert.deepEqual(
      bench.events.filter(e => e.startsWith('warning')),
      [
        'warning refcount_t: underflow; use-after-free. shared',
        'warning refcount_t: addition on 0; use-after-free. shared',
      ],
    );
    assert.ok(bench.events.includes('printk refcount_t: underflow; use-after-free.\n'));
  });
});
