import { paramTypes } from '../classes.ts';
import { Kind, type Tokens, tokenize } from '../read/tokens.ts';
import { isTypeName } from '../read/types.ts';
import type { Definition } from '../scan.ts';
import { type Statement, statementsOf } from './statements.ts';
import { barrierOf, type Order, orderOf } from './vocabulary.ts';

/** A field or global that is accessed. Of the field, the last name alone is always known. */
export interface Access {
  readonly kind: 'access';
  /** The field's name, or the global's. */
  readonly word: string;
  /** The tag of the struct it is a field of, where a declaration of the body says so; '' for a global. */
  readonly holder: string | undefined;
  /** What stands before the last `->` or `.`, as written; '' for a global. */
  readonly base: string;
  readonly read: boolean;
  readonly write: boolean;
  /** Its address is handed on: it may be read, written or neither. */
  readonly address: boolean;
  /** What the operation that it is the object of keeps in order. */
  readonly order: Order;
  /** It is made by an operation of the table, READ_ONCE() for one: others are expected to access it at the same time. */
  readonly marked: boolean;
  /** What is stored is a literal zero, as an object is made or reset. */
  readonly zero: boolean;
  /** Names in the whole expression, indices included. */
  readonly uses: readonly string[];
  /** The local that the statement stores it in, or what is computed from it. */
  readonly into: string | undefined;
  readonly at: number;
}

/** An operation that keeps accesses in order. */
export interface Ordering {
  readonly kind: 'order';
  readonly name: string;
  readonly order: Order;
  readonly implied: boolean;
  readonly at: number;
}

/** A call of which the tables say nothing. */
export interface Called {
  readonly kind: 'call';
  readonly name: string;
  /** `x->name(…)`: any function may be meant. */
  readonly member: boolean;
  readonly at: number;
}

export type Event = Access | Ordering | Called;

/** The events of a body by statement, each statement's in the order in which they happen. */
export interface Body {
  readonly definition: Definition;
  readonly statements: readonly Statement[];
  readonly events: readonly (readonly Event[])[];
  /** `v = w …`: what locals are computed from. */
  readonly assigned: readonly { readonly to: string; readonly uses: readonly string[] }[];
  /** Locals that a call of an allocator is stored in. */
  readonly allocated: ReadonlySet<string>;
}

const ASSIGN = /^(?:=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<=|>>=)$/;
const UNREAD = /^(?:sizeof|typeof|__typeof__|offsetof|sizeof_field|container_of|list_entry|rb_entry)$/;
const KEYWORD = /^(?:if|while|for|switch|return|do|else|case|goto|sizeof|defined|typeof|__typeof__|asm|__asm__)$/;
const ALLOCATES = /alloc|_create$|^new_|kmemdup/;

/**
 * Reads a body.
 *
 * @param globals names that mean a variable of file level where they stand alone
 * @param wanted names of the fields and globals that matter; undefined: all
 * @param through of functions: names of these that they mention, so that a call may be an access
 */
