import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf } from '../define.ts';
import { cstringAt, toBytes } from '../lib/bytes.ts';
import { type Argument, type FormatMachine, format } from './format.ts';

/** What follows a format, as a primitive gets it. */
export type Arguments = readonly Argument[];

/** The text of a format in memory with its arguments, one char per byte, as memory is now. */
export function formatted(k: MachineThread, fmt: Ptr, args: Arguments, line: number): string {
  const machine: FormatMachine = {
    cstring: (p, limit) => cstringAt(k, p, line, limit),
    u64: p => k.checkedRead(p, 'u64', line) as bigint,
    symbolAt: p => machineOf(k).symbolAt(p),
    warn: text => k.warn(text, line),
    fault: text => k.bug(text, line),
  };
  return format(cstringAt(k, fmt, line), args, machine);
}

/** Memory holds bytes; people read UTF-8. */
export const decoded = (bytes: string): string =>
  /[\x80-\xff]/.test(bytes) ? new TextDecoder().decode(toBytes(bytes)) : bytes;
