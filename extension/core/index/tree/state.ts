/** Where the lexer stands. */
export const Mode = { top: 0, body: 1, initialiser: 2, members: 3 } as const;

/** How many bracket groups of one declaration are looked at, and how deep structs nest. */
export const MOST_GROUPS = 24;
export const MOST_NESTED = 32;

/** A pair of brackets at file level, and the name before it. Offsets; -1: none. */
export interface Group {
  nameFrom: number;
  nameTo: number;
  nameId: number;
  line: number;
  open: number;
  close: number;
  /** `(*name)`, `(*name(…))`, `(name)`. */
  innerFrom: number;
  innerTo: number;
  innerLine: number;
  pointer: boolean;
  /** `static` stands before it. */
  static: boolean;
  /** Words since the last group or the declaration's begin, the name included. */
  words: number;
  /** Line of the first of them, storage classes and attributes included. */
  begin: number;
}

/** What was read last at file level. */
export const Last = { mark: 0, name: 1, attribute: 2 } as const;

/**
 * All that the lexer knows while it reads a file. An #if keeps a copy, and its #else goes on from that, so that brackets
 * which both branches open count once.
 */
export class State {
  mode: number = Mode.top;
  depth = 0;
  // The declaration under way at file level.
  parens = 0;
  brackets = 0;
  /** Line of the first word since the last group; 0: none yet. */
  begin = 0;
  previous: number = Last.mark;
  static = false;
  extern = false;
  typedef = false;
  /** After `=`, up to the next comma. */
  initialising = false;
  assigned = false;
  /** `struct`, `union` or `enum` has been read and no body or name after its tag. */
  aggregate = 0;
  aggregateLine = 0;
  /** Words after it; the first is the tag. */
  tagWords = 0;
  tagFrom = -1;
  tagTo = -1;
  /** Words since the last group or declarator: type words, tags and names, no storage classes or attributes. */
  since = 0;
  lastFrom = -1;
  lastTo = -1;
  lastId = 0;
  lastLine = 0;
  typeFrom = -1;
  typeTo = -1;
  groups = 0;
  declarators = 0;
  // The function under way.
  functionName = 0;
  functionLine = 0;
  functionBegin = 0;
  functionFlags = 0;
  firstCall = 0;
  /** Its opening brace stands in column 0. */
  outerBrace = false;
  /** Where its record's end line stands when it has been written already; -1: not yet. */
  written = -1;
  // The member under way in a struct or enum.
  memberWords = 0;
  memberFrom = -1;
  memberTo = -1;
  memberLine = 0;
  memberPointer = false;
  memberDone = false;

  copy(from: State): void {
    Object.assign(this, from);
  }

  /** No declaration under way. */
  fresh(): void {
    this.parens = 0;
    this.brackets = 0;
    this.begin = 0;
    this.previous = Last.mark;
    this.static = false;
    this.extern = false;
    this.typedef = false;
    this.initialising = false;
    this.assigned = false;
    this.aggregate = 0;
    this.tagWords = 0;
    this.tagFrom = -1;
    this.since = 0;
    this.lastFrom = -1;
    this.lastId = 0;
    this.typeFrom = -1;
    this.groups = 0;
    this.declarators = 0;
  }

  /** No member under way, of a struct whose type has so many words already. */
  freshMember(words: number): void {
    this.memberWords = words;
    this.memberFrom = -1;
    this.memberPointer = false;
    this.memberDone = false;
  }
}
