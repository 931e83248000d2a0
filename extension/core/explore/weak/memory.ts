import type { Ptr } from '../../machine/abi.ts';
import type { Lock } from '../../machine/lock.ts';
import type { Memory } from '../../machine/memory.ts';
import { type Access, accessSize, isWide, type Value } from '../../machine/scalar.ts';
import type { MachineThread } from '../../machine/thread.ts';
import type { Dependencies, FenceKind, Order, WeakMemory } from '../../machine/weak.ts';
import type { LockMode } from '../../report/documents.ts';
import { InputError } from '../../text/source.ts';
import { allows } from './consistency.ts';
import { type Event, Graph } from './graph.ts';
import { revisits } from './revisits.ts';

/** Ends an execution that the model does not allow, though others were found by it. */
export class Forbidden extends Error {}

/** A lock's word lies beside its memory, where no memory is. */
const BESIDE = 0.5;
const FREE = 0n;

/** A lock operation as one that reads and writes the lock's word: 0 is free, n has n readers, −1 − t is thread t's. */
interface Taking {
  readonly admits: (value: bigint) => boolean;
  readonly to: (value: bigint) => bigint;
}

/**
 * A memory that grows one execution graph, thread by thread: what threads do is looked up in the graph as far as that goes, and
 * added where it ends. Each time something could have been otherwise, the graph with that is put aside, to be grown later.
 */
export class GraphMemory implements WeakMemory {
  graph = new Graph(0);
  /** Graphs to go on from; those in which a read does not see what its own past has written over come first. */
  private readonly aside: Graph[] = [];
  private readonly strange: Graph[] = [];
  /** Of each thread: how many of its events it has come by. */
  private passed: number[] = [];
  /** By word: what is accessed in it, as address and size. */
  private readonly shapes = new Map<number, Map<Ptr, number>>();
  memory!: Memory;

  begin(graph: Graph): void {
    this.graph = graph;
    this.passed = graph.threads.map(() => 0);
  }

  /** Whether it is known what a thread does next. */
  isKnown(thread: number): boolean {
    const next = this.next(thread);
    return next !== undefined && !this.graph.isInVain(next);
  }

  /** The event that a thread comes by next; undefined: it is at the end of what is known. */
  next(thread: number): Event | undefined {
    return this.graph.threads[thread]![this.passed[thread]!];
  }

  /** Begins anew, with this graph. */
  restart(graph: Graph): void {
    this.aside.length = this.strange.length = 0;
    this.aside.push(graph);
  }

  /** How many graphs are put aside. */
  get left(): number {
    return this.aside.length + this.strange.length;
  }

  /** One of them. */
  take(): Graph {
    return (this.strange.pop() ?? this.aside.pop())!;
  }

  /** Whether a read does not see a write that is among its causes: what is strange, and what readers of code do not think of. */
  private isStrange(read: Event): boolean {
    const { graph } = this;
    const writes = graph.writes(read.location);
    const missed = writes.slice(writes.indexOf(graph.from.get(read)!) + 1);
    const causes = graph.causes(read);
    return missed.some(w => w.index < causes[w.thread]!);
  }

  hasPassed(e: Event): boolean {
    return e.index < this.passed[e.thread]!;
  }

  private pass(thread: number): Event | undefined {
    const e = this.next(thread);
    if (e) this.passed[thread]!++;
    return e;
  }

  private event(
    k: MachineThread,
    line: number,
    rest: Pick<Event, 'kind' | 'order' | 'location'> & Partial<Event>,
  ): Event {
    const fence = rest.kind === 'fence';
    return {
      thread: k.index,
      index: this.graph.threads[k.index]!.length,
      value: 0n,
      address: fence ? [] : (k.addressFrom as readonly Event[]),
      data: rest.kind === 'write' ? (k.dataFrom as readonly Event[]) : [],
      control: fence ? [] : (k.control as readonly Event[]),
      file: k.function?.file ?? '',
      line,
      function: k.functionOutsideHeaders ?? k.name,
      ...rest,
    };
  }

