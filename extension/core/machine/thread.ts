import type { TraceEventKind } from '../report/documents.ts';
import type { Callable, FunctionInfo, Ptr, Running, Thread } from './abi.ts';
import { Dependent } from './dependent.ts';
import type { EventSink } from './events.ts';
import { DATA, hexAddress, PAGE_SIZE, RODATA } from './layout.ts';
import type { Held } from './lock.ts';
import type { LockTable } from './lockTable.ts';
import type { Memory } from './memory.ts';
import { type Access, accessSize, readScalar, type Value, writeScalar } from './scalar.ts';
import type { Sharing } from './sharing.ts';
import { Stop } from './stop.ts';
import {
  type Dependencies,
  fenceNamed,
  NONE,
  type Order,
  orderOfAccess,
  orderOfUpdate,
  type WeakMemory,
} from './weak.ts';

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
  readonly sharing: Sharing | undefined;
  /** What answers reads instead of memory itself, under a weak memory model. */
  readonly weak: WeakMemory | undefined;
  functionAt(p: Ptr): Callable | undefined;
  nameOf(p: Ptr): string;
  /** Why nothing is mapped at an address, when that is known: it was freed, it is an error pointer. */
  whyUnmapped(p: Ptr): string | undefined;
  readonly tickLimit: number;
}

interface Frame {
  readonly fn: FunctionInfo;
  readonly base: Ptr;
  /** What the flow of control depended on where it was called. */
  readonly control: Dependencies;
}

/** Bytes: THREAD_SIZE on x86-64 without KASAN. */
export const STACK_SIZE = 16384;

/**
 * A thread of the model.
 *
 * Invariant: `pending` describes the step that the thread takes when it is resumed; between steps nobody else runs.
 */
export class MachineThread extends Dependent implements Thread {
  readonly held: Held[] = [];
  pending: Pending | undefined;
  private readonly next: { -readonly [P in keyof Pending]: Pending[P] } = {
    what: 'start',
    address: undefined,
    line: 0,
    enabled: undefined,
  };
  calledFrom = 0;
  /**
   * Steps that it has taken of those that are visible without `Surroundings.sharing`: as many as it takes in a run that
   * knows nothing of what is shared.
   */
  steps = 0;
  /** Reads and writes are of a step whose places only taking it tells. */
  private watching = false;
  /** The access that is told to the sink, or that `load` or `store` is about to make, is a marked one: READ_ONCE and the like. */
  marked = false;
  /** How that marked access is ordered. */
  order: Order = 'once';
  /** The place of such a step that nobody else was thought to tell. */
  unseenAt: string | undefined;
  /** What kernel subsystems keep for this thread (`perThread`). */
  readonly slots: unknown[] = [];
  readonly isKept = true;
  private readonly frames: Frame[] = [];
  private top: Ptr;
  private ticks = 0;

  constructor(
    readonly index: number,
    readonly name: string,
    private readonly stack: Ptr,
    readonly around: Surroundings,
  ) {
    super();
    this.top = stack;
  }

  /** As it was when it was made. */
  reset(): void {
    this.held.length = 0;
    this.pending = undefined;
    this.calledFrom = 0;
    this.slots.length = 0;
    this.frames.length = 0;
    this.top = this.stack;
    this.ticks = 0;
    this.steps = 0;
    this.watching = false;
    this.unseenAt = undefined;
    this.marked = false;
    this.home = undefined;
    this.forgetDependencies();
  }

  /** What the thread itself is, for events before its first function and after its last. */
  home: FunctionInfo | undefined;

  /** The innermost C function. */
  get function(): FunctionInfo | undefined {
    return this.frames[this.frames.length - 1]?.fn ?? this.home;
  }

  /** The name of the innermost C function that is in no header. */
  get functionOutsideHeaders(): string | undefined {
    return (this.frames.findLast(({ fn }) => !fn.file.endsWith('.h'))?.fn ?? this.home)?.name;
  }

  /** In this thread's own stack, or constant: nobody can tell when it is read. */
  isPrivate(p: Ptr): boolean {
    return (p >= this.stack && p < this.stack + STACK_SIZE) || (p >= RODATA && p < DATA);
  }

