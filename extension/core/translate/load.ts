import type { Callable, Ptr, Running, Scalar, Thread } from '../machine/abi.ts';
import { InputError } from '../text/source.ts';
import type { Expr, Initialiser } from './ast.ts';
import type { CField, CType } from './ctype.ts';
import type { LinkedFunction, LinkedGlobal, Program } from './program.ts';
import { alignOfType, isWide, repOf, scalarOf, sizeOfType } from './write/rep.ts';
import { runtime } from './write/runtime.ts';

/** What a program needs of a machine to be put on it. */
export interface Host {
  defineFunction(info: LinkedFunction['info'], run: Callable): Ptr;
  defineGlobal(
    name: string,
    size: number,
    align: number,
    options: { const: boolean; describe?: (offset: number, type?: string) => string },
  ): Ptr;
  string(bytes: string): Ptr;
  /** Before any thread runs: initial values. */
  poke(p: Ptr, scalar: Scalar, value: number | bigint): void;
  peek(p: Ptr, scalar: Scalar): number | bigint;
}

/** A program on a machine, ready to run. */
export interface Loaded {
  /** The translated function; call it with a thread and its C arguments. */
  entry(fn: LinkedFunction): Callable;
  addressOf(global: LinkedGlobal): Ptr;
  /** Initialisers that could not be computed: the object is zero there, and this says so. */
  readonly incomplete: readonly {
    readonly name: string;
    readonly why: string;
    readonly file: string;
    readonly line: number;
  }[];
}

type Factory = ($: Record<string, unknown>) => Record<string, Callable>;
const factories = new WeakMap<Program, Factory>();

/** The whole program as one JavaScript function body. */
export function moduleText(program: Program): string {
  const names = program.functions.filter(f => f.written).map(f => f.id);
  const primitives = [...new Set(program.functions.flatMap(f => [...f.uses.primitives]))];
  const struct = [...program.fields].map(
    ([record, fields]) => `  ${record}: { ${[...fields].map(([f, o]) => `${f}: ${o}`).join(', ')} },`,
  );
  return [
    "'use strict';",
    `const { ${Object.keys(runtime).join(', ')} } = $.runtime;`,
    `const { ${primitives.join(', ')} } = $.primitives;`,
    'const F = $.functions, $fn = $.addresses;',
    ...program.globals.map((g, i) => `const ${g.id} = $.globals[${i}];`),
    ...[...program.texts].map(([, name], i) => `const ${name} = $.texts[${i}];`),
    ...[...program.constants].map(([name, literal]) => `const ${name} = ${literal};`),
    `const struct = {\n${struct.join('\n')}\n};`,
    ...program.functions.flatMap(f => (f.written ? f.written.lines.map(l => l.text) : [])),
    `return { ${names.join(', ')} };`,
  ].join('\n');
}

/** Puts a program on a machine: gives every function that is pointed at and every object its address, and initialises. */
export function loadProgram(program: Program, host: Host): Loaded {
  let factory = factories.get(program);
  if (!factory) {
    factory = new Function('$', moduleText(program)) as Factory;
    factories.set(program, factory);
  }
  let compiled: Record<string, Callable> = {};
  const addresses: Record<string, Ptr> = {};
  for (const fn of program.functions) {
    const run = (...args: never[]): unknown => {
      const body = compiled[fn.id];
      return body ? (body as (...a: never[]) => unknown)(...args) : unmodelledCall(args[0]!, fn.name);
    };
    addresses[fn.id] = host.defineFunction(fn.info, run as Callable);
  }
  const globals = program.globals.map(g =>
    host.defineGlobal(g.name, Math.max(1, sizeOfType(g.type)), alignOfType(g.type), {
      const: g.const,
      describe: (offset, type) => `${g.name}${pathIn(g.type, offset, type)}`,
    }),
  );
  const texts = [...program.texts.keys()].map(bytes => host.string(bytes));
  compiled = factory({
    runtime,
    primitives: Object.fromEntries([...program.primitives.values()].map(p => [p.name, p.run])),
    functions: Object.fromEntries(program.functions.map(f => [f.id, f.info])),
    addresses,
    globals,
    texts,
  });
  const loader = new GlobalLoader(program, host, addresses, globals);
  program.globals.forEach((g, i) => void loader.initialise(g, globals[i]!));
  return {
    entry: fn => compiled[fn.id]!,
    addressOf: g => globals[program.globals.indexOf(g)]!,
    incomplete: loader.incomplete,
  };
}

/** A call through a pointer to a function that has no model; gives 0, as direct calls of such functions do. */
function* unmodelledCall(k: Thread, name: string): Running<number> {
  yield* k.unmodelled(name, k.calledFrom);
  return 0;
}

/**
 * `.page_table_lock`, `.a.b[3]`: the path from an object to what begins at `offset` in it: to the outermost such thing,
 * or to the outermost one of the type that is named (`spinlock_t`), where there is one.
 */
export function pathIn(type: CType, offset: number, wanted?: string): string {
  return (wanted === undefined ? undefined : descend(type, offset, wanted)) ?? descend(type, offset, undefined) ?? '';
}

