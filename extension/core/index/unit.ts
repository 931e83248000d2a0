import { evaluateCondition } from '../syntax/preprocess/condition.ts';
import { expandMacros, type Macro } from '../syntax/preprocess/expand.ts';
import { Kind, scan } from '../syntax/preprocess/scan.ts';
import type { CToken } from '../syntax/token.ts';
import { decodeSource } from '../text/decode.ts';
import { InputError, type SourceTree } from '../text/source.ts';
import { type KernelConfig, statedConstants } from './config.ts';
import { findInclude, includeCandidates } from './includes.ts';
import { type ItemKind, type RawItem, splitItems } from './items.ts';
import { type MacroSite, type Outline, OutlineCache, type Term } from './outline.ts';
import { PREDEFINED } from './predefined.ts';

export type { Macro } from '../syntax/preprocess/expand.ts';

export interface UnitOptions {
  readonly config: KernelConfig;
  /** Macros that override the tree's: `NAME` or `NAME(a, b)` → body. */
  readonly defines?: Readonly<Record<string, string>>;
  /** C that is read before the file. */
  readonly prelude?: string;
  /** Instead of the file's bytes. */
  readonly text?: string;
  /** Macros that stay as they are in what top-level invocations make (primitives), because whoever reads it knows them. */
  readonly keep?: (name: string) => boolean;
  /** Shared between units; there is one for all that are given none. */
  readonly cache?: OutlineCache;
}

/** A top-level piece of C in a unit. `start` and `end` are UTF-16 offsets in its file. */
export interface Item {
  readonly kind: ItemKind;
  readonly name: string;
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly static: boolean;
}

interface Candidate {
  readonly outline: Outline;
  readonly region: number;
}
interface MacroCandidate extends Candidate {
  readonly site: MacroSite;
}
interface ItemCandidate extends Candidate {
  readonly raw: RawItem;
}
interface OwnItem extends Item {
  readonly from: ItemCandidate | undefined;
  readonly made: readonly CToken[] | undefined;
}

/** A macro invocation at top level that has not been expanded yet. */
interface Unborn {
  readonly item: OwnItem;
  readonly words: readonly string[];
}

/** Words that are no part of a name that a macro makes: keywords, and what they are often written as. */
const NO_PART =
  /^(static|extern|inline|_*always_inline|const|volatile|struct|union|enum|void|char|short|int|long|unsigned|signed|bool|return|if|else|for|while|do|typeof|sizeof|__typeof__|__attribute__|__section|__used|__aligned|u8|u16|u32|u64|s32|s64|.)$/;

const PRELUDE = '<prelude>';
const defaultCache = new OutlineCache();

/**
 * One .c file and the headers it reaches, asked by name. Nothing is preprocessed in advance: conditions are evaluated,
 * and macros and items looked up, when somebody asks.
 *
 * Where C depends on order, this does not: a name means its last active definition anywhere in the unit, a definition
 * inside `#ifndef itself` only when there is no other (the kernel's fallback idiom), and #undef is ignored.
 */
export class Unit {
  readonly missing: { readonly include: string; readonly file: string; readonly line: number }[] = [];
  private readonly outlines = new Map<string, Outline>();
  private readonly macroSites = new Map<string, MacroCandidate[]>();
  private readonly ordinary = new Map<string, ItemCandidate[]>();
  private readonly tagged = new Map<string, ItemCandidate[]>();
  private readonly macros = new Map<string, Macro | undefined>();
  private readonly overrides = new Map<string, Macro>();
  private readonly resolving = new Set<string>();
  private readonly active = new Map<Outline, Int8Array>();
  private readonly terms = new Map<Outline, Map<number, boolean>>();
  private readonly found = new Map<string, OwnItem | undefined>();
  private readonly born = { ordinary: new Map<string, OwnItem>(), tagged: new Map<string, OwnItem>() };
  private unborn: Unborn[] | undefined;

  private constructor(
    readonly path: string,
    private readonly config: KernelConfig,
    private readonly keep: ((name: string) => boolean) | undefined,
  ) {}

