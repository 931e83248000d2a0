import type { CutFunction, Token } from './cut.ts';

export type Family = 'spin' | 'raw' | 'rwlock' | 'mutex' | 'rwsem';

/** What a call of this name does to the lock that its first argument names. */
export interface Operation {
  readonly family: Family;
  readonly effect: 'acquire' | 'release';
  readonly mode: 'read' | 'write';
  /** How interrupts are treated: the suffix of the name. */
  readonly context: '' | 'bh' | 'irq' | 'irqsave';
}

/**
 * The locking statements that faults are made of: the plain, unconditional interfaces of spinlocks, rwlocks, mutexes and
 * rw_semaphores (include/linux/spinlock.h, rwlock.h, mutex.h, rwsem.h). Trylocks, nested and interruptible variants are
 * left out: a lock that is touched by one of those in a function is not used there.
 */
export const OPERATIONS: ReadonlyMap<string, Operation> = (() => {
  const all = new Map<string, Operation>();
  const contexts = [
    ['', '', ''],
    ['bh', '_bh', '_bh'],
    ['irq', '_irq', '_irq'],
    ['irqsave', '_irqsave', '_irqrestore'],
  ] as const;
  for (const [context, taking, letting] of contexts) {
    for (const [family, prefix] of [
      ['spin', 'spin'],
      ['raw', 'raw_spin'],
    ] as const) {
      all.set(`${prefix}_lock${taking}`, { family, effect: 'acquire', mode: 'write', context });
      all.set(`${prefix}_unlock${letting}`, { family, effect: 'release', mode: 'write', context });
    }
    for (const mode of ['read', 'write'] as const) {
      all.set(`${mode}_lock${taking}`, { family: 'rwlock', effect: 'acquire', mode, context });
      all.set(`${mode}_unlock${letting}`, { family: 'rwlock', effect: 'release', mode, context });
    }
  }
  all.set('mutex_lock', { family: 'mutex', effect: 'acquire', mode: 'write', context: '' });
  all.set('mutex_unlock', { family: 'mutex', effect: 'release', mode: 'write', context: '' });
  for (const [mode, side] of [
    ['read', 'read'],
    ['write', 'write'],
  ] as const) {
    all.set(`down_${side}`, { family: 'rwsem', effect: 'acquire', mode, context: '' });
    all.set(`up_${side}`, { family: 'rwsem', effect: 'release', mode, context: '' });
  }
  return all;
})();

/** Whoever holds a lock of these must not sleep. */
export const spins = (o: Operation): boolean => o.family === 'spin' || o.family === 'raw' || o.family === 'rwlock';

/** Calls that name a lock and leave it as it is. */
export const HARMLESS =
  /^(?:lockdep_\w+|assert_(?:raw_)?spin_locked|(?:raw_)?spin_lock_init|mutex_(?:init|is_locked|destroy)|spin_is_locked|init_rwsem|rwlock_init|sizeof)$/;

/** A word that speaks of locking in a way that is not among the statements above. */
export const OTHER_LOCKING =
  /(?:_|^)(?:try_?lock|lock_(?:nested|nest_lock|interruptible|killable|io)|dec_and_(?:raw_)?lock|dec_and_mutex_lock|downgrade_write|down_(?:read|write)_\w+)/;

/** The tokens of a lock's argument as one text without spaces: `&p->lock`. */
export const argumentText = (list: readonly Token[]): string => list.map(t => t.text).join('');

/** Is the argument a plain path: evaluating it twice gives the same object and does nothing else? */
export function plainPath(list: readonly Token[]): boolean {
  return list.length > 0 && list.every(t => t.kind !== 'str' && (t.kind !== 'punct' || PATH_PUNCTUATION.has(t.text)));
}

const PATH_PUNCTUATION = new Set(['&', '->', '.', '[', ']', '*', '(', ')']);

/**
 * The class of a lock named by a path, as far as the function's own text tells: `struct T.lock` for `&p->lock` where p is
 * declared as `struct T *p` in the function, the global's name for `&name`. Undefined when its base has no such declaration.
 */
export function lockClass(f: CutFunction, path: readonly Token[]): string | undefined {
  const at = path.findIndex(t => t.kind === 'id');
  const base = path[at];
  if (!base) return undefined;
  const rest = path
    .slice(at + 1)
    .map(t => t.text)
    .join('')
    .replace(/\[[^\]]*\]/g, '[]');
  const type = declaredStruct(f, base.text);
  if (type) return rest ? `struct ${type}:${rest.replace(/^(?:->|\.)/, '')}` : undefined;
  // No local of that name: a global; its own name says which.
  const declared = [...f.head, ...f.body].some(
    (t, i, all) => t.text === base.text && declares(all, i) && all[i - 1]?.text !== 'return',
  );
  return declared ? undefined : `${base.text}${rest}`;
}

/** T of `struct T *name` or `struct T name` among the parameters and declarations of a function. */
function declaredStruct(f: CutFunction, name: string): string | undefined {
  for (const list of [f.head, f.body]) {
    for (let i = 0; i < list.length - 2; i++) {
      if (list[i]!.text !== 'struct' || list[i + 1]!.kind !== 'id') continue;
      let at = i + 2;
      // `struct T *a, *b = x, c;`: names one by one until something else stands there.
      for (let depth = 0; at < list.length; at++) {
        const t = list[at]!;
        if (t.text === ';' || t.text === '{') break;
        if (t.text === '(' || t.text === '[') depth++;
        else if (t.text === ')' || t.text === ']') {
          if (depth-- === 0) break;
        } else if (depth === 0 && t.text === ',' && list === f.head) break;
        else if (depth === 0 && t.text === name && /^(?:\*|,|const)$|^\w+$/.test(list[at - 1]!.text))
          return list[i + 1]!.text;
      }
    }
  }
  return undefined;
}

/** Does the name at `i` stand after a type: `int name`, `T *name`? */
function declares(all: readonly Token[], i: number): boolean {
  const before = all[i - 1];
  const further = all[i - 2];
  if (before?.kind === 'id') return !/^(?:return|else|goto|case|sizeof)$/.test(before.text);
  return before?.text === '*' && further?.kind === 'id' && !/^(?:return|else)$/.test(further.text);
}
