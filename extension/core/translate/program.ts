import type { Primitive } from '../kernel/primitive.ts';
import type { FunctionInfo } from '../machine/abi.ts';
import { InputError } from '../text/source.ts';
import type { Expr, FunctionDef, GlobalDef, GlobalExpr, Initialiser, LocalVariable } from './ast.ts';
import type { CType } from './ctype.ts';
import type { Reader } from './reader.ts';
import { type WrittenFunction, writeFunction } from './write/function.ts';
import { Names } from './write/names.ts';
import type { RuntimeName } from './write/runtime.ts';
import type { Callee, Linker } from './write/state.ts';

/** One translation unit that takes part in a program. */
export interface LinkUnit {
  readonly path: string;
  readonly reader: Reader;
  /** A scenario may call the static functions of the other units, as a KUnit test that includes a .c file does. */
  readonly seesStatics: boolean;
}

/** A C function in the program. `written` is undefined and `failure` says why when it could not be translated. */
export interface LinkedFunction {
  readonly id: string;
  readonly unit: LinkUnit;
  readonly name: string;
  def: FunctionDef | undefined;
  info: FunctionInfo;
  written: WrittenFunction | undefined;
  failure: string | undefined;
  visible: boolean;
  readonly uses: Uses;
}

/** A C object with static storage. */
export interface LinkedGlobal {
  readonly id: string;
  readonly name: string;
  readonly type: CType;
  readonly const: boolean;
  readonly init: Initialiser | undefined;
  readonly unit: LinkUnit;
  /** Declared, but defined in none of the program's units: zero, and said so. */
  readonly missing: boolean;
}

/** What one function's text refers to, so that it can be shown with just the declarations it needs. */
export interface Uses {
  readonly callees: Set<LinkedFunction>;
  readonly primitives: Set<string>;
  readonly globals: Set<LinkedGlobal>;
  readonly addresses: Set<LinkedFunction>;
  readonly constants: Map<string, string>;
  readonly fields: Map<string, Map<string, number>>;
  readonly helpers: Set<RuntimeName>;
  readonly texts: Set<string>;
  readonly unmodelled: Map<string, string>;
}

const newUses = (): Uses => ({
  callees: new Set(),
  primitives: new Set(),
  globals: new Set(),
  addresses: new Set(),
  constants: new Map(),
  fields: new Map(),
  helpers: new Set(),
  texts: new Set(),
  unmodelled: new Map(),
});

/**
 * The functions that a scenario (or one function to be shown) needs, found by following calls, function pointers and
 * initialisers from its entry points, each translated once.
 *
 * Invariants: `functions` is closed under calls; a function is `visible` exactly when it can reach a visible step;
 * names are unique across the program and are C's own wherever possible.
 */
export class Program {
  readonly functions: LinkedFunction[] = [];
  readonly globals: LinkedGlobal[] = [];
  readonly texts = new Map<string, string>();
  readonly constants = new Map<string, string>();
  readonly fields = new Map<string, Map<string, number>>();
  private readonly names = new Names();
  private readonly byKey = new Map<string, LinkedFunction>();
  private readonly resolved = new Map<LinkUnit, Map<string, LinkedFunction | undefined>>();
  private readonly unknown = new Map<string, LinkedFunction>();
  private readonly globalsByKey = new Map<string | LocalVariable, LinkedGlobal>();
  private readonly constantNames = new Map<string, string>();
  private readonly infoNames = new Map<LinkedFunction, string>();

  private constructor(
    readonly units: readonly LinkUnit[],
    readonly primitives: ReadonlyMap<string, Primitive>,
    /** Models keep account of what values depend on (write/dependencies.ts). */
    readonly tracks: boolean,
  ) {
    for (const name of primitives.keys()) this.names.claim(name);
    for (const name of [
      'U64',
      'I64',
      'toI32',
      'toU32',
      'toPtr',
      'ulong',
      'below',
      'div',
      'mod',
      'divBig',
      'modBig',
      'keep',
    ])
      this.names.claim(name);
  }

  /**
   * @param entries functions by the unit that defines them
   * @throws InputError when an entry point itself is not there or cannot be translated
   */
  static link(
    units: readonly LinkUnit[],
    entries: readonly { unit: LinkUnit; name: string }[],
    primitives: ReadonlyMap<string, Primitive>,
    tracks = false,
  ): Program {
    const program = new Program(units, primitives, tracks);
    for (const { unit, name } of entries) {
      const found = program.resolve(unit, name);
      if (!found) throw new InputError(`${unit.path}: no function ${name} is defined there`, { file: unit.path });
    }
    program.read();
    program.settle();
    program.write();
    for (const { unit, name } of entries) {
      const found = program.resolve(unit, name)!;
      if (found.failure !== undefined) throw new InputError(found.failure, { file: unit.path });
    }
    return program;
  }

