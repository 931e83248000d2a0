import { paramTypes } from './classes.ts';
import type { FieldTypes } from './fieldTypes.ts';
import { Kind, type Tokens, tokenize } from './read/tokens.ts';
import { isTypeName } from './read/types.ts';
import type { Definition } from './scan.ts';

/** One mention of a field or global in a body. */
export interface Access {
  /** `mm_struct.map_count`, `(ops).next` where the type is not known; a global's name. */
  readonly field: string;
  readonly at: number;
  readonly end: number;
  /** Where the statement, or the head of the `if` or loop around it, begins. */
  readonly statement: number;
  readonly write: boolean;
}

const ASSIGN = /^(?:=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<=|>>=|\+\+|--)$/;
const HEAD = /^(?:if|while|for|switch)$/;
/** Names before a bracket whose operand is not read. */
const UNREAD = /^(?:sizeof|typeof|__typeof__|offsetof|sizeof_field|container_of)$/;
const WORD =
  /^(?:if|else|for|while|do|switch|case|default|return|goto|break|continue|sizeof|struct|union|enum|const|volatile|static|unsigned|signed|int|long|short|char|void|bool|typeof|NULL|true|false)$/;

/**
 * The fields and globals that a body mentions, in order of the text: what stands there, macros not expanded. A global is a
 * name that the file defines as a variable; `globals` says which.
 */
export function accessesIn(
  definition: Definition,
  types: FieldTypes,
  globals: ReadonlySet<string> = NO_NAMES,
): Access[] {
  return new Reader(definition, types, globals).read();
}

const NO_NAMES: ReadonlySet<string> = new Set();

class Reader {
  private readonly tokens: Tokens;
  private readonly locals: Map<string, string>;
  private readonly out: Access[] = [];
  private statement = 0;
  private readonly headEnds = new Set<number>();

  constructor(
    definition: Definition,
    private readonly types: FieldTypes,
    private readonly globals: ReadonlySet<string>,
  ) {
    const { source, bodyStart, end, kind } = definition;
    this.tokens = tokenize(source.text, bodyStart, end, kind === 'function' ? source.blanks : []);
    this.locals = new Map(paramTypes(definition));
    for (const [name, type] of this.locals) this.locals.set(name, type.replace(/^(?:struct|union) /, ''));
    this.declared();
  }

  read(): Access[] {
    const { text, kind, at, match, count } = this.tokens;
    this.statement = at[0] ?? 0;
    for (let i = 0; i < count; i++) {
      const word = text[i]!;
      if (word === ';' || word === '{' || word === '}' || word === ':' || word === 'else' || word === 'do') {
        this.statement = at[i + 1] ?? at[i]!;
        continue;
      }
      if (this.headEnds.has(i)) {
        this.statement = at[i + 1] ?? at[i]!;
        continue;
      }
      if (kind[i] !== Kind.Name) continue;
      if (HEAD.test(word) && text[i + 1] === '(') {
        this.statement = at[i]!;
        if (match[i + 1]! > i) this.headEnds.add(match[i + 1]!);
        continue;
      }
      const before = text[i - 1];
      if (UNREAD.test(word) && text[i + 1] === '(' && match[i + 1]! > i) {
        i = match[i + 1]!;
        continue;
      }
      if (before === '->' && text[i - 2] === ')') this.beyond(i);
      if (before === '.' || before === '->') continue;
      if (!WORD.test(word)) this.chain(i);
    }
    return this.out;
  }

  /** `a->b.c[i]->d` from the name at `from`: an access to each field on the way. */
  private chain(from: number): void {
    const { text, kind, at, match } = this.tokens;
    const name = text[from]!;
    let type = this.locals.get(name);
    if (type !== undefined) type = this.types.named(type);
    let path = '';
    const isGlobal = type === undefined && !this.locals.has(name) && this.globals.has(name);
    let pointer: string | undefined;
    let i = from;
    let last: { field: string; at: number; end: number } | undefined;
    // A call's value, or a cast's operand in brackets, has no name to go by.
    if (text[i + 1] === '(') return;
    if (isGlobal) last = { field: name, at: at[from]!, end: at[from]! + name.length };
    for (;;) {
      let next = i + 1;
      while (text[next] === '[' && match[next]! > next) next = match[next]! + 1;
      const mark = text[next];
      if ((mark !== '->' && mark !== '.') || kind[next + 1] !== Kind.Name) break;
      const field = text[next + 1]!;
      if (mark === '->') {
        if (last) this.add(last, from, false);
        const known = path === '' ? type : (this.types.of(pointer!) ?? undefined);
        type = known ?? (path === '' && !pointer ? undefined : `(${pointer ?? name})`);
        path = field;
      } else path = path === '' ? field : `${path}.${field}`;
      const holder = type ?? (isGlobal && mark === '.' ? name : undefined);
      last = holder ? { field: `${holder}.${path}`, at: at[next + 1]!, end: at[next + 1]! + field.length } : undefined;
      pointer = field;
      i = next + 1;
    }
    if (last) this.add(last, from, this.isWritten(from, i));
  }

  /** `EXT4_I(inode)->f`: of no known type, but perhaps there is only one struct with such a field. */
  private beyond(i: number): void {
    const { text, at } = this.tokens;
    const field = text[i]!;
    const owner = this.types.ownerOf(field);
    const next = text[i + 1];
    if (!owner || next === '->' || next === '.' || next === '(') return;
    this.add({ field: `${owner}.${field}`, at: at[i]!, end: at[i]! + field.length }, i, this.isWritten(i, i));
  }

  private add(one: { field: string; at: number; end: number }, from: number, write: boolean): void {
    this.out.push({ ...one, statement: Math.min(this.statement, this.tokens.at[from]!), write });
  }

  private isWritten(from: number, to: number): boolean {
    const { text, match } = this.tokens;
    let after = to + 1;
    while (text[after] === '[' && match[after]! > after) after = match[after]! + 1;
    if (ASSIGN.test(text[after] ?? '')) return true;
    const before = text[from - 1];
    return before === '++' || before === '--' || (before === '(' && text[from - 2] === 'WRITE_ONCE');
  }

  /** Locals with their types: `struct page *page, *next`, `journal_t *journal`. */
  private declared(): void {
    const { text, kind, count } = this.tokens;
    for (let i = 0; i + 2 < count; i++) {
      let tag: string | undefined;
      let next = i + 1;
      if (text[i] === 'struct' || text[i] === 'union') {
        if (kind[i + 1] !== Kind.Name) continue;
        tag = text[i + 1]!;
        next = i + 2;
      } else if (kind[i] === Kind.Name && isTypeName(text[i]!)) tag = text[i]!;
      else continue;
      this.declarators(tag, next);
    }
  }

  private declarators(tag: string, from: number): void {
    const { text, kind, match, count } = this.tokens;
    let i = from;
    while (i < count) {
      while (text[i] === '*' || text[i] === 'const' || text[i] === '__rcu') i++;
      if (kind[i] !== Kind.Name || !/^[;,=[)]$/.test(text[i + 1] ?? '')) return;
      if (!this.locals.has(text[i]!)) this.locals.set(text[i]!, tag);
      // Over the initialiser to the next declarator.
      i++;
      while (i < count && text[i] !== ',' && text[i] !== ';') i = match[i]! > i ? match[i]! + 1 : i + 1;
      if (text[i] !== ',') return;
      i++;
    }
  }
}
