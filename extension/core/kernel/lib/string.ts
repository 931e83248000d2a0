import type { Ptr, Running } from '../../machine/abi.ts';
import { PAGE_SIZE } from '../../machine/layout.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { declaredName, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { bytesAt, cstringAt, reading, toBytes, writing } from './bytes.ts';

const STRING = 'lib/string.c';
const PAGE = 'arch/x86/include/asm/page_64.h';
const E2BIG = 7n;
const INT_MAX = 0x7fffffffn;

const copies = (name: string): Primitive =>
  visible(
    `void *${name}(void *to, const void *from, size_t size)`,
    STRING,
    function* (k: MachineThread, to: Ptr, from: Ptr, size: bigint, line: number) {
      if (size > 0n) yield* k.copy(to, from, Number(size), line);
      return to;
    },
  );

const fills = (name: string): Primitive =>
  visible(
    `void *${name}(void *to, int byte, size_t size)`,
    STRING,
    function* (k: MachineThread, to: Ptr, byte: number, size: bigint, line: number) {
      if (size > 0n) yield* k.fill(to, byte & 0xff, Number(size), line);
      return to;
    },
  );

/** memset16 and its kin: `count` values of a type, not bytes. */
const fillsWith = (type: string, size: number): Primitive =>
  visible(
    `void *memset${size * 8}(${type} *to, ${type} value, size_t count)`,
    'arch/x86/include/asm/string_64.h',
    function* (k: MachineThread, to: Ptr, value: number | bigint, count: bigint, line: number) {
      yield* writing(k, `memset${size * 8}`, to, [], line, () => {
        k.touch(to, Number(count) * size, line, true);
        const bytes = new Uint8Array(Number(count) * size);
        for (let at = 0; at < bytes.length; at++)
          bytes[at] = Number((BigInt.asUintN(64, BigInt(value)) >> BigInt((at % size) * 8)) & 0xffn);
        return bytes;
      });
      return to;
    },
  );

const clears = (name: string): Primitive =>
  visible(`void ${name}(void *page)`, PAGE, (k: MachineThread, page: Ptr, line: number) =>
    k.fill(page, 0, PAGE_SIZE, line),
  );

