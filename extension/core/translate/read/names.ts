import type { Primitive } from '../../kernel/primitive.ts';
import { scan } from '../../syntax/preprocess/scan.ts';
import type { CToken } from '../../syntax/token.ts';
import { InputError } from '../../text/source.ts';
import type { IntExpr } from '../ast.ts';
import type { CRecord, IntType } from '../ctype.ts';
import { KEPT } from './builtins.ts';
import { GENERIC } from './calls.ts';
import { declarator, specifiers, unitEntity } from './declarations.ts';
import { completeLater } from './layout.ts';
import { Parser } from './parser.ts';
import { type Entity, type PrimitiveParam, type PrimitiveShape, Scope, type UnitNames } from './scope.ts';
import { intType } from './types.ts';
import type { SourceItem, SourceUnit } from './unit.ts';

/** The names of a unit, read from their declarations when they are first asked for. */
export class Names implements UnitNames {
  private readonly entities = new Map<string, Entity>();
  private readonly absent = new Set<string>();
  private readonly reading = new Set<string>();
  private readonly records = new Map<string, CRecord>();
  private readonly claimed = new Set<CRecord>();
  private readonly enums = new Map<string, IntType>();
  private readonly constants = new Map<string, IntExpr | undefined>();
  private readonly shapes = new Map<string, PrimitiveShape | undefined>();
  private readonly itemsRead = new Set<string>();

  constructor(
    private readonly unit: SourceUnit,
    private readonly primitives: ReadonlyMap<string, Primitive>,
  ) {}

  /** What macro expansion must leave alone: builtins, primitives, and constants that people know by their name. */
  readonly keep = (name: string): boolean =>
    KEPT.has(name) || this.primitives.has(name) || this.macroConstant(name) !== undefined;

  /** @param own the name being declared: a macro of that name came later, or stands for it */
  expanded(tokens: readonly CToken[], own?: string): CToken[] {
    return this.unit.expand(tokens, own === undefined ? this.keep : name => name === own || this.keep(name));
  }

