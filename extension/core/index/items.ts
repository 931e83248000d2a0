import { Kind } from '../syntax/preprocess/scan.ts';

/** What the splitter reads: a file's tokens, or those that came out of a macro. */
export interface TokenView {
  readonly count: number;
  kind(i: number): number;
  text(i: number): string;
}

export type ItemKind = 'function' | 'prototype' | 'variable' | 'extern' | 'typedef' | 'tag' | 'enum' | 'other';

/** A top-level piece of C: tokens [from, to) and the names that it defines. */
export interface RawItem {
  readonly from: number;
  readonly to: number;
  readonly kind: ItemKind;
  /** Ordinary names: the function, variables, typedef names. */
  readonly names: readonly string[];
  /** `struct page`, `enum x`: tags whose bodies stand inside, at any depth. */
  readonly tags: readonly string[];
  readonly enumerators: readonly string[];
  readonly static: boolean;
}

/** Function-like attribute macros: what stands in parentheses after them is no parameter list. */
const ATTRIBUTES =
  /^(__attribute__|__attribute|__printf|__scanf|__acquires\w*|__releases\w*|__must_hold\w*|__cond_acquires|__aligned|__section|__alloc_size|__alloc_align|__assume_aligned|__malloc|__no_sanitize\w*|__error|__warning|__compiletime_\w+|__diagnose_as|__alias|__copy|__realloc_size|__counted_by|__nonnull\w*|__format\w*|__deprecated|__cleanup|__free|__excludes|__declspec|__asm__|asm|__typeof__|typeof|__typeof|__ADDRESSABLE|_Alignas|__mode)$/;
const STORAGE = new Set([
  'static',
  'extern',
  'inline',
  '__inline',
  '__inline__',
  '__always_inline',
  'const',
  'volatile',
  '__init',
  '__visible',
  'notrace',
  '__read_mostly',
]);

/** Where directives stand between tokens, so that both branches of an #if can have the same opening brace. */
export interface BranchMark {
  readonly token: number;
  readonly what: 'open' | 'next' | 'close';
}

/** Splits tokens into top-level items. Unbalanced or unknown text ends up in items of kind `other`. */
export function splitItems(view: TokenView, marks: readonly BranchMark[] = []): RawItem[] {
  const items: RawItem[] = [];
  const depths: number[] = [];
  let depth = 0;
  let from = 0;
  let mark = 0;
  const finish = (to: number, body: number): void => {
    if (to > from) items.push(classify(view, from, to, body));
    from = to;
  };
  let body = -1;
  for (let i = 0; i < view.count; i++) {
    for (; mark < marks.length && marks[mark]!.token <= i; mark++) {
      const { what } = marks[mark]!;
      if (what === 'open') depths.push(depth);
      else if (what === 'next') depth = depths[depths.length - 1] ?? depth;
      else depths.pop();
    }
    if (view.kind(i) !== Kind.punct) {
      // `PAGEFLAG(…)` without a semicolon: ends where a new declaration begins.
      if (depth === 0 && i > from + 2 && view.kind(i) === Kind.id && isInvocation(view, from, i)) finish(i, -1);
      continue;
    }
    const c = view.text(i);
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth = Math.max(0, depth - 1);
    else if (c === '{') {
      if (depth === 0 && body < 0) {
        if (!opensAggregate(view, from, i)) body = i;
      }
      depth++;
    } else if (c === '}') {
      depth = Math.max(0, depth - 1);
      if (depth === 0 && body >= 0) {
        finish(i + 1, body);
        body = -1;
      }
    } else if (c === ';' && depth === 0) {
      finish(i + 1, body);
      body = -1;
    }
  }
  finish(view.count, body);
  return items;
}

/** `name ( … )` and nothing else. */
function isInvocation(view: TokenView, from: number, to: number): boolean {
  if (view.kind(from) !== Kind.id || view.text(from + 1) !== '(' || view.text(to - 1) !== ')') return false;
  let depth = 0;
  for (let i = from + 1; i < to; i++) {
    const t = view.text(i);
    if (t === '(') depth++;
    else if (t === ')' && --depth === 0) return i === to - 1;
  }
  return false;
}

