import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { ctz64, fls64 } from './bits.ts';

const FIND = 'lib/find_bit.c';
const WORD = 64n;
const ONES = 0xffff_ffff_ffff_ffffn;

/** What is searched for set bits: the words of one bitmap, or of two taken together. */
type Combine = (a: bigint, b: bigint) => bigint;
const itself: Combine = a => a;
const inverted: Combine = a => a ^ ONES;
const and: Combine = (a, b) => a & b;
const andNot: Combine = (a, b) => a & (b ^ ONES);

function* wordAt(
  k: MachineThread,
  maps: readonly Ptr[],
  index: bigint,
  combine: Combine,
  line: number,
): Running<bigint> {
  const a = yield* k.load(maps[0]! + Number(index) * 8, 'u64', line);
  const b = maps.length > 1 ? yield* k.load(maps[1]! + Number(index) * 8, 'u64', line) : 0n;
  return combine(a, b);
}

/** The first bit from `start` on that `combine` leaves set; `size` when there is none. */
function* next(
  k: MachineThread,
  maps: readonly Ptr[],
  combine: Combine,
  size: bigint,
  start: bigint,
  line: number,
): Running<bigint> {
  for (let index = start / WORD; start < size && index * WORD < size; index++) {
    const word = yield* wordAt(k, maps, index, combine, line);
    const wanted = index === start / WORD ? word & ((ONES << (start % WORD)) & ONES) : word;
    if (wanted === 0n) continue;
    const found = index * WORD + BigInt(ctz64(wanted));
    return found < size ? found : size;
  }
  return size;
}

/** The last bit that is set; `size` when there is none. */
function* last(k: MachineThread, map: Ptr, size: bigint, line: number): Running<bigint> {
  for (let index = (size - 1n) / WORD; size > 0n && index >= 0n; index--) {
    const word = yield* wordAt(k, [map], index, itself, line);
    const inside = size - index * WORD < WORD ? word & ((1n << (size - index * WORD)) - 1n) : word;
    if (inside !== 0n) return index * WORD + BigInt(fls64(inside) - 1);
  }
  return size;
}

const MAP = 'const unsigned long *addr';
const MAPS = 'const unsigned long *addr1, const unsigned long *addr2';

/** `name(addr, size)`, or with two bitmaps `name(addr1, addr2, size)`. */
const first = (name: string, combine: Combine, maps: 1 | 2 = 1): Primitive =>
  visible(
    `unsigned long ${name}(${maps === 1 ? MAP : MAPS}, unsigned long size)`,
    FIND,
    (k: MachineThread, ...args: readonly (Ptr | bigint)[]) =>
      next(k, args.slice(0, maps) as Ptr[], combine, args[maps] as bigint, 0n, args[maps + 1] as number),
  );

/** As `first`, with the bit to begin at as the last argument. */
const following = (name: string, combine: Combine, maps: 1 | 2 = 1): Primitive =>
  visible(
    `unsigned long ${name}(${maps === 1 ? MAP : MAPS}, unsigned long size, unsigned long offset)`,
    FIND,
    (k: MachineThread, ...args: readonly (Ptr | bigint)[]) =>
      next(
        k,
        args.slice(0, maps) as Ptr[],
        combine,
        args[maps] as bigint,
        args[maps + 1] as bigint,
        args[maps + 2] as number,
      ),
  );

/**
 * Searches of bitmaps, by the names that callers use: what stands behind them has had other arguments from one release to
 * the next. Every word is one visible read.
 */
export const findPrimitives: readonly Primitive[] = [
  first('find_first_bit', itself),
  first('find_first_zero_bit', inverted),
  first('find_first_and_bit', and, 2),
  following('find_next_bit', itself),
  following('find_next_zero_bit', inverted),
  following('find_next_and_bit', and, 2),
  following('find_next_andnot_bit', andNot, 2),
  visible(
    `unsigned long find_last_bit(${MAP}, unsigned long size)`,
    FIND,
    (k: MachineThread, map: Ptr, size: bigint, line: number) => last(k, map, size, line),
  ),
];
