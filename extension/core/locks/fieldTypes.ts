import { Kind, type Tokens, tokenize } from './read/tokens.ts';
import { isTypeName } from './read/types.ts';

/** Blanks of nothing: a struct is read with all its #if variants. */
const NO_BLANKS: readonly (readonly [number, number])[] = [];

/**
 * What structs the fields called so are or point to, over all definitions that were read. By name alone, as lock classes
 * are (`classOf`): kernel fields that point are mostly called alike wherever they point to the same type.
 */
export class FieldTypes {
  private readonly types = new Map<string, string | undefined>();
  /** The struct that has a field of this name, while it is the only one. */
  private readonly owners = new Map<string, string | undefined>();
  /** `journal_t` of `journal_s`. */
  private readonly aliases = new Map<string, string>();
  private readonly read = new Set<string>();
  private readonly cache = new Map<string, string>();

  has(file: string): boolean {
    return this.read.has(file);
  }

  /** Reads the struct definitions of a file, once. */
  add(file: string, text: string): void {
    if (this.read.has(file)) return;
    this.read.add(file);
    this.cache.clear();
    for (const match of text.matchAll(/^typedef\s+(?:struct|union)\s+(\w+)\s+(\w+)\s*;/gm))
      this.aliases.set(match[1]!, match[2]!);
    for (const match of text.matchAll(/\b(?:struct|union)\s+(\w+)\s*\{/g)) {
      const open = match.index + match[0].length - 1;
      const end = text.indexOf('\n}', open);
      const tokens = tokenize(text, open, end < 0 ? text.length : end + 2, NO_BLANKS);
      this.members(tokens);
      this.owned(match[1]!, tokens);
    }
  }

  /** The type of what a field is or points to: `mm_struct` of `vm_mm`; undefined: unknown, or not always the same. */
  of(field: string): string | undefined {
    const type = this.types.get(field);
    return type && this.named(type);
  }

  /** The only struct that has a field of this name. */
  ownerOf(field: string): string | undefined {
    const owner = this.owners.get(field);
    return owner && this.named(owner);
  }

  /** A type as declarations have it: by its typedef where there is one. */
  named(type: string): string {
    return this.aliases.get(type) ?? type;
  }

  /** A class with types in place of fields: `(vm_mm).mmap_lock` is `mm_struct.mmap_lock`. A type has one name. */
  canonical(lockClass: string): string {
    const end = lockClass.startsWith('(') ? lockClass.indexOf(')') : -1;
    if (end < 0) {
      const dot = lockClass.indexOf('.');
      const alias = dot > 0 && this.aliases.get(lockClass.slice(0, dot));
      return alias ? `${alias}${lockClass.slice(dot)}` : lockClass;
    }
    let found = this.cache.get(lockClass);
    if (found === undefined) {
      const type = this.of(lockClass.slice(1, end));
      found = type ? `${type}${lockClass.slice(end + 1)}` : lockClass;
      this.cache.set(lockClass, found);
    }
    return found;
  }

  /** `struct tag *name, *other;`: every declarator has that type. */
  private members(tokens: Tokens): void {
    const { text, kind, count } = tokens;
    for (let i = 0; i + 2 < count; i++) {
      const isTag = text[i] === 'struct' || text[i] === 'union';
      if (isTag ? kind[i + 1] !== Kind.Name : !(isTypeName(text[i]!) && text[i + 1] === '*')) continue;
      const tag = this.named(text[isTag ? i + 1 : i]!);
      let at = i + (isTag ? 2 : 1);
      for (;;) {
        while (at < count && (text[at] === '*' || text[at] === 'const' || text[at]!.startsWith('__'))) at++;
        const end = text[at + 1];
        if (kind[at] !== Kind.Name || !(end === ';' || end === ',' || end === '[' || end?.startsWith('__'))) break;
        const field = text[at]!;
        if (!this.types.has(field)) this.types.set(field, tag);
        else if (this.types.get(field) !== tag) this.types.set(field, undefined);
        if (end !== ',') break;
        at += 2;
      }
    }
  }

  /** Names of fields, those of structs without a tag inside included. */
  private owned(tag: string, { text, kind, count }: Tokens): void {
    for (let i = 2; i + 1 < count; i++) {
      if (kind[i] !== Kind.Name || !/^[;,:[]$/.test(text[i + 1]!)) continue;
      if (kind[i - 1] !== Kind.Name && text[i - 1] !== '*' && text[i - 1] !== ',') continue;
      const field = text[i]!;
      if (!this.owners.has(field)) this.owners.set(field, tag);
      else if (this.owners.get(field) !== tag) this.owners.set(field, undefined);
    }
  }
}