  *load(p: Ptr, type: Access, line: number): Running<never> {
    const own = this.isPrivate(p);
    const { marked } = this;
    this.marked = false;
    let seen = false;
    if (!own) {
      this.arrive('read', p, line);
      // Who waits for another value waits for another thread.
      seen = this.shares(p, accessSize(type), false) || this.spins;
      if (seen) yield;
      this.steps++;
    }
    let value = this.checkedRead(p, type, line);
    if (seen && this.around.weak) value = this.around.weak.read(this, p, type, line, marked ? this.order : 'plain');
    else this.dependsOn = this.besideOf(p);
    this.order = 'once';
    this.marked = marked;
    if (seen) this.around.sink.read(this, line, p, type, value);
    this.marked = false;
    return value as never;
  }

  *store(p: Ptr, type: Access, value: Value, line: number): Running<void> {
    const own = this.isPrivate(p);
    const { marked } = this;
    this.marked = false;
    let seen = false;
    if (!own) {
      this.arrive('write', p, line);
      seen = this.shares(p, accessSize(type), true);
      if (seen) yield;
      this.steps++;
    }
    const before = this.checkedRead(p, type, line);
    if (seen && this.around.weak) {
      this.touch(p, accessSize(type), line, true);
      const latest = this.around.weak.write(this, p, type, value, line, marked ? this.order : 'plain');
      if (latest) this.checkedWrite(p, type, value, line);
    } else {
      this.checkedWrite(p, type, value, line);
      this.keepBeside(p, this.dataFrom);
    }
    this.order = 'once';
    if (!own) this.stored(p, type, value);
    this.marked = marked;
    if (seen) this.around.sink.write(this, line, p, type, before, value);
    this.marked = false;
  }

  *copy(to: Ptr, from: Ptr, size: number, line: number): Running<void> {
    const own = this.isPrivate(to);
    const ownFrom = this.isPrivate(from);
    let seen = false;
    if (!own || !ownFrom) {
      this.arrive('copy', to, line);
      const reads = !ownFrom && this.shares(from, size, false);
      seen = (!own && this.shares(to, size, true)) || reads;
      if (seen) yield;
      this.steps++;
    }
    this.touch(from, size, line);
    this.touch(to, size, line, true);
    if (seen && this.around.weak) this.copyWeakly(to, from, size, line);
    else this.around.memory.writeBytes(to, this.around.memory.readBytes(from, size));
    if (!own) this.copied(to, size);
    if (!seen) return;
    const { sink } = this.around;
    if (!ownFrom) {
      if (sink.allReads) sink.note(this, 'read', line, `${size} bytes`, from, size);
      else if (own) sink.clock++;
    }
    if (!own) sink.note(this, 'write', line, `${size} bytes from ${hexAddress(from)}`, to, size);
  }

  *fill(to: Ptr, byte: number, size: number, line: number): Running<void> {
    const own = this.isPrivate(to);
    const seen = !own && (yield* this.access('fill', to, size, true, line));
    this.touch(to, size, line, true);
    if (seen && this.around.weak) {
      const word = BigInt(byte & 0xff) * 0x0101010101010101n;
      this.inWords(to, size, (p, type) => this.writeWeakly(p, type, BigInt.asUintN(8 * accessSize(type), word), line));
    } else this.around.memory.fill(to, byte, size);
    if (seen) this.around.sink.note(this, 'write', line, `${size} bytes of ${byte & 0xff}`, to, size);
  }

  /** The parts of a range, as accesses of a word or a byte. */
  private inWords(p: Ptr, size: number, visit: (p: Ptr, type: 'u64' | 'u8') => void): void {
    for (let at = p; at < p + size; ) {
      const whole = at % 8 === 0 && at + 8 <= p + size;
      visit(at, whole ? 'u64' : 'u8');
      at += whole ? 8 : 1;
    }
  }

  private copyWeakly(to: Ptr, from: Ptr, size: number, line: number): void {
    const apart = to % 8 !== from % 8;
    const visit = (at: Ptr, type: 'u64' | 'u8'): void =>
      this.writeWeakly(at, type, BigInt(this.readWeakly(from + (at - to), type, line)), line);
    if (apart) for (let i = 0; i < size; i++) visit(to + i, 'u8');
    else this.inWords(to, size, visit);
  }

  private readWeakly(p: Ptr, type: 'u64' | 'u8', line: number): Value {
    const { weak, memory } = this.around;
    if (weak && !this.isPrivate(p) && this.shares(p, accessSize(type), false))
      return weak.read(this, p, type, line, 'plain');
    this.dependsOn = this.besideOf(p);
    return memory.read(p, type as Access);
  }

