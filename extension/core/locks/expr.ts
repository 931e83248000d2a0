/**
 * Access paths and the few other expressions that lock analysis has to understand.
 *
 * Interned: two expressions are equal exactly when they are the same object, so that states are maps by identity. Each
 * expression keeps those built upon it, and a body's `Owner` its names; what nobody holds any more is freed as a whole.
 *
 * Invariant: `field` is always on an object, never on a pointer (`p->f` is the field of `*p`), and `*&x`, `&*x` never occur.
 */
export type Expr = Name | New | Field | Deref | Addr | Index | Call | Num | Op;

/** `free`: neither a parameter nor a local, so a global, an enumerator or (in a macro) a name of the user's. */
export type Scope = 'param' | 'local' | 'free';

interface Common {
  /** Unique, in order of making: for keys made of several expressions. */
  readonly id: number;
  /** How many parts it has. */
  readonly size: number;
  /** Which kinds of parts it has: `HAS_…`. */
  readonly has: number;
}
export interface Name extends Common {
  readonly k: 'name';
  readonly name: string;
  readonly scope: Scope;
  readonly owner: Owner | undefined;
}
/** A value nobody knows that came into `of` at the site `at` of `owner`: equal only to itself. */
export interface New extends Common {
  readonly k: 'new';
  readonly of: Expr;
  readonly at: number;
  readonly owner: Owner;
}
export interface Field extends Common {
  readonly k: 'field';
  readonly base: Expr;
  readonly name: string;
}
export interface Deref extends Common {
  readonly k: 'deref';
  readonly base: Expr;
}
export interface Addr extends Common {
  readonly k: 'addr';
  readonly base: Expr;
}
export interface Index extends Common {
  readonly k: 'index';
  readonly base: Expr;
  readonly index: Expr;
}
/** The value of a call; with `owner`, of the call at the site `at` of it. */
export interface Call extends Common {
  readonly k: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
  readonly owner: Owner | undefined;
  readonly at: number;
}
export interface Num extends Common {
  readonly k: 'num';
  readonly value: number;
}
export interface Op extends Common {
  readonly k: 'op';
  readonly op: string;
  readonly args: readonly Expr[];
}

export const HAS_LOCAL = 1;
export const HAS_CALL = 2;
/** It reads memory, which may change. The value of a call does not. */
export const HAS_DEREF = 4;
/** A part that only a temporary or a literal names. */
export const HAS_LITERAL = 8;
/** A path through a null pointer. */
export const HAS_NOWHERE = 16;
export const HAS_PARAM = 32;

/** A body whose names these are: a function or a macro. */
export class Owner {
  private static made = 0;
  readonly id = Owner.made++;
  readonly names = new Map<string, Expr>();
  /** Values of calls, by where the call is. */
  readonly sites = new Map<number, Map<Expr | undefined, Expr[]>>();

  /** @param label for people who debug: the definition's name */
  constructor(readonly label: string) {}
}

/** What all expressions are made of: one shape, which keeps property access monomorphic in the hot loops. */
class Node {
  private static made = 0;
  readonly id = Node.made++;
  kids: Map<string, Expr> | undefined = undefined;
  pairs: Expr[] | undefined = undefined;
  crowd: Map<string, Map<Expr, Expr>> | undefined = undefined;
  news: Map<Owner, Map<number, Expr>> | undefined = undefined;
  fields: Map<string, Expr> | undefined = undefined;
  star: Expr | undefined = undefined;
  amp: Expr | undefined = undefined;
  lock: Expr | undefined = undefined;
  constructor(
    readonly k: Expr['k'],
    readonly size: number,
    readonly has: number,
    readonly name: string,
    readonly scope: Scope | undefined,
    readonly owner: Owner | undefined,
    readonly at: number,
    readonly base: Expr | undefined,
    readonly index: Expr | undefined,
    readonly args: readonly Expr[],
  ) {}
  get of(): Expr | undefined {
    return this.base;
  }
  get op(): string {
    return this.name;
  }
  get value(): number {
    return this.at;
  }
}

const NONE: readonly Expr[] = [];
const free = new Map<string, Expr>();
const numbers = new Map<number, Expr>();
const bare = new Map<string, Expr>();