  private locate(k: MachineThread, p: Ptr, type: Access, line: number): void {
    if (this.graph.coherence.has(p)) return;
    const size = accessSize(type);
    for (let word = Math.floor(p / 8); word * 8 < p + size; word++) {
      let shape = this.shapes.get(word);
      if (!shape) this.shapes.set(word, (shape = new Map()));
      for (const [at, other] of shape)
        if (at < p + size && p < at + other && (at !== p || other !== size)) {
          const file = k.function?.file ?? '';
          throw new InputError(
            `${file}:${line}: ${k.around.nameOf(p)} is accessed by ${size} bytes here and by ${other} elsewhere: accesses of mixed size are not modelled under weak memory`,
            { file, line },
          );
        }
      shape.set(p, size);
    }
    this.graph.coherence.set(p, [initial(p, bits(this.memory.read(p, type), size))]);
  }

  read(k: MachineThread, p: Ptr, type: Access, line: number, order: Order): Value {
    const known = this.pass(k.index);
    let e: Event;
    if (known) e = known;
    else {
      this.locate(k, p, type, line);
      e = this.event(k, line, { kind: 'read', order, location: p });
      this.addRead(e, k.spins ? this.seenLast(e) : undefined);
    }
    k.dependsOn = [e];
    return valueOf(this.graph.from.get(e)!.value, type);
  }

  /** What a thread that goes round in a waiting loop has read in the round before. */
  private seenLast(e: Event): Event | undefined {
    const last = this.graph.threads[e.thread]!.at(-1);
    return last?.kind === 'read' && last.location === e.location && last.line === e.line
      ? this.graph.from.get(last)
      : undefined;
  }

  /** A thread in a waiting loop would read the same again. */
  wouldRepeat(k: MachineThread): boolean {
    const { pending } = k;
    if (!k.spins || pending?.address === undefined || this.next(k.index)) return false;
    const last = this.graph.threads[k.index]!.at(-1);
    if (last?.kind !== 'read' || last.location !== pending.address || last.line !== pending.line) return false;
    return this.graph.from.get(last) === this.graph.latest(last.location);
  }

  /** Adds a read of the latest write; puts aside those of each other one. */
  private addRead(e: Event, after?: Event, suits: (w: Event) => boolean = () => true): void {
    this.passed[e.thread]!++;
    const { graph } = this;
    const writes = graph.writes(e.location);
    graph.addRead(e, writes.at(-1)!);
    let latest = writes.length - 1;
    while (latest >= 0 && !this.isLatestAllowed(e)) graph.from.set(e, writes[--latest]!);
    if (latest < 0) throw new Forbidden();
    const least = after ? writes.indexOf(after) + 1 : 0;
    for (let i = least; i < latest; i++) {
      if (!suits(writes[i]!)) continue;
      graph.from.set(e, writes[i]!);
      if (allows(graph, e)) (this.isStrange(e) ? this.strange : this.aside).push(graph.copy());
    }
    graph.from.set(e, writes[latest]!);
  }

  /**
   * To read or write the latest is always allowed, but where there are grace periods: a read-side section that is still open may
   * lie before one.
   */
  private isLatestAllowed(e: Event): boolean {
    return !this.graph.hasGracePeriods || allows(this.graph, e);
  }

  write(k: MachineThread, p: Ptr, type: Access, value: Value, line: number, order: Order): boolean {
    let e = this.pass(k.index);
    if (!e) {
      this.locate(k, p, type, line);
      e = this.event(k, line, { kind: 'write', order, location: p, value: bits(value, accessSize(type)) });
      this.addWrite(e);
    }
    return this.graph.latest(p) === e;
  }

