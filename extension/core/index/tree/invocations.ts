/** What an invocation of a macro at file level, `NAME(a, b);`, is taken for: told by the kernel's way of naming them. */
export const Makes = {
  /** Nothing that has a name by itself: `module_init(f)`, `PAGEFLAG(…)`. */
  nothing: 0,
  /** A variable named by the first argument: `DEFINE_SPINLOCK(x)`, `LIST_HEAD(x)`. */
  variable: 1,
  /** A variable named by the second: `DEFINE_PER_CPU(type, x)`. */
  second: 2,
  /** The same, defined elsewhere: `DECLARE_PER_CPU(type, x)`, `DECLARE_STATIC_KEY_FALSE(x)`. */
  declaration: 3,
  secondDeclaration: 4,
  export: 5,
} as const;

/** Macros that begin like variables' and make functions or types from their first argument. */
const OTHERS =
  /^(?:DEFINE|DECLARE)_(?:SHOW_|SEQ_|PROC_SHOW_|STORE_|EVENT|TRACE|SIMPLE_PROP|COMPAT_|SYSCALL|GUARD|FREE|CLASS|LOCK_GUARD)/;

/** @param isStatic `static` stands before it: such a macro surely makes something */
export function macroMakes(macro: string, isStatic: boolean): number {
  if (/^_*EXPORT_(?:\w+_)?SYMBOL/.test(macro)) return Makes.export;
  if (OTHERS.test(macro)) return Makes.nothing;
  if (/^(?:DEFINE|DECLARE)_\w*PER_CPU/.test(macro)) {
    return macro.startsWith('DECLARE') ? Makes.secondDeclaration : Makes.second;
  }
  if (/^DECLARE_STATIC_(?:KEY|CALL)/.test(macro)) return Makes.declaration;
  if (/^(?:__)?(?:DEFINE|DECLARE)_/.test(macro) || /^[A-Z_]+_HEAD$/.test(macro)) return Makes.variable;
  return isStatic && /^[A-Z]/.test(macro) ? Makes.variable : Makes.nothing;
}

/** The name of what `SYSCALL_DEFINE2(name, …) {` defines; the first argument for other macros. */
export function nameOfHead(macro: string, argument: string): string {
  const compat = macro.startsWith('COMPAT_') ? 'compat_' : '';
  return /^(?:COMPAT_)?SYSCALL_DEFINE\d/.test(macro) ? `${compat}sys_${argument}` : argument;
}

/** Written as macros are: capitals. */
export const macroName = (name: string): boolean => /^_*[A-Z][A-Z0-9_]*$/.test(name);
