import { type Definition, type Scanned, scan, splitArgs } from './scan.ts';

/**
 * The functions that DEFINE_GUARD() and its relatives make of their arguments, include/linux/cleanup.h. They do what the
 * kernel's own do, but are called otherwise: a constructor is given the variable's address, so that no struct is returned,
 * and gives zero when a conditional class has not got the lock.
 *
 *   class_X_constructor(&variable, arguments…)   class_X_destructor(&variable)   __free_X(&variable)
 */
const MADE = /^class_\w+_(?:con|de)structor$/;
const DEFINES = /^(DEFINE_(?:LOCK_)?GUARD(?:_[012])?(?:_COND)?|DEFINE_CLASS|EXTEND_CLASS|DEFINE_FREE)[ \t]*\(/gm;
const MARKS = /[()]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\//g;

/** Names of these are nobody else's: constructors that were written by hand are called as the kernel calls them. */
export const isGuardFunction = (name: string): boolean => MADE.test(name);

const known = new WeakMap<Scanned, ReadonlyMap<string, Definition>>();

/** What the invocations of a file make, by name. */
export function guardFunctions(file: Scanned): ReadonlyMap<string, Definition> {
  let made = known.get(file);
  if (!made) known.set(file, (made = make(file)));
  return made;
}

function make(file: Scanned): ReadonlyMap<string, Definition> {
  const out = new Map<string, Definition>();
  for (const { macro, args, start } of guardDefinitions(file)) {
    const text = functionsOf(macro, args);
    if (text === undefined) continue;
    // On the line of the invocation.
    const line = file.text.slice(0, start).match(/\n/g)?.length ?? 0;
    for (const [name, [definition]] of scan(file.file, `${'\n'.repeat(line)}${text}\n`, undefined).definitions)
      if (definition) out.set(name, definition);
  }
  return out;
}

/** DEFINE_GUARD() and the like in a file, with their arguments as text on one line. */
export function guardDefinitions(file: Scanned): { macro: string; args: readonly string[]; start: number }[] {
  const { text, blanks } = file;
  const out: { macro: string; args: readonly string[]; start: number }[] = [];
  for (const match of text.matchAll(DEFINES)) {
    const start = match.index;
    if (blanks.some(([from, to]) => from <= start && start < to)) continue;
    const open = start + match[0].length;
    const close = closing(text, open);
    if (close === undefined) continue;
    const args = splitArgs(text.slice(open, close)).map(arg => arg.replace(/\/\*[\s\S]*?\*\/|\s+/g, ' '));
    out.push({ macro: match[1]!, args, start });
  }
  return out;
}

/** Where the bracket that was opened just before `from` is closed. */
function closing(text: string, from: number): number | undefined {
  let depth = 1;
  MARKS.lastIndex = from;
  for (let mark = MARKS.exec(text); mark; mark = MARKS.exec(text)) {
    if (mark[0] === '(') depth++;
    else if (mark[0] === ')' && --depth === 0) return mark.index;
  }
  return undefined;
}

/** C of the functions that one invocation makes; undefined when it has not the arguments that it needs. */
function functionsOf(macro: string, args: readonly string[]): string | undefined {
  const [name, second, third, fourth, ...rest] = args as readonly (string | undefined)[];
  if (!name || second === undefined) return undefined;
  const variable = `struct class_${name}_t`;
  const constructor = (params: string, body: string) =>
    `static int class_${name}_constructor(${params}) { ${body} return 1; }`;
  const destructor = (params: string, body: string) => `static void class_${name}_destructor(${params}) { ${body} }`;
  // What can be said of the lock alone is better said of it than of the variable: it has a type.
  const direct = (code: string) => code.replace(/_T\s*->\s*(lock2?)\b/g, '$1');
  switch (macro) {
    case 'DEFINE_FREE':
      return third && `static void __free_${name}(${second} *p) { ${second} _T = *p; ${third}; }`;
    case 'DEFINE_GUARD_COND':
    case 'DEFINE_LOCK_GUARD_1_COND': {
      if (!third) return undefined;
      const [lock, place] = macro === 'DEFINE_GUARD_COND' ? ['_T', '*p'] : ['lock', 'p->lock'];
      const got = `if (${direct(third)}) { ${place} = ${lock}; return 1; } ${place} = NULL; return 0;`;
      return (
        `static int class_${name}${second}_constructor(${variable} *p, void *${lock}) { ${got} } ` +
        `static void class_${name}${second}_destructor(${variable} *p) { class_${name}_destructor(p); }`
      );
    }
    case 'EXTEND_CLASS':
      return (
        third &&
        `static int class_${name}${second}_constructor(${[`${variable} *p`, ...args.slice(3)].join(', ')}) { *p = ${third}; return 1; } ` +
          `static void class_${name}${second}_destructor(${variable} *p) { class_${name}_destructor(p); }`
      );
    case 'DEFINE_LOCK_GUARD_0':
      return third && `${constructor(`${variable} *_T`, `${second};`)} ${destructor(`${variable} *_T`, `${third};`)}`;
  }
  if (!third || !fourth) return undefined;
  switch (macro) {
    case 'DEFINE_CLASS':
      return `${constructor([`${second} *p`, ...rest].join(', '), `*p = ${fourth};`)} ${destructor(`${second} *p`, `${second} _T = *p; ${third};`)}`;
    case 'DEFINE_GUARD':
      return `${constructor(`${second} *p, ${second} _T`, `${third}; *p = _T;`)} ${destructor(`${second} *p`, `${second} _T = *p; if (_T) { ${fourth}; }`)}`;
    case 'DEFINE_LOCK_GUARD_1':
      return (
        `${constructor(`${variable} *_T, ${second} *lock`, `_T->lock = lock; ${direct(third)};`)} ` +
        destructor(`${variable} *_T`, `${second} *lock = _T->lock; if (lock) { ${direct(fourth)}; }`)
      );
    case 'DEFINE_LOCK_GUARD_2':
      return (
        `${constructor(`${variable} *_T, ${second} *lock, ${second} *lock2`, `_T->lock = lock; _T->lock2 = lock2; ${direct(third)};`)} ` +
        destructor(`${variable} *_T`, `${second} *lock = _T->lock; ${second} *lock2 = _T->lock2; ${direct(fourth)};`)
      );
    default:
      return undefined;
  }
}
