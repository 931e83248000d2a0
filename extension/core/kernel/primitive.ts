import type { Callable } from '../machine/abi.ts';

/**
 * A kernel operation written by hand, because no C stands behind it or because it is hardware.
 *
 * Macros and functions of this name in the source are not expanded or translated: the call goes here.
 */
export interface Primitive {
  readonly name: string;
  /** Where the kernel has the real one, for people: `kernel/locking/rwsem.c`. */
  readonly standsFor: string;
  /**
   * A C prototype, in the kernel's own type names. `T` is generic: `T READ_ONCE(T &x)` takes an lvalue and receives its
   * address and then the name of T (`'u64'`, `'ptr'`, `'pmd_t'` …); `T *p` binds T to what the pointer points at.
   * A generic primitive is called `(k, T, ...args, line)`, any other `(k, ...args, line)`. `...` takes what is given:
   * each extra argument after the usual promotions, as one array before `line`.
   */
  readonly signature: string;
  /** True when `run` is a generator function: it can block, or it is a visible step. */
  readonly visible: boolean;
  readonly run: Callable;
}
