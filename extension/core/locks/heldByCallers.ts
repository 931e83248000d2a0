import type { CallSite, NameIndex } from '../index/names.ts';
import type { LockMode } from '../report/documents.ts';
import { paramTypes } from './classes.ts';
import type { ContractAnalyser, FileAnalysis } from './contracts.ts';
import type { Effect } from './effects.ts';
import { type Expr, lockKey, num, OR_NULL } from './expr.ts';
import type { FieldTypes } from './fieldTypes.ts';
import { HeaderTypes } from './headerTypes.ts';
import { knownClass } from './heldSteps.ts';
import { LineStarts } from './lines.ts';
import { memberOf } from './lockPaths.ts';
import { openersOf } from './operations.ts';
import { render } from './render.ts';
import type { Definition } from './scan.ts';
import { folderOf } from './sources.ts';
import type { Summary } from './summary.ts';
import { ZERO } from './values.ts';
import { vocabularyOf } from './vocabulary.ts';

/** A lock that is held whenever a function is called, as far as its callers are known. */
export interface EntryLock {
  /** As the first caller writes it. */
  readonly lock: string;
  readonly lockClass: string | undefined;
  readonly mode: LockMode;
  /** Call sites that hold it, or have its object to themselves, of `EntryHeld.sites`. */
  readonly sites: number;
}

export interface EntryHeld {
  /** Functions that call it, and were looked at. */
  readonly callers: number;
  /** Call sites in those. */
  readonly sites: number;
  /** There are more callers, or some that could not be followed. */
  readonly incomplete: boolean;
  readonly locks: readonly EntryLock[];
}

/** What is held at a place: by the function itself, and by those that call it. */
export interface HeldOver {
  readonly function: string;
  /** Held there on every path, relative to the function's entry. */
  readonly held: readonly { readonly lock: string; readonly lockClass: string | undefined; readonly mode: LockMode }[];
  /** What the function's own code shows that it needs. */
  readonly required: readonly {
    readonly lock: string;
    readonly lockClass: string | undefined;
    readonly mode: LockMode;
  }[];
  readonly entry: EntryHeld;
}

const MOST_CALLERS = 24;
/** Callers of callers so far up, unless somebody has the time for more: each one up costs several times the one below. */
const DEEPEST = 4;
/** Answers for which somebody further up was not asked. */
const truncated = new WeakSet<EntryHeld>();
const NOBODY: EntryHeld = { callers: 0, sites: 0, incomplete: true, locks: [] };

/** Which locks the callers of functions hold, and their callers, for those not held by all. */
export class HeldByCallers {
  private readonly known = new Map<Definition, Known>();
  private readonly counts = (_: Effect): boolean => true;
  /** By folder: what a field's name means in one part of the kernel says nothing of another. */
  private readonly headers = new Map<string, HeaderTypes>();

  /** @param index tells who calls a function; without one only callers in its own file are seen */
  constructor(
    private readonly analyser: ContractAnalyser,
    private readonly index?: NameIndex,
    private readonly deepest = DEEPEST,
  ) {}

  /**
   * What is held at a line (1-based) of a file; undefined when it is in no function.
   *
   * @param text stands in for the file's bytes; throws InputError when there is no such file
   */
  async at(file: string, line: number, text?: string): Promise<HeldOver | undefined> {
    const analysis = await this.analyser.analysis(file, text);
    const lines = LineStarts.of(analysis.root);
    const definition = analysis
      .functions()
      .find(d => lines.position(d.start).line <= line && line <= lines.position(d.end).line);
    if (!definition) return undefined;
    const points = await analysis.points(definition);
    const point = points.find(p => lines.position(p.at).line >= line);
    const summary = await analysis.summary(definition);
    const brief = (e: Effect) => ({ lock: render(e.expr), lockClass: e.lockClass, mode: e.mode });
    const [first, ...rest] = point?.ways ?? [];
    return {
      function: definition.name,
      held: (first ?? []).filter(e => !e.maybe && rest.every(way => way.some(o => o.expr === e.expr))).map(brief),
      required: summary.requires.map(brief),
      entry: await this.entry(analysis, definition),
    };
  }

  /**
   * What is held whenever a function of a file is called.
   *
   * @param counts tells which of its needs say that a caller holds a lock; without it, all do
   */
  entry(analysis: FileAnalysis, definition: Definition, counts?: (need: Effect) => boolean): Promise<EntryHeld> {
    const folder = folderOf(analysis.root.file);
    let headers = this.headers.get(folder);
    if (!headers) this.headers.set(folder, (headers = new HeaderTypes(this.analyser.tree)));
    const { known, counts: all } = this;
    return this.of(analysis, definition, 0, new Set(), {
      headers,
      ...(counts ? { known: new Map(), counts } : { known, counts: all }),
    });
  }