function make(
  k: Expr['k'],
  size: number,
  has: number,
  more: {
    name?: string;
    scope?: Scope;
    owner?: Owner | undefined;
    at?: number;
    base?: Expr;
    index?: Expr;
    args?: readonly Expr[];
  },
): Expr {
  const { name = '', scope, owner, at = 0, base, index, args = NONE } = more;
  return new Node(k, size, has, name, scope, owner, at, base, index, args) as unknown as Expr;
}

/** So many are looked through one by one. */
const FEW = 6;

/** What is built upon two: no key is made of strings here, this is asked for as often as anything. */
function ofBoth(node: Node, key: string, other: Expr): Expr | undefined {
  const pairs = node.pairs as Node[] | undefined;
  if (!pairs) return undefined;
  for (let i = 0; i < pairs.length; i++) {
    const known = pairs[i]!;
    if ((known.index ?? known.args[1]) === other && known.name === key) return known as unknown as Expr;
  }
  return node.crowd?.get(key)?.get(other);
}

function addBoth(node: Node, key: string, other: Expr, made: Expr): Expr {
  const pairs = (node.pairs ??= []);
  if (pairs.length < FEW) {
    pairs.push(made);
    return made;
  }
  node.crowd ??= new Map();
  const others = node.crowd.get(key);
  if (others) others.set(other, made);
  else node.crowd.set(key, new Map([[other, made]]));
  return made;
}

/** Whether anything was built upon `e`: if not, nothing stored can be a part of it. */
export function isBase(e: Expr): boolean {
  const node = e as unknown as Node;
  return (
    node.kids !== undefined ||
    node.pairs !== undefined ||
    node.news !== undefined ||
    node.fields !== undefined ||
    node.star !== undefined ||
    node.amp !== undefined
  );
}

export function freeName(name: string): Expr {
  let found = free.get(name);
  if (!found) free.set(name, (found = make('name', 1, 0, { name, scope: 'free' })));
  return found;
}

export function ownName(owner: Owner, name: string, scope: 'param' | 'local'): Expr {
  const key = scope === 'param' ? `${name}'` : name;
  let found = owner.names.get(key);
  if (!found) {
    found = make('name', 1, scope === 'local' ? HAS_LOCAL : HAS_PARAM, { name, scope, owner });
    owner.names.set(key, found);
  }
  return found;
}

/** See `New`. */
export function fresh(of: Expr, owner: Owner, at: number): Expr {
  const base = of.k === 'new' ? of.of : of;
  const node = base as unknown as Node;
  node.news ??= new Map();
  let news = node.news.get(owner);
  if (!news) node.news.set(owner, (news = new Map()));
  let found = news.get(at);
  if (!found) news.set(at, (found = make('new', 1, HAS_LOCAL, { base, at, owner })));
  return found;
}

export function num(value: number): Expr {
  let found = numbers.get(value);
  if (!found) numbers.set(value, (found = make('num', 1, 0, { at: value })));
  return found;
}

export function field(base: Expr, name: string): Expr {
  const node = base as unknown as Node;
  node.fields ??= new Map();
  let found = node.fields.get(name);
  if (!found) node.fields.set(name, (found = make('field', base.size + 1, base.has, { base, name })));
  return found;
}

/** A pointer that is its operand, or null: whoever goes through it goes through the operand. */
export const OR_NULL = '?0';

export function deref(base: Expr): Expr {
  if (base.k === 'addr') return base.base;
  if (base.k === 'op' && base.op === OR_NULL) return deref(base.args[0]!);
  const node = base as unknown as Node;
  node.star ??= make('deref', base.size + 1, base.has | HAS_DEREF | (base.k === 'num' ? HAS_NOWHERE : 0), { base });
  return node.star;
}

export function addr(base: Expr): Expr {
  if (base.k === 'deref') return base.base;
  const node = base as unknown as Node;
  node.amp ??= make('addr', base.size + 1, base.has, { base });
  return node.amp;
}

export function index(base: Expr, at: Expr): Expr {
  const node = base as unknown as Node;
  const known = ofBoth(node, '', at);
  return known ?? addBoth(node, '', at, make('index', base.size + at.size + 1, base.has | at.has, { base, index: at }));
}

