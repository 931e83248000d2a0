import { Declarations } from './declarations.ts';
import { endWord } from './directives.ts';
import { macroName, nameOfHead } from './invocations.ts';
import { RecordFlag, RecordKind } from './records.ts';
import { Class, classes } from './scanner.ts';
import { type Group, Mode, type State } from './state.ts';
import { Word } from './words.ts';

/** A function's head, as far as its record needs it. */
interface Head {
  readonly name: number;
  readonly line: number;
  readonly begin: number;
  readonly flags: number;
}

/** What a brace at file level opens, and functions whose #if branches share or split their heads and ends. */
export abstract class Functions extends Declarations {
  /** Where the end lines of functions stand that an #if branch left open. */
  protected readonly openVariants: number[] = [];
  /** Heads that earlier #if branches give the function whose body comes after #endif. */
  protected readonly otherHeads: (Head & { readonly level: number })[] = [];
  /** Where the end lines of the last function's other heads stand. */
  private readonly variants: number[] = [];
  /** Where the end line of the last function written stands. */
  private lastEnd = -1;

  /** The members of a struct begin. */
  protected abstract openMembers(): void;

  /**
   * Whether a group is rather the parameter list than one before it. One with a type before its name is, and of several of
   * these the first, unless that looks like an attribute: `__msg("…") int f(`, `void PRINTF(1, 2) f(`. Without a type the
   * last is: what comes before are invocations that have no semicolon.
   */
  private likelier(group: Group, before: Group): boolean {
    const { bytes } = this;
    const marked = (from: number): boolean => bytes[from] === 95 && bytes[from + 1] === 95;
    if (before.words < 2) return !marked(group.nameFrom) || group.words >= 2;
    const small = bytes[group.nameFrom]! >= 97;
    if (marked(before.nameFrom)) return !marked(group.nameFrom) && (group.words >= 2 || small);
    return small && macroName(this.slice(before.nameFrom, before.nameTo));
  }

  protected override endDeclaration(): void {
    // Setting a length is not cheap, and nearly always there is nothing to forget.
    if (this.otherHeads.length > 0) this.otherHeads.length = 0;
    super.endDeclaration();
  }

  protected openBrace(after: number): void {
    const { state } = this;
    state.depth = 1;
    if (state.parens > 0 || state.brackets > 0 || state.initialising) {
      state.mode = Mode.initialiser;
      return;
    }
    if (state.aggregate !== 0 && state.since === state.tagWords + 1) {
      this.openMembers();
      return;
    }
    if (state.groups === 0 && state.since === 0 && state.extern) {
      this.blocks++;
      state.depth = 0;
      state.fresh();
      return;
    }
    if (this.bytes[this.ahead(after)] === 46) {
      // `define_machine(x) { .name = …, }`: no statement begins with a dot.
      state.mode = Mode.initialiser;
      return;
    }
    for (let h = this.otherHeads.length - 1; h >= 0; h--) {
      // The body is one branch's own.
      if (this.otherHeads[h]!.level <= this.nesting) this.otherHeads.splice(h, 1);
    }
    state.mode = Mode.body;
    state.outerBrace = after >= 2 ? this.bytes[after - 2] === 10 : true;
    state.firstCall = this.callWords;
    state.written = -1;
    const head = this.head(state, true);
    // A head after #endif is no variant of what stands in the branches.
    if (head && head.line > this.lastEndif) this.otherHeads.length = 0;
    state.functionName = head?.name ?? 0;
    state.functionLine = head?.line ?? this.line;
    state.functionBegin = head?.begin ?? this.line;
    state.functionFlags = head?.flags ?? 0;
  }

