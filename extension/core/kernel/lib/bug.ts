import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, plain } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { formatted } from '../printk/output.ts';

const BUG = 'include/asm-generic/bug.h';
const PANIC = 'kernel/panic.c';
type Arguments = readonly (number | bigint)[];

/** Places that have warned: what warns once warns once a run. */
const warned = perMachine(() => new Set<string>());

function once(k: MachineThread, name: string, line: number): boolean {
  const place = `${name} ${k.function?.file}:${line}`;
  if (warned(k).has(place)) return false;
  warned(k).add(place);
  return true;
}

/** `int name(condition)`: the condition's value, and a warning when it is true. */
const warnOn = (name: string): Primitive =>
  plain(`int ${name}(bool condition)`, BUG, (k: MachineThread, condition: number, line: number) => {
    if (condition && (!name.includes('ONCE') || once(k, name, line))) k.warn(name, line);
    return condition;
  });

/** The same with a text. */
const warnText = (name: string): Primitive =>
  plain(
    `int ${name}(bool condition, const char *fmt, ...)`,
    BUG,
    (k: MachineThread, condition: number, fmt: Ptr, args: Arguments, line: number) => {
      if (condition && (!name.includes('ONCE') || once(k, name, line)))
        k.warn(`${name}: ${formatted(k, fmt, args, line).trimEnd()}`, line);
      return condition;
    },
  );

/** Checks of the kernel's own: a WARN goes on, a BUG ends the run. */
export const bugPrimitives: readonly Primitive[] = [
  ...['WARN_ON', 'WARN_ON_ONCE'].map(warnOn),
  ...['WARN', 'WARN_ONCE'].map(warnText),
  plain('void BUG(void)', BUG, (k: MachineThread, line: number) => k.bug('BUG()', line)),
  plain('void BUG_ON(bool condition)', BUG, (k: MachineThread, condition: number, line: number) => {
    if (condition) k.bug('BUG_ON', line);
  }),
  plain('void panic(const char *fmt, ...)', PANIC, (k: MachineThread, fmt: Ptr, args: Arguments, line: number) =>
    k.bug(`panic: ${formatted(k, fmt, args, line).trimEnd()}`, line),
  ),
  plain('void dump_stack(void)', 'lib/dump_stack.c', (k: MachineThread, line: number) => k.warn('dump_stack()', line)),
];
