import type { Ptr, Running } from '../../machine/abi.ts';
import type { Value } from '../../machine/scalar.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { ORDERS } from './memory.ts';
import { refcountPrimitives } from './refcount.ts';

/** One of the kernel's counters: a struct whose only member is an integer. */
interface Counter {
  readonly prefix: string;
  /** C type of the integer. */
  readonly integer: string;
  readonly access: 'i32' | 'i64';
  readonly standsFor: string;
}

const COUNTERS: readonly Counter[] = [
  { prefix: 'atomic', integer: 'int', access: 'i32', standsFor: 'arch/x86/include/asm/atomic.h' },
  { prefix: 'atomic64', integer: 'long long', access: 'i64', standsFor: 'arch/x86/include/asm/atomic64_64.h' },
  { prefix: 'atomic_long', integer: 'long', access: 'i64', standsFor: 'include/linux/atomic/atomic-long.h' },
];

/** Two's complement of the counter's width: the kernel is built with -fno-strict-overflow. */
const wrapped = (x: bigint, { access }: Counter): bigint => BigInt.asIntN(access === 'i32' ? 32 : 64, x);
/** As machine/abi.ts passes it. */
const value = (x: bigint, { access }: Counter): Value => (access === 'i32' ? Number(x) : x);

/**
 * An operation that reads and writes in one step.
 *
 * `to` gives what it writes, before it is cut to the counter's width, or undefined when it leaves the counter alone.
 * `gives` is told what was there before, and what was written.
 */
interface Operation {
  readonly name: string;
  /** `iv`: name(i, v); a and b are integers too. */
  readonly params: 'v' | 'iv' | 'vi' | 'vab';
  readonly to: (old: bigint, a: bigint, b: bigint) => bigint | undefined;
  readonly returns: 'void' | 'bool' | 'integer';
  readonly gives: (before: bigint, after: bigint | undefined) => bigint | boolean | undefined;
  /** Comes as _acquire, _release and _relaxed too. */
  readonly ordered?: boolean;
}

const before = (old: bigint): bigint => old;
const after = (_old: bigint, now: bigint | undefined): bigint | undefined => now;
const nothing = (): undefined => undefined;
const written = (_old: bigint, now: bigint | undefined): boolean => now !== undefined;
const isZero = (_old: bigint, now: bigint | undefined): boolean => now === 0n;
const isNegative = (_old: bigint, now: bigint | undefined): boolean => now !== undefined && now < 0n;

type Arithmetic = (old: bigint, i: bigint) => bigint;
const add: Arithmetic = (old, i) => old + i;
const sub: Arithmetic = (old, i) => old - i;
const inc: Arithmetic = old => old + 1n;
const dec: Arithmetic = old => old - 1n;

/** `op`, `op_return` where there is one, `fetch_op`: Documentation/atomic_t.txt. */
function arithmetic(name: string, to: Arithmetic, params: 'v' | 'iv', returning: boolean): Operation[] {
  const made: Operation[] = [
    { name, params, to, returns: 'void', gives: nothing },
    { name: `fetch_${name}`, params, to, returns: 'integer', gives: before, ordered: true },
  ];
  if (returning) made.push({ name: `${name}_return`, params, to, returns: 'integer', gives: after, ordered: true });
  return made;
}

/** add_unless(v, a, u): adds a unless the counter is u. */
const unless = (old: bigint, a: bigint, u: bigint): bigint | undefined => (old === u ? undefined : old + a);

const OPERATIONS: readonly Operation[] = [
  ...arithmetic('add', add, 'iv', true),
  ...arithmetic('sub', sub, 'iv', true),
  ...arithmetic('inc', inc, 'v', true),
  ...arithmetic('dec', dec, 'v', true),
  ...arithmetic('and', (old, i) => old & i, 'iv', false),
  ...arithmetic('andnot', (old, i) => old & ~i, 'iv', false),
  ...arithmetic('or', (old, i) => old | i, 'iv', false),
  ...arithmetic('xor', (old, i) => old ^ i, 'iv', false),
  { name: 'xchg', params: 'vi', to: (_old, i) => i, returns: 'integer', gives: before, ordered: true },
  {
    name: 'cmpxchg',
    params: 'vab',
    to: (old, wanted, now) => (old === wanted ? now : undefined),
    returns: 'integer',
    gives: before,
    ordered: true,
  },
  { name: 'sub_and_test', params: 'iv', to: sub, returns: 'bool', gives: isZero },
  { name: 'dec_and_test', params: 'v', to: dec, returns: 'bool', gives: isZero },
  { name: 'inc_and_test', params: 'v', to: inc, returns: 'bool', gives: isZero },
  { name: 'add_negative', params: 'iv', to: add, returns: 'bool', gives: isNegative, ordered: true },
  { name: 'fetch_add_unless', params: 'vab', to: unless, returns: 'integer', gives: before },
  { name: 'add_unless', params: 'vab', to: unless, returns: 'bool', gives: written },
  { name: 'inc_not_zero', params: 'v', to: old => unless(old, 1n, 0n), returns: 'bool', gives: written },
  {
    name: 'inc_unless_negative',
    params: 'v',
    to: old => (old < 0n ? undefined : old + 1n),
    returns: 'bool',
    gives: written,
  },
  {
    name: 'dec_unless_positive',
    params: 'v',
    to: old => (old > 0n ? undefined : old - 1n),
    returns: 'bool',
    gives: written,
  },
];

