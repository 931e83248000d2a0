import { type Executable, Kind, type Touches } from '../../extension/core/explore/dpor/executable.ts';

/**
 * One operation of an abstract thread. Memory, locks and semaphores are numbered from 0, each kind for itself; a place
 * is a word of 4 bytes, two of which make an aligned pair. `to`, `from` are registers, all 0 at first. A place may be
 * a number or `{ base, by }`: base plus what register `by` holds.
 */
export type Op =
  | { readonly op: 'read'; readonly at: Place; readonly to?: number }
  | { readonly op: 'write'; readonly at: Place; readonly value?: number; readonly from?: number }
  /** Both words of the aligned pair that `at` begins, in one step. */
  | { readonly op: 'writePair'; readonly at: number; readonly value: number }
  | { readonly op: 'readPair'; readonly at: number; readonly to: number }
  | { readonly op: 'lock' | 'unlock' | 'readLock' | 'readUnlock'; readonly lock: Place }
  /** Register `to` is 1 if it was taken, else 0. */
  | { readonly op: 'tryLock' | 'tryReadLock'; readonly lock: number; readonly to: number }
  | { readonly op: 'await'; readonly at: number; readonly value: number }
  /** The lock is taken and a word read, in one step. */
  | { readonly op: 'lockAndRead'; readonly lock: number; readonly at: number; readonly to: number }
  /** Locks 0 and 1 are taken in one step, when both are free. */
  | { readonly op: 'lockBoth' }
  /** Waits until both places hold the value. */
  | { readonly op: 'awaitBoth'; readonly at: number; readonly also: number; readonly value: number }
  /** Waits until one of them does. */
  | { readonly op: 'awaitEither'; readonly at: number; readonly also: number; readonly value: number }
  /** Writes to the word whose number `at` holds, in one step. */
  | { readonly op: 'writeThrough'; readonly at: number; readonly value: number }
  | { readonly op: 'down' | 'up'; readonly at: number }
  | { readonly op: 'cmpxchg'; readonly at: Place; readonly old: number; readonly from: number; readonly to: number }
  /** What registers do takes no step: it is done at the end of the step before. */
  | { readonly op: 'add'; readonly to: number; readonly from?: number; readonly value?: number; readonly mod?: number }
  | { readonly op: 'set'; readonly to: number; readonly value: number }
  | { readonly op: 'skipIf' | 'skipUnless'; readonly from: number; readonly equals: number; readonly ops: number }
  | { readonly op: 'fail' };
export type Place = number | { readonly base: number; readonly by: number };

const NAMES = [
  'read',
  'write',
  'writePair',
  'readPair',
  'lock',
  'unlock',
  'readLock',
  'readUnlock',
  'tryLock',
  'tryReadLock',
  'await',
  'awaitBoth',
  'awaitEither',
  'lockAndRead',
  'lockBoth',
  'writeThrough',
  'down',
  'up',
  'cmpxchg',
  'add',
  'set',
  'skipIf',
  'skipUnless',
  'fail',
] as const satisfies readonly Op['op'][];
const CODE = Object.fromEntries(NAMES.map((name, i) => [name, i])) as Record<Op['op'], number>;
/** Operations from here on take no step. */
const LOCAL = CODE.add;
const REGISTERS = 8;
/** Numbers an operation is compiled to: code, place, register added to it or -1, and three arguments. */
const FIELDS = 6;
const WRITER = 1 << 20;

/** Threads of operations on a few words, as a program that can be explored. */
export class AbstractProgram implements Executable {
  readonly threads: number;
  readonly memory: Int32Array;
  /** Readers in it, or WRITER. */
  readonly locks: Int32Array;
  readonly registers: Int32Array;
  readonly #code: Int32Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #at: Int32Array;
  readonly #initial: Int32Array;
  readonly #lockBase: number;
  readonly #begins: Int32Array;
  readonly #registersAtStart: Int32Array;
  failed = false;

  constructor(threads: readonly (readonly Op[])[], words: number, locks: number, initial: readonly number[] = []) {
    this.threads = threads.length;
    this.memory = new Int32Array(words + (words & 1));
    this.#initial = Int32Array.from({ length: this.memory.length }, (_, i) => initial[i] ?? 0);
    this.locks = new Int32Array(locks);
    this.#lockBase = 4 * this.memory.length;
    this.registers = new Int32Array(threads.length * REGISTERS);
    this.#code = Int32Array.from(threads.flat().flatMap(compile));
    this.#starts = new Int32Array(threads.length);
    this.#ends = new Int32Array(threads.length);
    let at = 0;
    threads.forEach((ops, t) => {
      this.#starts[t] = at;
      at += ops.length * FIELDS;
      this.#ends[t] = at;
    });
    this.#at = new Int32Array(threads.length);
    for (let t = 0; t < threads.length; t++) {
      this.#at[t] = this.#starts[t]!;
      this.#runLocal(t);
    }
    this.#begins = this.#at.slice();
    this.#registersAtStart = this.registers.slice();
  }

