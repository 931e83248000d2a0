/**
 * Access paths and the few other expressions that lock analysis has to understand. Immutable; compared by `keyOf`.
 *
 * Invariant: `field` is always on an object, never on a pointer (`p->f` is the field of `*p`), and `*&x`, `&*x` never occur.
 */
export type Expr =
  | { readonly k: 'name'; readonly name: string; readonly scope: Scope; readonly owner: string }
  | { readonly k: 'field'; readonly base: Expr; readonly name: string }
  | { readonly k: 'deref'; readonly base: Expr }
  | { readonly k: 'addr'; readonly base: Expr }
  | { readonly k: 'index'; readonly base: Expr; readonly index: Expr }
  /** The value that call number `id` of the function `owner` gave. */
  | { readonly k: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly owner: string }
  | { readonly k: 'num'; readonly value: number }
  | { readonly k: 'op'; readonly op: string; readonly args: readonly Expr[] };

/** `free`: neither a parameter nor a local, so a global, an enumerator or (in a macro) a name of the user's. */
export type Scope = 'param' | 'local' | 'free';

const keys = new WeakMap<Expr, string>();

/** Equal keys: the same place or value, as far as the analysis can tell. */
export function keyOf(e: Expr): string {
  let key = keys.get(e);
  if (key === undefined) keys.set(e, (key = makeKey(e)));
  return key;
}

function makeKey(e: Expr): string {
  switch (e.k) {
    case 'name':
      return e.scope === 'free' ? e.name : `${e.name}@${e.owner}`;
    case 'field':
      return `${keyOf(e.base)}.${e.name}`;
    case 'deref':
      return `*(${keyOf(e.base)})`;
    case 'addr':
      return `&(${keyOf(e.base)})`;
    case 'index':
      return `${keyOf(e.base)}[${keyOf(e.index)}]`;
    case 'call':
      return `${e.name}#${e.owner}(${e.args.map(keyOf).join(',')})`;
    case 'num':
      return String(e.value);
    case 'op':
      return `${e.op}(${e.args.map(keyOf).join(',')})`;
  }
}

export const num = (value: number): Expr => ({ k: 'num', value });
export const op = (name: string, ...args: Expr[]): Expr => ({ k: 'op', op: name, args });
export const field = (base: Expr, name: string): Expr => ({ k: 'field', base, name });
export const index = (base: Expr, at: Expr): Expr => ({ k: 'index', base, index: at });
export const deref = (base: Expr): Expr => (base.k === 'addr' ? base.base : { k: 'deref', base });
export const addr = (base: Expr): Expr => (base.k === 'deref' ? base.base : { k: 'addr', base });

/** The expression as the kernel would write it. */
export function render(e: Expr): string {
  switch (e.k) {
    case 'name':
      return e.name;
    case 'field':
      return e.base.k === 'deref' ? `${tight(e.base.base)}->${e.name}` : `${tight(e.base)}.${e.name}`;
    case 'deref':
      return `*${tight(e.base)}`;
    case 'addr':
      return `&${tight(e.base)}`;
    case 'index':
      return `${tight(e.base)}[${render(e.index)}]`;
    case 'call':
      return `${e.name}(${e.args.map(render).join(', ')})`;
    case 'num':
      return String(e.value);
    case 'op':
      if (e.args.length === 1) return `${e.op}${tight(e.args[0]!)}`;
      if (e.op === '?:') return `${tight(e.args[0]!)} ? ${tight(e.args[1]!)} : ${tight(e.args[2]!)}`;
      return e.args.map(tight).join(` ${e.op} `);
  }
}

function tight(e: Expr): string {
  const bare =
    e.k === 'name' ||
    e.k === 'field' ||
    e.k === 'index' ||
    e.k === 'call' ||
    e.k === 'num' ||
    (e.k === 'addr' && false);
  return bare ? render(e) : `(${render(e)})`;
}

const sizes = new WeakMap<Expr, number>();

/** How many parts `e` has: the analysis forgets what grows beyond a bound (a pointer advanced in a loop). */
export function sizeOf(e: Expr): number {
  let size = sizes.get(e);
  if (size === undefined) {
    size = 1;
    if (e.k === 'field' || e.k === 'deref' || e.k === 'addr') size += sizeOf(e.base);
    else if (e.k === 'index') size += sizeOf(e.base) + sizeOf(e.index);
    else if (e.k === 'call' || e.k === 'op') for (const arg of e.args) size += sizeOf(arg);
    sizes.set(e, size);
  }
  return size;
}

/**
 * Rebuilds `e` bottom-up; `at` may replace any part (its parts already replaced) and returns undefined to leave it.
 * The invariants of `Expr` are kept.
 */
export function rewrite(e: Expr, at: (e: Expr) => Expr | undefined): Expr {
  let next: Expr = e;
  switch (e.k) {
    case 'field': {
      const base = rewrite(e.base, at);
      if (base !== e.base) next = field(base, e.name);
      break;
    }
    case 'deref': {
      const base = rewrite(e.base, at);
      if (base !== e.base) next = deref(base);
      break;
    }
    case 'addr': {
      // The operand of & is a place: what is in it must not be put in its stead.
      const base = rewritePlace(e.base, at);
      if (base !== e.base) next = addr(base);
      break;
    }
    case 'index': {
      const base = rewrite(e.base, at);
      const i = rewrite(e.index, at);
      if (base !== e.base || i !== e.index) next = index(base, i);
      break;
    }
    case 'call':
    case 'op': {
      const args = e.args.map(arg => rewrite(arg, at));
      if (args.some((arg, i) => arg !== e.args[i])) next = { ...e, args };
      break;
    }
  }
  return at(next) ?? next;
}

/** Like `rewrite` for a place: the parts that say where it is are rewritten, the place itself is not read. */
export function rewritePlace(e: Expr, at: (e: Expr) => Expr | undefined): Expr {
  switch (e.k) {
    case 'field':
      return field(rewritePlace(e.base, at), e.name);
    case 'deref':
      return deref(rewrite(e.base, at));
    case 'index':
      return index(rewritePlace(e.base, at), rewrite(e.index, at));
    default:
      return e;
  }
}

/** The name at the root of a place, without passing through a pointer: `walk` of `walk.mm`, nothing of `walk->mm`. */
export function rootOf(e: Expr): Expr | undefined {
  switch (e.k) {
    case 'name':
      return e;
    case 'field':
    case 'index':
      return rootOf(e.base);
    default:
      return undefined;
  }
}

/** Every part of `e`, itself first. */
export function* parts(e: Expr): Generator<Expr> {
  yield e;
  if (e.k === 'field' || e.k === 'deref' || e.k === 'addr') yield* parts(e.base);
  else if (e.k === 'index') {
    yield* parts(e.base);
    yield* parts(e.index);
  } else if (e.k === 'call' || e.k === 'op') for (const arg of e.args) yield* parts(arg);
}