  private async of(
    analysis: FileAnalysis,
    definition: Definition,
    depth: number,
    asking: ReadonlySet<Definition>,
    by: Question,
  ): Promise<EntryHeld> {
    const known = by.known.get(definition);
    if (known && known.depth <= depth) return known.held;
    if (depth >= this.deepest || asking.has(definition)) return NOBODY;
    const sites = await this.callSites(analysis, definition);
    await by.headers.add(analysis.root);
    const { types } = by.headers;
    const all: Site[] = [];
    let callers = 0;
    let incomplete = sites.length > MOST_CALLERS;
    // Somebody further up was not asked, because of how far up this is: another question may ask.
    let cut = false;
    for (const opener of openersOf(definition, analysis.functions())) {
      callers++;
      all.push({ held: opened(await analysis.summary(opener)).map(e => asHeld(e, types)), own: new Set() });
    }
    for (const { file, function: name } of sites.slice(0, MOST_CALLERS)) {
      const other = file === analysis.root.file ? analysis : await this.analyser.analysis(file).catch(() => undefined);
      const caller = other?.functions().find(d => d.name === name);
      if (!other || !caller || caller === definition) {
        incomplete = true;
        continue;
      }
      if (!(await this.isMeant(other, definition))) continue;
      await by.headers.add(other.root);
      const held = await this.heldAtCalls(other, caller, definition.name, types);
      if (!held.length) continue;
      callers++;
      // What the caller does not hold itself, its own callers may.
      const above = await this.of(other, caller, depth + 1, new Set([...asking, definition]), by);
      cut ||= above === NOBODY || truncated.has(above);
      const whole = above.sites > 0 ? above.locks.filter(l => l.sites === above.sites) : [];
      // Nor did it get here without what its own code shows that it needs.
      const needs = (await other.summary(caller)).requires.filter(e => !e.maybe && by.counts(e));
      for (const { effects, released, args, own } of held) {
        const isLeft = (l: { readonly lockClass: string | undefined }): boolean =>
          !released.some(r => l.lockClass !== undefined && knownClass(r, types) === l.lockClass);
        const needed = needs.map(e => asHeld(e, types)).filter(isLeft);
        const inherited = whole.filter(isLeft).map(l => ({ key: l.lockClass ?? l.lock, ...l }));
        all.push({
          held: [...effects.map(e => asHeld(e, types)), ...needed, ...inherited],
          own: await ownTypes(other, definition, args, own),
        });
      }
    }
    const found: EntryHeld = { callers, sites: all.length, incomplete, locks: counted(all) };
    if (cut) truncated.add(found);
    by.known.set(definition, { held: found, depth: cut || incomplete ? depth : 0 });
    return found;
  }

  private async callSites(analysis: FileAnalysis, definition: Definition): Promise<readonly CallSite[]> {
    const { file } = analysis.root;
    const own = analysis
      .functions()
      .filter(d => d.source.text.slice(d.bodyStart, d.end).includes(definition.name))
      .map(d => ({ file, function: d.name }));
    if (definition.static && file.endsWith('.c')) return own;
    return this.index ? this.index.callers(definition.name) : own;
  }

  /** Whether the function's name means this one there: other files may have a static one called the same. */
  private async isMeant(caller: FileAnalysis, { name, source }: Definition): Promise<boolean> {
    const found = await caller.definitions(name);
    return found.length === 0 || found.some(d => d.source.file === source.file);
  }

  /** The held set at each call of `name` in a function: what is held in every state that comes there. */
  private async heldAtCalls(
    analysis: FileAnalysis,
    caller: Definition,
    name: string,
    types: FieldTypes,
  ): Promise<readonly AtCall[]> {
    const at = new Map<number, AtCall>();
    const freed = new Set<Expr>();
    const flow = await analysis.flow(caller);
    flow.observe({
      step: (state, step) => {
        if (step.op !== 'call') return;
        if (FREES.test(step.name)) for (const arg of step.args) freed.add(state.resolve(arg));
        if (step.name !== name) return;
        const before = at.get(step.at);
        const effects = state.held.filter(e => !e.maybe);
        const args = step.args.map(arg => state.resolve(arg));
        at.set(
          step.at,
          before
            ? {
                effects: before.effects.filter(e => effects.some(o => asHeld(o, types).key === asHeld(e, types).key)),
                released: [...before.released, ...state.released],
                args: before.args.map((arg, i) => (arg === args[i] ? arg : num(0))),
                own: freed,
              }
            : { effects, released: state.released, args, own: freed },
        );
      },
    });
    return [...at.values()];
  }
}