  /** @throws InputError when the file itself is not there or is no C source */
  static async load(tree: SourceTree, path: string, options: UnitOptions): Promise<Unit> {
    const unit = new Unit(path, options.config, options.keep);
    const cache = options.cache ?? defaultCache;
    unit.define(PREDEFINED);
    unit.define(statedConstants);
    unit.define(options.defines ?? {});
    const bytes = options.text === undefined ? await tree.read(path) : undefined;
    if (options.text === undefined && !bytes)
      throw new InputError(`${path}: there is no such file in ${tree.label}`, { file: path });
    if (options.prelude) unit.outlines.set(PRELUDE, cache.get(PRELUDE, options.prelude));
    const main = cache.get(path, options.text ?? decodeSource(bytes!, path));
    unit.outlines.set(path, main);
    await unit.follow(tree, cache, [main]);
    // The file itself comes last: its definitions win over any header's.
    unit.outlines.delete(path);
    unit.outlines.set(path, main);
    for (const outline of unit.outlines.values()) unit.enter(outline);
    return unit;
  }

  get files(): readonly string[] {
    return [...this.outlines.keys()].filter(f => f !== PRELUDE);
  }

  private async follow(tree: SourceTree, cache: OutlineCache, from: Outline[]): Promise<void> {
    const asked = new Set<string>();
    for (let level = from; level.length > 0; ) {
      const wanted = new Map<string, { candidates: string[]; include: string; file: string; line: number }>();
      for (const outline of level)
        for (const include of outline.includes) {
          if (this.surelyInactive(outline, include.region)) continue;
          const candidates = includeCandidates(include.name, outline.file, include.quoted);
          const key = candidates.join('|');
          if (asked.has(key)) continue;
          asked.add(key);
          wanted.set(key, {
            candidates,
            include: include.name,
            file: outline.file,
            line: include.line,
          });
        }
      const found = await Promise.all(
        [...wanted.values()].map(async w => ({ w, file: await findInclude(tree, w.candidates) })),
      );
      level = [];
      for (const { w, file } of found) {
        if (!file) {
          this.missing.push({ include: w.include, file: w.file, line: w.line });
          continue;
        }
        if (this.outlines.has(file.path)) continue;
        const outline = cache.get(file.path, decodeSource(file.bytes, file.path));
        this.outlines.set(file.path, outline);
        level.push(outline);
      }
    }
  }

  /** Decided by CONFIG_ options alone; before all files are there nothing else can be. */
  private surelyInactive(outline: Outline, region: number): boolean {
    for (let r = region; r > 0; r = outline.regions[r]!.parent) {
      for (const term of outline.regions[r]!.terms) {
        const names = outline.scanned.text.slice(term.from, term.to).match(/[A-Za-z_]\w*/g) ?? [];
        const decidable =
          names.length > 0 && names.every(n => /^(CONFIG_\w+|defined|__ASSEMBLY__|__KERNEL__)$/.test(n));
        if (decidable && this.termValue(outline, term) === term.negated) return true;
      }
    }
    return false;
  }

  private enter(outline: Outline): void {
    const add = <T>(map: Map<string, T[]>, name: string, value: T): void => {
      const list = map.get(name);
      if (list) list.push(value);
      else map.set(name, [value]);
    };
    for (const site of outline.macros) add(this.macroSites, site.name, { outline, region: site.region, site });
    let bound = 0;
    const { at, region } = outline.bounds;
    for (const raw of outline.items) {
      while (bound + 1 < at.length && at[bound + 1]! <= raw.from) bound++;
      const candidate: ItemCandidate = { outline, region: region[bound]!, raw };
      for (const name of raw.names) add(this.ordinary, name, candidate);
      for (const name of raw.enumerators) add(this.ordinary, name, candidate);
      for (const tag of raw.tags) add(this.tagged, tag, candidate);
    }
  }

