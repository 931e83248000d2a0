import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, plain, visible } from '../define.ts';
import { bytesAt, cstringAt } from '../lib/bytes.ts';
import type { Primitive } from '../primitive.ts';
import { type Arguments, decoded, formatted } from './formatted.ts';
import { printing } from './printing.ts';
import { write } from './written.ts';

const SEQ = 'fs/seq_file.c';
const HEADER = 'include/linux/seq_file.h';
const M = 'struct seq_file *m';
const DELIMITER = `${M}, const char *delimiter`;

/** Bytes that a seq_file has got, and up to where seq_pad() fills; what m->count and m->pad_until are to the kernel. */
const positions = perMachine(() => new Map<Ptr, { count: number; padUntil: number }>());

function positionOf(k: MachineThread, m: Ptr): { count: number; padUntil: number } {
  const all = positions(k);
  const known = all.get(m) ?? { count: 0, padUntil: 0 };
  all.set(m, known);
  return known;
}

/**
 * A primitive that adds what `make` gives to the stream of a trace, one visible step.
 *
 * The fields of the seq_file are neither read nor written: the stream takes the place of its buffer.
 */
function seq(
  signature: string,
  make: (k: MachineThread, line: number, m: Ptr, ...args: never[]) => string,
  result?: number,
): Primitive {
  const name = /(\w+)\(/.exec(signature)![1]!;
  return visible(signature, SEQ, function* (k: MachineThread, m: Ptr, ...rest: never[]) {
    const line = Number(rest[rest.length - 1]);
    yield* printing(k, name, m, line);
    k.touch(m, 1, line);
    const text = k.watch(() => make(k, line, m, ...rest.slice(0, -1)));
    positionOf(k, m).count += text.length;
    write(k, line, 'seq', decoded(text));
    return result;
  });
}

const delimited = (k: MachineThread, delimiter: Ptr, number: string, line: number): string =>
  (delimiter === 0 ? '' : cstringAt(k, delimiter, line)) + number;

/** seq_file output. Its buffer never fills. */
export const seqPrimitives: readonly Primitive[] = [
  seq(`void seq_printf(${M}, const char *fmt, ...)`, (k, line, _m, fmt: Ptr, args: Arguments) =>
    formatted(k, fmt, args, line),
  ),
  seq(`void seq_puts(${M}, const char *s)`, (k, line, _m, s: Ptr) => cstringAt(k, s, line)),
  seq(`void seq_putc(${M}, char c)`, (_k, _line, _m, c: number) => String.fromCharCode(c & 0xff)),
  seq(
    `int seq_write(${M}, const void *data, size_t len)`,
    (k, line, _m, data: Ptr, len: bigint) =>
      Array.from(bytesAt(k, data, Number(len), line), byte => String.fromCharCode(byte)).join(''),
    0,
  ),
  seq(`void seq_put_decimal_ull(${DELIMITER}, unsigned long long num)`, (k, line, _m, d: Ptr, value: bigint) =>
    delimited(k, d, String(value), line),
  ),
  seq(
    `void seq_put_decimal_ull_width(${DELIMITER}, unsigned long long num, unsigned int width)`,
    (k, line, _m, d: Ptr, value: bigint, width: number) => delimited(k, d, String(value).padStart(width), line),
  ),
  seq(`void seq_put_decimal_ll(${DELIMITER}, long long num)`, (k, line, _m, d: Ptr, value: bigint) =>
    delimited(k, d, String(value), line),
  ),
  seq(
    `void seq_put_hex_ll(${DELIMITER}, unsigned long long v, unsigned int width)`,
    (k, line, _m, d: Ptr, value: bigint, width: number) =>
      delimited(k, d, value.toString(16).padStart(width, '0'), line),
  ),
  plain(`void seq_setwidth(${M}, size_t size)`, HEADER, (k: MachineThread, m: Ptr, size: bigint) => {
    const position = positionOf(k, m);
    position.padUntil = position.count + Number(size);
  }),
  seq(`void seq_pad(${M}, char c)`, (k, _line, m, c: number) => {
    const { count, padUntil } = positionOf(k, m);
    return ' '.repeat(Math.max(0, padUntil - count)) + (c === 0 ? '' : String.fromCharCode(c & 0xff));
  }),
  plain(`bool seq_has_overflowed(${M})`, HEADER, () => 0),
];
