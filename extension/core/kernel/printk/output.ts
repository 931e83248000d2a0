import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf, plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { type FormatMachine, format } from './format.ts';

const SEQ = 'fs/seq_file.c';
const PRINTK = 'kernel/printk/printk.c';
const VSPRINTF = 'lib/vsprintf.c';
type Arguments = readonly (number | bigint)[];

/** The text of a format in memory with its arguments. */
export function formatted(k: MachineThread, fmt: Ptr, args: Arguments, line: number): string {
  k.touch(fmt, 1, line);
  const machine = machineOf(k);
  const view: FormatMachine = {
    cstring: (p, limit) => machine.memory.cstring(p, limit),
    symbolAt: p => machine.symbolAt(p),
    read: ((p: Ptr, type: 'u8') => k.checkedRead(p, type, line)) as FormatMachine['read'],
  };
  return format(machine.memory.cstring(fmt) ?? '', args, view);
}

/** Memory holds bytes; people read UTF-8. */
function decoded(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? new TextDecoder().decode(Uint8Array.from(bytes, c => c.charCodeAt(0))) : bytes;
}

export function* write(k: MachineThread, stream: 'seq' | 'printk', text: string, line: number): Running<void> {
  yield* k.step(stream === 'seq' ? 'seq_printf' : 'printk', undefined, line);
  k.around.sink.output(k, line, stream, decoded(text));
}

/** printk's levels are a SOH and a character before the text: include/linux/kern_levels.h. */
const withoutLevel = (text: string): string => (text.charCodeAt(0) === 1 ? text.slice(2) : text);

const printk = (name: string): Primitive =>
  visible(
    `int ${name}(const char *fmt, ...)`,
    PRINTK,
    function* (k: MachineThread, fmt: Ptr, args: Arguments, line: number) {
      const text = withoutLevel(formatted(k, fmt, args, line));
      yield* write(k, 'printk', text, line);
      return text.length;
    },
  );

/** Into memory, at most `size` bytes with the NUL; gives the length that the whole text has. */
function* into(k: MachineThread, to: Ptr, size: number, text: string, line: number): Running<number> {
  const kept = text.slice(0, Math.max(0, size - 1));
  for (let i = 0; size > 0 && i <= kept.length; i++)
    yield* k.store(to + i, 'u8', i < kept.length ? kept.charCodeAt(i) : 0, line);
  return text.length;
}

export const printkPrimitives: readonly Primitive[] = [
  visible(
    'void seq_printf(struct seq_file *m, const char *fmt, ...)',
    SEQ,
    (k: MachineThread, _m: Ptr, fmt: Ptr, args: Arguments, line: number) =>
      write(k, 'seq', formatted(k, fmt, args, line), line),
  ),
  visible('void seq_puts(struct seq_file *m, const char *s)', SEQ, (k: MachineThread, _m: Ptr, s: Ptr, line: number) =>
    write(k, 'seq', k.around.memory.cstring(s) ?? '', line),
  ),
  visible('void seq_putc(struct seq_file *m, char c)', SEQ, (k: MachineThread, _m: Ptr, c: number, line: number) =>
    write(k, 'seq', String.fromCharCode(c & 0xff), line),
  ),
  // The stream of a trace has no end.
  plain('bool seq_has_overflowed(struct seq_file *m)', 'include/linux/seq_file.h', () => 0),
  printk('_printk'),
  printk('printk'),
  visible(
    'int snprintf(char *buf, size_t size, const char *fmt, ...)',
    VSPRINTF,
    (k: MachineThread, buf: Ptr, size: bigint, fmt: Ptr, args: Arguments, line: number) =>
      into(k, buf, Number(size), formatted(k, fmt, args, line), line),
  ),
  visible(
    'int scnprintf(char *buf, size_t size, const char *fmt, ...)',
    VSPRINTF,
    function* (k: MachineThread, buf: Ptr, size: bigint, fmt: Ptr, args: Arguments, line: number) {
      const length = yield* into(k, buf, Number(size), formatted(k, fmt, args, line), line);
      return Math.max(0, Math.min(length, Number(size) - 1));
    },
  ),
  visible(
    'int sprintf(char *buf, const char *fmt, ...)',
    VSPRINTF,
    (k: MachineThread, buf: Ptr, fmt: Ptr, args: Arguments, line: number) =>
      into(k, buf, Number.MAX_SAFE_INTEGER, formatted(k, fmt, args, line), line),
  ),
];