  macroConstant(name: string): IntExpr | undefined {
    if (this.constants.has(name)) return this.constants.get(name);
    this.constants.set(name, undefined); // while it is computed: a macro that needs itself is no constant
    const macro = this.unit.macro(name);
    if (!macro || macro.params !== undefined || macro.body.length === 0 || macro.body.length > 64) return undefined;
    const first = macro.body[0]!;
    if (first.kind === 'str' || (first.kind === 'punct' && !/^[(~+-]$/.test(first.text)) || first.text === name)
      return undefined;
    let result: IntExpr | undefined;
    try {
      const tokens = this.expanded(macro.body.map(t => ({ ...t, hide: new Set([name]) })));
      const parser = new Parser(tokens, macro.body[0]!.file, this);
      parser.unevaluated = 1;
      const e = parser.assignment();
      if (e.kind === 'int' && parser.cursor.atEnd) result = { ...e, name };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
    this.constants.set(name, result);
    return result;
  }

  lookup(name: string): Entity | undefined {
    const known = this.entities.get(name);
    if (known || this.absent.has(name)) return known;
    if (this.reading.has(name)) return undefined;
    this.reading.add(name);
    try {
      const item = this.unit.find(name);
      if (item) this.readItem(item);
      const found = this.entities.get(name);
      if (!found) this.absent.add(name);
      return found;
    } finally {
      this.reading.delete(name);
    }
  }

  /** Reads the declarations of a top-level item; a function's body is not touched. */
  private readItem(item: SourceItem): void {
    const key = `${item.file}:${item.start}:${item.name}`;
    if (this.itemsRead.has(key)) return;
    this.itemsRead.add(key);
    const tokens = this.expanded(this.headOf(item), item.name);
    const parser = new Parser(tokens, item.file, this);
    const spec = specifiers(parser);
    while (!parser.cursor.atEnd && !parser.cursor.is(';') && !parser.cursor.is('{')) {
      const d = declarator(parser, spec);
      if (d.name !== undefined) {
        const entity = unitEntity(spec, d);
        this.declare(d.name, entity);
        if (parser.cursor.accept('=')) {
          // The length of `x[] = …` is its initialiser's.
          if (d.type.kind === 'array' && d.type.length === undefined && entity.kind === 'global')
            this.declare(d.name, { ...entity, type: parser.initialiser(d.type).type });
          else skipInitialiser(parser);
        }
      }
      if (!parser.cursor.accept(',')) break;
    }
  }

  private headOf(item: SourceItem): CToken[] {
    const tokens = this.unit.tokens(item);
    if (item.kind !== 'function') return tokens;
    const body = tokens.findIndex(t => t.text === '{' && t.kind === 'punct');
    return body < 0 ? tokens : tokens.slice(0, body);
  }

  declare(name: string, entity: Entity): void {
    this.entities.set(name, entity);
  }

  record(kind: 'struct' | 'union', tag: string): CRecord {
    const key = `${kind} ${tag}`;
    let record = this.records.get(key);
    if (!record) {
      record = { union: kind === 'union', tag, complete: false, fields: [], size: 0, align: 1 };
      this.records.set(key, record);
      completeLater(record, () => {
        const item = this.unit.findTag(kind, tag);
        if (item) this.readItem(item);
      });
    }
    return record;
  }

  claim(record: CRecord): boolean {
    if (record.complete || this.claimed.has(record)) return false;
    this.claimed.add(record);
    return true;
  }

  enumeration(tag: string): IntType {
    const known = this.enums.get(tag);
    if (known) return known;
    const item = this.unit.findTag('enum', tag);
    if (item) this.readItem(item);
    return this.enums.get(tag) ?? { ...intType('unsigned int'), name: `enum ${tag}` };
  }

  declareEnumeration(tag: string, type: IntType): void {
    this.enums.set(tag, type);
  }

  primitive(name: string): PrimitiveShape | undefined {
    if (this.shapes.has(name)) return this.shapes.get(name);
    const primitive = this.primitives.get(name);
    const shape = primitive && this.shapeOf(primitive);
    this.shapes.set(name, shape);
    return shape;
  }

  /** Takes a signature apart: `T READ_ONCE(T &x)`. */
  private shapeOf({ name, signature }: Primitive): PrimitiveShape {
    const open = signature.indexOf('(', signature.indexOf(name));
    const head = signature.slice(0, signature.indexOf(name));
    const list = splitParameters(signature.slice(open + 1, signature.lastIndexOf(')')));
    const variadic = list.at(-1) === '...';
    const params = (variadic ? list.slice(0, -1) : list).map(
      (text): PrimitiveParam => ({ type: this.typeIn(text.replace('&', ' ')), reference: text.includes('&') }),
    );
    return { name, returns: this.typeIn(head) ?? intType('int'), params, variadic, generic: /\bT\b/.test(signature) };
  }

  private typeIn(text: string): PrimitiveParam['type'] {
    try {
      const scanned = scan(text, '<primitive>');
      const parser = new Parser(scanned.within(0, text.length), '<primitive>', this);
      parser.scope = new Scope(undefined);
      parser.scope.names.set('T', { kind: 'typedef', type: GENERIC });
      return declarator(parser, specifiers(parser)).type;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return undefined;
    }
  }
}

function splitParameters(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if ((c === ',' && depth === 0) || i === text.length) {
      const part = text.slice(start, i).trim();
      if (part !== '' && part !== 'void') out.push(part);
      start = i + 1;
    }
  }
  return out;
}

/** To the comma before the next declarator, or the end: what an object begins with is read when it is loaded. */
function skipInitialiser({ cursor }: Parser): void {
  while (!cursor.atEnd && !cursor.is(',') && !cursor.is(';')) {
    if (cursor.is('(') || cursor.is('{') || cursor.is('[')) cursor.group();
    else cursor.next();
  }
}