function descend(type: CType, offset: number, wanted: string | undefined): string | undefined {
  if (offset === 0 && (wanted === undefined || isNamed(type, wanted))) return '';
  if (type.kind === 'record') {
    for (const field of [...type.record.fields].reverse()) {
      if (field.offset > offset || (field.offset + sizeOfType(field.type) <= offset && offset !== field.offset))
        continue;
      const rest = descend(field.type, offset - field.offset, wanted);
      if (rest === undefined) continue;
      return field.name === undefined ? rest : `.${field.name}${rest}`;
    }
  }
  if (type.kind === 'array' && sizeOfType(type.of) > 0) {
    const rest = descend(type.of, offset % sizeOfType(type.of), wanted);
    if (rest !== undefined) return `[${Math.floor(offset / sizeOfType(type.of))}]${rest}`;
  }
  return wanted === undefined ? `+${offset}` : undefined;
}

const isNamed = (type: CType, name: string): boolean =>
  type.kind === 'record' && (type.name === name || type.record.tag === name);

class GlobalLoader {
  readonly incomplete: { name: string; why: string; file: string; line: number }[] = [];

  constructor(
    private readonly program: Program,
    private readonly host: Host,
    private readonly addresses: Readonly<Record<string, Ptr>>,
    private readonly globals: readonly Ptr[],
  ) {}

  initialise(global: LinkedGlobal, address: Ptr): void {
    if (!global.init) return;
    this.put(global, address, global.type, global.init);
  }

  private put(global: LinkedGlobal, address: Ptr, type: CType, init: Initialiser): void {
    if (init.kind === 'scalar') {
      this.putValue(global, address, type, init.value, undefined);
      return;
    }
    for (const part of init.parts) this.putValue(global, address + part.offset, part.type, part.value, part.bits);
  }

  private putValue(global: LinkedGlobal, address: Ptr, type: CType, e: Expr, bits: CField['bits']): void {
    if (e.kind === 'string' && type.kind === 'array') {
      const length = Math.min(e.bytes.length, sizeOfType(type));
      for (let i = 0; i < length; i++) this.host.poke(address + i, 'u8', e.bytes.charCodeAt(i));
      return;
    }
    if (e.kind === 'compound' && repOf(type) === 'memory') {
      this.put(global, address, type, e.init);
      return;
    }
    const scalar = scalarOf(type);
    try {
      if (scalar === undefined) throw new InputError(`an initialiser of this form (${e.kind})`);
      const v = this.constant(global, e);
      this.host.poke(address, scalar, bits ? this.withBits(address, scalar, v, bits) : normal(v, scalar));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.incomplete.push({ name: global.name, why: error.message, file: global.unit.path, line: e.line });
    }
  }

  private withBits(address: Ptr, scalar: Scalar, v: bigint, bits: NonNullable<CField['bits']>): number | bigint {
    const mask = ((1n << BigInt(bits.width)) - 1n) << BigInt(bits.shift);
    const old = BigInt.asUintN(64, BigInt(this.host.peek(address, scalar)));
    return normal((old & ~mask) | ((v << BigInt(bits.shift)) & mask), scalar);
  }

  /** An address constant or arithmetic constant (C11 6.6), as an integer. */
  private constant(global: LinkedGlobal, e: Expr): bigint {
    switch (e.kind) {
      case 'int':
        return e.value;
      case 'string':
        return BigInt(this.host.string(e.bytes));
      case 'function': {
        const { program } = this;
        const fn = program.resolve(global.unit, e.name) ?? program.unknownFunction(global.unit, e.name);
        return BigInt(this.addresses[fn.id]!);
      }
      case 'global':
        return BigInt(this.globals[this.program.globals.indexOf(this.program.globalOf(global.unit, e))]!);
      case 'decay':
      case 'address':
        return this.constant(global, e.arg);
      case 'member':
        return this.constant(global, e.base) + BigInt(e.field.offset);
      case 'deref':
        return this.constant(global, e.arg);
      case 'container':
        return this.constant(global, e.arg) - BigInt(e.offset);
      case 'cast': {
        const scalar = scalarOf(e.type);
        const v = this.constant(global, e.arg);
        return scalar === undefined ? v : BigInt(normal(v, scalar));
      }
      case 'pointer': {
        if (e.op === 'diff') return (this.constant(global, e.left) - this.constant(global, e.right)) / BigInt(e.size);
        const by = this.constant(global, e.right) * BigInt(e.size);
        return this.constant(global, e.left) + (e.op === '+' ? by : -by);
      }
      case 'compound': {
        if (e.init.kind === 'scalar') return this.constant(global, e.init.value);
        const only = e.init.parts[0];
        if (repOf(e.type) !== 'memory') return only ? this.constant(global, only.value) : 0n;
        const address = this.host.defineGlobal(
          `${global.name} (compound literal)`,
          sizeOfType(e.type),
          alignOfType(e.type),
          { const: false },
        );
        this.put(global, address, e.type, e.init);
        return BigInt(address);
      }
      case 'binary':
        return fold(e.op, this.constant(global, e.left), this.constant(global, e.right));
      default:
        throw new InputError(`an initialiser with a ${e.kind} expression`);
    }
  }
}

function fold(op: string, a: bigint, b: bigint): bigint {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '|':
      return a | b;
    case '&':
      return a & b;
    case '*':
      return a * b;
    default:
      throw new InputError(`an initialiser with ${op} of addresses`);
  }
}

function normal(v: bigint, scalar: Scalar): number | bigint {
  if (scalar === 'bool') return v === 0n ? 0 : 1;
  if (scalar === 'ptr') return Number(BigInt.asIntN(64, v));
  const bits = Number(scalar.slice(1));
  const cut = scalar.startsWith('i') ? BigInt.asIntN(bits, v) : BigInt.asUintN(bits, v);
  return isWide(scalar) ? cut : Number(cut);
}
