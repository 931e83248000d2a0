import type { Ptr } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { perMachine, plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { type Arguments, decoded, formatted } from '../printk/formatted.ts';
import { logMessage } from '../printk/output.ts';

const BUG = 'include/asm-generic/bug.h';
const DUMP = 'lib/dump_stack.c';

/** `mm/ptdump.c:12`, as the kernel names the place of a check. */
const place = (k: MachineThread, line: number): string => `${k.function?.file ?? ''}:${line}`;
const functionOf = (k: MachineThread): string => k.function?.name ?? k.name;

const bug = (k: MachineThread, line: number): never => k.bug(`kernel BUG at ${place(k, line)}!`, line);

/** Records that a check has failed; the message that WARN() was given, if any, goes to the log as well. */
function warn(k: MachineThread, line: number, message?: string): void {
  if (message !== undefined) logMessage(k, message, line);
  const said = message === undefined ? '' : `: ${decoded(message).trimEnd()}`;
  k.warn(`WARNING: at ${place(k, line)} ${functionOf(k)}${said}`, line);
}

/** Places whose one warning has been given. */
const warned = perMachine(() => new Set<string>());

function dumpStack(k: MachineThread, line: number): void {
  logMessage(k, `CPU: ${Math.max(0, k.index)} Comm: ${k.name}, in ${functionOf(k)} at ${place(k, line)}\n`, line);
}

/** DEFAULT_RATELIMIT_BURST of include/linux/ratelimit_types.h: messages per interval. */
const BURST = 10;
/** Messages let through, by ratelimit_state. */
const passed = perMachine(() => new Map<Ptr, number>());

/**
 * Checks of the kernel's own, and how often they may speak.
 *
 * WARN, WARN_ONCE, WARN_TAINT and WARN_RATELIMIT stay the kernel's macros: only a failing check evaluates its message's
 * arguments (`WARN(!p, "%d", q->x)`), which a call would always do. They come to __WARN_printf. Neither are VM_BUG_ON
 * and VM_WARN_ON here: CONFIG_DEBUG_VM decides what they are.
 */
export const bugPrimitives: readonly Primitive[] = [
  plain('void BUG(void)', 'arch/x86/include/asm/bug.h', bug),
  plain('void BUG_ON(bool condition)', BUG, (k: MachineThread, condition: number, line: number) => {
    if (condition) bug(k, line);
  }),
  plain('int WARN_ON(bool condition)', BUG, (k: MachineThread, condition: number, line: number) => {
    if (condition) warn(k, line);
    return condition;
  }),
  plain('int WARN_ON_ONCE(bool condition)', BUG, (k: MachineThread, condition: number, line: number) => {
    const at = place(k, line);
    if (condition && !warned(k).has(at)) {
      warned(k).add(at);
      warn(k, line);
    }
    return condition;
  }),
  plain('void __WARN(void)', BUG, (k: MachineThread, line: number) => warn(k, line)),
  plain(
    'void __WARN_printf(unsigned int taint, const char *fmt, ...)',
    BUG,
    (k: MachineThread, _taint: number, fmt: Ptr, args: Arguments, line: number) =>
      // Before 5.3, a WARN without a message has a NULL one.
      warn(k, line, fmt === 0 ? undefined : formatted(k, fmt, args, line)),
  ),
  plain(
    'void panic(const char *fmt, ...)',
    'kernel/panic.c',
    (k: MachineThread, fmt: Ptr, args: Arguments, line: number) => {
      const text = `Kernel panic - not syncing: ${formatted(k, fmt, args, line)}`;
      logMessage(k, `${text}\n`, line);
      k.bug(decoded(text).trimEnd(), line);
    },
  ),
  // Where the thread is; the stack of a model is in its trace.
  plain('void dump_stack(void)', DUMP, dumpStack),
  plain('void dump_stack_lvl(const char *log_lvl)', DUMP, (k: MachineThread, _level: Ptr, line: number) =>
    dumpStack(k, line),
  ),
  // No time passes in a model: all is one interval, of the default burst.
  visible(
    'int ___ratelimit(struct ratelimit_state *rs, const char *func)',
    'lib/ratelimit.c',
    function* (k: MachineThread, rs: Ptr, _func: Ptr, line: number) {
      yield* k.step('___ratelimit', rs, line);
      k.around.sink.clock++;
      const before = passed(k).get(rs) ?? 0;
      passed(k).set(rs, before + 1);
      return before < BURST ? 1 : 0;
    },
  ),
];
