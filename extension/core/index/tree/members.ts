import { Functions } from './functions.ts';
import { RecordFlag, RecordKind } from './records.ts';
import { Class, classes } from './scanner.ts';
import { MOST_NESTED, Mode } from './state.ts';
import { Word } from './words.ts';

/** Fields of structs and unions, and enumerators. `state.depth` is how many of their braces are open. */
export abstract class Members extends Functions {
  /** Of the structs and enums under way, by depth: their kind, and where their record's end line stands. */
  private readonly kinds = new Uint8Array(MOST_NESTED + 2);
  private readonly ends = new Int32Array(MOST_NESTED + 2);

  protected openMembers(): void {
    const { state } = this;
    state.mode = Mode.members;
    state.depth = 1;
    // `struct __some_alignment tag {`: the last word is the tag.
    const [from, to, line] =
      state.tagWords > 1
        ? [state.lastFrom, state.lastTo, state.lastLine]
        : [state.tagFrom, state.tagTo, state.aggregateLine];
    this.begin(state.aggregate, from, to, line);
    state.aggregate = 0;
  }

  /** Writes the record of a struct or enum whose brace has been read. */
  private begin(kind: number, tagFrom: number, tagTo: number, line: number): void {
    const { state, records } = this;
    const tag = tagFrom >= 0 ? this.names.take(this.bytes, tagFrom, tagTo) : 0;
    const at = records.head(kind, 0, tag, line);
    records.add(line);
    const depth = Math.min(state.depth, MOST_NESTED + 1);
    this.kinds[depth] = kind;
    this.ends[depth] = at + 2;
    state.freshMember(0);
  }

  protected members(from: number): number {
    const { bytes, size } = this;
    let i = from;
    /** Brackets of any kind but braces. An #else inside of them is rare enough to be read on. */
    let nested = 0;
    let aggregate = 0;
    let tagFrom = -1;
    let tagTo = -1;
    while (i < size) {
      const c = bytes[i]!;
      const { state } = this;
      switch (classes[c]) {
        case Class.newline:
          this.line++;
          i++;
          while (bytes[i] === 32 || bytes[i] === 9) i++;
          if (bytes[i] === 35) {
            i = this.directive(i);
            if (this.state.mode !== Mode.members) return i;
            nested = 0;
          }
          break;
        case Class.letter: {
          const end = this.nameEnd(i);
          if (nested === 0 && !state.memberDone) {
            const id = this.names.take(bytes, i, end);
            if (id >= Word.struct && id <= Word.enum) {
              aggregate =
                id === Word.struct ? RecordKind.struct : id === Word.union ? RecordKind.union : RecordKind.enum;
              tagFrom = -1;
              state.memberWords++;
            } else if (id >= Word.firstGroup && id < Word.firstGroup + 4) {
              i = this.intoGroup(end, id - Word.firstGroup);
              break;
            } else if (id <= Word.lastStorage) {
              // Attributes count for nothing, nor does what is in their brackets.
              if (id >= Word.firstTypeOf && id <= Word.lastTypeOf) state.memberWords++;
              const open = this.blanks(end);
              if (bytes[open] === 40) {
                i = this.pastBrackets(open);
                break;
              }
            } else {
              if (aggregate !== 0 && tagFrom < 0) {
                tagFrom = i;
                tagTo = end;
              }
              this.memberWord(i, end, id);
            }
          }
          i = end;
          break;
        }
        case Class.digit:
          while (classes[bytes[i]!]! >= Class.letter) i++;
          break;
        case Class.quote:
          i = this.skipQuoted(i);
          break;
        case Class.slash:
          if (bytes[i + 1] === 42) i = this.skipComment(i);
          else if (bytes[i + 1] === 47) i = this.skipLineComment(i);
          else i++;
          break;
        case Class.open:
          i++;
          state.depth++;
          this.begin(aggregate || RecordKind.struct, tagFrom, tagTo, this.line);
          aggregate = 0;
          tagFrom = -1;
          break;
        case Class.close:
          i++;
          if (this.closeMembers(i)) return i;
          nested = 0;
          break;
        default:
          i++;
          if (c === 40 || c === 91) {
            if (nested === 0) this.openMemberBracket(c, i);
            nested++;
          } else if (c === 41 || c === 93) {
            if (nested > 0) nested--;
          } else if (nested === 0 && (c === 59 || c === 44)) {
            this.endMember(c === 59);
            if (c === 59) aggregate = 0;
          } else if (nested === 0 && (c === 58 || c === 61)) state.memberDone = true;
      }
    }
    return i;
  }

