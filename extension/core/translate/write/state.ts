import type { Primitive } from '../../kernel/primitive.ts';
import { InputError } from '../../text/source.ts';
import type { Expr, FunctionDef, GlobalExpr, LocalVariable, Stmt } from '../ast.ts';
import type { CType } from '../ctype.ts';
import type { Code } from './code.ts';
import { alignOfType, sizeOfType, tsType } from './rep.ts';
import type { RuntimeName } from './runtime.ts';

/** What stands behind a called name. */
export type Callee =
  | { readonly kind: 'model'; readonly id: string; readonly visible: boolean }
  | { readonly kind: 'unmodelled'; readonly why: string };

/** What the writer of one function asks of the program that it becomes part of. Every answer is a JavaScript name. */
export interface Linker {
  callee(name: string): Callee;
  primitive(name: string): Primitive;
  /** The constant that holds a global's address. */
  global(expr: GlobalExpr): string;
  functionAddress(name: string): string;
  text(bytes: string): string;
  /** A constant named after a macro or enumerator; undefined when the name already means another value. */
  constant(name: string, literal: string): string | undefined;
  /** `struct.page.lru`, or undefined when the name already means another offset. */
  field(record: string, name: string, offset: number): string | undefined;
  helper(name: RuntimeName): string;
  /** The constant with the function's FunctionInfo. */
  info(def: FunctionDef): string;
}

/** C that the writer has no rendering for. Costs its own function only: calls to it become unmodelled. */
export class WriteError extends InputError {
  constructor(what: string, file: string, line: number) {
    super(`${file}:${line}: cannot translate ${what}`, { file, line });
  }
}

export interface Line {
  readonly text: string;
  /** C line, 0 for lines without one. */
  readonly line: number;
}

// What JavaScript, or the writer itself, already uses.
const TAKEN = new Set(
  `k $ F struct arguments await break case catch class const continue debugger default delete do else enum eval export
  extends false finally for function if implements import in instanceof interface let new null of package private
  protected public return static super switch this throw true try typeof undefined var void while with yield async
  BigInt Number Math Ptr Thread Running NaN Infinity`.split(/\s+/),
);

/** What encloses the statement being written and can be jumped out of. A label is given when a jump needs one. */
export interface Jump {
  readonly kind: 'loop' | 'switch' | 'forward' | 'backward' | 'expression';
  label: string | undefined;
}

/** Everything that is known while one function is being written. */
export class State {
  lines: Line[] = [];
  indent = 1;
  /** Set once by the writer of functions: expressions, places and statements contain one another. */
  value!: (e: Expr) => Code;
  statements!: (body: readonly Stmt[]) => void;
  /** A visible step was written since this was last cleared: the enclosing JavaScript function must be a generator. */
  yields = false;
  frameSize = 0;
  ticks = false;
  /** What the values of expressions depend on, where a variable says so (dependencies.ts). */
  readonly known = new Map<Expr, string>();
  private readonly besides = new Map<LocalVariable, string>();
  readonly hoisted: string[] = [];
  readonly jumps: Jump[] = [];
  private readonly hoistedLocals = new Set<LocalVariable>();
  readonly hoistLocals: boolean;
  private readonly names = new Map<LocalVariable, string>();
  private readonly used = new Set<string>();
  private readonly slots = new Map<LocalVariable, number>();
  private temps = 0;
  private labels = 0;

  constructor(
    readonly def: FunctionDef,
    readonly linker: Linker,
    /** TypeScript for reading; else JavaScript for running: the same text with the types blanked out. */
    readonly typescript: boolean,
    hasGoto: boolean,
    /** The text keeps account of what values depend on. */
    readonly tracks = false,
  ) {
    this.hoistLocals = hasGoto;
    for (const variable of def.locals) {
      if (variable.static) continue;
      let name = TAKEN.has(variable.name) ? `${variable.name}_` : variable.name;
      // Hoisted locals share one scope; elsewhere JavaScript's blocks shadow as C's do.
      for (let n = 2; hasGoto && this.used.has(name); n++) name = `${variable.name}_${n}`;
      this.used.add(name);
      this.names.set(variable, name);
      if (needsMemory(variable)) this.slots.set(variable, this.slot(variable.type));
    }
  }

