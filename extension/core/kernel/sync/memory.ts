import type { Ptr, Running } from '../../machine/abi.ts';
import type { Access, Value } from '../../machine/scalar.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { machineOf, plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';

const ONCE = 'include/asm-generic/rwonce.h';
const BARRIER = 'include/asm-generic/barrier.h';
const COMPILER = 'include/linux/compiler.h';
const CMPXCHG = 'arch/x86/include/asm/cmpxchg.h';

/** `name(x)` of an lvalue, or `name(p)` of a pointer to it: one visible read. */
export const reads = (name: string, file: string, argument = 'T &x'): Primitive =>
  visible(
    `T ${name}(${argument})`,
    file,
    function* (k: MachineThread, type: Access, p: Ptr, line: number): Running<Value> {
      k.marks(name);
      return yield* k.load(p, type, line);
    },
  );
/** `name(x, value)`, or `name(p, value)`: one visible write. */
export const writes = (name: string, file: string, argument = 'T &x'): Primitive =>
  visible(
    `void ${name}(${argument}, T value)`,
    file,
    function* (k: MachineThread, type: Access, p: Ptr, value: Value, line: number): Running<void> {
      k.marks(name);
      yield* k.store(p, type, value, line);
      if (name.endsWith('store_mb')) k.around.weak?.fence(k, 'mb', line);
    },
  );

const barrier = (name: string): Primitive =>
  visible(`void ${name}(void)`, BARRIER, function* (k: MachineThread, line: number) {
    yield* k.event('barrier', name, line);
  });

/** The orders that an atomic operation comes in; under sequential consistency they are all the same. */
export const ORDERS = ['', '_acquire', '_release', '_relaxed'] as const;

const xchg = (name: string): Primitive =>
  visible(
    `T ${name}(T *p, T value)`,
    CMPXCHG,
    function* (k: MachineThread, T: Access, p: Ptr, value: Value, line: number) {
      return yield* k.atomic(p, T, line, name, () => value);
    },
  );

const cmpxchg = (name: string): Primitive =>
  visible(
    `T ${name}(T *p, T old, T value)`,
    CMPXCHG,
    function* (k: MachineThread, T: Access, p: Ptr, old: Value, value: Value, line: number) {
      return yield* k.atomic(p, T, line, name, now => (now === old ? value : undefined));
    },
  );

const tryCmpxchg = (name: string): Primitive =>
  visible(
    `bool ${name}(T *p, T *old, T value)`,
    CMPXCHG,
    function* (k: MachineThread, T: Access, p: Ptr, old: Ptr, value: Value, line: number) {
      const wanted = yield* k.load(old, T as 'u64', line);
      const now = yield* k.atomic(p, T, line, name, v => (v === wanted ? value : undefined));
      if (now === wanted) return 1;
      yield* k.store(old, T as 'u64', now as bigint, line);
      return 0;
    },
  );

/** For a processor's own data; nobody else looks, so that nothing is lost when these are whole too. */
const LOCAL = '_local';
const WIDTHS = ['', '64'] as const;

/** Barriers between processors, or between one and a device. */
const BARRIERS: readonly string[] = [
  ...['', 'smp_', '__smp_', 'dma_'].flatMap(prefix => ['mb', 'rmb', 'wmb'].map(name => `${prefix}${name}`)),
  ...['smp_', '__smp_'].flatMap(prefix => ['before_atomic', 'after_atomic'].map(name => `${prefix}mb__${name}`)),
  'smp_mb__after_spinlock',
  'smp_mb__after_unlock_lock',
  'smp_mb__after_srcu_read_unlock',
  'smp_acquire__after_ctrl_dep',
  'smp_read_barrier_depends',
];

/** Marked accesses, barriers and exchanges: one visible step each. */
export const memoryPrimitives: readonly Primitive[] = [
  ...['READ_ONCE', '__READ_ONCE'].map(n => reads(n, ONCE)),
  ...['WRITE_ONCE', '__WRITE_ONCE'].map(n => writes(n, ONCE)),
  ...['smp_load_acquire', '__smp_load_acquire'].map(n => reads(n, BARRIER, 'T *p')),
  ...['smp_store_release', '__smp_store_release'].map(n => writes(n, BARRIER, 'T *p')),
  ...['smp_store_mb', '__smp_store_mb'].map(n => writes(n, BARRIER)),
  ...BARRIERS.map(barrier),
  // What is inside is read as C reads it; the macro only tells KCSAN that a race is meant.
  plain('T data_race(T expr)', COMPILER, (k: MachineThread, _type: Access, value: Value, line: number) => {
    machineOf(k).excused.add(k.placeOf(line));
    return value;
  }),
  // For the compiler or the pipeline alone: nothing that another thread could see.
  plain('void barrier(void)', COMPILER, () => undefined),
  plain('void barrier_data(const volatile void *p)', COMPILER, () => undefined),
  plain('void cpu_relax(void)', 'arch/x86/include/asm/vdso/processor.h', () => undefined),
  ...ORDERS.map(order => xchg(`xchg${order}`)),
  ...WIDTHS.flatMap(bits =>
    [...ORDERS, LOCAL].flatMap(order => [cmpxchg(`cmpxchg${bits}${order}`), tryCmpxchg(`try_cmpxchg${bits}${order}`)]),
  ),
];
