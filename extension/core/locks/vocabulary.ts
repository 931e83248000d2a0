import table from '../../../grammars/locks.json' with { type: 'json' };
import type { LockMode } from '../report/documents.ts';
import { addr, deref, type Expr, field, freeName, type Op, op } from './expr.ts';
import { parts } from './lockPaths.ts';
import type { Guard } from './read/guards.ts';
import { ONE_OF } from './values.ts';

/** What one named interface does; see the comment at the top of grammars/locks.json for the fields. */
export interface VocabularyEntry {
  readonly names: readonly string[];
  readonly effect:
    | 'acquire'
    | 'release'
    | 'downgrade'
    | 'assert'
    | 'context'
    | 'sleep'
    | 'alloc'
    | 'noreturn'
    | 'value'
    | 'error'
    | 'primitive'
    | 'refutes'
    | 'quiet';
  readonly lock?: number | string;
  readonly mode?: LockMode;
  readonly sleeps?: boolean;
  readonly atomic?: boolean;
  readonly nests?: boolean;
  readonly when?: 'zero' | 'nonzero';
  readonly irq?: 'off' | 'on' | 'restore';
  readonly bh?: 'off' | 'on';
  readonly preempt?: 'off' | 'on';
  /** What the CPU must be in, or the caller be called with: a `context` entry warns otherwise. */
  readonly context?:
    | 'irqs-off'
    | 'irqs-on'
    | 'hardirq'
    | 'no-hardirq'
    | 'softirq'
    | 'preempt-off'
    | 'preempt-on'
    | 'rcu-reader';
  /** The argument of a `value` that states what the caller holds. */
  readonly condition?: number;
  /** The argument on whose truth a sleep depends. */
  readonly if?: number;
  readonly gfp?: string;
  /** It only reads what its arguments lead to: asked again of the same, it says the same. */
  readonly reads?: boolean;
  /** Whoever likes lets it go. */
  readonly anyone?: boolean;
  /** It runs statements of its caller around the sleep. */
  readonly around?: boolean;
  /** What it lets go while it sleeps, and has again after. */
  readonly drops?: string;
  /** It sleeps on a page fault alone: where those are off it fails at once. */
  readonly faults?: boolean;
  /** Its argument is the address of the lock's member of this name, or the call says nothing of a lock. */
  readonly map?: string;
  /** The argument of which nonzero means that it did not wait. */
  readonly tries?: number;
  /** Said only where the tree's own definition is not reached. */
  readonly fallback?: boolean;
  readonly doc: string;
}

const byName = new Map<string, VocabularyEntry>();
for (const entry of table.entries as readonly VocabularyEntry[])
  for (const name of entry.names) byName.set(name, entry);
/** Since 6.10 an allocator is a macro that accounts for it, around a function of this name. include/linux/alloc_tag.h */
const UNPROFILED = '_noprof';
const sleepingGfp = new Set(table.gfp.sleep);
const atomicGfp = new Set(table.gfp.atomic);
const quiet: VocabularyEntry = {
  names: [],
  effect: 'quiet',
  doc: 'By prefix: tracing, sanitizers, compiler builtins.',
};

/** What `name` does to locks and contexts, if it is one of the kernel's own interfaces. */
export function vocabularyOf(name: string): VocabularyEntry | undefined {
  const entry =
    byName.get(name) ?? (name.endsWith(UNPROFILED) ? byName.get(name.slice(0, -UNPROFILED.length)) : undefined);
  if (entry) return entry;
  return table.quietPrefixes.some(prefix => name.startsWith(prefix)) ? quiet : undefined;
}

/** What `name` does, unless the tree's own definition of it is to be followed. */
export function leafOf(name: string): VocabularyEntry | undefined {
  const entry = vocabularyOf(name);
  return entry?.fallback ? undefined : entry;
}

/** Guard classes of include/linux/cleanup.h whose constructor and destructor are listed themselves, by name. */
export const guards: ReadonlyMap<string, Guard> = new Map(Object.entries(table.guards as Record<string, Guard>));

/** What a guard class does, if it is one of the kernel's own. */
export const guardOf = (name: string): Guard | undefined => guards.get(name);

export const vocabulary: ReadonlyMap<string, VocabularyEntry> = byName;

/** The argument that names the lock, or the lock's own name when it is no object. */
export function lockArgument(entry: VocabularyEntry, args: readonly Expr[]): Expr | undefined {
  if (entry.map) {
    const map = args[Number(entry.lock)];
    return map?.k === 'addr' && map.base.k === 'field' && map.base.name === entry.map ? addr(map.base.base) : undefined;
  }
  if (typeof entry.lock === 'number') return args[entry.lock];
  if (entry.lock === 'last') return args.at(-1);
  // Of a lock that is there, sparse is told what is not so: `__acquire(&x->lock)` where nothing takes it.
  if (entry.lock === 'name') return args[0]?.k === 'name' && args[0].scope === 'free' ? args[0] : undefined;
  if (entry.lock === '&2') return args[2] && addr(args[2]);
  if (entry.lock === undefined) return undefined;
  const member = /^(\d)->(\w+)$/.exec(entry.lock);
  if (member) {
    const of = args[Number(member[1])];
    return of && addr(field(deref(of), member[2]!));
  }
  const bare = entry.lock.replace(/^&/, '');
  const name = freeName(bare);
  return bare === entry.lock ? name : addr(name);
}

