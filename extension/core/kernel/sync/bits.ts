// Counting in the bits of a word. Arguments are unsigned.

/** Number of the highest bit that is set, from 1; 0 for none. */
export const fls64 = (x: bigint): number => (x === 0n ? 0 : x.toString(2).length);

/** Number of the lowest bit that is set, from 0; 64 for none. */
export const ctz64 = (x: bigint): number => (x === 0n ? 64 : fls64(x & -x) - 1);

/** How many bits are set. */
export const weight = (x: bigint): number => x.toString(2).replace(/0/g, '').length;

/** The lowest `bytes` bytes in the other order. */
export function swapped(x: bigint, bytes: number): bigint {
  let out = 0n;
  for (let i = 0n; i < bytes; i++) out = (out << 8n) | ((x >> (8n * i)) & 0xffn);
  return out;
}
