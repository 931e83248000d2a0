import { type Scanned, type ScannedDirective, scan } from '../syntax/preprocess/scan.ts';
import { type BranchMark, type RawItem, splitItems } from './items.ts';

/** One #if…#endif branch: active when its parent is and every term holds. */
export interface Region {
  readonly parent: number;
  /** The branch's own condition, and the earlier branches' negated. */
  readonly terms: readonly Term[];
}

export interface Term {
  readonly word: 'if' | 'ifdef' | 'ifndef';
  /** Offsets of the expression. */
  readonly from: number;
  readonly to: number;
  readonly negated: boolean;
  /** The region that this is the condition of: what is defined in there does not decide `#ifndef`. */
  readonly owner: number;
  /** `ifdef X`, `ifndef X`, `if !defined(X)`, `if defined(X)`: X, and whether it must be defined. */
  readonly name: string | undefined;
  readonly defined: boolean;
}

export interface MacroSite {
  readonly name: string;
  readonly directive: ScannedDirective;
  readonly region: number;
}

export interface IncludeSite {
  readonly name: string;
  readonly quoted: boolean;
  readonly line: number;
  readonly region: number;
}

/**
 * What one file holds, whatever includes it: tokens, items, macros, includes, and the conditions around them. Made once
 * per content; everything that depends on configuration is asked of a Unit.
 */
export interface Outline {
  readonly file: string;
  readonly scanned: Scanned;
  readonly items: readonly RawItem[];
  readonly macros: readonly MacroSite[];
  readonly includes: readonly IncludeSite[];
  /** Region 0 is the file itself. */
  readonly regions: readonly Region[];
  /** Region of the tokens from `at[i]` on is `region[i]`. */
  readonly bounds: { readonly at: readonly number[]; readonly region: readonly number[] };
}

const NAME = /[A-Za-z_$][\w$]*/y;

export function outline(text: string, file: string): Outline {
  const scanned = scan(text, file);
  const regions: Region[] = [{ parent: -1, terms: [] }];
  const stack: { outer: number; branches: Term[] }[] = [];
  const marks: BranchMark[] = [];
  const macros: MacroSite[] = [];
  const includes: IncludeSite[] = [];
  const bounds = { at: [0], region: [0] };
  const guard = includeGuard(scanned);
  let region = 0;
  const enter = (next: number, token: number): void => {
    region = next;
    bounds.at.push(token);
    bounds.region.push(next);
  };
  scanned.directives.forEach((d, index) => {
    const { word, token } = d;
    if (word === 'if' || word === 'ifdef' || word === 'ifndef') {
      const term = termOf(text, d, word, regions.length);
      stack.push({ outer: region, branches: [term] });
      marks.push({ token, what: 'open' });
      regions.push({ parent: region, terms: index === guard ? [] : [term] });
      enter(regions.length - 1, token);
    } else if (word === 'elif' || word === 'else') {
      const top = stack[stack.length - 1];
      if (!top) return;
      marks.push({ token, what: 'next' });
      const terms = top.branches.map(t => ({ ...t, negated: true }));
      if (word === 'elif') {
        const own = termOf(text, d, 'if', regions.length);
        top.branches.push(own);
        terms.push(own);
      }
      regions.push({ parent: top.outer, terms });
      enter(regions.length - 1, token);
    } else if (word === 'endif') {
      const top = stack.pop();
      if (!top) return;
      marks.push({ token, what: 'close' });
      enter(top.outer, token);
    } else if (word === 'define') {
      NAME.lastIndex = skipBlank(text, d.rest);
      const name = NAME.exec(text)?.[0];
      if (name !== undefined) macros.push({ name, directive: d, region });
    } else if (word === 'include' || word === 'include_next') {
      const m = /^\s*(?:<([^>]+)>|"([^"]+)")/.exec(text.slice(d.rest, d.end));
      if (m) includes.push({ name: m[1] ?? m[2]!, quoted: m[2] !== undefined, line: scanned.lineAt(d.start), region });
    }
  });
  const cache: string[] = [];
  const view = {
    count: scanned.count,
    kind: (i: number) => scanned.kinds[i] ?? 0,
    text: (i: number) => (i < 0 || i >= scanned.count ? '' : (cache[i] ??= scanned.textOf(i))),
  };
  return { file, scanned, items: splitItems(view, marks), macros, includes, regions, bounds };
}

/** Index of the directive that opens a guard around the whole file, or -1. */
function includeGuard(scanned: Scanned): number {
  const { directives, text } = scanned;
  const [first, second] = directives;
  const last = directives[directives.length - 1];
  if (!first || !second || !last || first.token !== 0 || last.word !== 'endif' || last.token < scanned.count) return -1;
  if (first.word !== 'ifndef' && first.word !== 'if') return -1;
  const term = termOf(text, first, first.word, 0);
  if (term.name === undefined || term.defined || second.word !== 'define') return -1;
  let depth = 0;
  for (let i = 0; i < directives.length; i++) {
    const { word } = directives[i]!;
    if (word.startsWith('if')) depth++;
    else if (word === 'endif' && --depth === 0) return i === directives.length - 1 ? 0 : -1;
    else if ((word === 'else' || word === 'elif') && depth === 1) return -1;
  }
  return -1;
}

function termOf(text: string, d: ScannedDirective, word: Term['word'], owner: number): Term {
  const expression = text
    .slice(d.rest, d.end)
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ' ')
    .trim();
  const base = { word, from: d.rest, to: d.end, negated: false, owner };
  if (word !== 'if') return { ...base, name: /^[\w$]+/.exec(expression)?.[0], defined: word === 'ifdef' };
  const m = /^(!?)\s*defined\s*(?:\(\s*([\w$]+)\s*\)|\s([\w$]+))$/.exec(expression);
  return { ...base, name: m?.[2] ?? m?.[3], defined: m?.[1] !== '!' };
}

function skipBlank(text: string, i: number): number {
  while (text[i] === ' ' || text[i] === '\t') i++;
  return i;
}

/** Keeps outlines by path while the content is the same. Bounded by the bytes of source it holds. */
export class OutlineCache {
  private readonly known = new Map<string, Outline>();
  private held = 0;

  constructor(private readonly limit = 64 * 1024 * 1024) {}

  get(file: string, text: string): Outline {
    const old = this.known.get(file);
    if (old?.scanned.text === text) {
      this.known.delete(file);
      this.known.set(file, old);
      return old;
    }
    if (old) this.drop(file, old);
    const fresh = outline(text, file);
    this.known.set(file, fresh);
    this.held += text.length;
    for (const [path, o] of this.known) {
      if (this.held <= this.limit) break;
      if (path !== file) this.drop(path, o);
    }
    return fresh;
  }

  private drop(file: string, old: Outline): void {
    this.known.delete(file);
    this.held -= old.scanned.text.length;
  }
}
