import type { Initialiser, InitPart } from '../ast.ts';
import type { CField, CType } from '../ctype.ts';
import * as build from './build.ts';
import { typed } from './expressions.ts';
import { findField, recordName, sizeOf } from './layout.ts';
import type { Parsing } from './parsing.ts';
import { spell } from './types.ts';

/** What follows `=` (or a compound literal's type), and the type completed by it when it is an array `[]`. */
export function initialiser(p: Parsing, type: CType): { init: Initialiser; type: CType } {
  if (!p.cursor.is('{')) {
    const value = p.assignment();
    if (type.kind === 'array' && value.kind === 'string') {
      return {
        init: { kind: 'scalar', value },
        type: type.length === undefined ? { ...type, length: value.bytes.length + 1 } : type,
      };
    }
    return { init: { kind: 'scalar', value: typed(p, () => build.convert(value, type)) }, type };
  }
  if (type.kind !== 'array' && type.kind !== 'record') {
    p.cursor.next();
    if (p.cursor.accept('}')) return { init: { kind: 'scalar', value: build.int(0n, type, p.cursor.line) }, type };
    const inner = initialiser(p, type);
    p.cursor.accept(',');
    p.cursor.expect('}');
    return inner;
  }
  const list = new BraceList(p);
  const length = list.braced(type, 0);
  const whole: CType = type.kind === 'array' && type.length === undefined ? { ...type, length } : type;
  return { init: { kind: 'aggregate', parts: list.result() }, type: whole };
}

/** Reads `{ … }` with designators and elided braces (C11 6.7.9); a later part replaces an earlier one at its place. */
class BraceList {
  private readonly parts = new Map<string, InitPart>();
  constructor(private readonly p: Parsing) {}

  result(): InitPart[] {
    return [...this.parts.values()];
  }

  /** With `{` next. Gives the number of elements of an array. */
  braced(type: CType, offset: number): number {
    const { cursor } = this.p;
    cursor.expect('{');
    let length = 0;
    if (type.kind === 'array') length = this.elements(type.of, offset, true, type.length);
    else if (type.kind === 'record') this.members(type, offset, true);
    else this.value(type, offset, undefined);
    cursor.accept(',');
    cursor.expect('}');
    return length;
  }

  private elements(of: CType, offset: number, braced: boolean, limit: number | undefined): number {
    const { cursor } = this.p;
    const size = sizeOf(of);
    let index = 0;
    let length = 0;
    while (!cursor.is('}')) {
      let last = index;
      let designated = false;
      if (braced && cursor.is('[')) {
        cursor.next();
        index = Number(this.p.constant().value);
        last = cursor.accept('...') ? Number(this.p.constant().value) : index;
        cursor.expect(']');
        designated = true;
      } else if (!braced && (cursor.is('[') || cursor.is('.'))) break;
      if (limit !== undefined && index >= limit) {
        if (!braced) break;
        this.p.fail(`this initialiser has more than ${limit} elements`);
      }
      const start = cursor.position;
      for (let i = index; i <= last; i++) {
        cursor.position = start;
        if (designated) this.designated(of, offset + i * size);
        else this.part(of, offset + i * size, undefined);
      }
      index = last + 1;
      length = Math.max(length, index);
      if (!braced && limit !== undefined && index >= limit) break;
      if (!this.more()) break;
    }
    return length;
  }

  /** A comma that another part follows. */
  private more(): boolean {
    const { cursor } = this.p;
    if (!cursor.is(',') || cursor.is('}', 1)) return false;
    cursor.next();
    return true;
  }

  private members(type: CType & { kind: 'record' }, offset: number, braced: boolean): void {
    const { cursor } = this.p;
    const { fields, union } = type.record;
    let next = 0;
    while (!cursor.is('}')) {
      if (cursor.is('.') || (cursor.isName() && cursor.is(':', 1))) {
        if (!braced) return;
        const old = cursor.isName();
        if (!old) cursor.next();
        const name = cursor.name();
        if (old) cursor.next();
        const path = findField(type.record, name);
        if (!path) this.p.fail(`${recordName(type.record)} has no member ${name}`);
        const field = path[path.length - 1]!;
        const at = path.reduce((sum, f) => sum + f.offset, offset);
        this.clear(type, offset, union);
        if (old) this.part(field.type, at, field.bits);
        else this.designated(field.type, at, field.bits);
        next = fields.indexOf(path[0]!) + 1;
      } else {
        if (!braced && cursor.is('[')) return;
        while (next < fields.length && fields[next]!.name === undefined && fields[next]!.type.kind !== 'record') next++;
        const field = fields[next++];
        if (!field || (union && next > 1 && !braced)) {
          if (!braced) return;
          this.p.fail(`this initialiser has more members than ${recordName(type.record)}`);
        }
        this.part(field.type, offset + field.offset, field.bits);
      }
      if (!braced && (union || next >= fields.length)) return;
      if (!this.more()) return;
    }
  }

  private clear(type: CType, offset: number, union: boolean): void {
    if (!union) return;
    const end = offset + sizeOf(type);
    for (const [key, part] of this.parts) if (part.offset >= offset && part.offset < end) this.parts.delete(key);
  }

  /** After a designator: more designators, then `=` and the part. */
  private designated(type: CType, offset: number, bits?: CField['bits']): void {
    const { cursor } = this.p;
    if (cursor.accept('.')) {
      const name = cursor.name();
      if (type.kind !== 'record') this.p.fail(`.${name} in an initialiser of ${spell(type)}`);
      const path = findField(type.record, name);
      if (!path) this.p.fail(`${recordName(type.record)} has no member ${name}`);
      const field = path[path.length - 1]!;
      this.designated(
        field.type,
        path.reduce((sum, f) => sum + f.offset, offset),
        field.bits,
      );
    } else if (cursor.accept('[')) {
      const index = Number(this.p.constant().value);
      cursor.expect(']');
      if (type.kind !== 'array') this.p.fail(`[${index}] in an initialiser of ${spell(type)}`);
      this.designated(type.of, offset + index * sizeOf(type.of));
    } else {
      cursor.accept('=');
      this.part(type, offset, bits);
    }
  }

  private part(type: CType, offset: number, bits: CField['bits']): void {
    const { cursor } = this.p;
    if (cursor.is('{')) {
      this.braced(type, offset);
      return;
    }
    if (type.kind !== 'array' && type.kind !== 'record') {
      this.value(type, offset, bits);
      return;
    }
    // An expression of the aggregate's own type, a string for an array, or elided braces.
    const start = cursor.position;
    const value = this.p.assignment();
    if (type.kind === 'array' && value.kind === 'string') this.put({ offset, type, value });
    else if (type.kind === 'record' && value.type.kind === 'record' && value.type.record === type.record)
      this.put({ offset, type, value });
    else {
      cursor.position = start;
      if (type.kind === 'array') this.elements(type.of, offset, false, type.length);
      else this.members(type, offset, false);
    }
  }

  private value(type: CType, offset: number, bits: CField['bits']): void {
    const e = this.p.assignment();
    const value = typed(this.p, () => build.convert(e, type));
    this.put(bits ? { offset, type, bits, value } : { offset, type, value });
  }

  private put(part: InitPart): void {
    const key = `${part.offset}:${part.bits?.shift ?? ''}`;
    this.parts.delete(key);
    this.parts.set(key, part);
  }
}
