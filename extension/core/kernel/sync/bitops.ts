import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { ctz64, fls64, swapped, weight } from './bits.ts';
import { findPrimitives } from './findBit.ts';

const ATOMIC = 'include/asm-generic/bitops/instrumented-atomic.h';
const NON_ATOMIC = 'include/asm-generic/bitops/instrumented-non-atomic.h';
const LOCK = 'include/asm-generic/bitops/instrumented-lock.h';
const X86 = 'arch/x86/include/asm/bitops.h';
const SWAB = 'include/uapi/linux/swab.h';
const BUILTIN = 'a builtin of the compiler';

/** The word that holds bit `nr` of a bitmap at `p`, and the bit in it: bit numbers are signed longs. */
function place(nr: bigint, p: Ptr): { word: Ptr; bit: bigint } {
  return { word: p + Number(nr >> 6n) * 8, bit: 1n << (nr & 63n) };
}

type Update = (old: bigint, bit: bigint) => bigint;
const set: Update = (old, bit) => old | bit;
const clear: Update = (old, bit) => old & ~bit;
const change: Update = (old, bit) => old ^ bit;

const signature = (name: string, returns: 'bool' | 'void'): string =>
  `${returns} ${name}(long nr, volatile unsigned long *addr)`;

/** `name(nr, addr)` in one step; with `test`, gives whether the bit was set before. */
const atomic = (name: string, file: string, to: Update, test = false): Primitive =>
  visible(
    signature(name, test ? 'bool' : 'void'),
    file,
    function* (k: MachineThread, nr: bigint, p: Ptr, line: number) {
      const { word, bit } = place(nr, p);
      const old = (yield* k.atomic(word, 'u64', line, name, v => to(v as bigint, bit))) as bigint;
      return test ? (old & bit ? 1 : 0) : undefined;
    },
  );

/** A read and a write, between which another thread's update of the same word can be lost. */
const nonAtomic = (name: string, file: string, to: Update, test = false): Primitive =>
  visible(
    signature(name, test ? 'bool' : 'void'),
    file,
    function* (k: MachineThread, nr: bigint, p: Ptr, line: number) {
      const { word, bit } = place(nr, p);
      const old = yield* k.load(word, 'u64', line);
      yield* k.store(word, 'u64', to(old, bit), line);
      return test ? (old & bit ? 1 : 0) : undefined;
    },
  );

const test = (name: string): Primitive =>
  visible(
    `bool ${name}(long nr, const volatile unsigned long *addr)`,
    NON_ATOMIC,
    function* (k: MachineThread, nr: bigint, p: Ptr, line: number) {
      const { word, bit } = place(nr, p);
      k.marked = true;
      return (yield* k.load(word, 'u64', line)) & bit ? 1 : 0;
    },
  );

/** Changes a lock's word with one atomic step and gives whether bit 7, of those who wait, is set in what is left. */
const unlockIsNegativeByte = (name: string, first: 'long nr' | 'unsigned long mask', to: Update): Primitive =>
  visible(
    `bool ${name}(${first}, volatile unsigned long *addr)`,
    LOCK,
    function* (k: MachineThread, what: bigint, p: Ptr, line: number): Running<number> {
      const mask = first === 'long nr' ? 1n << what : what;
      const old = (yield* k.atomic(p, 'u64', line, name, v => to(v as bigint, mask))) as bigint;
      return to(old, mask) & 0x80n ? 1 : 0;
    },
  );

const of32 = (prototype: string, run: (x: bigint) => number, file = X86): Primitive =>
  plain(prototype, file, (_k: MachineThread, x: number) => run(BigInt(x >>> 0)));
const of64 = (prototype: string, run: (x: bigint) => number, file = X86): Primitive =>
  plain(prototype, file, (_k: MachineThread, x: bigint) => run(BigInt.asUintN(64, x)));
/** As of64, for results that are unsigned long. */
const long64 = (prototype: string, run: (x: bigint) => number): Primitive =>
  plain(prototype, X86, (_k: MachineThread, x: bigint) => BigInt(run(BigInt.asUintN(64, x))));

