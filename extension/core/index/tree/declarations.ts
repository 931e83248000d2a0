import { Directives } from './directives.ts';
import { Makes, macroMakes, macroName } from './invocations.ts';
import { RecordFlag, RecordKind } from './records.ts';
import { Class, classes } from './scanner.ts';
import { type Group, Last, MOST_GROUPS, Mode } from './state.ts';
import { Word } from './words.ts';

interface Declarator {
  from: number;
  to: number;
  line: number;
  /** The name that begins its initialiser; empty: none. */
  initFrom: number;
  initTo: number;
}

/** Most declarators of one declaration. */
const MOST_DECLARATORS = 64;

/** File level: declarations, heads of functions, invocations of macros. */
export abstract class Declarations extends Directives {
  /** Outer braces are told by their column: the second try at a file whose braces do not balance. */
  protected byColumn = false;
  /** A brace too many or too few has been met. */
  protected odd = false;
  /** `extern "C" {` blocks under way. */
  protected blocks = 0;
  protected readonly groups: Group[] = Array.from({ length: MOST_GROUPS }, () => ({
    nameFrom: -1,
    nameTo: -1,
    nameId: 0,
    line: 0,
    open: 0,
    close: -1,
    innerFrom: -1,
    innerTo: -1,
    innerLine: 0,
    pointer: false,
    static: false,
    words: 0,
    begin: 0,
  }));
  private readonly declarators: Declarator[] = Array.from({ length: MOST_DECLARATORS }, () => ({
    from: 0,
    to: 0,
    line: 0,
    initFrom: -1,
    initTo: -1,
  }));

  /** A `{` at file level: of an initialiser, a struct or enum, or a function. `after` is the offset after it. */
  protected abstract openBrace(after: number): void;

  /** File level, up to a body, an initialiser or members, or to an #else that leads into one. */
  protected top(from: number): number {
    const { bytes, size } = this;
    let i = from;
    while (i < size) {
      const c = bytes[i]!;
      switch (classes[c]) {
        case Class.newline:
          this.line++;
          i++;
          while (bytes[i] === 32 || bytes[i] === 9) i++;
          if (bytes[i] === 35) {
            i = this.directive(i);
            if (this.state.mode !== Mode.top) return i;
          }
          break;
        case Class.letter: {
          const end = this.nameEnd(i);
          this.word(i, end);
          i = end;
          break;
        }
        case Class.digit:
          while (classes[bytes[i]!]! >= Class.letter || bytes[i] === 46) i++;
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
          this.openBrace(i);
          if (this.state.mode !== Mode.top) return i;
          break;
        case Class.close:
          i++;
          if (this.blocks > 0) this.blocks--;
          else this.odd = true;
          this.state.fresh();
          break;
        default:
          i++;
          if (c > 32) this.mark(c, i);
      }
    }
    return i;
  }

  /** A punctuation mark at file level; `after` is the offset after it. */
  private mark(c: number, after: number): void {
    const { state } = this;
    const inside = state.parens > 0 || state.brackets > 0;
    switch (c) {
      case 40:
        if (!inside && !state.initialising && state.previous !== Last.attribute) this.openGroup(after);
        state.parens++;
        break;
      case 41:
        if (state.parens > 0) state.parens--;
        if (state.parens === 0 && state.groups > 0) {
          const group = this.groups[state.groups - 1]!;
          if (group.close < 0) group.close = after - 1;
        }
        break;
      case 91:
        if (!inside && !state.initialising) this.declarator();
        state.brackets++;
        break;
      case 93:
        if (state.brackets > 0) state.brackets--;
        break;
      case 61:
        if (inside) break;
        if (!state.initialising) {
          this.declarator();
          const declarator = this.declarators[state.declarators - 1];
          if (declarator) {
            declarator.initFrom = this.ahead(after);
            declarator.initTo = this.nameEnd(declarator.initFrom);
          }
        }
        state.initialising = true;
        state.assigned = true;
        break;
      case 44:
        if (inside) break;
        if (!state.initialising) this.declarator();
        state.initialising = false;
        break;
      case 59:
        if (!inside) this.endDeclaration();
        break;
    }
    state.previous = Last.mark;
  }