/** An answer, and how far up it was asked for: from further down more would have been asked. */
interface Known {
  readonly held: EntryHeld;
  readonly depth: number;
}

/** What one question is answered with: what is known by then, and which needs count. */
interface Question {
  readonly known: Map<Definition, Known>;
  readonly counts: (need: Effect) => boolean;
  readonly headers: HeaderTypes;
}

interface AtCall {
  readonly effects: readonly Effect[];
  readonly released: readonly Effect[];
  readonly args: readonly Expr[];
  /** What the caller frees. */
  readonly own: ReadonlySet<Expr>;
}

interface Site {
  readonly held: readonly Held[];
  /** Types of arguments whose objects nobody but the caller can have: it has made them just now, or frees them afterwards. */
  readonly own: ReadonlySet<string>;
}

const FREES = /^k[vz]?free(?:_sensitive|_rcu)?$|^kmem_cache_free$/;

interface Held {
  readonly key: string;
  readonly lock: string;
  readonly lockClass: string | undefined;
  readonly mode: LockMode;
}

function asHeld(effect: Effect, types: FieldTypes): Held {
  const lock = render(effect.expr);
  const lockClass = knownClass(effect, types);
  const member = memberOf(effect.expr);
  const key = lockClass ?? (typeof member === 'string' ? member : lock);
  return { key, lock, lockClass, mode: effect.mode };
}

/** Types of a call's arguments that are objects which the caller has to itself. */
async function ownTypes(
  caller: FileAnalysis,
  callee: Definition,
  args: readonly Expr[],
  freed: ReadonlySet<Expr>,
): Promise<ReadonlySet<string>> {
  const out = new Set<string>();
  const types = [...paramTypes(callee)];
  for (const [i, arg] of args.entries()) {
    const type = types.find(([name]) => name === callee.params?.[i])?.[1];
    if (type && arg.k !== 'num' && (freed.has(arg) || (await isNewObject(caller, arg))))
      out.add(type.replace(/^(?:struct|union) /, ''));
  }
  return out;
}

/** Whether a value is that of an allocator, or of a function that returns what it has from one. */
async function isNewObject(caller: FileAnalysis, value: Expr): Promise<boolean> {
  const made = value.k === 'op' && value.op === OR_NULL ? value.args[0]! : value;
  if (made.k !== 'call') return false;
  if (vocabularyOf(made.name)) return vocabularyOf(made.name)?.effect === 'alloc';
  const [definition] = (await caller.definitions(made.name)).filter(d => d.kind === 'function');
  if (!definition || definition.source.file !== caller.root.file) return false;
  const values = (await caller.summary(definition)).outcomes.flatMap(o => (o.value ? [o.value] : []));
  return values.some(v => {
    const inner = v.k === 'op' && v.op === OR_NULL ? v.args[0]! : v;
    return inner.k === 'call' && vocabularyOf(inner.name)?.effect === 'alloc';
  });
}

/** What a function leaves held for those that run after it: on every way out that returns something. */
function opened({ exits }: Summary): readonly Effect[] {
  const ways = exits.flatMap(exit => (exit.kind === 'noreturn' ? [] : exit.ways.filter(way => way.ret & ~ZERO)));
  const [first, ...rest] = ways;
  return (first?.held ?? []).filter(
    e => !e.maybe && rest.every(way => way.held.some(o => lockKey(o.expr) === lockKey(e.expr))),
  );
}

function counted(all: readonly Site[]): EntryLock[] {
  const out = new Map<string, EntryLock>();
  for (const { held } of all) {
    for (const key of new Set(held.map(h => h.key))) {
      const one = held.find(h => h.key === key)!;
      const known = out.get(key);
      const mode = known?.mode === 'read' ? 'read' : one.mode;
      out.set(key, { lock: known?.lock ?? one.lock, lockClass: one.lockClass, mode, sites: (known?.sites ?? 0) + 1 });
    }
  }
  // A lock in an object that nobody else can have yet, or any more, is as good as held.
  for (const { held, own } of all)
    for (const [key, lock] of out)
      if (!held.some(h => h.key === key) && [...own].some(type => lock.lockClass?.startsWith(`${type}.`)))
        out.set(key, { ...lock, sites: lock.sites + 1 });
  return [...out.values()].sort((a, b) => b.sites - a.sites);
}
