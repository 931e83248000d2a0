import { callsIn } from '../callSites.ts';
import type { Scanned } from '../scan.ts';
import type { Sources } from '../sources.ts';
import type { Access } from './body.ts';
import { type BarrierIndex, CallOrders } from './calls.ts';
import { lookAt, nothingFound, type OtherSide } from './counterparts.ts';
import { Mentions } from './mentions.ts';
import { partnersSaid } from './partners.ts';
import { type BarrierSite, barrierSites, pairsOf } from './sites.ts';
import { judgedNames } from './vocabulary.ts';
import { Strength } from './ways.ts';

/** Files in which two objects of one barrier are looked for; with more, nothing is said. */
const MOST_FILES = 60;

/**
 * What became of a barrier. Only `unpaired` is a finding.
 *
 * paired, implied: another function keeps two of its objects in order, by a barrier, or as a side effect. said: a comment names
 * its partner, and there is such a function. device: the other side is none of the tree's. objects: fewer than two objects
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
  private readonly calls: CallOrders;
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
    this.calls = new CallOrders(index, (file, name) => {
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
    this.lookIn(root, site, other);
    if (verdictOf(other) === 'paired') return answer('paired');
    if (this.isSaid(root, site)) return answer('said');
    if (other.strength > Strength.none || this.isLocal(root, site)) return answer(verdictOf(other));
    if (!this.mentions) return answer('elsewhere');
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
    }
    return answer(verdictOf(other), files.length + 1);
  }

  private lookIn(file: Scanned, site: BarrierSite, found: OtherSide): void {
    const [first, second] = sides(site).map(names => new RegExp(`\\b(?:${[...names].join('|')})\\b`));
    if (!first!.test(file.text) || !second!.test(file.text)) return;
    const globals = globalNames(site);
    for (const definition of [...file.definitions.values()].flat()) {
      const text = file.text.slice(definition.bodyStart, definition.end);
      if (!first!.test(text) || !second!.test(text)) continue;
      lookAt(definition, globals, site, this.calls, field => this.isOneStruct(field), found);
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
    const names = partnersSaid(site);
    return !!names?.some(
      name =>
        root.definitions.get(name)?.some(d => d.kind === 'function') ||
        this.index?.symbols(name).some(s => s.kind === 'function'),
    );
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

  /** Whether only one struct of the tree has a field of this name. */
  private isOneStruct(field: string): boolean {
    const fields = this.index?.symbols(field).filter(s => s.kind === 'field') ?? [];
    return new Set(fields.map(f => f.container)).size === 1;
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
