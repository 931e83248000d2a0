/** One side of a race. */
export interface RacingAccess {
  readonly thread: number;
  readonly write: boolean;
  readonly marked: boolean;
  readonly file: string;
  readonly line: number;
}

export interface DataRace {
  readonly address: number;
  readonly first: RacingAccess;
  readonly second: RacingAccess;
}

/** What was done to a word of eight bytes in this execution. */
interface Word {
  /** The execution that this is of. */
  stamp: number;
  writer: number;
  writeClock: number;
  writeBytes: number;
  write: RacingAccess | undefined;
  readonly readClock: Int32Array;
  readonly readBytes: Uint8Array;
  readonly reads: (RacingAccess | undefined)[];
  /** What a marked write has made known to who reads it. */
  readonly known: Int32Array;
}

/**
 * Finds data races along an execution, as the kernel's memory model has them (tools/memory-model/Documentation/explanation.txt,
 * "Plain accesses and data races"): two accesses to the same bytes by different threads, one of them a write, one of them plain,
 * that nothing orders.
 *
 * Order is by vector clocks: what a lock's release orders before its next acquisition, a marked write before a marked read of
 * it, the end of an RCU section before the end of a grace period. Marked accesses count as release and acquire although only
 * some are, so that what is ordered by a dependency or a barrier is never taken for a race: what is told is one, and races that
 * hide behind unordered marked accesses are not told. Which of two comes first in the execution makes no difference, so that
 * one execution of each class is enough.
 */
export class DataRaces {
  /** Of this execution, each pair of places once. */
  readonly found: DataRace[] = [];
  private stamp = 0;
  private readonly clocks: readonly Int32Array[];
  private readonly words = new Map<number, Word>();
  /** By address of a lock: what its releases have made known, and of which execution that is. */
  private readonly locks = new Map<number, { stamp: number; readonly known: Int32Array }>();

  constructor(private readonly threads: number) {
    this.clocks = Array.from({ length: threads }, () => new Int32Array(threads));
  }

  begin(): void {
    this.stamp++;
    this.found.length = 0;
    for (const [thread, clock] of this.clocks.entries()) {
      clock.fill(0);
      clock[thread] = 1;
    }
  }

  acquired(thread: number, lock: number): void {
    if (thread < 0) return;
    const known = this.locks.get(lock);
    if (known?.stamp === this.stamp) join(this.clocks[thread]!, known.known);
  }

  released(thread: number, lock: number): void {
    if (thread < 0) return;
    let known = this.locks.get(lock);
    if (!known) this.locks.set(lock, (known = { stamp: 0, known: new Int32Array(this.threads) }));
    if (known.stamp !== this.stamp) {
      known.stamp = this.stamp;
      known.known.fill(0);
    }
    join(known.known, this.clocks[thread]!);
    this.clocks[thread]![thread]!++;
  }

  accessed(p: number, size: number, by: RacingAccess): void {
    if (by.thread < 0) return;
    const end = p + size;
    for (let word = Math.floor(p / 8); word * 8 < end; word++) {
      const from = Math.max(p, word * 8) - word * 8;
      const to = Math.min(end, word * 8 + 8) - word * 8;
      this.inWord(word, ((1 << (to - from)) - 1) << from, by);
    }
  }

  private inWord(number: number, bytes: number, by: RacingAccess): void {
    const word = this.word(number);
    const { thread, marked } = by;
    const clock = this.clocks[thread]!;
    const { write } = word;
    if (
      write &&
      word.writer !== thread &&
      (word.writeBytes & bytes) !== 0 &&
      word.writeClock > clock[word.writer]! &&
      !(marked && write.marked)
    )
      this.tell(number * 8 + lowest(word.writeBytes & bytes), write, by);
    if (by.write)
      for (let other = 0; other < this.threads; other++) {
        const read = word.reads[other];
        if (!read || other === thread || (word.readBytes[other]! & bytes) === 0) continue;
        if (word.readClock[other]! > clock[other]! && !(marked && read.marked))
          this.tell(number * 8 + lowest(word.readBytes[other]! & bytes), read, by);
      }
    if (marked) join(clock, word.known);
    if (by.write) {
      word.writer = thread;
      word.writeClock = clock[thread]!;
      word.writeBytes = bytes;
      word.write = by;
      if (marked) {
        join(word.known, clock);
        clock[thread]!++;
      }
    } else {
      word.readClock[thread] = clock[thread]!;
      word.readBytes[thread] = bytes;
      word.reads[thread] = by;
    }
  }

  private tell(address: number, first: RacingAccess, second: RacingAccess): void {
    const same = (a: RacingAccess, b: RacingAccess): boolean => a.line === b.line && a.file === b.file;
    if (!this.found.some(r => same(r.first, first) && same(r.second, second)))
      this.found.push({ address, first, second });
  }

  private word(number: number): Word {
    let word = this.words.get(number);
    if (!word) {
      word = {
        stamp: 0,
        writer: -1,
        writeClock: 0,
        writeBytes: 0,
        write: undefined,
        readClock: new Int32Array(this.threads),
        readBytes: new Uint8Array(this.threads),
        reads: new Array<RacingAccess | undefined>(this.threads).fill(undefined),
        known: new Int32Array(this.threads),
      };
      this.words.set(number, word);
    }
    if (word.stamp !== this.stamp) {
      word.stamp = this.stamp;
      word.writer = -1;
      word.write = undefined;
      word.reads.fill(undefined);
      word.known.fill(0);
    }
    return word;
  }
}

function join(into: Int32Array, from: Int32Array): void {
  for (let i = 0; i < into.length; i++) if (from[i]! > into[i]!) into[i] = from[i]!;
}

/** Of the bytes of a mask. */
const lowest = (mask: number): number => 31 - Math.clz32(mask & -mask);
