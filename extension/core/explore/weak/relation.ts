/** A set of events as bits, event e in word `e >> 5`. */
export type EventSet = Uint32Array;

/** The set of the events below `size` that satisfy a condition. */
export function eventSet(size: number, has: (event: number) => boolean): EventSet {
  const set = new Uint32Array((size + 31) >> 5);
  for (let e = 0; e < size; e++) if (has(e)) set[e >> 5]! |= 1 << (e & 31);
  return set;
}

/**
 * A relation between the events 0 … size-1 as a matrix of bits, row a holding the b with a → b. Operations give a new
 * relation and leave their operands as they were; only `add` changes one.
 */
export class Relation {
  private readonly words: number;
  private readonly bits: Uint32Array;

  constructor(
    readonly size: number,
    bits?: Uint32Array,
  ) {
    this.words = (size + 31) >> 5;
    this.bits = bits ?? new Uint32Array(size * this.words);
  }

  /** The relation of the pairs that satisfy a condition. */
  static of(size: number, related: (a: number, b: number) => boolean): Relation {
    const relation = new Relation(size);
    for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) if (related(a, b)) relation.add(a, b);
    return relation;
  }

  add(a: number, b: number): void {
    this.bits[a * this.words + (b >> 5)]! |= 1 << (b & 31);
  }

  has(a: number, b: number): boolean {
    return ((this.bits[a * this.words + (b >> 5)]! >>> (b & 31)) & 1) === 1;
  }

  pairs(): [number, number][] {
    const found: [number, number][] = [];
    for (let a = 0; a < this.size; a++) for (let b = 0; b < this.size; b++) if (this.has(a, b)) found.push([a, b]);
    return found;
  }

  union(...others: readonly Relation[]): Relation {
    const bits = this.bits.slice();
    for (const other of others) for (let i = 0; i < bits.length; i++) bits[i]! |= other.bits[i]!;
    return new Relation(this.size, bits);
  }

  intersect(other: Relation): Relation {
    return new Relation(
      this.size,
      this.bits.map((word, i) => word & other.bits[i]!),
    );
  }

  minus(other: Relation): Relation {
    return new Relation(
      this.size,
      this.bits.map((word, i) => word & ~other.bits[i]!),
    );
  }

  /** The pairs that begin in `from` and end in `to`; undefined stands for all events. */
  restrict(from: EventSet | undefined, to: EventSet | undefined): Relation {
    const bits = this.bits.slice();
    for (let a = 0; a < this.size; a++) {
      const inside = from === undefined || ((from[a >> 5]! >>> (a & 31)) & 1) === 1;
      for (let w = 0; w < this.words; w++) bits[a * this.words + w]! &= inside ? (to === undefined ? -1 : to[w]!) : 0;
    }
    return new Relation(this.size, bits);
  }

  /** `this ; next ; …`: a → c where a → b in the one and b → c in the next. */
  then(...next: readonly Relation[]): Relation {
    let result: Relation = this;
    for (const relation of next) result = result.composed(relation);
    return result;
  }

  private composed(next: Relation): Relation {
    const { size, words } = this;
    const result = new Uint32Array(this.bits.length);
    for (let a = 0; a < size; a++)
      for (let w = 0; w < words; w++)
        for (let left = this.bits[a * words + w]!; left !== 0; left &= left - 1) {
          const b = (w << 5) + (31 - Math.clz32(left & -left));
          for (let v = 0; v < words; v++) result[a * words + v]! |= next.bits[b * words + v]!;
        }
    return new Relation(size, result);
  }

  inverse(): Relation {
    return Relation.of(this.size, (a, b) => this.has(b, a));
  }

  /** `r?`: the relation or staying where one is. */
  optional(): Relation {
    const result = this.union();
    for (let e = 0; e < this.size; e++) result.add(e, e);
    return result;
  }

  /** `r+`, by Warshall's algorithm. */
  closure(): Relation {
    const { size, words } = this;
    const bits = this.bits.slice();
    for (let k = 0; k < size; k++)
      for (let a = 0; a < size; a++)
        if ((bits[a * words + (k >> 5)]! >>> (k & 31)) & 1)
          for (let w = 0; w < words; w++) bits[a * words + w]! |= bits[k * words + w]!;
    return new Relation(size, bits);
  }

  /** `r*`. */
  star(): Relation {
    return this.closure().optional();
  }

  get isEmpty(): boolean {
    return this.bits.every(word => word === 0);
  }

  get irreflexive(): boolean {
    for (let e = 0; e < this.size; e++) if (this.has(e, e)) return false;
    return true;
  }

  get acyclic(): boolean {
    return this.closure().irreflexive;
  }

  equals(other: Relation): boolean {
    return this.bits.every((word, i) => word === other.bits[i]);
  }
}
