import type { Primitive } from '../kernel/primitive.ts';
import { scan } from '../syntax/preprocess/scan.ts';
import type { FunctionDef, GlobalDef, Initialiser, LocalVariable } from './ast.ts';
import type { CType } from './ctype.ts';
import { CReadError } from './read/cursor.ts';
import { declarator, specifiers } from './read/declarations.ts';
import { Names } from './read/names.ts';
import { Parser } from './read/parser.ts';
import { Scope } from './read/scope.ts';
import { blockItems, inMemory } from './read/statements.ts';
import type { SourceUnit } from './read/unit.ts';

export { CReadError } from './read/cursor.ts';

/**
 * Reads the C of one translation unit into typed trees, a function or object at a time.
 *
 * Why not tree-sitter here: once macros are expanded, C can only be read by somebody who knows its types (`(u64)-x * y`
 * is a cast for a typedef and a subtraction for a variable). tree-sitter stays the reader of source as it is written.
 */
export class Reader {
  private readonly names: Names;
  private readonly globals = new Map<string, GlobalDef | undefined>();

  constructor(
    private readonly unit: SourceUnit,
    private readonly primitives: ReadonlyMap<string, Primitive>,
  ) {
    this.names = new Names(unit, primitives);
  }

  resolves(name: string): 'function' | 'prototype' | 'variable' | 'extern' | 'primitive' | undefined {
    if (this.primitives.has(name)) return 'primitive';
    const kind = this.unit.find(name)?.kind;
    return kind === 'function' || kind === 'prototype' || kind === 'variable' || kind === 'extern' ? kind : undefined;
  }

  isStatic(name: string): boolean {
    return this.unit.find(name)?.static ?? false;
  }

  whereIs(name: string): { file: string; line: number } | undefined {
    const item = this.unit.find(name);
    return item && { file: item.file, line: item.line };
  }

  /** @throws CReadError naming the construct and its line; InputError when there is no such function */
  function(name: string): FunctionDef {
    const item = this.unit.find(name);
    if (item?.kind !== 'function') throw new CReadError(`${name} is not a function defined here`, this.unit.path, 1);
    const tokens = this.names.expanded(this.unit.tokens(item), name);
    const p = new Parser(tokens, item.file, this.names);
    const spec = specifiers(p);
    const d = declarator(p, spec);
    const { type } = d;
    if (type.kind !== 'function' || !p.cursor.is('{')) return p.fail(`${name} cannot be read as a function`);
    const locals: LocalVariable[] = [];
    p.scope = new Scope(undefined);
    const params = (d.params ?? []).map((param, i): LocalVariable => {
      const variable = {
        name: param.name ?? `unnamed${i + 1}`,
        type: param.type,
        line: param.line,
        parameter: true,
        static: false,
        const: param.const,
        addressed: inMemory(param.type),
      };
      p.scope!.names.set(variable.name, { kind: 'local', variable });
      locals.push(variable);
      return variable;
    });
    p.body = { name, returns: type.returns, locals, switches: [] };
    const body = blockItems(p);
    return {
      name,
      file: item.file,
      line: item.line,
      endLine: tokens[tokens.length - 1]?.line ?? item.line,
      type,
      static: item.static,
      params,
      locals,
      body,
    };
  }

  /** An object with static storage that this unit defines; undefined when it does not. */
  global(name: string): GlobalDef | undefined {
    if (!this.globals.has(name)) this.globals.set(name, this.readGlobal(name));
    return this.globals.get(name);
  }

  private readGlobal(name: string): GlobalDef | undefined {
    const item = this.unit.find(name);
    if (item?.kind !== 'variable') return undefined;
    const p = new Parser(this.names.expanded(this.unit.tokens(item), name), item.file, this.names);
    const spec = specifiers(p);
    do {
      const d = declarator(p, spec);
      let { type } = d;
      let init: Initialiser | undefined;
      if (p.cursor.accept('=')) ({ init, type } = p.initialiser(type));
      if (d.name === name)
        return { name, file: item.file, line: item.line, type, const: d.const, static: item.static, init };
    } while (p.cursor.accept(','));
    return undefined;
  }

  /** `struct page`, `pte_t *` … */
  type(text: string): CType {
    return this.parserOver(text).typeName();
  }

  /** The value of a constant expression in the unit's terms. */
  constant(text: string): bigint {
    return this.parserOver(text).constant().value;
  }

  private parserOver(text: string): Parser {
    const tokens = scan(text, this.unit.path).within(0, text.length);
    return new Parser(this.names.expanded(tokens), this.unit.path, this.names);
  }
}
