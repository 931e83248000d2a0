/**
 * What a translated function and the machine it runs on agree on.
 *
 * C values are held in the JavaScript values that are exact for them and cheapest:
 *
 * | C                                   | here                                                                     |
 * | ----------------------------------- | ------------------------------------------------------------------------ |
 * | bool, char, short, int, 32-bit enum | `number`, always normalised to the type's range                          |
 * | long, long long, u64, size_t        | `bigint`, always normalised (`BigInt.asUintN(64, …)` / `asIntN`)         |
 * | any pointer, function pointers too  | `number`: the address as a signed 64-bit integer, so kernel addresses are |
 * |                                     | negative (0xffff888000000000 is -0x778000000000). Every canonical x86-64 |
 * |                                     | address is exact in a double. NULL is 0.                                 |
 * | struct/union with one scalar inside | that scalar (`pte_t` is a `bigint`): a *transparent* struct              |
 * | any other struct, union, array      | `number`: the address of memory that holds it                            |
 *
 * A function that can reach a visible step is a generator: it yields just before each visible step and the scheduler
 * resumes it when the step is to be taken. All others are plain functions.
 */
export type Ptr = number;

/** A translated function, or a primitive, as called from translated code: the thread comes first. */
export type Callable = (k: Thread, ...args: never[]) => unknown;

/** What a running generator yields: nothing; what it is about to do is in `thread.pending`. */
export type Running<T = unknown> = Generator<undefined, T, undefined>;

/** Scalars as memory holds them. */
export type Scalar = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'ptr' | 'bool';

/** The types of page-table entries: 64-bit words to memory, page-table writes to a trace. */
export type Entry = 'pte_t' | 'pmd_t' | 'pud_t' | 'p4d_t' | 'pgd_t';

/**
 * The thread that runs translated code: its view of memory, its stack frames, its position in the C source.
 *
 * `line` arguments are lines of the file of the innermost running C function (`k.in(fn)` tells which).
 */
export interface Thread {
  readonly index: number;
  readonly name: string;

  // -- memory that another thread can reach: a visible step, unless the address lies in this thread's own stack
  load(p: Ptr, type: 'i64' | 'u64' | Entry, line: number): Running<bigint>;
  load(p: Ptr, type: Exclude<Scalar, 'i64' | 'u64'>, line: number): Running<number>;
  store(p: Ptr, type: 'i64' | 'u64' | Entry, value: bigint, line: number): Running<void>;
  store(p: Ptr, type: Exclude<Scalar, 'i64' | 'u64'>, value: number, line: number): Running<void>;
  /** memcpy semantics, one visible step (two events: read and write). */
  copy(to: Ptr, from: Ptr, size: number, line: number): Running<void>;
  fill(to: Ptr, byte: number, size: number, line: number): Running<void>;

  // -- this thread's own stack: never visible
  get(p: Ptr, type: 'i64' | 'u64' | Entry): bigint;
  get(p: Ptr, type: Exclude<Scalar, 'i64' | 'u64'>): number;
  set(p: Ptr, type: 'i64' | 'u64' | Entry, value: bigint): void;
  set(p: Ptr, type: Exclude<Scalar, 'i64' | 'u64'>, value: number): void;
  zero(p: Ptr, size: number): void;
  /** memmove inside this thread's own stack. */
  move(to: Ptr, from: Ptr, size: number): void;

  /** Start of a C function: makes it the innermost one and gives `size` bytes (16-byte aligned, zeroed) of stack. */
  enter(fn: FunctionInfo, size: number): Ptr;
  /** Its end; `frame` is what `enter` gave. */
  leave(frame: Ptr): void;

  /** Called at the back edge of a loop, so that a loop without visible steps ends at a limit too. */
  tick(line: number): void;
  /** The processor cannot go on (divide error): a bug of the run. */
  trap(what: string, line: number): never;
  /** Call through a function pointer. A pointer to no function is a bug() of the run. */
  call(fn: Ptr, line: number, ...args: unknown[]): Running<unknown>;
  /** Line of the latest call through a function pointer. */
  readonly calledFrom: number;
  /** A callee that is neither translated nor a primitive: recorded, never silent; gives 0 of the C return type. */
  unmodelled(name: string, line: number): Running<void>;
}

/** Facts of one translated function, for traces. */
export interface FunctionInfo {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}
