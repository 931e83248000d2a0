import type { Ptr } from '../../machine/abi.ts';
import { PAGE_SIZE } from '../../machine/layout.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';

const STRING = 'lib/string.c';
const PAGE = 'arch/x86/include/asm/page_64.h';

const copies = (name: string): Primitive =>
  visible(
    `void *${name}(void *to, const void *from, size_t size)`,
    STRING,
    function* (k: MachineThread, to: Ptr, from: Ptr, size: bigint, line: number) {
      yield* k.copy(to, from, Number(size), line);
      return to;
    },
  );

const compares = (signature: string, run: (a: number[], b: number[], size: number) => number): Primitive =>
  visible(signature, STRING, function* (k: MachineThread, a: Ptr, b: Ptr, ...rest: (bigint | number)[]) {
    const line = Number(rest[rest.length - 1]);
    yield* k.step('compare', a, line);
    k.around.sink.clock++;
    if (rest.length > 1) {
      const size = Number(rest[0]);
      if (signature.includes('memcmp')) {
        k.touch(a, size, line);
        k.touch(b, size, line);
        const bytes = (p: Ptr): number[] => [...k.around.memory.readBytes(p, size)];
        return run(bytes(a), bytes(b), size);
      }
      return run(text(k, a, line), text(k, b, line), size);
    }
    return run(text(k, a, line), text(k, b, line), Number.POSITIVE_INFINITY);
  });

/** The bytes of a C string with its NUL. */
function text(k: MachineThread, p: Ptr, line: number): number[] {
  const bytes: number[] = [];
  for (let at = p; ; at++) {
    const c = k.checkedRead(at, 'u8', line) as number;
    bytes.push(c);
    if (c === 0) return bytes;
  }
}

function order(a: number[], b: number[], size: number): number {
  for (let i = 0; i < Math.min(size, Math.max(a.length, b.length)); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

const length = (name: string, bounded: boolean): Primitive =>
  visible(
    `size_t ${name}(const char *s${bounded ? ', size_t most' : ''})`,
    STRING,
    function* (k: MachineThread, p: Ptr, ...rest: (bigint | number)[]) {
      const line = Number(rest[rest.length - 1]);
      yield* k.step(name, p, line);
      k.around.sink.clock++;
      const most = bounded ? Number(rest[0]) : Number.POSITIVE_INFINITY;
      let n = 0;
      while (n < most && k.checkedRead(p + n, 'u8', line) !== 0) n++;
      return BigInt(n);
    },
  );

/** Bulk memory and strings: one visible step each. */
export const stringPrimitives: readonly Primitive[] = [
  ...['memcpy', 'memmove', '__memcpy', '__memmove'].map(copies),
  ...['memset', '__memset'].map(name =>
    visible(
      `void *${name}(void *to, int byte, size_t size)`,
      STRING,
      function* (k: MachineThread, to: Ptr, byte: number, size: bigint, line: number) {
        yield* k.fill(to, byte, Number(size), line);
        return to;
      },
    ),
  ),
  visible('void clear_page(void *page)', PAGE, function* (k: MachineThread, page: Ptr, line: number) {
    yield* k.fill(page, 0, PAGE_SIZE, line);
  }),
  visible('void copy_page(void *to, void *from)', PAGE, function* (k: MachineThread, to: Ptr, from: Ptr, line: number) {
    yield* k.copy(to, from, PAGE_SIZE, line);
  }),
  compares('int memcmp(const void *a, const void *b, size_t size)', order),
  compares('int strcmp(const char *a, const char *b)', order),
  compares('int strncmp(const char *a, const char *b, size_t size)', order),
  length('strlen', false),
  length('strnlen', true),
];