  /** The function that `name` means in a unit: its own, else an external one of another unit. */
  resolve(unit: LinkUnit, name: string): LinkedFunction | undefined {
    let table = this.resolved.get(unit);
    if (!table) this.resolved.set(unit, (table = new Map()));
    if (table.has(name)) return table.get(name);
    const found = this.lookUp(unit, name);
    table.set(name, found);
    return found;
  }

  private lookUp(unit: LinkUnit, name: string): LinkedFunction | undefined {
    if (unit.reader.resolves(name) === 'function') return this.add(unit, name);
    for (const other of this.units) {
      if (other === unit || other.reader.resolves(name) !== 'function') continue;
      if (unit.seesStatics || !other.reader.isStatic(name)) return this.add(other, name);
    }
    return undefined;
  }

  private add(unit: LinkUnit, name: string): LinkedFunction {
    const where = unit.reader.whereIs(name)!;
    const key = `${where.file}:${where.line}:${name}`;
    const known = this.byKey.get(key);
    if (known) return known;
    const fn: LinkedFunction = {
      id: this.names.claim(name),
      unit,
      name,
      def: undefined,
      info: { name, file: where.file, line: where.line },
      written: undefined,
      failure: undefined,
      visible: false,
      uses: newUses(),
    };
    this.byKey.set(key, fn);
    this.functions.push(fn);
    return fn;
  }

  /** A function whose address is taken and which nobody has: it has an address, and calls of it are unmodelled. */
  unknownFunction(unit: LinkUnit, name: string): LinkedFunction {
    const known = this.unknown.get(name);
    if (known) return known;
    const fn: LinkedFunction = {
      id: this.names.claim(name),
      unit,
      name,
      def: undefined,
      info: { name, file: unit.path, line: 0 },
      written: undefined,
      failure: 'its address is taken, but no definition is in the sources of this scenario',
      visible: true,
      uses: newUses(),
    };
    this.unknown.set(name, fn);
    this.functions.push(fn);
    return fn;
  }

  /** Reads and writes every function once, as if no callee were visible; the list grows while it runs. */
  private read(): void {
    for (let f = 0, g = 0; f < this.functions.length || g < this.globals.length; ) {
      if (f < this.functions.length) this.readFunction(this.functions[f++]!);
      else this.readGlobal(this.globals[g++]!);
    }
  }

  private readFunction(fn: LinkedFunction): void {
    if (fn.failure !== undefined) return;
    try {
      fn.def = fn.unit.reader.function(fn.name);
      fn.info = { name: fn.name, file: fn.def.file, line: fn.def.line };
      fn.visible = writeFunction(fn.def, fn.id, new FunctionLinker(this, fn, false), false).visible;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      fn.failure = error.message;
      fn.visible = true;
    }
  }

  /** What an initialiser refers to becomes part of the program. */
  private readGlobal(global: LinkedGlobal): void {
    const linker = new FunctionLinker(this, { unit: global.unit, uses: newUses() }, false);
    const visit = (e: Expr): void => {
      if (e.kind === 'function') linker.functionAddress(e.name);
      else if (e.kind === 'global') linker.global(e);
      else if (e.kind === 'string') linker.text(e.bytes);
      else if (e.kind === 'compound') visitInit(e.init);
      else if (e.kind === 'member') visit(e.base);
      else if (e.kind === 'binary' || e.kind === 'pointer') [e.left, e.right].forEach(x => void visit(x));
      else if ('arg' in e) visit(e.arg);
    };
    const visitInit = (init: Initialiser): void => {
      if (init.kind === 'scalar') visit(init.value);
      else for (const part of init.parts) visit(part.value);
    };
    if (global.init) visitInit(global.init);
  }