  /** Adds a write as the latest; puts aside those at other places, and those that reads before it read. */
  private addWrite(e: Event, onlyLatest = false): void {
    const { graph } = this;
    const writes = graph.writes(e.location);
    const exact = e.half ? writes.indexOf(graph.from.get(e.half)!) + 1 : undefined;
    for (const { read, rest } of revisits(graph, e)) {
      const others = rest.writes(e.location);
      const places = e.half ? [others.indexOf(rest.from.get(e.half)!) + 1] : others.map((_, i) => i + 1);
      for (const place of places) {
        const other = rest.copy();
        other.addWrite(e, place);
        other.from.set(read, e);
        if (allows(other, e) && allows(other, read)) this.aside.push(other);
      }
    }
    this.passed[e.thread]!++;
    for (let place = 1; place < writes.length && exact === undefined && !onlyLatest; place++) {
      graph.addWrite(e, place);
      if (allows(graph, e)) this.aside.push(graph.copy());
      writes.splice(place, 1);
      graph.threads[e.thread]!.pop();
      graph.added.pop();
    }
    const latest = exact === undefined || exact === writes.length;
    graph.addWrite(e, exact ?? writes.length);
    if (latest ? !this.isLatestAllowed(e) : !allows(graph, e)) throw new Forbidden();
  }

  update(
    k: MachineThread,
    p: Ptr,
    type: Access,
    line: number,
    order: Order,
    update: (old: Value) => Value | undefined,
    show: (value: Value) => void,
  ): { before: Value; after: Value | undefined } {
    let read = this.pass(k.index);
    if (!read) {
      this.locate(k, p, type, line);
      read = this.event(k, line, {
        kind: 'read',
        order: order === 'release' ? 'once' : order,
        location: p,
        updates: true,
      });
      this.addRead(read);
    }
    const before = valueOf(this.graph.from.get(read)!.value, type);
    const after = update(before);
    if (after !== undefined) {
      let write = this.pass(k.index);
      if (!write) {
        const data: Dependencies = [...k.dataFrom, read];
        write = this.event(k, line, {
          kind: 'write',
          order: order === 'acquire' ? 'once' : order,
          location: p,
          value: bits(after, accessSize(type)),
          half: read,
          data: data as readonly Event[],
        });
        this.addWrite(write);
      }
      if (this.graph.latest(p) === write) show(after);
    }
    k.dependsOn = [read];
    return { before, after };
  }

  fence(k: MachineThread, kind: FenceKind, line: number, address: Ptr = 0): void {
    if (this.pass(k.index)) return;
    this.passed[k.index]!++;
    this.graph.add(this.event(k, line, { kind: 'fence', order: 'once', fence: kind, location: address }));
  }

  canLock(k: MachineThread, lock: Lock, mode: LockMode): boolean {
    const { graph } = this;
    const { admits } = taking(k, mode);
    const next = this.next(k.index);
    if (next && !graph.isInVain(next)) return admits(graph.from.get(next)!.value);
    const at = lock.address + BESIDE;
    return admits(graph.coherence.has(at) ? graph.latest(at).value : stateOf(lock));
  }

  private lockWord(lock: Lock): number {
    const at = lock.address + BESIDE;
    if (!this.graph.coherence.has(at)) this.graph.coherence.set(at, [initial(at, stateOf(lock))]);
    return at;
  }

  private lockRead(k: MachineThread, lock: Lock, mode: LockMode, line: number, tries: boolean): Event {
    return this.event(k, line, {
      kind: 'read',
      order: 'acquire',
      location: this.lockWord(lock),
      updates: true,
      lock: 'LKR',
      ...(tries ? {} : { admits: taking(k, mode).admits }),
    });
  }

  lock(k: MachineThread, lock: Lock, mode: LockMode, line: number, tries: boolean): boolean {
    const { admits, to } = taking(k, mode);
    let read = this.pass(k.index);
    if (!read) {
      read = this.lockRead(k, lock, mode, line, tries);
      this.addRead(read, undefined, w => tries || admits(w.value));
    } else if (this.graph.isInVain(read)) {
      const attempt = read;
      const after = this.graph.from.get(attempt)!;
      this.passed[k.index]!--;
      this.graph.setAside(attempt);
      read = { ...attempt, attempt };
      this.addRead(read, after, w => admits(w.value));
    }
    const before = this.graph.from.get(read)!.value;
    if (!admits(before)) return false;
    this.half(k, read, to(before), line, 'LKW', 'once');
    return true;
  }