export const op = (name: string, ...args: Expr[]): Expr => opOf(name, args);

/** `op` of arguments that are in an array already. */
export function opOf(name: string, args: readonly Expr[]): Expr {
  const [first] = args;
  if (!first) {
    let found = bare.get(name);
    if (!found) bare.set(name, (found = makeOp(name, args)));
    return found;
  }
  const node = first as unknown as Node;
  if (args.length === 2) {
    const known = ofBoth(node, name, args[1]!);
    return known ?? addBoth(node, name, args[1]!, makeOp(name, args));
  }
  const key = args.length === 1 ? name : `${name}(${ids(args)}`;
  node.kids ??= new Map();
  let found = node.kids.get(key);
  if (!found) node.kids.set(key, (found = makeOp(name, args)));
  return found;
}

function makeOp(name: string, args: readonly Expr[]): Expr {
  const literal = name === 'literal' ? HAS_LITERAL : 0;
  return make('op', 1 + sum(args), all(args) | literal | (name.endsWith(OF) ? HAS_DEREF : 0), { name, args });
}

/** The value of a call. Without an owner: of any call with these arguments. */
export function call(name: string, args: readonly Expr[], owner?: Owner, at = 0): Call {
  if (owner) {
    let site = owner.sites.get(at);
    if (!site) owner.sites.set(at, (site = new Map()));
    let known = site.get(args[0]);
    if (!known) site.set(args[0], (known = []));
    for (const one of known as Call[]) if (one.name === name && areSame(one.args, args)) return one;
    const made = makeCall(name, args, owner, at);
    known.push(made);
    return made;
  }
  const key = `${name}#${at}(${ids(args)}`;
  const first = args[0] as unknown as Node | undefined;
  const known = first ? (first.kids ??= new Map()) : bare;
  let found = known.get(key);
  if (!found) known.set(key, (found = makeCall(name, args, owner, at)));
  return found as Call;
}

function makeCall(name: string, args: readonly Expr[], owner: Owner | undefined, at: number): Call {
  const has = (owner ? all(args) & ~HAS_DEREF : all(args)) | HAS_CALL;
  return make('call', 1 + sum(args), has, { name, args, owner, at }) as Call;
}

/** What a local holds, whatever has become of the memory that it was read from. */
export const asRead = (local: Expr): Expr => op('now', local);

/** Whether `asRead` was asked of a place. */
export const isRemembered = (place: Expr): boolean =>
  place.k === 'name' && place.scope === 'local' && ((place as unknown as Node).kids?.has('now') ?? false);

const OF = '()';

/** The value of a function that only finds its way from its arguments through memory: equal arguments, equal values. */
export const accessor = (name: string, args: readonly Expr[]): Expr => op(name + OF, ...args);

export const isAccessor = (e: Op): boolean => e.op.endsWith(OF);

/** `x ? container_of(x, …) : NULL`: what two values that meet are when one is null; undefined when neither is. */
export function orNull(a: Expr | undefined, b: Expr | undefined): Expr | undefined {
  if (!a || !b) return undefined;
  if (isNull(a)) return isNull(b) ? undefined : orNull(b, a);
  if (a.k === 'num' || a.has & HAS_LITERAL) return undefined;
  if (a.k === 'op' && a.op === OR_NULL) return isNull(b) || a.args[0] === b ? a : undefined;
  if (isNull(b)) return op(OR_NULL, a);
  return b.k === 'op' && b.op === OR_NULL && b.args[0] === a ? b : undefined;
}

const isNull = (e: Expr): boolean => e.k === 'num' && e.value === 0;

