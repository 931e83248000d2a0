import { CallFlag, FLAG_SHIFT, LINE_MASK, RecordFlag, RecordKind, RecordWriter } from './records.ts';
import { Class, classes, Scanner } from './scanner.ts';
import { Mode, State } from './state.ts';
import { Word } from './words.ts';

interface Level {
  /** Line of the branch's directive. */
  line: number;
  /** The branch's condition; '' for an include guard. */
  condition: string;
  /** That none of the branches so far holds. */
  none: string;
  /** The branch has an #error: nobody compiles it. */
  dead: boolean;
  readonly before: State;
  /** What the last branch that is not dead ended with. */
  live: State | undefined;
}

/** Longer conditions are cut. */
const LONGEST_CONDITION = 400;

/** Preprocessor lines: conditions, macros, includes. What `State` has to be at an #else is kept here. */
export abstract class Directives extends Scanner {
  readonly records = new RecordWriter();
  protected state = new State();
  /** Calls of the function and of the macro under way, two words each. */
  protected calls = new Uint32Array(256);
  protected callWords = 0;
  private readonly levels: Level[] = [];
  /** Copies of the state that are not in use. */
  private readonly spare: State[] = [];
  /** Anything but comments has been read. */
  protected begun = false;

  /** The state of an #else or #elif has been put back; `left` is what the branch before ended with. */
  protected abstract branched(left: State): void;

  /** Line of the last #endif. */
  protected lastEndif = 0;

  /** How many #ifs are open. */
  protected get nesting(): number {
    return this.levels.length;
  }

  protected beginFile(): void {
    for (const { before, live } of this.levels) this.spare.push(before, ...(live ? [live] : []));
    this.levels.length = 0;
    this.callWords = 0;
    this.records.length = 0;
    this.begun = false;
    this.lastEndif = 0;
    this.line = 1;
  }

  /** Conditions that the file leaves open end with it. */
  protected endFile(): void {
    while (this.levels.length > 0) this.leave();
  }

  /** Reads the directive whose `#` is at `from`; gives the offset of the newline that ends it. */
  protected directive(from: number): number {
    const { bytes } = this;
    const at = this.blanks(from + 1);
    const end = this.nameEnd(at);
    const first = !this.begun;
    this.begun = true;
    switch (end - at) {
      case 2:
        if (this.is('if', at)) return this.enter(end, 'if', first);
        break;
      case 4:
        if (this.is('else', at)) return this.branch(end, false);
        if (this.is('elif', at)) return this.branch(end, true);
        break;
      case 5:
        if (this.is('error', at)) {
          const level = this.levels[this.levels.length - 1];
          if (level) level.dead = true;
        }
        if (this.is('ifdef', at)) return this.enter(end, 'ifdef', first);
        if (this.is('endif', at)) {
          this.leave();
          return this.endOfDirective(end);
        }
        break;
      case 6:
        if (this.is('define', at)) return this.define(end);
        if (this.is('ifndef', at)) return this.enter(end, 'ifndef', first);
        break;
      case 7:
        if (this.is('include', at)) this.include(this.blanks(end));
        break;
      default:
        if (bytes[at] === 105 && this.is('include_next', at)) this.include(this.blanks(end));
    }
    return this.endOfDirective(end);
  }

