import { callsIn } from '../callSites.ts';
import type { Definition, Scanned } from '../scan.ts';
import type { Sources } from '../sources.ts';
import type { Access } from './body.ts';
import { type BarrierIndex, CallOrders } from './calls.ts';
import { lookAt, nothingFound, type OtherSide } from './counterparts.ts';
import { Mentions } from './mentions.ts';
import { isMeant, isNamedAsPartner, partnersSaid } from './partners.ts';
import { type BarrierSite, barrierSites, pairsOf } from './sites.ts';
import { hasBarrier, judgedNames } from './vocabulary.ts';
import { Strength } from './ways.ts';

/** Files in which two objects of one barrier are looked for; with more, nothing is said. */
const MOST_FILES = 60;
/** Functions of one name that a comment may mean. */
const MOST_DEFINERS = 8;
/** Characters of a callee whose accesses count as its callers': a helper, not a subsystem. */
const MOST_HELPER = 1500;

/**
 * What became of a barrier. Only `unpaired` is a finding.
 *
 * paired, implied: another function keeps two of its objects in order, by a barrier, or as a side effect. said: a comment names
 * its partner, and there is such a function, or a comment elsewhere names it as a partner. device: the other side is none of the tree's. objects: fewer than two objects
 * near it. call: a call stands between accesses elsewhere that may keep them in order. elsewhere: other files may have the
 * partner, and there is no index. many: too many files mention the objects. alone: no function accesses two of the objects
 * the other way round for certain.
 */
export type Verdict =
  | 'paired'
  | 'implied'
  | 'said'
  | 'device'
  | 'objects'
  | 'call'
  | 'elsewhere'
  | 'many'
  | 'alone'
  | 'unpaired';

export interface Judged {
  readonly site: BarrierSite;
  readonly verdict: Verdict;
  readonly other: OtherSide;
  /** Files in which functions were looked for that access the objects, the barrier's own one included. */
  readonly files: number;
}

/** Where partners are looked for. */
export interface BarrierScope {
  /** Of the whole tree; without one, in the barrier's own file alone, and nothing is said of what others may access. */
  readonly index?: BarrierIndex;
  /** What was looked for in the tree before, by another search. */
  readonly mentions?: Mentions;
}

/**
 * Looks for the partners of barriers, in the barrier's own file, and with an index in all files of the tree. Keeps the files
 * that it has read: `sources` is shared with who else reads them.
 */
export class BarrierSearch {
  private readonly index: BarrierIndex | undefined;
  private readonly mentions: Mentions | undefined;
  private readonly orders: CallOrders;
  private readonly structs = new Map<string, ReadonlySet<string>>();
  private readonly scanned = new Map<string, Scanned>();
  private readonly sites = new WeakMap<Scanned, readonly BarrierSite[]>();

  /** @param watched files that will be asked about: their names are looked for in one pass */
  constructor(
    private readonly sources: Sources,
    { index, mentions }: BarrierScope,
    private readonly watched: ReadonlySet<string>,
  ) {
    this.index = index;
    this.mentions = index && (mentions ?? new Mentions(sources.tree, () => index.paths()));
    this.orders = new CallOrders(index, (file, name) => {
      const own = this.scanned.get(file)?.definitions.get(name);
      return own?.flatMap(d => callsIn(d).map(c => ({ name: c.name, member: false })));
    });
  }

  /** Every barrier in the functions of a file. */
  async judge(root: Scanned): Promise<readonly Judged[]> {
    this.scanned.set(root.file, root);
    const out: Judged[] = [];
    for (const site of this.sitesOf(root)) out.push(await this.judgeSite(root, site));
    return out;
  }

  private sitesOf(root: Scanned): readonly BarrierSite[] {
    let sites = this.sites.get(root);
    if (!sites) this.sites.set(root, (sites = barrierSites(root)));
    return sites;
  }