  private define(defines: Readonly<Record<string, string>>): void {
    for (const [head, body] of Object.entries(defines)) {
      const text = `#define ${head} ${body}\n`;
      const scanned = scan(text, '<stated>');
      const macro = readMacro(head.replace(/\(.*/, ''), scanned, scanned.directives[0]!);
      this.overrides.set(macro.name, macro);
    }
  }

  /** A macro as active under the configuration; undefined when it is not defined. */
  macro(name: string): Macro | undefined {
    const override = this.overrides.get(name);
    if (override) return override;
    if (this.macros.has(name)) return this.macros.get(name);
    if (this.resolving.has(name)) return undefined;
    this.resolving.add(name);
    let result: Macro | undefined;
    try {
      result = name.startsWith('CONFIG_') ? this.option(name) : undefined;
      if (!result) {
        const best = this.choose(this.macroSites.get(name) ?? [], name);
        result = best && readMacro(name, best.outline.scanned, best.site.directive);
      }
    } finally {
      this.resolving.delete(name);
    }
    if (this.resolving.size === 0 || result) this.macros.set(name, result);
    return result;
  }

  private option(name: string): Macro | undefined {
    const option = name.slice(7);
    const value = this.config.value(option);
    const module = option.endsWith('_MODULE') && this.config.value(option.slice(0, -7)) === 'm';
    if (!module && (value === undefined || value === 'm' || value === 'n')) return undefined;
    const text = module || value === 'y' ? '1' : value!;
    const scanned = scan(text, '.config');
    return {
      name,
      params: undefined,
      variadic: undefined,
      body: scanned.within(0, text.length),
      file: '.config',
      line: 1,
    };
  }

  /** The last active candidate that is no fallback, else the last active one. */
  private choose<T extends Candidate>(candidates: readonly T[], name: string): T | undefined {
    let fallback: T | undefined;
    for (let i = candidates.length - 1; i >= 0; i--) {
      const c = candidates[i]!;
      if (this.isFallback(c, name)) {
        if (!fallback && this.isActive(c.outline, c.region, name)) fallback = c;
      } else if (this.isActive(c.outline, c.region)) return c;
    }
    return fallback;
  }

  private isFallback({ outline, region }: Candidate, name: string): boolean {
    for (let r = region; r > 0; r = outline.regions[r]!.parent)
      if (outline.regions[r]!.terms.some(t => t.name === name && t.defined === t.negated)) return true;
    return false;
  }

  /** @param except a name whose own `#ifndef` counts as true */
  private isActive(outline: Outline, region: number, except?: string): boolean {
    if (region === 0) return true;
    let known = this.active.get(outline);
    if (!known) this.active.set(outline, (known = new Int8Array(outline.regions.length)));
    if (except === undefined && known[region] !== 0) return known[region] === 1;
    const { parent, terms } = outline.regions[region]!;
    const result =
      this.isActive(outline, parent, except) &&
      terms.every(
        t =>
          (except !== undefined && t.name === except && t.defined === t.negated) ||
          this.termValue(outline, t) !== t.negated,
      );
    if (except === undefined && this.resolving.size === 0) known[region] = result ? 1 : 2;
    return result;
  }

  private termValue(outline: Outline, term: Term): boolean {
    let known = this.terms.get(outline);
    if (!known) this.terms.set(outline, (known = new Map()));
    const old = known.get(term.from);
    if (old !== undefined) return old;
    let value: boolean;
    if (term.name !== undefined && !term.defined) value = !this.definedOutside(term.name, outline, term.owner);
    else if (term.name !== undefined) value = this.macro(term.name) !== undefined;
    else value = evaluateCondition(outline.scanned.within(term.from, term.to), this) !== 0n;
    if (this.resolving.size === 0 && this.macroSites.size > 0) known.set(term.from, value);
    return value;
  }

  /** `#ifndef X … #define X … #endif`: the definition inside does not make the condition false. */
  private definedOutside(name: string, outline: Outline, owner: number): boolean {
    const sites = this.macroSites.get(name) ?? [];
    const inside = (c: Candidate): boolean => {
      if (c.outline !== outline) return false;
      for (let r = c.region; r > 0; r = outline.regions[r]!.parent) if (r === owner) return true;
      return false;
    };
    if (!sites.some(inside)) return this.macro(name) !== undefined;
    return this.overrides.has(name) || sites.some(c => !inside(c) && this.isActive(c.outline, c.region, name));
  }

  /** Full macro expansion; names for which `keep` is true are left alone, what they are applied to is not. */
  expand(tokens: readonly CToken[], keep?: (name: string) => boolean): CToken[] {
    return expandMacros(tokens, this, keep);
  }

  /** What a name of C's ordinary name space means here: a definition if there is one, else a declaration. */
  find(name: string): Item | undefined {
    return this.lookUp(
      `o ${name}`,
      () => this.best(this.ordinary.get(name) ?? [], name) ?? this.fromMacros(name).ordinary.get(name),
    );
  }

  findTag(kind: 'struct' | 'union' | 'enum', tag: string): Item | undefined {
    const name = `${kind} ${tag}`;
    return this.lookUp(
      name,
      () => this.best(this.tagged.get(name) ?? [], tag) ?? this.fromMacros(tag).tagged.get(name),
    );
  }

  private lookUp(key: string, search: () => OwnItem | undefined): OwnItem | undefined {
    if (!this.found.has(key)) this.found.set(key, search());
    return this.found.get(key);
  }

  private best(candidates: readonly ItemCandidate[], name: string): OwnItem | undefined {
    const rank = (kind: ItemKind): number =>
      kind === 'other' ? -1 : kind === 'prototype' || kind === 'extern' ? 0 : 1;
    const useful = candidates.filter(c => c.raw.kind !== 'other');
    useful.sort((a, b) => rank(a.raw.kind) - rank(b.raw.kind));
    // Definitions first: choose() looks from the end.
    const definitions = useful.filter(c => rank(c.raw.kind) === 1);
    const chosen = this.choose(definitions, name) ?? this.choose(useful, name);
    return chosen && this.itemOf(chosen, name);
  }

  private itemOf(c: ItemCandidate, name: string): OwnItem {
    const { scanned } = c.outline;
    const start = scanned.starts[c.raw.from]!;
    let at = c.raw.from;
    while (at < c.raw.to && scanned.textOf(at) !== name) at++;
    const line = scanned.lineAt(scanned.starts[at < c.raw.to ? at : c.raw.from]!);
    const kind: ItemKind = c.raw.enumerators.includes(name) && !c.raw.names.includes(name) ? 'enum' : c.raw.kind;
    return {
      kind,
      name,
      file: c.outline.file,
      start,
      end: scanned.ends[c.raw.to - 1]!,
      line,
      static: c.raw.static,
      from: c,
      made: undefined,
    };
  }

  /** The item's tokens with inactive #if branches dropped; macros are not expanded. */
  tokens(item: Item): CToken[] {
    const own = item as OwnItem;
    if (own.made) return [...own.made];
    const outline = own.from?.outline ?? this.outlines.get(item.file);
    if (!outline) return [];
    const { scanned, bounds } = outline;
    const from = own.from?.raw.from ?? lowerBound(scanned.starts, item.start, scanned.count);
    const to = own.from?.raw.to ?? lowerBound(scanned.starts, item.end, scanned.count);
    const out: CToken[] = [];
    let bound = 0;
    for (let i = from; i < to; i++) {
      while (bound + 1 < bounds.at.length && bounds.at[bound + 1]! <= i) bound++;
      if (this.isActive(outline, bounds.region[bound]!, item.name)) out.push(scanned.token(i));
    }
    return out;
  }

  /** The .c file's own items that are active, in order. */
  items(): readonly Item[] {
    const outline = this.outlines.get(this.path)!;
    const out: Item[] = [];
    let bound = 0;
    for (const raw of outline.items) {
      while (bound + 1 < outline.bounds.at.length && outline.bounds.at[bound + 1]! <= raw.from) bound++;
      const region = outline.bounds.region[bound]!;
      if (this.isActive(outline, region))
        out.push(this.itemOf({ outline, region, raw }, raw.names[0] ?? raw.tags[0]?.split(' ')[1] ?? ''));
    }
    return out;
  }

  /**
   * Items that top-level macro invocations make: PAGEFLAG(Reserved, …) makes PageReserved().
   *
   * A name that is made contains some word of the invocation or of the macro's body, pasted or whole; only invocations
   * of which that is true are expanded, each once.
   */
  private fromMacros(name: string): Unit['born'] {
    this.unborn ??= this.invocations();
    const kept: Unborn[] = [];
    for (const unborn of this.unborn) {
      if (unborn.words.some(w => name.includes(w))) this.bear(unborn.item);
      else kept.push(unborn);
    }
    this.unborn = kept;
    return this.born;
  }

  private invocations(): Unborn[] {
    const found: Unborn[] = [];
    for (const outline of this.outlines.values())
      for (const raw of outline.items) {
        if (raw.kind !== 'other' || raw.names.length === 0) continue;
        const macro = this.macro(raw.names[0]!);
        if (!macro?.params) continue;
        const bound = upperBound(outline.bounds.at, raw.from) - 1;
        const region = outline.bounds.region[Math.max(0, bound)]!;
        if (!this.isActive(outline, region)) continue;
        const { scanned } = outline;
        const words = new Set(macro.body.filter(t => t.kind === 'id' && !NO_PART.test(t.text)).map(t => t.text));
        for (let i = raw.from + 1; i < raw.to; i++)
          if (scanned.kinds[i] === Kind.id && !NO_PART.test(scanned.textOf(i))) words.add(scanned.textOf(i));
        found.push({ item: this.itemOf({ outline, region, raw }, raw.names[0]!), words: [...words] });
      }
    return found;
  }

  private bear(item: OwnItem): void {
    const tokens = this.expand(this.tokens(item), this.keep);
    const kinds = { id: Kind.id, num: Kind.num, str: Kind.str, chr: Kind.chr, punct: Kind.punct };
    const view = {
      count: tokens.length,
      kind: (i: number) => (tokens[i] ? kinds[tokens[i]!.kind] : 0),
      text: (i: number) => tokens[i]?.text ?? '',
    };
    for (const raw of splitItems(view)) {
      if (raw.kind === 'other') continue;
      const made = tokens.slice(raw.from, raw.to);
      const make = (name: string, kind: ItemKind): OwnItem => ({
        ...item,
        kind,
        name,
        static: raw.static,
        from: undefined,
        made,
      });
      for (const name of raw.names) this.put(this.born.ordinary, name, make(name, raw.kind));
      for (const name of raw.enumerators) this.put(this.born.ordinary, name, make(name, 'enum'));
      for (const tag of raw.tags) this.put(this.born.tagged, tag, make(tag.split(' ')[1]!, raw.kind));
    }
  }

  private put(map: Map<string, OwnItem>, name: string, item: OwnItem): void {
    const old = map.get(name);
    if (!old || old.kind === 'prototype' || old.kind === 'extern') map.set(name, item);
  }
}

function lowerBound(values: Int32Array, wanted: number, count: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(values: readonly number[], wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readMacro(
  name: string,
  scanned: Outline['scanned'],
  directive: Outline['scanned']['directives'][number],
): Macro {
  const line = scanned.lineAt(directive.start);
  const nameAt = scanned.text.indexOf(name, directive.rest);
  const after = nameAt + name.length;
  const tokens = scanned.within(after, directive.end);
  const base = { name, file: scanned.file, line };
  if (scanned.text[after] !== '(') return { ...base, params: undefined, variadic: undefined, body: tokens };
  const params: string[] = [];
  let variadic: string | undefined;
  let i = 1;
  for (; i < tokens.length && tokens[i]!.text !== ')'; i++) {
    const { kind, text } = tokens[i]!;
    if (text === '...') variadic = tokens[i - 1]!.kind === 'id' ? params.pop()! : '__VA_ARGS__';
    else if (kind === 'id') params.push(text);
  }
  return { ...base, params, variadic, body: tokens.slice(i + 1) };
}