  private word(from: number, to: number): void {
    const { state } = this;
    this.begun = true;
    if (state.initialising || state.brackets > 0) return;
    if (state.parens > 0) {
      this.inner(from, to);
      return;
    }
    if (state.since === 0 && this.loneCapitals(from, to)) {
      state.previous = Last.attribute;
      return;
    }
    if (state.begin === 0) state.begin = this.line;
    const id = this.names.take(this.bytes, from, to);
    if (id <= Word.lastStorage) {
      state.previous = Last.attribute;
      // `typeof(x)` is a type.
      if (id >= Word.firstTypeOf && id <= Word.lastTypeOf) state.since++;
      return;
    }
    if (id === Word.static) state.static = true;
    else if (id === Word.extern) state.extern = true;
    else if (id === Word.typedef) state.typedef = true;
    if (id <= Word.typedef) {
      state.previous = Last.attribute;
      return;
    }
    if (id <= Word.enum) {
      state.aggregate = id === Word.struct ? RecordKind.struct : id === Word.union ? RecordKind.union : RecordKind.enum;
      state.aggregateLine = this.line;
      state.tagWords = 0;
      state.tagFrom = -1;
    } else if (state.aggregate !== 0) {
      if (this.trailing(from, to)) return;
      if (state.tagWords++ === 0) {
        state.tagFrom = from;
        state.tagTo = to;
        state.aggregateLine = this.line;
      }
    } else if (this.trailing(from, to)) return;
    if (state.since > 0 && state.lastFrom >= 0) {
      state.typeFrom = state.lastFrom;
      state.typeTo = state.lastTo;
    }
    state.since++;
    state.previous = Last.name;
    state.lastFrom = from;
    state.lastTo = to;
    state.lastId = id;
    state.lastLine = this.line;
  }

  /** `BTF_ID_UNUSED` on a line of its own: a macro with no arguments, no part of what follows. */
  private loneCapitals(from: number, to: number): boolean {
    const { bytes } = this;
    if (from > 0 && bytes[from - 1] !== 10) return false;
    if (bytes[from]! < 65 || bytes[from]! > 90 || bytes[this.blanks(to)] !== 10) return false;
    return macroName(this.slice(from, to).replace(/[a-z]+$/, ''));
  }

  /** In `(*name)`, `(*name(…))` and `(name)` what is declared stands in the group. */
  private inner(from: number, to: number): void {
    const { state } = this;
    const group = this.groups[state.groups - 1];
    if (!group || state.parens > 1 || group.close >= 0 || group.innerFrom >= 0) return;
    const basic =
      (group.nameFrom < 0 && state.groups === 1) || (group.nameId >= Word.struct && group.nameId <= Word.lastBasic);
    if (!group.pointer && !basic && !state.typedef) return;
    if (this.names.take(this.bytes, from, to) <= Word.lastStorage) return;
    group.innerFrom = from;
    group.innerTo = to;
    group.innerLine = this.line;
  }

  /** An attribute that no list has, after the declarator or the tag: `int x __in_some_section;`. */
  private trailing(from: number, to: number): boolean {
    const { state, bytes } = this;
    if (bytes[from] !== 95 || bytes[from + 1] !== 95) return false;
    if (state.lastFrom < 0 || state.lastId <= Word.lastBasic) return false;
    const next = bytes[this.ahead(to)];
    const attribute =
      state.aggregate === 0
        ? state.since >= 2 && (next === 59 || next === 61)
        : state.tagWords === 1
          ? next === 123
          : state.tagWords >= 2 && (next === 59 || next === 61);
    if (attribute) state.previous = Last.attribute;
    return attribute;
  }

  private openGroup(after: number): void {
    const { state } = this;
    if (state.groups === MOST_GROUPS) {
      // Only invocations without semicolons pile up like that.
      for (let g = 0; g < MOST_GROUPS; g++) this.invocation(this.groups[g]!);
      state.groups = 0;
    }
    const group = this.groups[state.groups++]!;
    const named = state.previous === Last.name;
    group.nameFrom = named ? state.lastFrom : -1;
    group.nameTo = state.lastTo;
    group.nameId = named ? state.lastId : 0;
    group.line = named ? state.lastLine : this.line;
    group.open = after;
    group.close = -1;
    group.innerFrom = -1;
    group.pointer = this.bytes[this.ahead(after)] === 42;
    group.static = state.static;
    group.words = state.since;
    group.begin = state.begin;
    state.begin = 0;
    state.since = 0;
    state.lastFrom = -1;
  }

