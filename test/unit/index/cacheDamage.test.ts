import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decode, encode } from '../../../extension/core/index/tree/codec.ts';
import { TreeIndex } from '../../../extension/core/index/tree/treeIndex.ts';

/** An index's cache in one piece, as it is on disk. */
function cacheOf(texts: Readonly<Record<string, string>>): Uint8Array {
  const index = new TreeIndex();
  for (const [path, text] of Object.entries(texts)) index.add(path, new TextEncoder().encode(text));
  return new Uint8Array(Buffer.concat(encode(index.data)));
}

const outlines = (index: TreeIndex): string =>
  JSON.stringify([index.counts(), ...[...index.data.paths()].sort().map(path => index.outlineOf(path))]);

describe('a cache that is not what was written', () => {
  const whole = cacheOf({
    'mm/a.c': '#include "a.h"\nstatic DEFINE_SPINLOCK(lock);\nint f(void)\n{\n\treturn g(1) + h();\n}\n',
    'mm/a.h': 'struct s {\n\tint x;\n\tspinlock_t lock;\n};\n#define g(x) h(x)\nenum e { A, B };\n',
    'fs/b.c': 'struct ops o = { .open = f };\nEXPORT_SYMBOL(f);\n',
  });

  it('is read back when it is', () => {
    const data = decode(whole.slice());
    assert.ok(typeof data === 'object');
    const index = new TreeIndex(data);
    assert.deepEqual(index.definers('f'), ['mm/a.c']);
    assert.equal(outlines(index), outlines(new TreeIndex(decode(cacheOfAgain(index)) as typeof data)));
  });

  it('is refused, whichever bit differs', () => {
    for (let at = 0; at < whole.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const bytes = whole.slice();
        bytes[at]! ^= 1 << bit;
        assert.equal(typeof decode(bytes), 'string', `byte ${at} of ${whole.length}, bit ${bit}`);
      }
  });

  it('is refused wherever it is cut, lengthened, overwritten, moved, or mixed with another', () => {
    const other = cacheOf({ 'x.c': 'int x(void)\n{\n\treturn y();\n}\n'.repeat(40) });
    const place = fc.nat(whole.length - 1);
    const number = fc.nat(255);
    const damages: Record<string, (from: number, to: number, n: number) => Uint8Array> = {
      cut: from => whole.slice(0, from),
      lengthened: (_from, _to, n) => joined(whole, new Uint8Array(1 + (n & 63))),
      overwritten: (from, to, n) => whole.slice().fill(n, from, to),
      moved: (from, to, n) => whole.slice().copyWithin(n * 8, from, to),
      'without a stretch': (from, to) => joined(whole.subarray(0, from), whole.subarray(to)),
      mixed: from => joined(whole.subarray(0, from), other.subarray(from)),
      'of another length': (from, _to, n) => {
        // Lengths that round to the same add up to the file's own.
        const bytes = whole.slice();
        new Uint32Array(bytes.buffer)[4 + (from % 12)]! += (n & 15) - 8;
        return bytes;
      },
    };
    const damage = fc.record({ how: fc.constantFrom(...Object.keys(damages)), a: place, b: place, n: number });
    let refused = 0;
    fc.assert(
      fc.property(damage, ({ how, a, b, n }) => {
        const bytes = damages[how]!(Math.min(a, b), Math.max(a, b) + 1, n);
        if ([whole, other].some(good => Buffer.compare(bytes, good) === 0)) return;
        refused++;
        assert.equal(typeof decode(bytes), 'string');
      }),
      { numRuns: 5000 },
    );
    assert.ok(refused > 3000, `${refused} were not the same`);
  });
});

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([a, b]));
const cacheOfAgain = (index: TreeIndex): Uint8Array => new Uint8Array(Buffer.concat(encode(index.data)));