function areSame(a: readonly Expr[], b: readonly Expr[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function ids(args: readonly Expr[]): string {
  if (args.length === 1) return String(args[0]!.id);
  let out = '';
  for (const arg of args) out += `${arg.id},`;
  return out;
}

function sum(args: readonly Expr[]): number {
  let size = 0;
  for (const arg of args) size += arg.size;
  return size;
}

function all(args: readonly Expr[]): number {
  let has = 0;
  for (const arg of args) has |= arg.has;
  return has;
}

/**
 * Rebuilds `e` bottom-up; `at` may replace any part (its parts already replaced) and returns undefined to leave it.
 * The invariants of `Expr` are kept.
 */
export function rewrite(e: Expr, at: (e: Expr) => Expr | undefined): Expr {
  let next: Expr = e;
  switch (e.k) {
    case 'field':
    case 'deref': {
      const base = rewrite(e.base, at);
      if (base !== e.base) next = e.k === 'field' ? field(base, e.name) : deref(base);
      break;
    }
    case 'addr':
      // The operand of & is a place: what is in it must not be put in its stead. A call that is one is its value.
      next = addr(isTemporary(e.base) ? (at(e.base) ?? e.base) : rewritePlace(e.base, at));
      break;
    case 'index':
      next = index(rewrite(e.base, at), rewrite(e.index, at));
      break;
    case 'call': {
      const args = rewriteAll(e.args, at);
      if (args !== e.args) next = call(e.name, args, e.owner, e.at);
      break;
    }
    case 'op': {
      const args = rewriteAll(e.args, at);
      if (args !== e.args) next = opOf(e.op, args);
      break;
    }
  }
  return at(next) ?? next;
}

function rewriteAll(args: readonly Expr[], at: (e: Expr) => Expr | undefined): readonly Expr[] {
  let out: Expr[] | undefined;
  for (let i = 0; i < args.length; i++) {
    const next = rewrite(args[i]!, at);
    if (next !== args[i]) out ??= args.slice();
    if (out) out[i] = next;
  }
  return out ?? args;
}

/** Like `rewrite` for a place: the parts that say where it is are rewritten, the place itself is not read. */
export function rewritePlace(e: Expr, at: (e: Expr) => Expr | undefined): Expr {
  switch (e.k) {
    case 'field':
    case 'deref': {
      const base = e.k === 'field' ? rewritePlace(e.base, at) : rewrite(e.base, at);
      if (base === e.base) return e;
      return e.k === 'field' ? field(base, e.name) : deref(base);
    }
    case 'index':
      return index(rewritePlace(e.base, at), rewrite(e.index, at));
    case 'call':
      // `per_cpu(x, cpu)` is a place.
      return rewrite(e, at);
    default:
      return e;
  }
}

/** The name at the root of a place, without passing through a pointer: `walk` of `walk.mm`, nothing of `walk->mm`. */
export function rootOf(e: Expr): Expr | undefined {
  let at = e;
  while (at.k === 'field' || at.k === 'index') at = at.base;
  return at.k === 'name' || at.k === 'new' ? at : undefined;
}

/** Whether `part` is `e` or a part of it. */
export function contains(e: Expr, part: Expr): boolean {
  if (e === part) return true;
  if (e.size <= part.size) return false;
  switch (e.k) {
    case 'field':
    case 'deref':
    case 'addr':
      return contains(e.base, part);
    case 'index':
      return contains(e.base, part) || contains(e.index, part);
    case 'call':
    case 'op':
      for (let i = 0; i < e.args.length; i++) if (contains(e.args[i]!, part)) return true;
      return false;
    default:
      return false;
  }
}

/** Whether any part of `e`, itself first, is such. */
export function somePart(e: Expr, is: (part: Expr) => boolean): boolean {
  if (is(e)) return true;
  switch (e.k) {
    case 'field':
    case 'deref':
    case 'addr':
      return somePart(e.base, is);
    case 'index':
      return somePart(e.base, is) || somePart(e.index, is);
    case 'call':
    case 'op':
      for (let i = 0; i < e.args.length; i++) if (somePart(e.args[i]!, is)) return true;
      return false;
    default:
      return false;
  }
}

/** Identity of a lock: two calls of one accessor with equal arguments give the same lock. */
export function lockKey(e: Expr): Expr {
  // A pointer that came into a local from somewhere: whatever is in there now.
  if (e.k === 'new') return e.of;
  if (e.k === 'op' && e.op === OR_NULL) return lockKey(e.args[0]!);
  if (!(e.has & HAS_CALL)) return e;
  const node = e as unknown as Node;
  node.lock ??= rewrite(e, part => (part.k === 'call' && part.owner ? call(part.name, part.args) : undefined));
  return node.lock;
}

/** A name that the readers give to the value of a call or a condition. */
export const isTemporary = (e: Expr): boolean => e.k === 'name' && e.name.startsWith('#');
