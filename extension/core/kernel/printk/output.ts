import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, visible } from '../define.ts';
import { toBytes } from '../lib/bytes.ts';
import type { Primitive } from '../primitive.ts';
import { type Arguments, decoded, formatted } from './formatted.ts';
import { printing } from './printing.ts';
import { seqPrimitives } from './seq.ts';
import { write, writtenPrimitives } from './written.ts';

const PRINTK = 'kernel/printk/printk.c';
const VSPRINTF = 'lib/vsprintf.c';
const INT_MAX = 2 ** 31 - 1;
const SOH = '\u0001';

/** Who printed a line of the log that has no end yet. */
const log = perMachine(() => ({ open: undefined as MachineThread | undefined }));

/**
 * Puts a message into the log, without a step. Levels in front (include/linux/kern_levels.h) are left out; as in
 * vprintk_store(), only a KERN_CONT of the same thread goes on in a line that has no end.
 *
 * @param message one char per byte
 * @returns what vprintk_store() gives: the length without levels and the last newline
 */
export function logMessage(k: MachineThread, message: string, line: number): number {
  let at = 0;
  let continues = false;
  for (; message[at] === SOH && /[0-7c]/.test(message[at + 1] ?? ''); at += 2) continues ||= message[at + 1] === 'c';
  const text = message.slice(at);
  const state = log(k);
  const apart = state.open !== undefined && !(continues && state.open === k);
  const ended = text.endsWith('\n');
  state.open = ended ? undefined : k;
  write(k, line, 'printk', (apart ? '\n' : '') + decoded(text));
  return text.length - (ended ? 1 : 0);
}

const printk = (name: string, file = PRINTK): Primitive =>
  visible(
    `int ${name}(const char *fmt, ...)`,
    file,
    function* (k: MachineThread, fmt: Ptr, args: Arguments, line: number) {
      yield* printing(k, name, undefined, line);
      return logMessage(
        k,
        k.watch(() => formatted(k, fmt, args, line)),
        line,
      );
    },
  );

/** A format into memory, one step; `sizeOf` is how many bytes there are, the NUL too. Gives the length of it all. */
function* intoMemory(
  k: MachineThread,
  name: string,
  buf: Ptr,
  size: bigint,
  fmt: Ptr,
  args: Arguments,
  line: number,
): Running<number> {
  if (size > BigInt(INT_MAX)) {
    k.warn(`${name}: a size of ${size} bytes`, line);
    return 0;
  }
  yield* k.step(name, buf, line);
  const text = k.watch(() => formatted(k, fmt, args, line));
  const kept = size === 0n ? new Uint8Array() : toBytes(`${text.slice(0, Number(size) - 1)}\0`);
  k.touch(buf, kept.length, line, true);
  k.around.memory.writeBytes(buf, kept);
  if (k.isPrivate(buf) || kept.length === 0) k.around.sink.clock++;
  else k.around.sink.note(k, 'write', line, `${kept.length} bytes by ${name}`, buf, kept.length);
  return text.length;
}

/** printk, where pr_*() end (what is switched off, pr_debug or no_printk, never calls it), seq_file and snprintf. */
export const printkPrimitives: readonly Primitive[] = [
  ...['_printk', 'printk', '_printk_deferred', 'printk_deferred'].map(name => printk(name)),
  printk('early_printk', 'arch/x86/kernel/early_printk.c'),
  visible(
    'int snprintf(char *buf, size_t size, const char *fmt, ...)',
    VSPRINTF,
    (k: MachineThread, buf: Ptr, size: bigint, fmt: Ptr, args: Arguments, line: number) =>
      intoMemory(k, 'snprintf', buf, size, fmt, args, line),
  ),
  visible(
    'int scnprintf(char *buf, size_t size, const char *fmt, ...)',
    VSPRINTF,
    function* (k: MachineThread, buf: Ptr, size: bigint, fmt: Ptr, args: Arguments, line: number) {
      const length = yield* intoMemory(k, 'scnprintf', buf, size, fmt, args, line);
      return Math.max(0, Math.min(length, Number(size) - 1));
    },
  ),
  visible(
    'int sprintf(char *buf, const char *fmt, ...)',
    VSPRINTF,
    (k: MachineThread, buf: Ptr, fmt: Ptr, args: Arguments, line: number) =>
      intoMemory(k, 'sprintf', buf, BigInt(INT_MAX), fmt, args, line),
  ),
  ...seqPrimitives,
  ...writtenPrimitives,
];
