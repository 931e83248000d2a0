import type { Ptr, Running } from '../../machine/abi.ts';
import type { Access, Value } from '../../machine/scalar.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';

const ONCE = 'include/asm-generic/rwonce.h';
const BARRIER = 'include/asm-generic/barrier.h';
const CMPXCHG = 'arch/x86/include/asm/cmpxchg.h';

function* load(k: MachineThread, type: Access, p: Ptr, line: number): Running<Value> {
  return yield* k.load(p, type, line);
}
function* store(k: MachineThread, type: Access, p: Ptr, value: Value, line: number): Running<void> {
  yield* k.store(p, type, value, line);
}

const reads = (name: string, file: string, argument = 'T &x'): Primitive =>
  visible(`T ${name}(${argument})`, file, load);
const writes = (name: string, file: string, argument = 'T &x'): Primitive =>
  visible(`void ${name}(${argument}, T value)`, file, store);

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

/** Marked accesses, barriers and exchanges: one visible step each. */
export const memoryPrimitives: readonly Primitive[] = [
  ...['READ_ONCE', '__READ_ONCE'].map(n => reads(n, ONCE)),
  ...['WRITE_ONCE', '__WRITE_ONCE'].map(n => writes(n, ONCE)),
  reads('smp_load_acquire', BARRIER, 'T *p'),
  writes('smp_store_release', BARRIER, 'T *p'),
  writes('smp_store_mb', BARRIER),
  ...['smp_mb', 'smp_rmb', 'smp_wmb', 'mb', 'rmb', 'wmb', 'dma_rmb', 'dma_wmb'].map(barrier),
  ...['smp_mb__before_atomic', 'smp_mb__after_atomic', 'smp_mb__after_spinlock'].map(barrier),
  // For the compiler alone: nothing that another thread could see.
  plain('void barrier(void)', 'include/linux/compiler.h', () => undefined),
  ...ORDERS.flatMap(o => [xchg(`xchg${o}`), cmpxchg(`cmpxchg${o}`), tryCmpxchg(`try_cmpxchg${o}`)]),
];
