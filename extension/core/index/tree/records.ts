/**
 * What the lexer found in a file, as words: `[name, kind | flags | line, …]`, one after another in order of where each
 * ends. `name` and every other word called an id is a number of the NameTable in use; lines are 1-based, of 24 bits.
 *
 * | kind | further words |
 * | --- | --- |
 * | function, functionMacro, bodyMacro | end line, with lines from start to name in the top 8 bits; number of calls; calls of two words: id, line and CallFlag |
 * | struct, union, enum | end line; their fields or enumerators follow |
 * | variable | id of the initialising macro (`DEFINE_SPINLOCK`, `__SPIN_LOCK_UNLOCKED`) or 0; id of the last word of the type or 0 |
 * | store | id of what is stored; the name is the field's |
 * | region | end line; the name is the condition's text |
 * | invocation | id of the macro; the name is its first argument |
 * | others | none |
 */
export const RecordKind = {
  function: 1,
  functionMacro: 2,
  /** An object-like macro whose body calls something or is another name. */
  bodyMacro: 3,
  macro: 4,
  struct: 5,
  union: 6,
  enum: 7,
  field: 8,
  enumerator: 9,
  typedef: 10,
  variable: 11,
  prototype: 12,
  /** `extern` variables. */
  declaration: 13,
  export: 14,
  include: 15,
  store: 16,
  region: 17,
  invocation: 18,
} as const;

export const KIND_SHIFT = 27;
export const FLAG_SHIFT = 24;
export const LINE_MASK = 0xffffff;

/** Flags have three bits; what they mean depends on the kind. */
export const RecordFlag = {
  /** Functions, prototypes, variables. */
  static: 1,
  /** Functions whose head is a macro: `SYSCALL_DEFINE2(name, …) {`. */
  macroHead: 2,
  /** Functions: what another #if branch adds to the record before of the same name and line. */
  more: 4,
  /** Fields: a pointer to a function. */
  pointer: 1,
  /** Exports. */
  gpl: 1,
  /** Includes: "…", not <…>. */
  quoted: 1,
  /** Stores: `.f = g`, not `x->f = g`. */
  initialiser: 1,
} as const;

/** In the line word of a call. */
export const CallFlag = {
  /** `x->name(…)`: not a call of a function `name`. */
  member: 0x80000000,
  /** `#define a name`: using a is using name. */
  alias: 0x40000000,
} as const;

/** Words of the record at `at`. */
export function recordLength(words: Uint32Array, at: number): number {
  switch (words[at + 1]! >>> KIND_SHIFT) {
    case RecordKind.function:
    case RecordKind.functionMacro:
    case RecordKind.bodyMacro:
      return 4 + 2 * words[at + 3]!;
    case RecordKind.variable:
      return 4;
    case RecordKind.struct:
    case RecordKind.union:
    case RecordKind.enum:
    case RecordKind.store:
    case RecordKind.region:
    case RecordKind.invocation:
      return 3;
    default:
      return 2;
  }
}

/** Records being written. Positions are offsets into `words`; they stay valid while it grows. */
export class RecordWriter {
  words = new Uint32Array(1 << 14);
  length = 0;

  reserve(more: number): void {
    if (this.length + more <= this.words.length) return;
    const grown = new Uint32Array(Math.max(this.length + more, this.words.length * 2));
    grown.set(this.words.subarray(0, this.length));
    this.words = grown;
  }

  /** Begins a record; gives where it stands. */
  head(kind: number, flags: number, name: number, line: number): number {
    this.reserve(4);
    const at = this.length;
    this.words[at] = name;
    this.words[at + 1] = (kind << KIND_SHIFT) | (flags << FLAG_SHIFT) | (line & LINE_MASK);
    this.length = at + 2;
    return at;
  }

  add(word: number): void {
    this.reserve(1);
    this.words[this.length++] = word;
  }
}
