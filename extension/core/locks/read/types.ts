import { Kind, type Tokens } from './tokens.ts';

/** Keywords that begin a type and nothing else. */
const TYPE_WORDS = new Set(
  (
    'struct union enum void char short int long float double signed unsigned const volatile static extern register ' +
    'auto inline _Bool bool typeof __typeof__ __typeof typeof_unqual __auto_type __extension__ _Atomic __inline__ ' +
    '__inline __signed__ __volatile__ __const restrict __restrict _Thread_local'
  ).split(' '),
);
/** Names that the kernel gives to types alone. */
const TYPE_NAME =
  /^(?:(?:__)?(?:[us]|le|be)(?:8|16|32|64|128)|\w+_t|bool|ulong|uint|ushort|uchar|unchar|[us](?:8|16|32|64)_\w+)$/;
/** Attributes that stand among the words of a declaration. */
const ATTRIBUTE =
  /^(?:__(?:maybe_unused|always_unused|unused|user|kernel|iomem|percpu|rcu|force|bitwise|nocast|aligned|attribute|attribute__|init|initdata|initconst|exit|ref|read_mostly|ro_after_init|must_check|cacheline_aligned\w*|section|visible|used|weak|nonstring|free|private|packed|printf|noreturn|cold|pure|counted_by|cleanup|uninitialized|safe)|uninitialized_var|asm|__asm__|noinline|notrace|__always_inline|noinline_for_stack)$/;

const typeNames = new Map<string, boolean>();

/** A name that can be nothing but a type's, by the kernel's conventions. */
export function isTypeName(name: string): boolean {
  let is = typeNames.get(name);
  if (is === undefined) typeNames.set(name, (is = TYPE_NAME.test(name)));
  return is;
}

export const isTypeWord = (name: string): boolean => TYPE_WORDS.has(name);

const attributes = new Map<string, boolean>();
export function isAttribute(name: string): boolean {
  let is = attributes.get(name);
  if (is === undefined) attributes.set(name, (is = ATTRIBUTE.test(name)));
  return is;
}

/** Whether the bracket at `open` encloses a type name, so that what follows is cast to it. */
export function isCast(tokens: Tokens, open: number): boolean {
  const { text, kind, match } = tokens;
  const close = match[open]!;
  const first = open + 1;
  if (kind[first] !== Kind.Name || close < 0) return false;
  const word = text[first]!;
  if (TYPE_WORDS.has(word)) return true;
  let i = first + 1;
  while (i < close && kind[i] === Kind.Name && (isAttribute(text[i]!) || TYPE_WORDS.has(text[i]!))) i++;
  const stars = i;
  while (i < close && (text[i] === '*' || (kind[i] === Kind.Name && (isAttribute(text[i]!) || text[i] === 'const'))))
    i++;
  if (i !== close) return false;
  if (i > stars) return true;
  if (stars > first + 1) return true;
  // A lone name in brackets: what follows tells, as far as two values never stand side by side.
  const next = close + 1;
  switch (kind[next]) {
    case Kind.Name:
      return !isTypeWord(text[next]!) || text[next] === 'sizeof';
    case Kind.Number:
    case Kind.String:
    case Kind.Char:
      return true;
    default: {
      const mark = text[next]!;
      if (mark === '~' || mark === '!' || mark === '{') return true;
      return (mark === '(' || mark === '&' || mark === '*' || mark === '-' || mark === '+') && isTypeName(word);
    }
  }
}

/**
 * Whether the statement at `i` is a declaration. Without types, `a * b;` could be either: nobody multiplies for nothing,
 * so it declares.
 */
export function isDeclaration(tokens: Tokens, i: number): boolean {
  const { text, kind } = tokens;
  if (kind[i] !== Kind.Name) return false;
  const word = text[i]!;
  if (TYPE_WORDS.has(word)) return true;
  if (isAttribute(word) && kind[i + 1] === Kind.Name) return true;
  let k = i + 1;
  while (
    kind[k] === Kind.Name &&
    (text[k] === 'const' ||
      text[k] === 'volatile' ||
      text[k] === '__user' ||
      text[k] === '__iomem' ||
      text[k] === '__percpu' ||
      text[k] === '__rcu')
  )
    k++;
  const stars = k;
  while (text[k] === '*') {
    k++;
    while (kind[k] === Kind.Name && (text[k] === 'const' || text[k] === 'restrict' || text[k] === 'volatile')) k++;
  }
  if (text[k] === '(' && k > stars - 1 && text[k + 1] === '*' && isTypeName(word)) return true;
  if (kind[k] !== Kind.Name) return false;
  const next = text[k + 1]!;
  if (k === stars) {
    // Two names side by side.
    if (text[k] === 'else' || word === 'else') return false;
    return (
      next === ';' ||
      next === '=' ||
      next === ',' ||
      next === '[' ||
      next === ':' ||
      next === '(' ||
      kind[k + 1] === Kind.Name
    );
  }
  return next === ';' || next === '=' || next === ',' || next === '[' || kind[k + 1] === Kind.Name;
}