  private memberWord(from: number, to: number, id: number): void {
    const { state } = this;
    const isEnum = this.kinds[Math.min(state.depth, MOST_NESTED + 1)] === RecordKind.enum;
    state.memberWords++;
    if (isEnum ? state.memberFrom >= 0 : id >= Word.firstBasic && id <= Word.lastBasic) return;
    // `u32 x __some_attribute;`
    const marked = this.bytes[from] === 95 && this.bytes[from + 1] === 95 && state.memberWords > 2;
    if (marked && state.memberFrom >= 0) {
      const next = this.bytes[this.ahead(to)];
      if (next === 59 || next === 40) {
        state.memberDone = true;
        return;
      }
    }
    state.memberFrom = from;
    state.memberTo = to;
    state.memberLine = this.line;
  }

  /** `(` or `[` after a member's name, before a pointer to a function's, or of a macro that makes a member. */
  private openMemberBracket(c: number, after: number): void {
    const { state, bytes } = this;
    if (state.memberDone) return;
    if (c === 91) {
      state.memberDone = true;
      return;
    }
    let at = this.ahead(after);
    if (bytes[at] === 42) {
      for (;;) {
        while (bytes[at] === 42 || bytes[at] === 32 || bytes[at] === 40) at++;
        const end = this.nameEnd(at);
        if (end === at) return;
        if (this.names.take(bytes, at, end) > Word.lastStorage) {
          state.memberFrom = at;
          state.memberTo = end;
          state.memberLine = this.line;
          state.memberPointer = true;
          state.memberWords = 2;
          break;
        }
        at = this.ahead(end);
      }
      state.memberDone = true;
    } else if (state.memberWords === 1 && state.memberFrom >= 0) {
      state.memberDone = true;
      const isEnum = this.kinds[Math.min(state.depth, MOST_NESTED + 1)] === RecordKind.enum;
      const name = isEnum ? -1 : this.argument(at);
      state.memberFrom = name;
      state.memberTo = this.nameEnd(Math.max(name, 0));
      state.memberWords = 2;
    }
  }

  /** The member that a macro makes: `DECLARE_BITMAP(name, size)`, `md_ptr(struct type *, name)`; -1 when it is not told. */
  private argument(first: number): number {
    const { bytes } = this;
    const end = this.nameEnd(first);
    const next = bytes[this.ahead(end)];
    const named = end > first && (next === 44 || next === 41);
    if (named && this.names.take(bytes, first, end) > Word.last) return first;
    let at = first;
    while (bytes[at] !== 44 && bytes[at] !== 59 && bytes[at] !== 125 && at < this.size) at++;
    const second = this.ahead(at + 1);
    return bytes[at] === 44 && this.nameEnd(second) > second ? second : -1;
  }

  private endMember(last: boolean): void {
    const { state } = this;
    const isEnum = this.kinds[Math.min(state.depth, MOST_NESTED + 1)] === RecordKind.enum;
    if (state.memberFrom >= 0 && (isEnum || state.memberWords >= 2)) {
      const name = this.names.take(this.bytes, state.memberFrom, state.memberTo);
      if (isEnum) this.records.head(RecordKind.enumerator, 0, name, state.memberLine);
      else {
        const flags = state.memberPointer ? RecordFlag.pointer : 0;
        this.records.head(RecordKind.field, flags, name, state.memberLine);
      }
    }
    // After a comma the next declarator has the same type.
    state.freshMember(last || isEnum ? 0 : Math.max(1, state.memberWords - 1));
  }

  /** @returns whether the outermost struct or enum has ended, and file level goes on */
  private closeMembers(_after: number): boolean {
    const { state } = this;
    const depth = Math.min(state.depth, MOST_NESTED + 1);
    if (this.kinds[depth] === RecordKind.enum) this.endMember(true);
    this.records.words[this.ends[depth]!] = this.line;
    state.depth--;
    state.freshMember(1);
    if (state.depth > 0) return false;
    state.mode = Mode.top;
    // What was between the braces is the type of the declarators that may follow.
    state.since = 1;
    state.lastFrom = -1;
    return true;
  }

  /** After the name and tag arguments of struct_group(…): the members in its brackets are the struct's. */
  private intoGroup(from: number, which: number): number {
    const { bytes, size } = this;
    const open = this.ahead(from);
    if (bytes[open] !== 40) return from;
    // struct_group(NAME, …), _attr(NAME, ATTRS, …), _tagged(TAG, NAME, …), __struct_group(TAG, NAME, ATTRS, …)
    let commas = which === 0 ? 1 : which === 3 ? 3 : 2;
    for (let i = open + 1; i < size; i++) {
      const c = bytes[i];
      if (c === 10) this.line++;
      else if (c === 59 || c === 125) return i;
      else if (c === 44 && --commas === 0) return i + 1;
    }
    return size;
  }

  private pastBrackets(open: number): number {
    const { bytes, size } = this;
    let nested = 0;
    for (let i = open; i < size; i++) {
      const c = bytes[i];
      if (c === 10) this.line++;
      else if (c === 40) nested++;
      else if (c === 41 && --nested === 0) return i + 1;
      else if (c === 59 || c === 123 || c === 125) return i;
    }
    return size;
  }
}