  private async judgeSite(root: Scanned, site: BarrierSite): Promise<Judged> {
    const other = nothingFound();
    const answer = (verdict: Verdict, files = 1): Judged => ({ site, verdict, other, files });
    if (site.entry.device) return answer('device');
    if (pairsOf(site).length === 0) return answer('objects');
    const isLocal = this.isLocal(root, site);
    // Whatever is found here, others may have a partner.
    if (!isLocal && !this.mentions) return answer('elsewhere');
    this.lookIn(root, site, other);
    if (verdictOf(other) === 'paired') return answer('paired');
    const { name } = site.definition;
    if (this.isSaid(root, site) || isNamedAsPartner(root.text, name)) return answer('said');
    if (other.strength > Strength.none || isLocal || !this.mentions) return answer(verdictOf(other));
    await this.prepare(this.mentions, namesOf(site));
    const files = this.mentions.both(...sides(site)).filter(file => file !== root.file);
    if (files.length > MOST_FILES) return answer('many', files.length + 1);
    await this.sources.load(files);
    for (const file of files) {
      const scanned = this.sources.get(file);
      if (!scanned) continue;
      this.scanned.set(file, scanned);
      this.lookIn(scanned, site, other);
      if (verdictOf(other) === 'paired') break;
      if (isNamedAsPartner(scanned.text, name)) return answer('said', files.length + 1);
    }
    return answer(verdictOf(other), files.length + 1);
  }

  private lookIn(file: Scanned, site: BarrierSite, found: OtherSide): void {
    const [first, second] = sides(site);
    const mentioned = mentionedBy(file, [...first, ...second]);
    const has = (names: ReadonlySet<string>, some: ReadonlySet<string>): boolean => [...some].some(n => names.has(n));
    const globals = globalNames(site);
    for (const [definition, own] of mentioned.bodies) {
      // A function without either name of its own is of interest for its barrier alone.
      if (own.size === 0 && !hasBarrier(file.text.slice(definition.bodyStart, definition.end))) continue;
      const names = new Set(own);
      for (const callee of mentioned.calls(definition))
        for (const name of mentioned.through.get(callee)!) names.add(name);
      if (!has(names, first) || !has(names, second)) continue;
      // Its own accesses come round again in a loop; only a release and an acquire are meant to meet themselves.
      if (definition === site.definition && site.entry.object === undefined) continue;
      lookAt(definition, globals, site, this.orders, fields => this.structsWith(fields), mentioned.through, found);
    }
  }

  /** Looks for names in the whole tree, together with those of the other files that will be asked about. */
  private async prepare(mentions: Mentions, names: ReadonlySet<string>): Promise<void> {
    if (mentions.has(names)) return;
    const all = new Set(names);
    const users = new Set(judgedNames.flatMap(name => this.index!.callers(name).map(site => site.file)));
    for (const file of this.watched) {
      if (!users.has(file)) continue;
      await this.sources.load([file]);
      const root = this.sources.get(file);
      if (!root) continue;
      this.scanned.set(file, root);
      for (const site of this.sitesOf(root)) {
        if (this.isLocal(root, site)) continue;
        const other = nothingFound();
        this.lookIn(root, site, other);
        if (other.strength === Strength.none && !this.isSaid(root, site)) for (const n of namesOf(site)) all.add(n);
      }
    }
    await mentions.look(all);
  }

  private isSaid(root: Scanned, site: BarrierSite): boolean {
    const partner = partnersSaid(site);
    if (!partner) return false;
    // `mb()` in a comment means smp_mb() more often than not.
    const named = new Set(partner.barriers.flatMap(name => [name, `smp_${name}`]));
    const isIt = (callee: string): boolean => (named.size ? named.has(callee) : isMeant(callee));
    return partner.functions.some(name => this.calls(name, root, isIt));
  }

  /** Whether a function of the tree, or what it calls, calls something: a comment may have outlived what it speaks of. */
  private calls(name: string, root: Scanned, what: (callee: string) => boolean): boolean {
    const called = this.calledBy(name, root);
    return called.some(what) || called.some(callee => this.calledBy(callee, root).some(what));
  }