  /**
   * Which group is the parameter list of the function whose body begins, or would begin.
   *
   * @param open the body does begin: the groups before are invocations of their own
   */
  private head(state: State, open: boolean): Head | undefined {
    const { groups } = this;
    let chosen = -1;
    for (let g = 0; g < state.groups; g++) {
      const { nameFrom, nameId, close, innerFrom } = groups[g]!;
      if (close < 0) continue;
      if (innerFrom >= 0) {
        // `void (*name(int x))(int) {` and `int (name)(int x) {`
        chosen = g;
        break;
      }
      if (nameFrom < 0 || nameId <= Word.last) continue;
      if (chosen < 0 || this.likelier(groups[g]!, groups[chosen]!)) chosen = g;
    }
    if (open) for (let g = 0; g < chosen; g++) this.invocation(groups[g]!);
    const group = groups[chosen];
    if (!group) return undefined;
    const flags = state.static ? RecordFlag.static : 0;
    const begin = group.begin || group.line;
    if (group.innerFrom >= 0) {
      const name = this.names.take(this.bytes, group.innerFrom, group.innerTo);
      return { name, line: group.innerLine, begin, flags };
    }
    const plain = { name: group.nameId, line: group.line, begin, flags };
    if (group.words > 1) return plain;
    // `SYSCALL_DEFINE2(name, …) {`: capitals, and nothing before them.
    const macro = this.slice(group.nameFrom, group.nameTo);
    if (!macroName(macro)) return plain;
    const from = this.ahead(group.open);
    let to = from;
    while (classes[this.bytes[to]!]! >= Class.letter) to++;
    if (to === from || from >= group.close) return plain;
    const name = this.names.intern(nameOfHead(macro, this.slice(from, to)));
    return { ...plain, name, flags: flags | RecordFlag.macroHead };
  }

  protected endFunction(line: number): void {
    const { state } = this;
    if (state.written < 0 && this.variants.length > 0) this.variants.length = 0;
    for (const { name, line: at, begin, flags } of this.otherHeads) {
      const { callWords } = this;
      if (state.functionName !== 0 && state.written < 0) {
        this.variants.push(this.withCalls(RecordKind.function, flags, name, at, begin, line, state.firstCall));
      }
      this.callWords = callWords;
    }
    if (this.otherHeads.length > 0) this.otherHeads.length = 0;
    this.writeFunction(state, line);
    for (const at of this.openVariants) this.setEnd(at, line);
    if (this.openVariants.length > 0) this.openVariants.length = 0;
    state.fresh();
  }

  private writeFunction(state: State, line: number): void {
    const { functionName, functionLine, functionBegin, functionFlags, firstCall, written } = state;
    if (functionName === 0) {
      this.callWords = firstCall;
      return;
    }
    if (written >= 0) {
      this.setEnd(written, line);
      for (const at of this.variants) this.setEnd(at, line);
      if (this.callWords === firstCall) return;
    }
    const flags = written >= 0 ? functionFlags | RecordFlag.more : functionFlags;
    const end = this.withCalls(RecordKind.function, flags, functionName, functionLine, functionBegin, line, firstCall);
    this.lastEnd = written >= 0 ? written : end;
  }

  private setEnd(at: number, line: number): void {
    const { words } = this.records;
    words[at] = endWord(line, words[at]! >>> 24);
  }

  protected branched(left: State): void {
    const { state } = this;
    const closed = this.lastEnd;
    if (left.mode === Mode.top && state.mode === Mode.top && left.groups > state.groups && left.parens === 0) {
      const head = left.initialising ? undefined : this.head(left, false);
      if (head) this.otherHeads.push({ ...head, level: this.nesting });
    }
    const same = left.functionName === state.functionName && left.functionLine === state.functionLine;
    if (left.mode === Mode.body && (state.mode !== Mode.body || !same)) {
      // The branch before opened a function; what follows all branches ends it.
      this.writeFunction(left, this.line);
      if (left.functionName !== 0) this.openVariants.push(this.lastEnd);
    }
    if (state.mode === Mode.body && (left.mode !== Mode.body || !same)) {
      // The branch before closed the function that this one is still in.
      state.written = closed;
      state.firstCall = this.callWords;
    }
  }
}
