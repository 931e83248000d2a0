import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';

const ATOMIC = 'include/asm-generic/bitops/instrumented-atomic.h';
const NON_ATOMIC = 'include/asm-generic/bitops/instrumented-non-atomic.h';
const LOCK = 'include/asm-generic/bitops/instrumented-lock.h';
const X86 = 'arch/x86/include/asm/bitops.h';

/** The word that holds bit `nr` of a bitmap at `p`, and the bit in it: bit numbers are signed longs. */
function place(nr: bigint, p: Ptr): { word: Ptr; bit: bigint } {
  return { word: p + Number(nr >> 6n) * 8, bit: 1n << (nr & 63n) };
}

type Update = (old: bigint, bit: bigint) => bigint;
const set: Update = (old, bit) => old | bit;
const clear: Update = (old, bit) => old & ~bit;
const change: Update = (old, bit) => old ^ bit;

/** `name(nr, addr)`; with `test`, gives whether the bit was set before. */
const update = (name: string, file: string, to: Update, test = false): Primitive =>
  visible(
    `${test ? 'bool' : 'void'} ${name}(long nr, volatile unsigned long *addr)`,
    file,
    function* (k: MachineThread, nr: bigint, p: Ptr, line: number) {
      const { word, bit } = place(nr, p);
      const old = (yield* k.atomic(word, 'u64', line, name, v => to(v as bigint, bit))) as bigint;
      return test ? (old & bit ? 1 : 0) : undefined;
    },
  );

const test = (name: string): Primitive =>
  visible(
    `bool ${name}(long nr, const volatile unsigned long *addr)`,
    NON_ATOMIC,
    function* (k: MachineThread, nr: bigint, p: Ptr, line: number) {
      const { word, bit } = place(nr, p);
      return (yield* k.load(word, 'u64', line)) & bit ? 1 : 0;
    },
  );

/** Number of the highest bit that is set, from 1; 0 for none. */
const fls64 = (x: bigint): number => (x === 0n ? 0 : x.toString(2).length);
const ctz64 = (x: bigint): number => (x === 0n ? 64 : fls64(x & -x) - 1);
const unsigned = (x: number): bigint => BigInt(x >>> 0);
const weight = (x: bigint): number => x.toString(2).replace(/0/g, '').length;

const of32 = (signature: string, run: (x: bigint) => number): Primitive =>
  plain(signature, X86, (_k: MachineThread, x: number) => run(unsigned(x)));
const of64 = (signature: string, run: (x: bigint) => number): Primitive =>
  plain(signature, X86, (_k: MachineThread, x: bigint) => run(BigInt.asUintN(64, x)));
/** As of64, for results that are unsigned long. */
const long64 = (signature: string, run: (x: bigint) => number): Primitive =>
  plain(signature, X86, (_k: MachineThread, x: bigint) => BigInt(run(BigInt.asUintN(64, x))));

export const bitopPrimitives: readonly Primitive[] = [
  update('set_bit', ATOMIC, set),
  update('clear_bit', ATOMIC, clear),
  update('change_bit', ATOMIC, change),
  update('test_and_set_bit', ATOMIC, set, true),
  update('test_and_clear_bit', ATOMIC, clear, true),
  update('test_and_change_bit', ATOMIC, change, true),
  update('test_and_set_bit_lock', LOCK, set, true),
  update('clear_bit_unlock', LOCK, clear),
  update('__clear_bit_unlock', LOCK, clear),
  update('__set_bit', NON_ATOMIC, set),
  update('__clear_bit', NON_ATOMIC, clear),
  update('__change_bit', NON_ATOMIC, change),
  update('__test_and_set_bit', NON_ATOMIC, set, true),
  update('__test_and_clear_bit', NON_ATOMIC, clear, true),
  update('__test_and_change_bit', NON_ATOMIC, change, true),
  test('test_bit'),
  test('test_bit_acquire'),
  of32('int ffs(int x)', x => (x === 0n ? 0 : ctz64(x) + 1)),
  of32('int fls(unsigned int x)', fls64),
  of64('int fls64(__u64 x)', fls64),
  long64('unsigned long __ffs(unsigned long x)', ctz64),
  long64('unsigned long __fls(unsigned long x)', x => fls64(x) - 1),
  long64('unsigned long ffz(unsigned long x)', x => ctz64(BigInt.asUintN(64, ~x))),
  of32('unsigned int hweight8(unsigned int w)', x => weight(x & 0xffn)),
  of32('unsigned int hweight16(unsigned int w)', x => weight(x & 0xffffn)),
  of32('unsigned int hweight32(unsigned int w)', weight),
  long64('unsigned long hweight64(__u64 w)', weight),
  long64('unsigned long hweight_long(unsigned long w)', weight),
];
