import type { Ptr, Running } from '../../machine/abi.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { mightSleep } from '../sched/context.ts';

const JUMP_LABEL = 'kernel/jump_label.c';
const HEADER = 'include/linux/jump_label.h';
const INT_MAX = 2 ** 31 - 1;

/** `enabled` is the first member of struct static_key, which is the first of the _true and _false kinds. */
function* countOf(k: MachineThread, key: Ptr, line: number): Running<number> {
  k.marked = true;
  return yield* k.load(key, 'i32', line);
}

const asks = (name: string, type: string): Primitive =>
  visible(`bool ${name}(const ${type} *key)`, HEADER, function* (k: MachineThread, key: Ptr, line: number) {
    return (yield* countOf(k, key, line)) > 0 ? 1 : 0;
  });

/** To 0 or 1. A key that is counted must not be switched. */
const switches = (name: string, to: 0 | 1): Primitive =>
  visible(`void ${name}(struct static_key *key)`, JUMP_LABEL, function* (k: MachineThread, key: Ptr, line: number) {
    mightSleep(k, name, line);
    const before = yield* k.atomic(key, 'i32', line, name, now => (now === 1 - to ? to : undefined));
    if (before !== 0 && before !== 1) k.warn(`${name}: ${k.around.nameOf(key)} is counted, ${before}`, line);
  });

/** Counts up from `least` on and never over INT_MAX; the first one enables. Gives whether it did. */
const increments = (name: string, least: 0 | 1): Primitive =>
  visible(`bool ${name}(struct static_key *key)`, JUMP_LABEL, function* (k: MachineThread, key: Ptr, line: number) {
    if (least === 0) mightSleep(k, name, line);
    const can = (now: number): boolean => now >= least && now < INT_MAX;
    const before = (yield* k.atomic(key, 'i32', line, name, now =>
      can(now as number) ? (now as number) + 1 : undefined,
    )) as number;
    return can(before) ? 1 : 0;
  });

const decrements = (name: string): Primitive =>
  visible(`void ${name}(struct static_key *key)`, JUMP_LABEL, function* (k: MachineThread, key: Ptr, line: number) {
    mightSleep(k, name, line);
    const before = yield* k.atomic(key, 'i32', line, name, now =>
      (now as number) > 0 ? (now as number) - 1 : undefined,
    );
    if ((before as number) <= 0) k.warn(`jump label: negative count! ${k.around.nameOf(key)}`, line);
  });

const CPUSLOCKED = ['', '_cpuslocked'] as const;

/**
 * Static keys: branches that patching the code turns on and off. Here they are what they stand for, a counter that is read;
 * the patching is one step, under no lock (the kernel has cpu_hotplug_lock and jump_label_mutex around it).
 */
export const staticKeyPrimitives: readonly Primitive[] = [
  ...['static_branch_likely', 'static_branch_unlikely', 'static_key_enabled'].map(n => asks(n, 'void')),
  ...['static_key_false', 'static_key_true'].map(n => asks(n, 'struct static_key')),
  visible('int static_key_count(struct static_key *key)', JUMP_LABEL, countOf),
  increments('static_key_fast_inc_not_disabled', 1),
  ...CPUSLOCKED.flatMap(variant => [
    switches(`static_key_enable${variant}`, 1),
    switches(`static_key_disable${variant}`, 0),
    increments(`static_key_slow_inc${variant}`, 0),
    decrements(`static_key_slow_dec${variant}`),
  ]),
];