  private half(k: MachineThread, half: Event, value: bigint, line: number, lock: 'LKW' | 'UL', order: Order): void {
    if (this.pass(k.index)) return;
    const { location } = half;
    this.addWrite(this.event(k, line, { kind: 'write', order, location, value, half, lock }));
  }

  unlock(k: MachineThread, lock: Lock, mode: LockMode, line: number): void {
    const at = this.lockWord(lock);
    if (mode === 'write') {
      if (this.pass(k.index)) return;
      this.addWrite(
        this.event(k, line, { kind: 'write', order: 'release', location: at, value: FREE, lock: 'UL' }),
        true,
      );
      return;
    }
    let read = this.pass(k.index);
    if (!read) {
      read = this.event(k, line, { kind: 'read', order: 'once', location: at, updates: true });
      this.addRead(read, undefined, w => w.value > 0n);
    }
    this.half(k, read, this.graph.from.get(read)!.value - 1n, line, 'UL', 'release');
  }

  isLocked(k: MachineThread, lock: Lock, line: number): boolean {
    let e = this.pass(k.index);
    if (!e) {
      e = this.event(k, line, { kind: 'read', order: 'once', location: this.lockWord(lock) });
      this.addRead(e);
    }
    k.dependsOn = [e];
    return this.graph.from.get(e)!.value !== FREE;
  }

  /** A thread stands before a lock that nobody lets go any more: it could have come first. */
  insteadOfWaiting(k: MachineThread, lock: Lock, mode: LockMode, line: number): void {
    const { graph } = this;
    const attempt = this.next(k.index);
    if (attempt && !graph.isInVain(attempt)) return;
    const e = attempt ? { ...attempt, attempt } : this.lockRead(k, lock, mode, line, false);
    const writes = graph.writes(e.location);
    const least = attempt ? writes.indexOf(graph.from.get(attempt)!) + 1 : 0;
    for (const write of writes.slice(least, -1)) {
      if (!e.admits!(write.value)) continue;
      const other = graph.copy();
      if (attempt) other.setAside(attempt);
      other.addRead(e, write);
      if (allows(other, e)) this.aside.push(other);
    }
  }

  /** Brings memory itself to what is latest everywhere. */
  show(): void {
    for (const [p, writes] of this.graph.coherence) {
      const last = writes.at(-1)!;
      // Locks have words of their own; what was freed is nowhere.
      if (last.thread < 0 || !Number.isInteger(p) || this.memory.page(p) === undefined) continue;
      const size = this.shapes.get(Math.floor(p / 8))!.get(p)!;
      const type = size === 8 ? 'u64' : size === 4 ? 'u32' : size === 2 ? 'u16' : 'u8';
      this.memory.write(p, type, size === 8 ? last.value : Number(last.value));
    }
  }
}

function taking(k: MachineThread, mode: LockMode): Taking {
  if (mode === 'read') return { admits: value => value >= FREE, to: value => value + 1n };
  return { admits: value => value === FREE, to: () => BigInt(-1 - k.index) };
}

/** Of a lock as SETUP has left it. */
const stateOf = (lock: Lock): bigint => (lock.writer ? -1000n : BigInt(lock.readers.length));

const initial = (location: number, value: bigint): Event => ({
  thread: -1,
  index: 0,
  kind: 'write',
  order: 'once',
  location,
  value,
  address: [],
  data: [],
  control: [],
  file: '',
  line: 0,
  function: '',
});

/** As unsigned bits. */
const bits = (value: Value, size: number): bigint => BigInt.asUintN(8 * size, BigInt(value));

/** In the normal form of a type (machine/abi.ts). */
function valueOf(raw: bigint, type: Access): Value {
  if (type === 'i64') return BigInt.asIntN(64, raw);
  if (isWide(type)) return raw;
  if (type === 'ptr') return Number(BigInt.asIntN(64, raw));
  if (type === 'bool') return raw === 0n ? 0 : 1;
  return Number(type.startsWith('i') ? BigInt.asIntN(8 * accessSize(type), raw) : raw);
}