  private writeWeakly(p: Ptr, type: 'u64' | 'u8', value: bigint, line: number): void {
    const { weak, memory } = this.around;
    const v = type === 'u64' ? value : Number(value);
    const shared = weak !== undefined && !this.isPrivate(p) && this.shares(p, accessSize(type), true);
    this.dataFrom = this.dependsOn;
    if (!shared) this.keepBeside(p, this.dependsOn);
    if (!shared || weak.write(this, p, type, v, line, 'plain')) memory.write(p, type, v);
  }

  /** The next marked access is one that something of this name makes. */
  marks(name: string): void {
    this.marked = true;
    this.order = orderOfAccess(name);
  }

  /** Takes note of an access; whether it is a visible step. */
  private shares(p: Ptr, size: number, write: boolean): boolean {
    const { sharing } = this.around;
    return sharing === undefined || sharing.accessed(this.index, p, size, write);
  }

  private stored(p: Ptr, type: Access, value: Value): void {
    const { sharing } = this.around;
    if (sharing !== undefined && accessSize(type) >= 4) sharing.stored(this.index, p, value);
  }

  private copied(to: Ptr, size: number): void {
    const { sharing, memory } = this.around;
    if (sharing === undefined) return;
    for (let p = Math.ceil(to / 8) * 8; p + 8 <= to + size; p += 8)
      sharing.stored(this.index, p, memory.read(p, 'u64'));
  }

  /** A step that accesses [p, p + size), visible when others share that. Gives whether it was. */
  *access(what: string, p: Ptr, size: number, write: boolean, line: number): Running<boolean> {
    this.arrive(what, p, line);
    const seen = this.shares(p, size, write);
    if (seen) yield;
    this.steps++;
    return seen;
  }

  /** A step of which nobody else can tell when it was taken. */
  *unseen(what: string, address: Ptr | undefined, line: number): Running<void> {
    this.arrive(what, address, line);
    if (this.around.sharing === undefined) yield;
    this.steps++;
  }

  /** What a step reads of memory is only known when it is taken: `run` does, and is watched. */
  watch<T>(run: () => T): T {
    this.watching = true;
    try {
      return run();
    } finally {
      this.watching = false;
      this.unseenAt = undefined;
    }
  }

  /** A line of the innermost function, as `Sharing` names places. */
  placeOf(line: number): string {
    return `${this.function?.file ?? ''}:${line}`;
  }

  /** Waits for its turn; `enabled` says when the step can be taken at all. */
  *step(what: string, address: Ptr | undefined, line: number, enabled?: () => boolean): Running<void> {
    this.arrive(what, address, line, enabled);
    yield;
    this.steps++;
  }

  /** Says which step comes next; the caller yields then, and takes the step when it is resumed. */
  arrive(what: string, address: Ptr | undefined, line: number, enabled?: () => boolean): void {
    const { next } = this;
    next.what = what;
    next.address = address;
    next.line = line;
    next.enabled = enabled;
    this.pending = next;
  }

  /**
   * One visible step that reads a value and, unless `update` gives undefined, writes another: an atomic operation.
   * Gives the value before.
   */
  *atomic(p: Ptr, type: Access, line: number, what: string, update: (old: Value) => Value | undefined): Running<Value> {
    const own = this.isPrivate(p);
    const seen = !own && (yield* this.access(what, p, accessSize(type), true, line));
    let before = this.checkedRead(p, type, line);
    let after: Value | undefined;
    const { weak } = this.around;
    if (seen && weak) {
      const show = (value: Value): void => this.checkedWrite(p, type, value, line);
      ({ before, after } = weak.update(this, p, type, line, orderOfUpdate(what), update, show));
    } else after = update(before);
    if (after !== undefined && !(seen && weak)) {
      this.checkedWrite(p, type, after, line);
      if (!own) this.stored(p, type, after);
    }
    if (!seen) return before;
    this.marked = true;
    if (after === undefined) this.around.sink.read(this, line, p, type, before, what);
    else this.around.sink.write(this, line, p, type, before, after, what);
    this.marked = false;
    return before;
  }

  /** A step that leaves only an event. */
  *event(kind: TraceEventKind, what: string, line: number, address?: Ptr, size?: number): Running<void> {
    yield* this.unseen(what, address, line);
    const fence = kind === 'barrier' ? fenceNamed(what) : undefined;
    if (fence) this.around.weak?.fence(this, fence, line);
    this.around.sink.note(this, kind, line, what, address, size);
  }