  restart(): void {
    this.memory.set(this.#initial);
    this.locks.fill(0);
    this.registers.set(this.#registersAtStart);
    this.#at.set(this.#begins);
    this.failed = false;
  }

  isDone(thread: number): boolean {
    return this.#at[thread]! >= this.#ends[thread]!;
  }

  isEnabled(thread: number): boolean {
    const at = this.#at[thread]!;
    if (at >= this.#ends[thread]!) return false;
    const code = this.#code;
    switch (code[at]) {
      case CODE.lockBoth:
        return this.locks[0] === 0 && this.locks[1] === 0;
      case CODE.lock:
      case CODE.lockAndRead:
        return this.locks[this.#place(thread, at)] === 0;
      case CODE.readLock:
        return this.locks[this.#place(thread, at)] !== WRITER;
      case CODE.await:
        return this.memory[code[at + 1]!] === code[at + 3];
      case CODE.awaitBoth:
        return this.memory[code[at + 1]!] === code[at + 3] && this.memory[code[at + 4]!] === code[at + 3];
      case CODE.awaitEither:
        return this.memory[code[at + 1]!] === code[at + 3] || this.memory[code[at + 4]!] === code[at + 3];
      case CODE.down:
        return this.memory[code[at + 1]!]! > 0;
      default:
        return true;
    }
  }

  pending(thread: number, touches: Touches): void {
    const at = this.#at[thread]!;
    const code = this.#code;
    const place = this.#place(thread, at);
    if (code[at] === CODE.lock) touches.add(this.#lockBase + 8 * place, 4, Kind.acquire);
    else if (code[at] === CODE.lockAndRead) {
      touches.add(this.#lockBase + 8 * place, 4, Kind.acquire);
      touches.add(4 * code[at + 3]!, 4, Kind.read);
    } else if (code[at] === CODE.lockBoth) {
      touches.add(this.#lockBase, 4, Kind.acquire);
      touches.add(this.#lockBase + 8, 4, Kind.acquire);
    } else if (code[at] === CODE.readLock) touches.add(this.#lockBase + 8 * place, 4, Kind.acquireRead);
    else if (code[at] === CODE.down) touches.add(4 * place, 4, Kind.awaitWrite);
    else {
      touches.add(4 * place, 4, Kind.await);
      if (code[at] !== CODE.await) touches.add(4 * code[at + 4]!, 4, Kind.await);
    }
  }

  step(thread: number, touches: Touches): boolean {
    const { memory, locks, registers } = this;
    const code = this.#code;
    const at = this.#at[thread]!;
    const place = this.#place(thread, at);
    const row = thread * REGISTERS;
    const a = code[at + 3]!;
    const b = code[at + 4]!;
    const lock = this.#lockBase + 8 * place;
    this.#at[thread] = at + FIELDS;
    switch (code[at]) {
      case CODE.read:
        registers[row + a] = memory[place]!;
        touches.add(4 * place, 4, Kind.read);
        break;
      case CODE.write:
        memory[place] = b >= 0 ? registers[row + b]! : a;
        touches.add(4 * place, 4, Kind.write);
        break;
      case CODE.writePair:
        memory[place] = memory[place + 1] = a;
        touches.add(4 * place, 8, Kind.write);
        break;
      case CODE.readPair:
        registers[row + a] = memory[place]! * 10 + memory[place + 1]!;
        touches.add(4 * place, 8, Kind.read);
        break;
      case CODE.lock:
        locks[place] = WRITER;
        touches.add(lock, 4, Kind.acquire);
        break;
      case CODE.lockAndRead:
        locks[place] = WRITER;
        registers[row + b] = memory[a]!;
        touches.add(lock, 4, Kind.acquire);
        touches.add(4 * a, 4, Kind.read);
        break;
      case CODE.lockBoth:
        locks[0] = locks[1] = WRITER;
        touches.add(this.#lockBase, 4, Kind.acquire);
        touches.add(this.#lockBase + 8, 4, Kind.acquire);
        break;
      case CODE.unlock:
        locks[place] = 0;
        touches.add(lock, 4, Kind.release);
        break;
      case CODE.readLock:
        locks[place]!++;
        touches.add(lock, 4, Kind.acquireRead);
        break;
      case CODE.readUnlock:
        locks[place]!--;
        touches.add(lock, 4, Kind.releaseRead);
        break;
      case CODE.tryLock: {
        const free = locks[place] === 0;
        if (free) locks[place] = WRITER;
        registers[row + a] = free ? 1 : 0;
        touches.add(lock, 4, free ? Kind.tryAcquire : Kind.tryFailed);
        break;
      }
      case CODE.tryReadLock: {
        const free = locks[place] !== WRITER;
        if (free) locks[place]!++;
        registers[row + a] = free ? 1 : 0;
        touches.add(lock, 4, free ? Kind.tryAcquireRead : Kind.tryReadFailed);
        break;
      }
      case CODE.await:
        touches.add(4 * place, 4, Kind.await);
        break;
      case CODE.awaitBoth:
        touches.add(4 * place, 4, Kind.await);
        touches.add(4 * b, 4, Kind.await);
        break;
      case CODE.awaitEither:
        touches.add(4 * place, 4, Kind.await);
        touches.add(4 * b, 4, Kind.await);
        break;
      case CODE.writeThrough:
        touches.add(4 * place, 4, Kind.read);
        touches.add(4 * memory[place]!, 4, Kind.write);
        memory[memory[place]!] = a;
        touches.varies = true;
        break;
      case CODE.down:
        memory[place]!--;
        touches.add(4 * place, 4, Kind.awaitWrite);
        break;
      case CODE.up:
        memory[place]!++;
        touches.add(4 * place, 4, Kind.write);
        break;
      case CODE.cmpxchg: {
        const found = memory[place] === a;
        if (found) memory[place] = registers[row + b]!;
        registers[row + code[at + 5]!] = found ? 1 : 0;
        touches.add(4 * place, 4, found ? Kind.tryWrite : Kind.tryWriteFailed);
        break;
      }
    }
    this.#runLocal(thread);
    return !this.failed;
  }

  #place(thread: number, at: number): number {
    const by = this.#code[at + 2]!;
    return by < 0 ? this.#code[at + 1]! : this.#code[at + 1]! + this.registers[thread * REGISTERS + by]!;
  }

  #runLocal(thread: number): void {
    const code = this.#code;
    const { registers } = this;
    const row = thread * REGISTERS;
    const end = this.#ends[thread]!;
    let at = this.#at[thread]!;
    for (; at < end && code[at]! >= LOCAL; at += FIELDS) {
      const a = code[at + 3]!;
      switch (code[at]) {
        case CODE.add: {
          const sum = registers[row + a]! + (code[at + 4]! >= 0 ? registers[row + code[at + 4]!]! : 0) + code[at + 1]!;
          registers[row + a] = code[at + 5]! ? sum % code[at + 5]! : sum;
          break;
        }
        case CODE.set:
          registers[row + a] = code[at + 1]!;
          break;
        case CODE.skipIf:
          if (registers[row + a] === code[at + 1]) at += code[at + 4]! * FIELDS;
          break;
        case CODE.skipUnless:
          if (registers[row + a] !== code[at + 1]) at += code[at + 4]! * FIELDS;
          break;
        default:
          this.failed = true;
      }
    }
    this.#at[thread] = at;
  }
}

function compile(op: Op): number[] {
  const where = 'lock' in op ? op.lock : 'at' in op ? op.at : 0;
  const [base, by] = typeof where === 'number' ? [where, -1] : [where.base, where.by];
  const code = CODE[op.op];
  switch (op.op) {
    case 'read':
      return [code, base, by, op.to ?? 0, 0, 0];
    case 'write':
      return [code, base, by, op.value ?? 0, op.from ?? -1, 0];
    case 'writePair':
      return [code, base, by, op.value, 0, 0];
    case 'readPair':
    case 'tryLock':
    case 'tryReadLock':
      return [code, base, by, op.to, 0, 0];
    case 'await':
    case 'writeThrough':
      return [code, base, by, op.value, 0, 0];
    case 'awaitBoth':
    case 'awaitEither':
      return [code, base, by, op.value, op.also, 0];
    case 'lockAndRead':
      return [code, base, by, op.at, op.to, 0];
    case 'cmpxchg':
      return [code, base, by, op.old, op.from, op.to];
    case 'add':
      return [code, op.value ?? 0, -1, op.to, op.from ?? -1, op.mod ?? 0];
    case 'set':
      return [code, op.value, -1, op.to, 0, 0];
    case 'skipIf':
    case 'skipUnless':
      return [code, op.equals, -1, op.from, op.ops, 0];
    default:
      return [code, base, by, 0, 0, 0];
  }
}
