import { Kind, type Tokens, tokenize } from './read/tokens.ts';

/** Blanks of nothing: a struct is read with all its #if variants. */
const NO_BLANKS: readonly (readonly [number, number])[] = [];

/**
 * What structs the fields called so are or point to, over all definitions that were read. By name alone, as lock classes
 * are (`classOf`): kernel fields that point are mostly called alike wherever they point to the same type.
 */
export class FieldTypes {
  private readonly types = new Map<string, string | undefined>();
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
    for (const match of text.matchAll(/\b(?:struct|union)\s+\w+\s*\{/g)) {
      const open = match.index + match[0].length - 1;
      const end = text.indexOf('\n}', open);
      this.members(tokenize(text, open, end < 0 ? text.length : end + 2, NO_BLANKS));
    }
  }

  /** The type of what a field is or points to: `mm_struct` of `vm_mm`; undefined: unknown, or not always the same. */
  of(field: string): string | undefined {
    return this.types.get(field);
  }

  /** A class with types in place of fields: `(vm_mm).mmap_lock` is `mm_struct.mmap_lock`. */
  canonical(lockClass: string): string {
    const end = lockClass.startsWith('(') ? lockClass.indexOf(')') : -1;
    if (end < 0) return lockClass;
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
      if (text[i] !== 'struct' && text[i] !== 'union') continue;
      const tag = text[i + 1]!;
      if (kind[i + 1] !== Kind.Name) continue;
      let at = i + 2;
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
}