  private declarator(): void {
    const { state } = this;
    const { since } = state;
    state.since = 0;
    if (since === 0 || state.lastFrom < 0 || state.lastId <= Word.lastBasic) return;
    if (since < 2 && state.declarators === 0) return;
    // `struct tag;` declares no variable.
    if (state.aggregate !== 0 && state.declarators === 0 && since === state.tagWords + 1 && state.tagWords < 2) return;
    if (state.declarators === MOST_DECLARATORS) return;
    const declarator = this.declarators[state.declarators++]!;
    declarator.from = state.lastFrom;
    declarator.to = state.lastTo;
    declarator.line = state.lastLine;
    declarator.initFrom = -1;
    declarator.initTo = -1;
    state.lastFrom = -1;
  }

  protected endDeclaration(): void {
    const { state, records, bytes, names } = this;
    if (!state.initialising) this.declarator();
    for (let g = 0; g < state.groups; g++) {
      const group = this.groups[g]!;
      const plain = !group.pointer && group.nameId > Word.lastBasic;
      if (group.innerFrom >= 0 && !(plain && (g + 1 === state.groups || this.groups[g + 1]!.nameFrom >= 0))) {
        // `typedef t (name)(int)` too, but not `typedef t name(int)`.
        const kind = state.typedef
          ? RecordKind.typedef
          : state.extern
            ? RecordKind.declaration
            : group.pointer
              ? RecordKind.variable
              : RecordKind.prototype;
        const flags = state.static && !state.typedef ? RecordFlag.static : 0;
        records.head(kind, flags, names.take(bytes, group.innerFrom, group.innerTo), group.innerLine);
        if (kind === RecordKind.variable) {
          records.add(0);
          records.add(0);
        }
        break;
      }
      if (group.nameFrom < 0) continue;
      if (group.words === 1 && !state.typedef) this.invocation(group);
      else if (group.words >= 2 && !state.assigned) {
        const kind = state.typedef ? RecordKind.typedef : RecordKind.prototype;
        records.head(kind, state.static && !state.typedef ? RecordFlag.static : 0, group.nameId, group.line);
        break;
      }
    }
    const kind = state.typedef ? RecordKind.typedef : state.extern ? RecordKind.declaration : RecordKind.variable;
    for (let d = 0; d < state.declarators; d++) {
      const { from, to, line, initFrom, initTo } = this.declarators[d]!;
      records.head(
        kind,
        kind === RecordKind.variable && state.static ? RecordFlag.static : 0,
        names.take(bytes, from, to),
        line,
      );
      if (kind !== RecordKind.variable) continue;
      records.add(initTo > initFrom ? names.take(bytes, initFrom, initTo) : 0);
      records.add(state.typeFrom >= 0 && d === 0 ? names.take(bytes, state.typeFrom, state.typeTo) : 0);
    }
    state.fresh();
  }

  /** `NAME(argument, …)` at file level. */
  protected invocation({ nameId, nameFrom, nameTo, words, line, open, close, static: isStatic }: Group): void {
    if (nameFrom < 0 || words !== 1 || close < 0 || nameId <= Word.last) return;
    const { bytes, records, names } = this;
    const macro = this.slice(nameFrom, nameTo);
    const makes = macroMakes(macro, isStatic);
    let from = this.ahead(open);
    if (makes === Makes.second || makes === Makes.secondDeclaration) {
      let nested = 0;
      while (from < close && (bytes[from] !== 44 || nested > 0)) {
        if (bytes[from] === 40) nested++;
        else if (bytes[from] === 41) nested--;
        from++;
      }
      from = this.ahead(from + 1);
    }
    const to = this.nameEnd(from);
    if (to === from || from >= close) return;
    const name = names.take(bytes, from, to);
    if (name <= Word.last) return;
    switch (makes) {
      case Makes.variable:
      case Makes.second:
        records.head(RecordKind.variable, isStatic ? RecordFlag.static : 0, name, line);
        records.add(nameId);
        records.add(0);
        break;
      case Makes.declaration:
      case Makes.secondDeclaration:
        records.head(RecordKind.declaration, 0, name, line);
        break;
      case Makes.export:
        records.head(RecordKind.export, macro.includes('GPL') ? RecordFlag.gpl : 0, name, line);
        break;
      default:
        records.head(RecordKind.invocation, 0, name, line);
        records.add(nameId);
    }
  }
}