  /** The text of a condition, comments and continued lines removed; the end of its line. */
  private condition(from: number): { text: string; end: number } {
    const end = this.endOfDirective(from);
    const text = this.slice(from, Math.min(end, from + LONGEST_CONDITION))
      .replace(/\\\r?\n/g, ' ')
      .replace(/\/\*[\s\S]*?(?:\*\/|$)|\/\/.*/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    return { text, end };
  }

  private enter(from: number, word: 'if' | 'ifdef' | 'ifndef', first: boolean): number {
    const { line } = this;
    const { text, end } = this.condition(from);
    if (word === 'if' && text === '0') return this.skipGroup(end, line);
    const name = text.split(' ', 1)[0] ?? '';
    const condition = word === 'if' ? text : word === 'ifdef' ? `defined(${name})` : `!defined(${name})`;
    const guard = first && this.levels.length === 0 && word !== 'ifdef' && this.guards(end, condition);
    this.push(line, guard ? '' : condition);
    return end;
  }

  private push(line: number, condition: string): void {
    const before = this.spare.pop() ?? new State();
    before.copy(this.state);
    this.levels.push({ line, condition, none: `!(${condition})`, dead: false, before, live: undefined });
  }

  /** `#ifndef X` or `#if !defined(X)` with `#define X` next. */
  private guards(from: number, condition: string): boolean {
    const name = /^! ?defined ?\(? ?(\w+) ?\)?$/.exec(condition)?.[1];
    if (name === undefined) return false;
    const hash = this.ahead(from);
    if (this.bytes[hash] !== 35) return false;
    const at = this.blanks(hash + 1);
    if (!this.is('define', at)) return false;
    const own = this.blanks(at + 6);
    return this.is(name, own) && this.nameEnd(own) === own + name.length;
  }

  private branch(from: number, elif: boolean): number {
    const { line } = this;
    const { text, end } = elif ? this.condition(from) : { text: '', end: this.endOfDirective(from) };
    const level = this.levels[this.levels.length - 1];
    if (!level) return end;
    this.region(level, line);
    const joined = elif ? `(${text}) && ${level.none}` : level.none;
    level.condition = joined.slice(0, LONGEST_CONDITION);
    if (elif) level.none = `!(${text}) && ${level.none}`.slice(0, LONGEST_CONDITION);
    level.line = line;
    const left = this.state;
    this.state = this.spare.pop() ?? new State();
    this.state.copy(level.before);
    this.branched(left);
    if (level.dead) this.spare.push(left);
    else {
      if (level.live) this.spare.push(level.live);
      level.live = left;
    }
    level.dead = false;
    // `#elif 0` is not worth a rule; `#else` after `#if 1` is kept as any variant is.
    return end;
  }

  private leave(): void {
    const level = this.levels.pop();
    if (!level) return;
    this.lastEndif = this.line;
    this.region(level, this.line);
    this.spare.push(level.before);
    if (!level.live) return;
    // A declaration that a dead branch cannot end has ended as it did in another.
    if (level.dead && level.live.mode === Mode.top && this.state.mode === Mode.top) {
      this.spare.push(this.state);
      this.state = level.live;
    } else this.spare.push(level.live);
  }

  private region(level: Level, end: number): void {
    if (level.condition === '') return;
    this.records.head(RecordKind.region, 0, this.names.intern(level.condition), level.line);
    this.records.add(end);
  }

  /** Past what `#if 0` leaves out, to the end of its #else, #elif or #endif line. */
  private skipGroup(from: number, begin: number): number {
    const { bytes, size } = this;
    let nested = 0;
    let i = from;
    let lineStart = false;
    while (i < size) {
      const c = bytes[i]!;
      if (c === 10) {
        this.line++;
        lineStart = true;
        i++;
      } else if (c === 32 || c === 9) i++;
      else if (c === 47 && bytes[i + 1] === 42) i = this.skipComment(i);
      else if (c === 47 && bytes[i + 1] === 47) i = this.skipLineComment(i);
      else if (c === 35 && lineStart) {
        const at = this.blanks(i + 1);
        const end = this.nameEnd(at);
        if (this.is('if', at)) nested++;
        else if (nested === 0 && this.is('el', at)) {
          // From here it is as if an #if began: with the condition of #elif, or none.
          this.push(begin, this.is('elif', at) ? this.condition(end).text : '');
          return this.endOfDirective(end);
        } else if (this.is('endif', at) && nested-- === 0) return this.endOfDirective(end);
        i = end;
      } else {
        lineStart = false;
        i++;
      }
    }
    return size;
  }

  private include(from: number): void {
    const { bytes } = this;
    const quote = bytes[from];
    const close = quote === 60 ? 62 : quote === 34 ? 34 : 0;
    if (close === 0) return;
    let to = from + 1;
    while (bytes[to] !== close && bytes[to] !== 10 && to < this.size) to++;
    if (bytes[to] !== close) return;
    const flags = quote === 34 ? RecordFlag.quoted : 0;
    this.records.head(RecordKind.include, flags, this.names.take(bytes, from + 1, to), this.line);
  }

  private define(from: number): number {
    const { bytes, size, names } = this;
    const at = this.blanks(from);
    const end = this.nameEnd(at);
    if (end === at) return this.endOfDirective(at);
    const name = names.take(bytes, at, end);
    const line = this.line;
    const first = this.callWords;
    let i = end;
    const functionLike = bytes[i] === 40;
    if (functionLike) {
      while (i < size && bytes[i] !== 41 && (bytes[i] !== 10 || this.continued(i))) {
        if (bytes[i] === 10) this.line++;
        i++;
      }
      if (bytes[i] === 41) i++;
    }
    let words = 0;
    let others = 0;
    let only = 0;
    while (i < size) {
      const c = bytes[i]!;
      const kind = classes[c]!;
      if (kind === Class.letter) {
        const start = i;
        i = this.nameEnd(i);
        words++;
        const after = this.blanks(i);
        if (bytes[after] === 40) {
          const id = names.take(bytes, start, i);
          if (id > Word.lastAttribute) this.call(id, this.line, this.isMember(start));
        } else if (words === 1 && others === 0) only = start;
      } else if (kind === Class.newline) {
        if (!this.continued(i)) break;
        this.line++;
        i++;
      } else if (kind === Class.quote) {
        others++;
        i = this.skipQuoted(i);
      } else if (kind === Class.slash && bytes[i + 1] === 42) i = this.skipComment(i);
      else if (kind === Class.slash && bytes[i + 1] === 47) i = this.skipLineComment(i);
      else if (kind === Class.digit) {
        others++;
        while (classes[bytes[i]!]! >= Class.letter) i++;
      } else {
        if (c > 32 && c !== 92) others++;
        i++;
      }
    }
    if (words === 1 && others === 0 && only > 0) {
      const id = names.take(bytes, only, this.nameEnd(only));
      if (id > Word.last && id !== name) this.alias(id, line);
    }
    if (functionLike) this.withCalls(RecordKind.functionMacro, 0, name, line, line, this.line, first);
    else if (this.callWords > first) this.withCalls(RecordKind.bodyMacro, 0, name, line, line, this.line, first);
    else this.records.head(RecordKind.macro, 0, name, line);
    return i;
  }

  /** Whether the name at `from` is one of a member: after `.` or `->`. */
  protected isMember(from: number): boolean {
    const before = this.bytes[from - 1];
    return before === 46 || (before === 62 && this.bytes[from - 2] === 45);
  }

  protected call(id: number, line: number, member: boolean): void {
    this.pushCall(id, member ? (line | CallFlag.member) >>> 0 : line);
  }

  private alias(id: number, line: number): void {
    this.pushCall(id, (line | CallFlag.alias) >>> 0);
  }

  private pushCall(id: number, word: number): void {
    if (this.callWords + 2 > this.calls.length) {
      const grown = new Uint32Array(this.calls.length * 2);
      grown.set(this.calls);
      this.calls = grown;
    }
    this.calls[this.callWords++] = id;
    this.calls[this.callWords++] = word;
  }

  /** Writes a record with the calls from `first` on, which are then forgotten; gives where its end line stands. */
  protected withCalls(
    kind: number,
    flags: number,
    name: number,
    line: number,
    begin: number,
    end: number,
    first: number,
  ): number {
    const { records, calls, callWords } = this;
    const at = records.head(kind, flags, name, line);
    records.reserve(2 + callWords - first);
    const { words } = records;
    words[at + 2] = endWord(end, line - begin);
    words[at + 3] = (callWords - first) >> 1;
    for (let i = first, to = at + 4; i < callWords; i++, to++) words[to] = calls[i]!;
    records.length = at + 4 + callWords - first;
    this.callWords = first;
    return at + 2;
  }
}

/** The line of an end, and how many lines (up to 255) a head begins before its name, as a record keeps them. */
export const endWord = (end: number, before: number): number =>
  ((Math.min(before, 255) << FLAG_SHIFT) | (end & LINE_MASK)) >>> 0;
