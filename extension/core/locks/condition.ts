/** What decides CONFIG_ options: a KernelConfig of `index/config.ts` is one. Options are named without CONFIG_. */
export interface OptionValues {
  value(option: string): string | undefined;
  readonly isAssumed?: boolean;
}

/** Options that change how the kernel is built as a whole, or only check it: off unless somebody says so. */
const OFF =
  /DEBUG|PROVE|KASAN|KMSAN|KCSAN|UBSAN|SELFTEST|_TEST|FAULT_INJ|PREEMPT_RT|LOCK_STAT|LOCKDEP|XIP|COMPILE_TEST|TRIM|32BIT|HIGHMEM|BIG_ENDIAN|UML|PARAVIRT_SPIN|(?<!F)TRACE(?!R|PO)|_32$|BROKEN|PREEMPT_NONE|SLOB|TINY|NOMMU|FLATMEM|^SCHED_CORE$/;
/** What sounds like these and is on in a default configuration all the same: arch/x86/configs/x86_64_defconfig, and what it implies. */
const ON = /^(?:SLUB_DEBUG|BLK_DEBUG_FS|BLK_DEV_IO_TRACE)$/;

/**
 * By a default configuration, code that stands under an option which that does not name is looked at as if the option were
 * on: it is there to be reviewed. In .c files, and in the headers beside them; what those of include/ offer to everybody
 * is as it is without.
 */