/** Whether the `{` at `at` begins a struct body or an initialiser rather than a function's. */
function opensAggregate(view: TokenView, from: number, at: number): boolean {
  let depth = 0;
  for (let i = from; i < at; i++) {
    const t = view.text(i);
    if (t === '(' || t === '[') depth++;
    else if (t === ')' || t === ']') depth--;
    else if (t === '=' && depth === 0) return true;
  }
  // Backwards over the tag and attributes: `struct __attribute__((packed)) tag {`; a parameter list means a function.
  for (let i = at - 1; i >= from; i--) {
    const t = view.text(i);
    if (t === 'struct' || t === 'union' || t === 'enum') return true;
    if (t === ')') {
      for (let nested = 0; i >= from; i--) {
        if (view.text(i) === ')') nested++;
        else if (view.text(i) === '(' && --nested === 0) break;
      }
      if (!ATTRIBUTES.test(view.text(i - 1))) return false;
      i--;
    } else if (view.kind(i) !== Kind.id) return false;
  }
  return false;
}

function classify(view: TokenView, from: number, to: number, body: number): RawItem {
  const end = body >= 0 ? body : to;
  const tags: string[] = [];
  const enumerators: string[] = [];
  if (body < 0) collectTags(view, from, to, tags, enumerators);
  const first = view.text(from);
  let isStatic = false;
  let isExtern = false;
  let isTypedef = false;
  for (let i = from; i < Math.min(end, from + 6); i++) {
    const t = view.text(i);
    if (t === 'static') isStatic = true;
    else if (t === 'extern') isExtern = true;
    else if (t === 'typedef') isTypedef = true;
  }
  const make = (kind: ItemKind, names: readonly string[]): RawItem => ({
    from,
    to,
    kind,
    names,
    tags,
    enumerators,
    static: isStatic,
  });
  if (isTypedef) return make('typedef', declarators(view, from, end));
  const fn = functionName(view, from, end);
  if (body >= 0) return fn === undefined ? make('other', [first]) : make(fn.macro ? 'other' : 'function', [fn.name]);
  if (fn && !hasAssignment(view, from, end)) {
    if (fn.macro) return make('other', [fn.name]);
    return make('prototype', [fn.name]);
  }
  if (fn?.macro) return make('other', [fn.name]);
  const names = declarators(view, from, end);
  if (names.length > 0) return make(isExtern ? 'extern' : 'variable', names);
  if (tags.length > 0) return make(enumerators.length > 0 && first === 'enum' ? 'enum' : 'tag', []);
  return make(enumerators.length > 0 ? 'enum' : 'other', [first]);
}

/** The name before the parameter list; `macro` when nothing but storage words stands before it. */
function functionName(view: TokenView, from: number, to: number): { name: string; macro: boolean } | undefined {
  let depth = 0;
  let words = 0;
  for (let i = from; i < to; i++) {
    const t = view.text(i);
    if (t === '{' || t === '[') depth++;
    else if (t === '}' || t === ']') depth--;
    else if (t === '=' && depth === 0) return undefined;
    else if (t === '(') {
      if (
        depth === 0 &&
        i > from &&
        view.kind(i - 1) === Kind.id &&
        !ATTRIBUTES.test(view.text(i - 1)) &&
        view.text(i + 1) !== '*'
      ) {
        return { name: view.text(i - 1), macro: words <= 1 };
      }
      depth++;
    } else if (t === ')') depth--;
    else if (depth === 0 && !(view.kind(i) === Kind.id && STORAGE.has(t))) words++;
  }
  return undefined;
}

function hasAssignment(view: TokenView, from: number, to: number): boolean {
  let depth = 0;
  for (let i = from; i < to; i++) {
    const t = view.text(i);
    if (t === '(' || t === '{' || t === '[') depth++;
    else if (t === ')' || t === '}' || t === ']') depth--;
    else if (t === '=' && depth === 0) return true;
  }
  return false;
}