  private calledBy(name: string, root: Scanned): readonly string[] {
    const own = root.definitions.get(name);
    if (own) return own.flatMap(d => callsIn(d).map(c => c.name));
    const { index } = this;
    const files = index?.symbols(name).flatMap(s => (s.kind === 'function' ? [s.file] : [])) ?? [];
    return files.slice(0, MOST_DEFINERS).flatMap(file => index!.callees(file, name).map(c => c.name));
  }

  /** Whether nothing outside of the file can access both objects of any pair: one of them is known to this file alone. */
  private isLocal(root: Scanned, site: BarrierSite): boolean {
    if (!root.file.endsWith('.c')) return false;
    const known = new Map<Access, boolean>();
    const own = (access: Access): boolean => {
      let is = known.get(access);
      if (is === undefined) known.set(access, (is = isOwn(root, access)));
      return is;
    };
    return pairsOf(site).every(({ first, second }) => own(first) || own(second));
  }

  private structsWith(fields: readonly string[]): number | undefined {
    if (!this.index) return undefined;
    const [first, ...rest] = fields.map(field => this.structsOf(field));
    return [...first!].filter(struct => rest.every(other => other.has(struct))).length;
  }

  /** Those that have a field of this name; a nameless one counts as one of its own with every field. */
  private structsOf(field: string): ReadonlySet<string> {
    let found = this.structs.get(field);
    if (!found) {
      const fields = this.index!.symbols(field).filter(s => s.kind === 'field');
      this.structs.set(field, (found = new Set(fields.map(f => f.container || `${f.file}:`))));
    }
    return found;
  }
}

const verdictOf = ({ strength, unordered }: OtherSide): Verdict => {
  if (strength === Strength.barrier) return 'paired';
  if (strength === Strength.implied) return 'implied';
  if (strength === Strength.maybe) return 'call';
  return unordered.length ? 'unpaired' : 'alone';
};

const sides = ({ before, after }: BarrierSite): [Set<string>, Set<string>] => [
  new Set(before.map(a => a.word)),
  new Set(after.map(a => a.word)),
];

/** What the functions and macros of a file mention of some names, themselves and by calling others of the file. */
function mentionedBy(file: Scanned, names: readonly string[]) {
  const pattern = new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
  const bodies = new Map<Definition, ReadonlySet<string>>();
  const through = new Map<string, ReadonlySet<string>>();
  const textOf = ({ bodyStart, end }: Definition): string => file.text.slice(bodyStart, end);
  for (const definition of [...file.definitions.values()].flat()) {
    const own = new Set(textOf(definition).match(pattern) ?? []);
    bodies.set(definition, own);
    if (own.size > 0 && definition.end - definition.bodyStart <= MOST_HELPER) through.set(definition.name, own);
  }
  const callees = through.size ? new RegExp(`\\b(?:${[...through.keys()].join('|')})(?=\\s*\\()`, 'g') : undefined;
  const calls = (definition: Definition): readonly string[] => (callees && textOf(definition).match(callees)) ?? [];
  return { bodies, through, calls };
}

const namesOf = (site: BarrierSite): ReadonlySet<string> => new Set(sides(site).flatMap(names => [...names]));

/** Names that mean a variable where they stand alone: those of the barrier's objects that are one. */
function globalNames({ before, after }: BarrierSite): ReadonlySet<string> {
  const variables = [...before, ...after].filter(a => a.holder === '').map(a => a.word);
  return new Set(variables);
}

/** A field of a struct that this .c file defines, or a variable that it keeps to itself. */
function isOwn({ text }: Scanned, { holder, word }: Access): boolean {
  if (holder === undefined) return false;
  if (holder === '') return new RegExp(`^static\\b[^;{}()]*\\b${word}\\b`, 'm').test(text);
  return new RegExp(`\\b${holder.replace(' ', '\\s+')}\\s*\\{`).test(text);
}