const ffs = (x: bigint): number => (x === 0n ? 0 : ctz64(x) + 1);
const swap64 = (_k: MachineThread, x: bigint): bigint => swapped(x, 8);
const swap32 = (x: bigint): number => Number(swapped(x, 4));

/** gcc's __builtin_ctzl and its like, which the reader calls without the prefix. Zero has all its bits leading. */
const builtins: readonly Primitive[] = [
  of32('int clz(unsigned int x)', x => 32 - fls64(x), BUILTIN),
  of32('int ctz(unsigned int x)', x => Math.min(ctz64(x), 32), BUILTIN),
  of32('int popcount(unsigned int x)', weight, BUILTIN),
  ...(['l', 'll'] as const).flatMap(suffix => {
    const type = suffix === 'l' ? 'long' : 'long long';
    return [
      of64(`int ffs${suffix}(${type} x)`, ffs, BUILTIN),
      of64(`int clz${suffix}(unsigned ${type} x)`, x => 64 - fls64(x), BUILTIN),
      of64(`int ctz${suffix}(unsigned ${type} x)`, ctz64, BUILTIN),
      of64(`int popcount${suffix}(unsigned ${type} x)`, weight, BUILTIN),
    ];
  }),
  of32('unsigned short bswap16(unsigned short x)', x => Number(swapped(x, 2)), BUILTIN),
  of32('unsigned int bswap32(unsigned int x)', swap32, BUILTIN),
  plain('unsigned long long bswap64(unsigned long long x)', BUILTIN, swap64),
];

export const bitopPrimitives: readonly Primitive[] = [
  atomic('set_bit', ATOMIC, set),
  atomic('clear_bit', ATOMIC, clear),
  atomic('change_bit', ATOMIC, change),
  atomic('test_and_set_bit', ATOMIC, set, true),
  atomic('test_and_clear_bit', ATOMIC, clear, true),
  atomic('test_and_change_bit', ATOMIC, change, true),
  atomic('test_and_set_bit_lock', LOCK, set, true),
  atomic('clear_bit_unlock', LOCK, clear),
  nonAtomic('__clear_bit_unlock', LOCK, clear),
  nonAtomic('__set_bit', NON_ATOMIC, set),
  nonAtomic('__clear_bit', NON_ATOMIC, clear),
  nonAtomic('__change_bit', NON_ATOMIC, change),
  nonAtomic('__test_and_set_bit', NON_ATOMIC, set, true),
  nonAtomic('__test_and_clear_bit', NON_ATOMIC, clear, true),
  nonAtomic('__test_and_change_bit', NON_ATOMIC, change, true),
  test('test_bit'),
  test('test_bit_acquire'),
  unlockIsNegativeByte('clear_bit_unlock_is_negative_byte', 'long nr', clear),
  unlockIsNegativeByte('xor_unlock_is_negative_byte', 'unsigned long mask', change),
  of32('int ffs(int x)', ffs),
  of32('int fls(unsigned int x)', fls64),
  of64('int fls64(__u64 x)', fls64),
  of64('int ffs64(__u64 x)', ffs),
  long64('unsigned long __ffs(unsigned long x)', ctz64),
  long64('unsigned long __fls(unsigned long x)', x => fls64(x) - 1),
  long64('unsigned long ffz(unsigned long x)', x => ctz64(BigInt.asUintN(64, ~x))),
  of32('unsigned int hweight8(unsigned int w)', x => weight(x & 0xffn)),
  of32('unsigned int hweight16(unsigned int w)', x => weight(x & 0xffffn)),
  of32('unsigned int hweight32(unsigned int w)', weight),
  long64('unsigned long hweight64(__u64 w)', weight),
  long64('unsigned long hweight_long(unsigned long w)', weight),
  of32('unsigned int __arch_swab32(unsigned int x)', swap32, SWAB),
  plain('unsigned long long __arch_swab64(unsigned long long x)', SWAB, swap64),
  ...builtins,
  ...findPrimitives,
];