/** Names declared: before `=`, `[`, `,`, `;` or `:` at the outer level, or in `(*name)`. */
function declarators(view: TokenView, from: number, to: number): string[] {
  const names: string[] = [];
  let name: string | undefined;
  let ids = 0;
  let initialiser = false;
  const finish = (): void => {
    if (name !== undefined && (ids > 1 || names.length > 0)) names.push(name);
    name = undefined;
    initialiser = false;
  };
  for (let i = from; i < to; i++) {
    const t = view.text(i);
    if (t === '{' || t === '[') {
      i = closing(view, i, to);
      if (t === '{' && !initialiser) ids++; // a struct body counts as the type
    } else if (t === '(') {
      const end = closing(view, i, to);
      if (!initialiser && (name === undefined) === false && ATTRIBUTES.test(view.text(i - 1))) name = undefined;
      if (!initialiser && view.text(i + 1) === '*' && !ATTRIBUTES.test(view.text(i - 1))) {
        for (let j = i + 1; j < end; j++)
          if (view.kind(j) === Kind.id && view.text(j) !== 'const') {
            name = view.text(j);
            ids = Math.max(ids, 2);
            break;
          }
      }
      i = end;
    } else if (t === '=') initialiser = true;
    else if (t === ',') finish();
    else if (t === ';') break;
    else if (!initialiser && view.kind(i) === Kind.id) {
      if (
        ATTRIBUTES.test(t) ||
        (/^_*(cacheline|read_mostly|ro_after_init|initdata|refdata|percpu|packed|randomize|page_aligned|user|rcu|iomem|maybe_unused|used|visible|always_unused)/.test(
          t.replace(/^_+/, ''),
        ) &&
          t.startsWith('__') &&
          name !== undefined)
      )
        continue;
      if (name !== undefined && /^(struct|union|enum)$/.test(view.text(i - 1))) ids++;
      name = t;
      ids++;
    }
  }
  finish();
  const head = view.text(from);
  // `struct tag { … };` and `struct tag;` declare nothing but the tag.
  if (names.length === 1 && /^(struct|union|enum)$/.test(head)) {
    const assigned = indexOf(view, from, to, '=');
    const bodyAt = indexOf(view, from, assigned < 0 ? to : assigned, '{');
    const tag = view.text(from + 1);
    if (names[0] === tag && !hasIdAfter(view, bodyAt < 0 ? from + 1 : closing(view, bodyAt, to), to)) return [];
    if (bodyAt >= 0 && !hasIdAfter(view, closing(view, bodyAt, to), to)) return [];
  }
  return names;
}

function hasIdAfter(view: TokenView, at: number, to: number): boolean {
  for (let i = at + 1; i < to; i++) {
    if (view.text(i) === '(') i = closing(view, i, to);
    else if (view.kind(i) === Kind.id && !view.text(i).startsWith('__')) return true;
  }
  return false;
}

function indexOf(view: TokenView, from: number, to: number, what: string): number {
  for (let i = from; i < to; i++) if (view.text(i) === what) return i;
  return -1;
}

function closing(view: TokenView, at: number, to: number): number {
  let depth = 0;
  for (let i = at; i < to; i++) {
    const t = view.text(i);
    if (t === '(' || t === '{' || t === '[') depth++;
    else if ((t === ')' || t === '}' || t === ']') && --depth <= 0) return i;
  }
  return to;
}

function collectTags(view: TokenView, from: number, to: number, tags: string[], enumerators: string[]): void {
  for (let i = from; i < to; i++) {
    if (view.kind(i) !== Kind.id) continue;
    const t = view.text(i);
    if (t !== 'struct' && t !== 'union' && t !== 'enum') continue;
    let j = i + 1;
    let tag: string | undefined;
    for (; j < to && j < i + 12; j++) {
      const u = view.text(j);
      if (u === '{') break;
      if (u === '(') j = closing(view, j, to);
      else if (
        view.kind(j) === Kind.id &&
        !ATTRIBUTES.test(u) &&
        !/^__(packed|aligned|randomize_layout|designated_init)/.test(u)
      ) {
        if (tag !== undefined) break;
        tag = u;
      } else if (view.kind(j) !== Kind.id) break;
    }
    if (view.text(j) !== '{') continue;
    if (tag !== undefined) tags.push(`${t} ${tag}`);
    if (t !== 'enum') continue;
    const end = closing(view, j, to);
    for (let k = j + 1, fresh = true; k < end; k++) {
      const u = view.text(k);
      if (u === ',') fresh = true;
      else if (u === '(' || u === '{') k = closing(view, k, end);
      else if (fresh && view.kind(k) === Kind.id) {
        enumerators.push(u);
        fresh = false;
      }
    }
  }
}