export function readBarrierBody(
  definition: Definition,
  globals: ReadonlySet<string>,
  wanted?: ReadonlySet<string>,
  through: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Body {
  return new Reader(definition, globals, wanted, through).read();
}

/** A name that a callee mentions: how it accesses it, and of which object, is not known. */
const callAccess = (word: string, globals: ReadonlySet<string>, at: number): Access => ({
  kind: 'access',
  word,
  holder: globals.has(word) ? '' : undefined,
  base: '',
  read: false,
  write: false,
  address: true,
  order: 'none',
  marked: false,
  zero: false,
  uses: [],
  into: undefined,
  at,
});

interface Placed {
  readonly event: Event;
  /** The token after which it has happened. */
  readonly key: number;
}

class Reader {
  private readonly tokens: Tokens;
  private readonly types: Map<string, string>;
  /** Of a closing bracket: its opening one. */
  private readonly opening = new Map<number, number>();
  private readonly callAround: (number | undefined)[] = [];
  private readonly assigned: { to: string; uses: readonly string[] }[] = [];
  private readonly allocated = new Set<string>();

  constructor(
    private readonly definition: Definition,
    private readonly globals: ReadonlySet<string>,
    private readonly wanted: ReadonlySet<string> | undefined,
    private readonly through: ReadonlyMap<string, ReadonlySet<string>>,
  ) {
    const { source, bodyStart, end, kind } = definition;
    this.tokens = tokenize(source.text, bodyStart, end, kind === 'function' ? source.blanks : []);
    this.types = new Map(paramTypes(definition));
    const { text, match, count } = this.tokens;
    const open: number[] = [];
    for (let i = 0; i < count; i++) {
      while (open.length && match[open.at(-1)!]! <= i) open.pop();
      this.callAround[i] = open.at(-1);
      if (match[i]! > i) this.opening.set(match[i]!, i);
      if (text[i] === '(' && match[i]! > i && this.isCall(i - 1)) open.push(i);
    }
    this.declared();
  }

  read(): Body {
    const statements = statementsOf(this.tokens);
    const events = statements.map(({ from, to }) => {
      const placed: Placed[] = [];
      for (let i = from; i < to; i++) i = this.token(i, to, placed);
      this.assignments(from, to);
      return placed.sort((a, b) => a.key - b.key).map(p => p.event);
    });
    const { definition, assigned, allocated } = this;
    return { definition, statements, events, assigned, allocated };
  }

  private isCall(name: number): boolean {
    const { text, kind } = this.tokens;
    return kind[name] === Kind.Name && !KEYWORD.test(text[name]!);
  }

  /** @returns the last token that is done with */
  private token(i: number, to: number, placed: Placed[]): number {
    const { text, kind, at, match } = this.tokens;
    if (kind[i] !== Kind.Name) return i;
    const word = text[i]!;
    const before = text[i - 1];
    const member = before === '->' || before === '.';
    if (text[i + 1] === '(' && match[i + 1]! > i) {
      if (UNREAD.test(word)) return Math.min(match[i + 1]!, to - 1);
      if (!KEYWORD.test(word)) this.call(i, word, member, placed);
      return i;
    }
    if (member ? this.wanted?.has(word) === false : !this.isGlobal(word)) return i;
    const next = text[this.pastIndices(i)];
    // Only the last field of a path is an access of its own; a pointer on the way is read too.
    if (next === '.') return i;
    const event = this.access(i, word, member, next === '->');
    if (event) placed.push({ event, key: event.write && !event.read ? this.stored(i) : at[i]! });
    return i;
  }

  private isGlobal(word: string): boolean {
    return this.globals.has(word) && !this.types.has(word) && this.wanted?.has(word) !== false;
  }

  private call(i: number, name: string, member: boolean, placed: Placed[]): void {
    const { at, match } = this.tokens;
    const known = member ? undefined : orderOf(name);
    // Its arguments are worked out before.
    const key = at[match[i + 1]!]!;
    const within = member
      ? []
      : [...(this.through.get(name) ?? [])].map(word => callAccess(word, this.globals, at[i]!));
    for (const event of within) placed.push({ event, key });
    if (known?.order !== 'none') {
      const event: Event = known
        ? { kind: 'order', name, ...known, at: at[i]! }
        : { kind: 'call', name, member, at: at[i]! };
      placed.push({ event, key });
    }
    // What the callee does in between may come before or after its accesses.
    for (const event of within) placed.push({ event: { ...event }, key });
  }

  private access(i: number, word: string, member: boolean, pointer: boolean): Access | undefined {
    const { text, at, kind } = this.tokens;
    const from = member ? this.chainFrom(i) : i;
    let prefix = text[from - 1] ?? '';
    const address = prefix === '&' && !this.isValue(from - 2);
    if (prefix === '*' && this.isValue(from - 2)) prefix = '';
    const past = text[this.pastIndices(i)] ?? '';
    // A pointer on the way to an operation's object is no object of it.
    const op = pointer ? undefined : this.operation(from);
    let read = true;
    let write = false;
    if (op) [read, write] = [op.access !== 'write', op.access !== 'read'];
    else if (pointer) read = true;
    else if (ASSIGN.test(past)) [read, write] = [past !== '=', true];
    else if (past === '++' || past === '--' || prefix === '++' || prefix === '--') write = true;
    else if (address) read = false;
    const last = member ? i - 2 : i;
    let base = '';
    for (let t = from; t <= last && member; t++) base += text[t];
    const first = text[from]!;
    const single = member && last === from && kind[from] === Kind.Name;
    const uses: string[] = [];
    for (let t = from, end = this.pastIndices(i); t < end; t++) if (kind[t] === Kind.Name) uses.push(text[t]!);
    return {
      kind: 'access',
      word,
      holder: member ? (single ? this.types.get(first) : undefined) : '',
      base,
      read,
      write,
      address: address && !op,
      order: op?.order ?? 'none',
      marked: op !== undefined,
      zero: write && !op && this.isZero(i),
      uses,
      into: read ? this.into(from) : undefined,
      at: at[i]!,
    };
  }

  /** The operation of the table whose object the expression that begins at `from` is. */
  private operation(from: number): { readonly order: Order; readonly access: 'read' | 'write' | 'both' } | undefined {
    const { text, match } = this.tokens;
    const open = this.callAround[from];
    if (open === undefined) return undefined;
    const entry = barrierOf(text[open - 1]!);
    if (!entry || (entry.order === 'none' && !entry.access)) return undefined;
    let argument = 0;
    for (let t = open + 1; t < from; t = match[t]! > t ? match[t]! + 1 : t + 1) if (text[t] === ',') argument++;
    if (entry.object !== undefined && entry.object !== argument) return undefined;
    if (entry.object === undefined && text[from - 1] !== '&') return undefined;
    return { order: entry.order, access: entry.access ?? 'both' };
  }

  /** Behind the brackets that index what ends at `i`. */
  private pastIndices(i: number): number {
    const { text, match } = this.tokens;
    let next = i + 1;
    while (text[next] === '[' && match[next]! > next) next = match[next]! + 1;
    return next;
  }

  /** Where the path begins whose last name is at `i`. */
  private chainFrom(i: number): number {
    const { text, kind } = this.tokens;
    let at = i;
    while (text[at - 1] === '->' || text[at - 1] === '.') {
      let operand = at - 2;
      while (text[operand] === ']' || text[operand] === ')') {
        const open = this.opening.get(operand);
        if (open === undefined) return at;
        const isCall = text[operand] === ')';
        operand = open - 1;
        if (!isCall) continue;
        if (kind[operand] !== Kind.Name || KEYWORD.test(text[operand]!)) return open;
        break;
      }
      if (operand < 0 || kind[operand] !== Kind.Name) return at;
      at = operand;
    }
    return at;
  }

  /** Whether a value ends there, so that what follows is an operator of two operands. */
  private isValue(i: number): boolean {
    const { text, kind } = this.tokens;
    return kind[i] === Kind.Name ? text[i] !== 'return' : kind[i] === Kind.Number || text[i] === ')' || text[i] === ']';
  }

  /** Where the value that is stored has been worked out: the end of the assignment. */
  private stored(i: number): number {
    return this.tokens.at[this.endOf(i)]!;
  }

  private endOf(i: number): number {
    const { text, match, count } = this.tokens;
    let t = i;
    while (t < count && !/^[;,)}\]]$/.test(text[t]!)) t = match[t]! > t ? match[t]! + 1 : t + 1;
    return t;
  }

  private isZero(i: number): boolean {
    const { text } = this.tokens;
    const end = this.endOf(i);
    return text[end - 2] === '=' && /^(?:0|NULL|false)$/.test(text[end - 1]!);
  }

  /** `v` of `v = … x->f …`, when the path begins at `from`. */
  private into(from: number): string | undefined {
    const { text, kind } = this.tokens;
    for (let t = from - 1; t > 0 && !/^[;{}]$/.test(text[t]!); t--)
      if (text[t] === '=' && kind[t - 1] === Kind.Name) {
        const before = text[t - 2];
        return before === '->' || before === '.' ? undefined : text[t - 1];
      }
    return undefined;
  }

  private assignments(from: number, to: number): void {
    const { text, kind } = this.tokens;
    for (let t = from + 1; t < to; t++) {
      if (text[t] !== '=' || kind[t - 1] !== Kind.Name || text[t - 2] === '->' || text[t - 2] === '.') continue;
      const uses: string[] = [];
      for (let u = t + 1; u < to; u++) if (kind[u] === Kind.Name) uses.push(text[u]!);
      this.assigned.push({ to: text[t - 1]!, uses });
      if (uses[0] !== undefined && ALLOCATES.test(uses[0])) this.allocated.add(text[t - 1]!);
    }
  }

  /** Locals with their types. */
  private declared(): void {
    const { text, kind, match, count } = this.tokens;
    for (let i = 0; i + 2 < count; i++) {
      const isTag = text[i] === 'struct' || text[i] === 'union';
      if (isTag ? kind[i + 1] !== Kind.Name : !(kind[i] === Kind.Name && isTypeName(text[i]!))) continue;
      const type = isTag ? `struct ${text[i + 1]}` : text[i]!;
      let t = i + (isTag ? 2 : 1);
      for (;;) {
        while (text[t] === '*' || text[t] === 'const' || text[t] === '__rcu' || text[t] === '__percpu') t++;
        if (kind[t] !== Kind.Name || !/^[;,=)[]$/.test(text[t + 1] ?? '')) break;
        if (!this.types.has(text[t]!)) this.types.set(text[t]!, type);
        t++;
        while (t < count && text[t] !== ',' && text[t] !== ';' && text[t] !== ')')
          t = match[t]! > t ? match[t]! + 1 : t + 1;
        if (text[t] !== ',') break;
        t++;
      }
    }
  }
}
