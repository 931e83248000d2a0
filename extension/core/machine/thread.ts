import type { Callable, FunctionInfo, Ptr, Running, Thread } from './abi.ts';
import type { EventSink } from './events.ts';
import { DATA, hexAddress, PAGE_SIZE, RODATA } from './layout.ts';
import type { Held } from './lock.ts';
import type { LockTable } from './lockTable.ts';
import type { Memory } from './memory.ts';
import { type Access, accessSize, readScalar, type Value, writeScalar } from './scalar.ts';
import { Stop } from './stop.ts';

/** What a thread is about to do when it has yielded. A step that is not enabled (a lock somebody has) is not taken. */
export interface Pending {
  readonly what: string;
  readonly address: Ptr | undefined;
  readonly line: number;
  readonly enabled: (() => boolean) | undefined;
}

/** What a thread needs of the machine that it runs on. */
export interface Surroundings {
  readonly memory: Memory;
  readonly sink: EventSink;
  readonly locks: LockTable;
  functionAt(p: Ptr): Callable | undefined;
  readonly tickLimit: number;
}

interface Frame {
  readonly fn: FunctionInfo;
  readonly base: Ptr;
}

/** Bytes: THREAD_SIZE on x86-64 without KASAN. */
export const STACK_SIZE = 16384;

/**
 * A thread of the model.
 *
 * Invariant: `pending` describes the step that the thread takes when it is resumed; between steps nobody else runs.
 */
export class MachineThread implements Thread {
  readonly held: Held[] = [];
  pending: Pending | undefined;
  private readonly frames: Frame[] = [];
  private top: Ptr;
  private ticks = 0;

  constructor(
    readonly index: number,
    readonly name: string,
    private readonly stack: Ptr,
    readonly around: Surroundings,
  ) {
    this.top = stack;
  }

  /** The innermost C function; undefined before the first. */
  get function(): FunctionInfo | undefined {
    return this.frames[this.frames.length - 1]?.fn;
  }

  /** In this thread's own stack, or constant: nobody can tell when it is read. */
  isPrivate(p: Ptr): boolean {
    return (p >= this.stack && p < this.stack + STACK_SIZE) || (p >= RODATA && p < DATA);
  }

  *load(p: Ptr, type: Access, line: number): Running<never> {
    const own = this.isPrivate(p);
    if (!own) yield* this.step('read', p, line);
    const value = this.checkedRead(p, type, line);
    if (!own) this.around.sink.read(this, line, p, type, value);
    return value as never;
  }

  *store(p: Ptr, type: Access, value: Value, line: number): Running<void> {
    const own = this.isPrivate(p);
    if (!own) yield* this.step('write', p, line);
    const before = this.checkedRead(p, type, line);
    this.checkedWrite(p, type, value, line);
    if (!own) this.around.sink.write(this, line, p, type, before, value);
  }

  *copy(to: Ptr, from: Ptr, size: number, line: number): Running<void> {
    if (!this.isPrivate(to) || !this.isPrivate(from)) {
      yield* this.step('copy', to, line);
      this.around.sink.note(this, 'write', line, `${size} bytes from ${hexAddress(from)}`, to, size);
    }
    this.checkRange(from, size, line);
    this.checkRange(to, size, line);
    this.around.memory.writeBytes(to, this.around.memory.readBytes(from, size));
  }

  *fill(to: Ptr, byte: number, size: number, line: number): Running<void> {
    if (!this.isPrivate(to)) {
      yield* this.step('fill', to, line);
      this.around.sink.note(this, 'write', line, `${size} bytes of ${byte & 0xff}`, to, size);
    }
    this.checkRange(to, size, line);
    this.around.memory.fill(to, byte, size);
  }

  /** Waits for its turn; `enabled` says when the step can be taken at all. */
  *step(what: string, address: Ptr | undefined, line: number, enabled?: () => boolean): Running<void> {
    this.pending = { what, address, line, enabled };
    yield;
    this.pending = undefined;
  }