const NESTED = new RegExp(table.nested);

/**
 * Whether a lock is taken under another of its class on purpose: lockdep is told so by the name of what takes it. What is
 * called by the name without only gives the first subclass.
 */
export const isNested = (primitive: string, via: readonly string[]): boolean =>
  NESTED.test(primitive) || via.some((name, i) => NESTED.test(name) && name !== `${via[i - 1]}_nested`);

const tried = new Map<VocabularyEntry, VocabularyEntry>();

/** What an entry means with these arguments: an acquisition that lockdep is told was only tried waits for nobody. */
export function meant(entry: VocabularyEntry, args: readonly Expr[]): VocabularyEntry {
  const asked = entry.tries === undefined ? undefined : args[entry.tries];
  if (asked?.k !== 'num' || asked.value === 0) return entry;
  let only = tried.get(entry);
  if (!only) tried.set(entry, (only = { ...entry, when: 'nonzero' }));
  return only;
}

export const isGfpName = (name: string): boolean => /^_*GFP/.test(name);

/**
 * Whether an allocation with this gfp mask may sleep: `yes`, `no`, or `unknown` when that depends on a value from outside.
 * include/linux/gfp_types.h: direct reclaim is what sleeps.
 */
export function gfpSleeps(mask: Expr): 'yes' | 'no' | 'unknown' {
  switch (mask.k) {
    case 'num':
      return mask.value === 0 ? 'no' : 'unknown';
    case 'name':
      if (sleepingGfp.has(mask.name)) return 'yes';
      return atomicGfp.has(mask.name) || mask.name.startsWith('__GFP_') ? 'no' : 'unknown';
    case 'op': {
      const [a, b, c] = mask.args;
      if (mask.op === '|' && a && b) {
        const both = [gfpSleeps(a), gfpSleeps(b)];
        return both.includes('yes') ? 'yes' : both.includes('unknown') ? 'unknown' : 'no';
      }
      if (mask.op === '&' && a && b) {
        const cleared = b.k === 'op' && b.op === '~' ? b.args[0] : undefined;
        if (cleared && gfpSleeps(cleared) === 'yes') return 'no';
        // What is taken out of a mask by one that does not sleep does not either.
        return gfpSleeps(b) === 'no' ? 'no' : gfpSleeps(a);
      }
      if (mask.op === ONE_OF) {
        const each = mask.args.slice(1).map(gfpSleeps);
        return each.includes('yes') ? 'yes' : each.includes('unknown') ? 'unknown' : 'no';
      }
      if (mask.op === '?:' && b && c) {
        const both = [gfpSleeps(b), gfpSleeps(c)];
        return both.includes('yes') ? 'yes' : both.includes('unknown') ? 'unknown' : 'no';
      }
      return 'unknown';
    }
    default:
      return 'unknown';
  }
}

/**
 * A mask that has one more flag on one way than on the other, `gfp` and `gfp | __GFP_ACCOUNT`: either; undefined for what
 * is no such pair. Seen again, it stays what it is.
 */
export function eitherMask(a: Expr, b: Expr): Expr | undefined {
  const more = (less: Expr, mask: Expr) =>
    mask.k === 'op' && mask.op === '|' && mask.args[0] === less && gfpSleeps(mask.args[1]!) === 'no';
  if (isEither(a)) return a.args[1] === b || a.args[2] === b ? a : undefined;
  if (isEither(b)) return eitherMask(b, a);
  if (!mayBeMask(a) && !mayBeMask(b)) return undefined;
  if (more(a, b)) return op('?:', UNKNOWN, a, b);
  return more(b, a) ? op('?:', UNKNOWN, b, a) : undefined;
}

const UNKNOWN = op('unknown');
const mayBeMask = (e: Expr): boolean => e.k === 'op';
const isEither = (e: Expr): e is Op => e.k === 'op' && e.op === '?:' && e.args[0] === UNKNOWN;

/** The gfp mask that a condition asks whether it allows direct reclaim; undefined: the condition asks something else. */
export function gfpAskedFor(condition: Expr): Expr | undefined {
  for (const part of parts(condition)) {
    if (part.k === 'call' && part.name === 'gfpflags_allow_blocking') return part.args[0];
    if (
      part.k === 'op' &&
      part.op === '&' &&
      part.args.some(a => a.k === 'name' && /^(?:__GFP_DIRECT_RECLAIM|GFP_KERNEL)$/.test(a.name))
    )
      return part.args.find(a => !(a.k === 'name' && a.scope === 'free'));
  }
  return undefined;
}

/** The argument that is a gfp mask: one made of GFP names, else one called like a mask. */
export function gfpArgument(args: readonly Expr[]): Expr | undefined {
  return (
    args.find(arg => gfpSleeps(arg) !== 'unknown' && arg.k !== 'num') ??
    args.find(arg => /gfp|flags|mask/i.test(lastName(arg)))
  );
}

function lastName(e: Expr): string {
  if (e.k === 'name' || e.k === 'field') return e.name;
  if (e.k === 'op') return e.args.map(lastName).join(' ');
  return '';
}
