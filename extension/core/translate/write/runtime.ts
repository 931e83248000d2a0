import type { Ptr, Thread } from '../../machine/abi.ts';

/**
 * The few arithmetic helpers that models use, named in their prelude. All of them keep the normal forms of
 * machine/abi.ts: 64-bit integers wrap as C's unsigned ones do, pointers are signed canonical addresses.
 */
export const runtime = {
  /** To an unsigned 64-bit integer, wrapping. */
  U64: (x: bigint): bigint => BigInt.asUintN(64, x),
  /** To a signed 64-bit integer, wrapping (gcc's -fno-strict-overflow, as the kernel is built). */
  I64: (x: bigint): bigint => BigInt.asIntN(64, x),
  /** The low 32 bits of a 64-bit integer as `int`, as `unsigned int`. */
  toI32: (x: bigint): number => Number(BigInt.asIntN(32, x)),
  toU32: (x: bigint): number => Number(BigInt.asUintN(32, x)),
  /** A 64-bit integer taken for an address. */
  toPtr: (x: bigint): Ptr => Number(BigInt.asIntN(64, x)),
  /** An address taken for an `unsigned long`. */
  ulong: (p: Ptr): bigint => BigInt.asUintN(64, BigInt(p)),
  /** p < q as C compares addresses: unsigned, so that kernel addresses (negative here) lie above user ones. */
  below: (p: Ptr, q: Ptr): boolean => (p < 0 === q < 0 ? p < q : q < 0),
  /** Division as C defines it; x86 traps on zero. */
  div: (k: Thread, a: number, b: number, line: number): number => {
    if (b === 0) k.trap('divide error', line);
    return Math.trunc(a / b);
  },
  mod: (k: Thread, a: number, b: number, line: number): number => {
    if (b === 0) k.trap('divide error', line);
    return a % b;
  },
  divBig: (k: Thread, a: bigint, b: bigint, line: number): bigint => {
    if (b === 0n) k.trap('divide error', line);
    return a / b;
  },
  modBig: (k: Thread, a: bigint, b: bigint, line: number): bigint => {
    if (b === 0n) k.trap('divide error', line);
    return a % b;
  },
  /** Copies a struct value inside this thread's own stack; gives where it now is. */
  keep: (k: Thread, to: Ptr, from: Ptr, size: number): Ptr => {
    k.move(to, from, size);
    return to;
  },
} as const;

export type RuntimeName = keyof typeof runtime;