  /** `text` in TypeScript, as many blanks in JavaScript, so that both have the same lines and columns. */
  ty(text: string): string {
    return this.typescript ? text : ' '.repeat(text.length);
  }

  push(text: string, line: number): void {
    for (const part of text.split('\n')) this.lines.push({ text: '  '.repeat(this.indent) + part, line });
  }

  /** A loop's round counted; the machine has to know whose loop it is. */
  tick(line: number): void {
    this.ticks = true;
    this.push(`k.tick(${line});`, line);
  }

  /** Runs `body` with its lines going to a buffer of their own. */
  buffered(body: () => void): Line[] {
    const outer = this.lines;
    this.lines = [];
    body();
    const inner = this.lines;
    this.lines = outer;
    return inner;
  }

  name(variable: LocalVariable): string {
    const name = this.names.get(variable);
    if (name === undefined)
      throw new WriteError(`a reference to ${variable.name} from outside its function`, this.def.file, variable.line);
    return name;
  }

  /** Offset in the frame of a local that lives in memory. */
  slotOf(variable: LocalVariable): number {
    return this.slots.get(variable)!;
  }

  /** New room in the frame; gives its offset. */
  slot(type: CType): number {
    const align = Math.max(8, Math.min(64, alignOfType(type)));
    const offset = Math.ceil(this.frameSize / align) * align;
    this.frameSize = offset + Math.max(8, sizeOfType(type));
    return offset;
  }

  temp(type: string): string {
    const name = `$${++this.temps}`;
    // What is never evaluated depends on nothing.
    const initial = type === 'Dependencies' ? ' = k.none' : '';
    this.hoisted.push(`let ${name}${this.ty(`${initial ? '' : '!'}: ${type}`)}${initial};`);
    return name;
  }

  /** The variable that says what a local depends on. */
  beside(variable: LocalVariable): string {
    let name = this.besides.get(variable);
    if (name === undefined) {
      name = `$d${this.besides.size + 1}`;
      this.besides.set(variable, name);
      this.hoisted.push(`let ${name}${this.ty(': Dependencies')} = k.none;`);
    }
    return name;
  }

  /** Declares a local at the function's top instead of where C does; gives its name. */
  hoist(variable: LocalVariable): string {
    const name = this.name(variable);
    if (this.hoistLocals || this.hoistedLocals.has(variable) || variable.static) return name;
    this.hoistedLocals.add(variable);
    let unique = name;
    for (let n = 2; this.used.has(`${unique}!`); n++) unique = `${name}$${n}`;
    this.used.add(`${unique}!`);
    this.names.set(variable, unique);
    if (needsMemory(variable)) this.hoisted.push(`const ${unique}${this.ty(': Ptr')} = $ + ${this.slotOf(variable)};`);
    else this.hoisted.push(`let ${unique}${this.ty(`!: ${tsType(variable.type)}`)};`);
    return unique;
  }

  isHoisted(variable: LocalVariable): boolean {
    return this.hoistedLocals.has(variable);
  }

  /** Jumps do not cross into the function that a statement expression becomes. */
  enterExpression(): number {
    this.jumps.push({ kind: 'expression', label: undefined });
    return this.jumps.length;
  }

  leaveExpression(depth: number): void {
    this.jumps.length = depth - 1;
  }

  get inExpression(): boolean {
    return this.jumps.some(j => j.kind === 'expression');
  }

  label(): string {
    return `loop${++this.labels}`;
  }

  fail(what: string, line: number): never {
    throw new WriteError(what, this.def.file, line);
  }
}

/** Whether a local lives in the stack frame rather than in a JavaScript variable. */
export function needsMemory(variable: LocalVariable): boolean {
  return variable.addressed;
}

/** An expression's own line, or the function's when it has none. */
export const lineOf = (e: Expr, state: State): number => (e.line > 0 ? e.line : state.def.line);