/** −1, 0 or 1, as strcmp() gives it. */
const order = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function difference(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** A primitive that only reads, from as many strings as `pointers` says its first arguments are. */
function reads(
  signature: string,
  pointers: 1 | 2,
  answer: (k: MachineThread, line: number, ...args: never[]) => unknown,
): Primitive {
  const name = declaredName(signature);
  return visible(signature, STRING, (k: MachineThread, ...args: never[]): Running<unknown> => {
    const line = args[args.length - 1] as number;
    return reading(k, name, args.slice(0, pointers), line, () => answer(k, line, ...args));
  });
}

/** The address of a char that was found at an index of a string, or NULL. */
const found = (s: Ptr, index: number): Ptr => (index < 0 ? 0 : s + index);
const charOf = (c: number): string => String.fromCharCode(c & 0xff);

/** strchr(): the NUL at the end counts as part of the string. */
const strchr = (k: MachineThread, line: number, s: Ptr, c: number): Ptr =>
  found(s, `${cstringAt(k, s, line)}\0`.indexOf(charOf(c)));

/** strscpy(): always ends in NUL; −E2BIG when the string does not fit, never reads more than `count` bytes. */
const strscpy = (name: string, pads: boolean): Primitive =>
  visible(
    `ssize_t ${name}(char *to, const char *from, size_t count)`,
    STRING,
    function* (k: MachineThread, to: Ptr, from: Ptr, count: bigint, line: number) {
      if (count === 0n) return -E2BIG;
      if (count > INT_MAX) {
        k.warn(`${name}: a size of ${count} bytes`, line);
        return -E2BIG;
      }
      const size = Number(count);
      let length = 0;
      yield* writing(k, name, to, [from], line, () => {
        const text = cstringAt(k, from, line, size);
        length = text.length;
        const kept = toBytes(`${text.slice(0, size - 1)}\0`);
        if (!pads || length >= size) return kept;
        k.touch(to, size, line, true);
        const padded = new Uint8Array(size);
        padded.set(kept);
        return padded;
      });
      return length < size ? BigInt(length) : -E2BIG;
    },
  );

/** A copy of a string that gives its destination; `make` says what is written of the text, which is at most `size`. */
const copiesString = (signature: string, make: (text: string, size: number) => string): Primitive => {
  const name = declaredName(signature);
  return visible(signature, STRING, function* (k: MachineThread, to: Ptr, from: Ptr, ...rest: (number | bigint)[]) {
    const line = Number(rest[rest.length - 1]);
    const size = rest.length > 1 ? Number(rest[0]) : undefined;
    yield* writing(k, name, to, [from], line, () => {
      if (size !== undefined) k.touch(to, size, line, true);
      return toBytes(make(cstringAt(k, from, line, size), size ?? 0));
    });
    return to;
  });
};

/**
 * Bulk memory and strings: one visible step each, none when only the thread's own stack and constants take part. They
 * stand for the kernel's fortified macros as well, whose checks are the machine's.
 */
export const stringPrimitives: readonly Primitive[] = [
  ...['memcpy', 'memmove', '__memcpy', '__memmove'].map(copies),
  ...['memset', '__memset'].map(fills),
  fillsWith('uint16_t', 2),
  fillsWith('uint32_t', 4),
  fillsWith('uint64_t', 8),
  ...['clear_page', 'clear_page_orig', 'clear_page_rep', 'clear_page_erms'].map(clears),
  visible('void copy_page(void *to, void *from)', PAGE, (k: MachineThread, to: Ptr, from: Ptr, line: number) =>
    k.copy(to, from, PAGE_SIZE, line),
  ),
  reads('int memcmp(const void *a, const void *b, size_t size)', 2, (k, line, a: Ptr, b: Ptr, size: bigint) =>
    difference(bytesAt(k, a, Number(size), line), bytesAt(k, b, Number(size), line)),
  ),
  reads('void *memchr(const void *s, int c, size_t n)', 1, (k, line, s: Ptr, c: number, n: bigint) =>
    found(s, bytesAt(k, s, Number(n), line).indexOf(c & 0xff)),
  ),
  reads('void *memchr_inv(const void *s, int c, size_t n)', 1, (k, line, s: Ptr, c: number, n: bigint) =>
    found(
      s,
      bytesAt(k, s, Number(n), line).findIndex(byte => byte !== (c & 0xff)),
    ),
  ),
  reads('void *memscan(void *s, int c, size_t n)', 1, (k, line, s: Ptr, c: number, n: bigint) => {
    const at = bytesAt(k, s, Number(n), line).indexOf(c & 0xff);
    return s + (at < 0 ? Number(n) : at);
  }),
  reads('size_t strlen(const char *s)', 1, (k, line, s: Ptr) => BigInt(cstringAt(k, s, line).length)),
  reads('size_t strnlen(const char *s, size_t most)', 1, (k, line, s: Ptr, most: bigint) =>
    BigInt(cstringAt(k, s, line, Number(most)).length),
  ),
  reads('int strcmp(const char *a, const char *b)', 2, (k, line, a: Ptr, b: Ptr) =>
    order(cstringAt(k, a, line), cstringAt(k, b, line)),
  ),
  reads('int strncmp(const char *a, const char *b, size_t size)', 2, (k, line, a: Ptr, b: Ptr, size: bigint) =>
    order(cstringAt(k, a, line, Number(size)), cstringAt(k, b, line, Number(size))),
  ),
  reads('char *strchr(const char *s, int c)', 1, strchr),
  reads(
    'char *strchrnul(const char *s, int c)',
    1,
    (k, line, s: Ptr, c: number) => strchr(k, line, s, c) || s + cstringAt(k, s, line).length,
  ),
  reads('char *strrchr(const char *s, int c)', 1, (k, line, s: Ptr, c: number) =>
    found(s, `${cstringAt(k, s, line)}\0`.lastIndexOf(charOf(c))),
  ),
  reads('char *strstr(const char *s, const char *part)', 2, (k, line, s: Ptr, part: Ptr) =>
    found(s, cstringAt(k, s, line).indexOf(cstringAt(k, part, line))),
  ),
  copiesString('char *strcpy(char *to, const char *from)', text => `${text}\0`),
  // No NUL when the string does not fit; NULs up to the size when it does.
  copiesString('char *strncpy(char *to, const char *from, size_t size)', (text, size) => text.padEnd(size, '\0')),
  strscpy('strscpy', false),
  strscpy('strscpy_pad', true),
  visible(
    'size_t strlcpy(char *to, const char *from, size_t size)',
    STRING,
    function* (k: MachineThread, to: Ptr, from: Ptr, size: bigint, line: number) {
      let length = 0;
      yield* writing(k, 'strlcpy', to, [from], line, () => {
        const text = cstringAt(k, from, line);
        length = text.length;
        return size === 0n ? new Uint8Array() : toBytes(`${text.slice(0, Number(size) - 1)}\0`);
      });
      return BigInt(length);
    },
  ),
];