  get(p: Ptr, type: Access): never {
    return this.around.memory.read(p, type) as never;
  }
  set(p: Ptr, type: Access, value: Value): void {
    this.around.memory.write(p, type, value);
  }
  zero(p: Ptr, size: number): void {
    this.around.memory.fill(p, 0, size);
  }
  move(to: Ptr, from: Ptr, size: number): void {
    this.around.memory.writeBytes(to, this.around.memory.readBytes(from, size));
  }

  enter(fn: FunctionInfo, size: number): Ptr {
    const base = this.top;
    this.frames.push({ fn, base });
    this.top += Math.ceil(size / 16) * 16;
    if (this.top > this.stack + STACK_SIZE) this.bug(`stack overflow in ${fn.name}: over ${STACK_SIZE} bytes`, fn.line);
    if (size > 0) this.zero(base, size);
    return base;
  }
  leave(frame: Ptr): void {
    this.frames.pop();
    this.top = frame;
  }

  tick(line: number): void {
    if (++this.ticks <= this.around.tickLimit) return;
    const fn = this.function;
    const at = { file: fn?.file ?? '', line, function: fn?.name ?? this.name };
    throw new Stop(
      'limit',
      `${at.file}:${line}: a loop in ${at.function} has gone round ${this.around.tickLimit} times`,
      at,
    );
  }

  trap(what: string, line: number): never {
    return this.bug(what, line);
  }

  /** Records why the thread cannot go on, and ends the run. */
  bug(text: string, line: number, address?: Ptr): never {
    this.around.sink.note(this, 'bug', line, text, address);
    const fn = this.function;
    throw new Stop('bug', text, { file: fn?.file ?? '', line, function: fn?.name ?? this.name });
  }

  *call(fn: Ptr, line: number, ...args: unknown[]): Running<unknown> {
    const target = this.around.functionAt(fn);
    if (!target)
      this.bug(
        fn === 0 ? 'a call through a NULL function pointer' : `a call of ${hexAddress(fn)}, where no function is`,
        line,
        fn,
      );
    const result = (target as (k: Thread, ...a: unknown[]) => unknown)(this, ...args);
    return isRunning(result) ? yield* result : result;
  }

  *unmodelled(name: string, line: number): Running<void> {
    yield* this.step(`unmodelled ${name}`, undefined, line);
    this.around.sink.unmodelled(this, line, name);
  }

  private checkedRead(p: Ptr, type: Access, line: number): Value {
    const size = accessSize(type);
    const page = this.around.memory.page(p);
    const offset = p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    if (page === undefined || page.check || offset + size > PAGE_SIZE) {
      this.checkRange(p, size, line);
      return this.around.memory.read(p, type);
    }
    return readScalar(page.view, offset, type);
  }

  private checkedWrite(p: Ptr, type: Access, value: Value, line: number): void {
    const page = this.around.memory.page(p);
    if (page?.readOnly) this.bug(`a write to read-only memory at ${hexAddress(p)}`, line, p);
    const offset = p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    if (page && offset + accessSize(type) <= PAGE_SIZE) writeScalar(page.view, offset, type, value);
    else this.around.memory.write(p, type, value);
  }

  private checkRange(p: Ptr, size: number, line: number): void {
    if (p >= 0 && p < PAGE_SIZE) this.bug(`NULL pointer dereference at ${hexAddress(p)}`, line, p);
    const hole = this.around.memory.firstUnmapped(p, size);
    if (hole !== undefined) this.bug(`access to ${hexAddress(hole)}, where nothing is mapped`, line, hole);
    const page = this.around.memory.page(p);
    const wrong = page?.check?.(p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE, size);
    if (wrong !== undefined) this.bug(`${wrong} at ${hexAddress(p)}`, line, p);
  }
}

const isRunning = (value: unknown): value is Running => typeof value === 'object' && value !== null && 'next' in value;