export function optionsFor(file: string, options: OptionValues | undefined): OptionValues | undefined {
  if (!options?.isAssumed || /(?:^|\/)include\//.test(file)) return options;
  return { value: option => options.value(option) ?? (OFF.test(option) && !ON.test(option) ? undefined : 'y') };
}

/** `yes`/`no`: decided. `weak`: depends on a macro that some header may define. `open`: on an option nobody stated. */
export type Verdict = 'yes' | 'no' | 'weak' | 'open';

/** Macros that a compiler building a kernel image never defines, and those it always does. */
const NEVER = new Set([
  '__ASSEMBLY__',
  '__ASSEMBLER__',
  '__cplusplus',
  '__CHECKER__',
  '__GENKSYMS__',
  'BUILD_VDSO32',
  'BUILD_VDSO',
]);
const ALWAYS = new Set(['__KERNEL__', '__GNUC__', '__x86_64__', '__LP64__']);

type Value = { known: number } | { unknown: 'weak' | 'open' };

/**
 * Decides the condition of an `#if`, `#ifdef` or `#ifndef` (given as an `#if` expression).
 *
 * `defined` says which macros the file itself has defined before this line. `macros` gives the body of an object-like macro,
 * null for a name that is known to be no macro, undefined for one nobody has looked up.
 */
export function decide(
  expression: string,
  options: OptionValues | undefined,
  defined: ReadonlySet<string>,
  macros?: (name: string) => string | null | undefined,
): Verdict {
  const tokens =
    expression.match(/[A-Za-z_]\w*|0[xX][0-9a-fA-F]+|\d+|&&|\|\||[=!<>]=|<<|>>|[-+*/%!<>()~&|^?:,]/g) ?? [];
  let at = 0;
  const peek = () => tokens[at];
  const known = (n: number | boolean): Value => ({ known: Number(n) });
  const isDefined = (name: string): Value => {
    if (name.startsWith('CONFIG_')) {
      if (!options) return { unknown: 'open' };
      const value = options.value(name.slice(7));
      return known(value !== undefined && value !== 'n' && value !== 'm');
    }
    if (ALWAYS.has(name) || defined.has(name)) return known(1);
    if (NEVER.has(name)) return known(0);
    const body = macros?.(name);
    return body === undefined ? { unknown: 'weak' } : known(body !== null);
  };
  const primary = (): Value => {
    const token = tokens[at++];
    if (token === undefined) return { unknown: 'weak' };
    if (token === '(') {
      const inner = binary(0);
      if (peek() === ')') at++;
      return inner;
    }
    if (token === '!') {
      const inner = primary();
      return 'known' in inner ? known(!inner.known) : inner;
    }
    if (token === '-') {
      const inner = primary();
      return 'known' in inner ? known(-inner.known) : inner;
    }
    if (/^\d/.test(token)) return known(Number(token));
    if (token === 'defined' || token === 'IS_ENABLED' || token === 'IS_BUILTIN' || token === 'IS_REACHABLE') {
      const paren = peek() === '(';
      if (paren) at++;
      const name = tokens[at++] ?? '';
      if (paren && peek() === ')') at++;
      if (token === 'IS_ENABLED' || token === 'IS_REACHABLE') {
        if (options?.value(name.slice(7)) === 'm') return known(1);
      }
      return isDefined(name);
    }
    if (/^[A-Za-z_]/.test(token)) {
      if (peek() === '(') {
        let depth = 0;
        do {
          if (peek() === '(') depth++;
          if (peek() === ')') depth--;
          at++;
        } while (depth > 0 && at < tokens.length);
        return { unknown: 'weak' };
      }
      if (!token.startsWith('CONFIG_')) {
        const body = macros?.(token);
        if (body === null) return known(0);
        if (body === undefined || body.trim() === token) return { unknown: 'weak' };
        const inner = decide(body, options, defined, macros);
        const number = /^\(*\s*(\w+)\s*\)*$/.exec(body.trim())?.[1];
        if (number !== undefined && /^\d/.test(number)) return known(Number(number.replace(/[uUlL]+$/, '')));
        if (number?.startsWith('CONFIG_') && options)
          return known(Number(options.value(number.slice(7))) || Number(options.value(number.slice(7)) === 'y'));
        return inner === 'yes' ? known(1) : inner === 'no' ? known(0) : { unknown: inner };
      }
      if (!options) return { unknown: 'open' };
      const value = options.value(token.slice(7));
      return known(value === 'y' ? 1 : Number(value ?? 0) || 0);
    }
    return { unknown: 'weak' };
  };
  const LEVELS = [
    ['||'],
    ['&&'],
    ['|'],
    ['^'],
    ['&'],
    ['==', '!='],
    ['<', '>', '<=', '>='],
    ['<<', '>>'],
    ['+', '-'],
    ['*', '/', '%'],
  ];
  const binary = (level: number): Value => {
    if (level === LEVELS.length) return primary();
    let left = binary(level + 1);
    while (peek() !== undefined && LEVELS[level]!.includes(peek()!)) {
      const operator = tokens[at++]!;
      left = apply(operator, left, binary(level + 1));
    }
    return left;
  };
  const result = binary(0);
  return 'known' in result ? (result.known ? 'yes' : 'no') : result.unknown;
}

function apply(operator: string, a: Value, b: Value): Value {
  const truth = (v: Value) => ('known' in v ? v.known !== 0 : undefined);
  if (operator === '&&') {
    if (truth(a) === false || truth(b) === false) return { known: 0 };
  } else if (operator === '||') {
    if (truth(a) === true || truth(b) === true) return { known: 1 };
  }
  if (!('known' in a)) return !('known' in b) && b.unknown === 'open' ? b : a;
  if (!('known' in b)) return b;
  const [x, y] = [a.known, b.known];
  const results: Record<string, number | boolean> = {
    '||': x || y,
    '&&': x && y,
    '|': x | y,
    '^': x ^ y,
    '&': x & y,
    '==': x === y,
    '!=': x !== y,
    '<': x < y,
    '>': x > y,
    '<=': x <= y,
    '>=': x >= y,
    '<<': x << y,
    '>>': x >> y,
    '+': x + y,
    '-': x - y,
    '*': x * y,
    '/': y ? x / y : 0,
    '%': y ? x % y : 0,
  };
  return { known: Number(results[operator] ?? 0) };
}