  /** Visibility flows from callees to callers. */
  private settle(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const fn of this.functions) {
        if (fn.visible) continue;
        for (const callee of fn.uses.callees) if (callee.visible) changed = fn.visible = true;
      }
    }
  }

  private write(): void {
    for (const fn of this.functions) {
      if (!fn.def || fn.failure !== undefined) continue;
      const uses = fn.uses;
      for (const part of [
        uses.callees,
        uses.primitives,
        uses.globals,
        uses.addresses,
        uses.helpers,
        uses.texts,
        uses.constants,
        uses.fields,
        uses.unmodelled,
      ])
        part.clear();
      fn.written = writeFunction(fn.def, fn.id, new FunctionLinker(this, fn, true), false, this.tracks);
    }
  }

  /** The same function with its types, for reading. */
  typescript(fn: LinkedFunction): WrittenFunction | undefined {
    return fn.def && fn.failure === undefined
      ? writeFunction(fn.def, fn.id, new FunctionLinker(this, fn, true), true)
      : undefined;
  }

  /** The object that a global (or function-static) expression means in a unit. */
  globalOf(unit: LinkUnit, e: GlobalExpr): LinkedGlobal {
    if (e.static)
      return this.addGlobal(
        e.static,
        e.name,
        unit,
        { type: e.static.type, const: e.static.const, init: e.static.init },
        false,
      );
    const own = unit.reader.resolves(e.name) === 'variable' ? unit : undefined;
    const home =
      own ??
      this.units.find(
        u => u.reader.resolves(e.name) === 'variable' && (unit.seesStatics || !u.reader.global(e.name)?.static),
      );
    const def: GlobalDef | undefined = home?.reader.global(e.name);
    if (!home || !def)
      return this.addGlobal(`extern ${e.name}`, e.name, unit, { type: e.type, const: false, init: undefined }, true);
    return this.addGlobal(`${def.file}:${def.line}:${def.name}`, e.name, home, def, false);
  }

  private addGlobal(
    key: string | LocalVariable,
    name: string,
    unit: LinkUnit,
    def: { readonly type: CType; readonly const: boolean; readonly init: Initialiser | undefined },
    missing: boolean,
  ): LinkedGlobal {
    const known = this.globalsByKey.get(key);
    if (known) return known;
    const global: LinkedGlobal = {
      id: this.names.claim(name),
      name,
      unit,
      missing,
      type: def.type,
      const: def.const,
      init: def.init,
    };
    this.globalsByKey.set(key, global);
    this.globals.push(global);
    return global;
  }

  textName(bytes: string): string {
    let name = this.texts.get(bytes);
    if (name === undefined) this.texts.set(bytes, (name = this.names.claim(`text${this.texts.size + 1}`)));
    return name;
  }

  /** One name per macro and representation: `PTRS_PER_PTE` is 512 where C takes an int, `PTRS_PER_PTE$2` 512n elsewhere. */
  constantName(name: string, literal: string): string {
    const key = `${name} ${literal}`;
    let claimed = this.constantNames.get(key);
    if (claimed === undefined) {
      claimed = this.names.claim(name);
      this.constantNames.set(key, claimed);
      this.constants.set(claimed, literal);
    }
    return claimed;
  }

  fieldName(record: string, field: string, offset: number): string | undefined {
    let fields = this.fields.get(record);
    if (!fields) this.fields.set(record, (fields = new Map()));
    const known = fields.get(field);
    if (known !== undefined && known !== offset) return undefined;
    fields.set(field, offset);
    return `struct.${record}.${field}`;
  }

  /** `F.name`: the constant with a function's FunctionInfo. */
  infoName(fn: LinkedFunction): string {
    let name = this.infoNames.get(fn);
    if (name === undefined) this.infoNames.set(fn, (name = `F.${fn.id}`));
    return name;
  }
}

/** The linker's answers to one function, noting what it uses. */
class FunctionLinker implements Linker {
  constructor(
    private readonly program: Program,
    private readonly from: Pick<LinkedFunction, 'unit' | 'uses'>,
    /** All functions have been read: failures and visibility are known. */
    private readonly final: boolean,
  ) {}

  callee(name: string): Callee {
    const fn = this.program.resolve(this.from.unit, name);
    const why = fn
      ? this.final
        ? fn.failure
        : undefined
      : 'no definition in the sources of this scenario, and no primitive';
    if (!fn || why !== undefined) {
      this.from.uses.unmodelled.set(name, why!);
      if (fn) this.from.uses.callees.add(fn);
      return { kind: 'unmodelled', why: why! };
    }
    this.from.uses.callees.add(fn);
    return { kind: 'model', id: fn.id, visible: this.final && fn.visible };
  }

  primitive(name: string): Primitive {
    this.from.uses.primitives.add(name);
    return this.program.primitives.get(name)!;
  }

  global(e: GlobalExpr): string {
    const global = this.program.globalOf(this.from.unit, e);
    this.from.uses.globals.add(global);
    return global.id;
  }

  functionAddress(name: string): string {
    const fn = this.program.resolve(this.from.unit, name) ?? this.program.unknownFunction(this.from.unit, name);
    if (fn.failure !== undefined) this.from.uses.unmodelled.set(name, fn.failure);
    this.from.uses.addresses.add(fn);
    return `$fn.${fn.id}`;
  }

  text(bytes: string): string {
    this.from.uses.texts.add(bytes);
    return this.program.textName(bytes);
  }

  constant(name: string, literal: string): string {
    const claimed = this.program.constantName(name, literal);
    this.from.uses.constants.set(claimed, literal);
    return claimed;
  }

  field(record: string, name: string, offset: number): string | undefined {
    const text = this.program.fieldName(record, name, offset);
    if (text !== undefined) {
      let fields = this.from.uses.fields.get(record);
      if (!fields) this.from.uses.fields.set(record, (fields = new Map()));
      fields.set(name, offset);
    }
    return text;
  }

  helper(name: RuntimeName): string {
    this.from.uses.helpers.add(name);
    return name;
  }

  info(def: FunctionDef): string {
    const fn = this.program.functions.find(f => f.def === def);
    return fn ? this.program.infoName(fn) : 'undefined';
  }
}
