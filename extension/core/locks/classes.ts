import type { Expr } from './expr.ts';
import type { Definition } from './scan.ts';

/** The type that a parameter or local of a body is declared with: `struct page`, `pte_t`; undefined: not known. */
export type TypeOf = (name: string, scope: 'param' | 'local') => string | undefined;

/**
 * The class of a lock, as lockdep has it (Documentation/locking/lockdep-design.rst): all locks that one field of one
 * structure type is, or one global. `page_table_lock` of any mm is `mm_struct.page_table_lock`. Undefined when the
 * types along the path are not known.
 */
export function classOf(e: Expr, typeOf: TypeOf): string | undefined {
  if (e.k === 'name' && e.scope === 'free') return e.name;
  if (e.k !== 'addr') return undefined;
  let path = '';
  let at: Expr = e.base;
  for (;;) {
    if (at.k === 'field') {
      path = path === '' ? at.name : `${at.name}.${path}`;
      at = at.base;
    } else if (at.k === 'index') at = at.base;
    else break;
  }
  if (at.k === 'name' && at.scope === 'free') return path === '' ? at.name : `${at.name}.${path}`;
  if (path === '') return undefined;
  const type = at.k === 'deref' ? pointed(at.base, typeOf) : typeOfName(at, typeOf);
  return type && `${bare(type)}.${path}`;
}

/** The type that a pointer points to. */
function pointed(e: Expr, typeOf: TypeOf): string | undefined {
  switch (e.k) {
    case 'name':
      // A global pointer: all that it ever points to is one class here.
      return e.scope === 'free' ? `(${e.name})` : typeOfName(e, typeOf);
    case 'new':
      return typeOfName(e, typeOf);
    case 'index':
      return pointed(e.base, typeOf);
    case 'field':
      // Fields that point are mostly called alike wherever they point to the same type.
      return `(${e.name})`;
    default:
      return undefined;
  }
}

function typeOfName(e: Expr, typeOf: TypeOf): string | undefined {
  if (e.k === 'new') return typeOfName(e.of, typeOf);
  if (e.k === 'field') return `(${e.name})`;
  if (e.k !== 'name' || e.scope === 'free') return undefined;
  const type = typeOf(e.name, e.scope);
  return type === '' || type === 'void' ? undefined : type;
}

const bare = (type: string): string => type.replace(/^(?:struct|union) /, '');

/** The argument that is a parameter declared as a gfp mask. */
export const maskParameter = (args: readonly Expr[], definition: Definition): Expr | undefined =>
  args.find(e => e.k === 'name' && e.scope === 'param' && paramTypes(definition).get(e.name) === 'gfp_t');

const heads = new WeakMap<Definition, ReadonlyMap<string, string>>();

/** The types of a function's parameters, from its head. */
export function paramTypes(definition: Definition): ReadonlyMap<string, string> {
  let types = heads.get(definition);
  if (!types) heads.set(definition, (types = readTypes(definition)));
  return types;
}

function readTypes(definition: Definition): Map<string, string> {
  const out = new Map<string, string>();
  if (definition.kind === 'macro') return out;
  const head = definition.source.text.slice(definition.nameStart, definition.bodyStart);
  for (const name of definition.params ?? []) {
    const at = new RegExp(
      `(?:((?:struct|union)\\s+\\w+)|(\\w+))(?:\\s|\\*|\\bconst\\b|__\\w+)*(?<!\\w)${name.replace(/\W/g, '')}\\s*[,)[:]`,
    ).exec(head);
    const type = at?.[1]?.replace(/\s+/g, ' ') ?? at?.[2];
    if (type) out.set(name, type);
  }
  return out;
}