const ordersOf = (ordered: boolean | undefined): readonly string[] => (ordered ? ORDERS : ['']);

function update(counter: Counter, operation: Operation, order: string): Primitive {
  const { prefix, integer, access, standsFor } = counter;
  const { params, to, gives } = operation;
  const name = `${prefix}_${operation.name}${order}`;
  const list = [...params].map(p => (p === 'v' ? `${prefix}_t *v` : `${integer} ${p}`)).join(', ');
  const at = params.indexOf('v');
  return visible(
    `${operation.returns === 'integer' ? integer : operation.returns} ${name}(${list})`,
    standsFor,
    function* (k: MachineThread, ...args: readonly Value[]) {
      const [a = 0n, b = 0n] = args.slice(0, -1).flatMap((v, i) => (i === at ? [] : [BigInt(v)]));
      let now: bigint | undefined;
      const old = yield* k.atomic(args[at] as Ptr, access, args[args.length - 1] as number, name, v => {
        const wide = to(BigInt(v), a, b);
        now = wide === undefined ? undefined : wrapped(wide, counter);
        return now === undefined ? undefined : value(now, counter);
      });
      const result = gives(BigInt(old), now);
      return typeof result === 'bigint' ? value(result, counter) : result === undefined ? undefined : result ? 1 : 0;
    },
  );
}

/** Gives the counter less one, which it writes unless that is negative. */
function decIfPositive(counter: Counter): Primitive {
  const { prefix, integer, access, standsFor } = counter;
  const name = `${prefix}_dec_if_positive`;
  return visible(
    `${integer} ${name}(${prefix}_t *v)`,
    standsFor,
    function* (k: MachineThread, p: Ptr, line: number): Running<Value> {
      let less = 0n;
      yield* k.atomic(p, access, line, name, v => {
        less = wrapped(BigInt(v) - 1n, counter);
        return less < 0n ? undefined : value(less, counter);
      });
      return value(less, counter);
    },
  );
}

function tryCmpxchg({ prefix, integer, access, standsFor }: Counter, order: string): Primitive {
  const name = `${prefix}_try_cmpxchg${order}`;
  return visible(
    `bool ${name}(${prefix}_t *v, ${integer} *old, ${integer} value)`,
    standsFor,
    function* (k: MachineThread, p: Ptr, old: Ptr, wanted: Value, line: number): Running<number> {
      const expected: Value = yield* k.load(old, access as 'i64', line);
      const found = yield* k.atomic(p, access, line, name, v => (v === expected ? wanted : undefined));
      if (found === expected) return 1;
      yield* k.store(old, access as 'i64', found as bigint, line);
      return 0;
    },
  );
}

const read = ({ prefix, integer, access, standsFor }: Counter, order: string): Primitive =>
  visible(
    `${integer} ${prefix}_read${order}(const ${prefix}_t *v)`,
    standsFor,
    function* (k: MachineThread, p: Ptr, line: number): Running<Value> {
      k.marks(`${prefix}_read${order}`);
      return yield* k.load(p, access as 'i64', line);
    },
  );

const set = ({ prefix, integer, access, standsFor }: Counter, order: string): Primitive =>
  visible(
    `void ${prefix}_set${order}(${prefix}_t *v, ${integer} i)`,
    standsFor,
    function* (k: MachineThread, p: Ptr, i: Value, line: number) {
      k.marks(`${prefix}_set${order}`);
      yield* k.store(p, access as 'i64', i as bigint, line);
    },
  );

/** atomic_t, atomic64_t and atomic_long_t: every operation is one visible step, whatever its memory order. */
export const atomicPrimitives: readonly Primitive[] = [
  ...COUNTERS.flatMap(counter => [
    ...['', '_acquire'].map(order => read(counter, order)),
    ...['', '_release'].map(order => set(counter, order)),
    ...OPERATIONS.flatMap(operation => ordersOf(operation.ordered).map(order => update(counter, operation, order))),
    ...ORDERS.map(order => tryCmpxchg(counter, order)),
    decIfPositive(counter),
  ]),
  ...refcountPrimitives,
];