  /** A check of the kernel's own has failed; the thread goes on. */
  warn(text: string, line: number): void {
    this.around.sink.note(this, 'warning', line, text);
  }

  get(p: Ptr, type: Access): never {
    this.dependsOn = this.besideOf(p);
    return this.around.memory.read(p, type) as never;
  }
  set(p: Ptr, type: Access, value: Value, reads: Dependencies = NONE): void {
    this.keepBeside(p, reads);
    this.around.memory.write(p, type, value);
  }
  zero(p: Ptr, size: number): void {
    this.forgetBeside(p, size);
    this.around.memory.fill(p, 0, size);
  }
  move(to: Ptr, from: Ptr, size: number): void {
    this.moveBeside(to, from, size);
    this.around.memory.writeBytes(to, this.around.memory.readBytes(from, size));
  }

  enter(fn: FunctionInfo, size: number): Ptr {
    const base = this.top;
    this.frames.push({ fn, base, control: this.control });
    // Every call takes its return address and a saved frame pointer at least, so that endless recursion ends here.
    this.top += 16 + Math.ceil(size / 16) * 16;
    if (this.top > this.stack + STACK_SIZE) this.bug(`stack overflow in ${fn.name}: over ${STACK_SIZE} bytes`, fn.line);
    if (size > 0) this.zero(base, size);
    return base;
  }
  leave(frame: Ptr): void {
    this.control = this.frames.pop()?.control ?? NONE;
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
    this.calledFrom = line;
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
    yield* this.unseen(`unmodelled ${name}`, undefined, line);
    this.around.sink.unmodelled(this, line, name);
  }

  /** Reads without a step, but never what is not there. */
  checkedRead(p: Ptr, type: Access, line: number): Value {
    const size = accessSize(type);
    const page = this.around.memory.page(p);
    const offset = p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    if (this.watching) this.watched(p, size, false, line);
    if (page === undefined || page.check || offset + size > PAGE_SIZE) {
      this.touch(p, size, line);
      return this.around.memory.read(p, type);
    }
    return readScalar(page.view, offset, type);
  }

  checkedWrite(p: Ptr, type: Access, value: Value, line: number): void {
    const page = this.around.memory.page(p);
    const offset = p - Math.floor(p / PAGE_SIZE) * PAGE_SIZE;
    if (page === undefined || page.readOnly || page.check) this.touch(p, accessSize(type), line, true);
    if (page && offset + accessSize(type) <= PAGE_SIZE) {
      if (page.clean) this.around.memory.writing(page);
      writeScalar(page.view, offset, type, value);
    } else this.around.memory.write(p, type, value);
  }

  private watched(p: Ptr, size: number, write: boolean, line: number): void {
    const { sharing, sink } = this.around;
    if (sharing === undefined || this.isPrivate(p)) return;
    if (!sharing.accessed(this.index, p, size, write)) return;
    if (this.unseenAt !== undefined) sharing.surprise(this.unseenAt);
    sink.note(this, write ? 'write' : 'read', line, '', p, size);
  }

  /** A bug unless all of [p, p + size) may be used (written, with `write`). */
  touch(p: Ptr, size: number, line: number, write = false): void {
    if (size <= 0) return;
    if (this.watching) this.watched(p, size, write, line);
    if (p >= 0 && p < PAGE_SIZE) this.bug(`NULL pointer dereference at ${hexAddress(p)}`, line, p);
    const hole = this.around.memory.firstUnmapped(p, size);
    if (hole !== undefined) {
      const why = this.around.whyUnmapped(hole);
      this.bug(why ?? `wild access to ${hexAddress(hole)}, where nothing is mapped`, line, hole);
    }
    for (let at = p; at < p + size; at = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE) {
      const page = this.around.memory.page(at)!;
      if (write && page.readOnly) this.bug(`a write to read-only memory at ${hexAddress(at)}`, line, at);
      const offset = at - Math.floor(at / PAGE_SIZE) * PAGE_SIZE;
      const wrong = page.check?.(offset, Math.min(p + size - at, PAGE_SIZE - offset));
      if (wrong !== undefined) this.bug(`${wrong} at ${hexAddress(at)}`, line, at);
    }
  }
}

const isRunning = (value: unknown): value is Running => typeof value === 'object' && value !== null && 'next' in value;
