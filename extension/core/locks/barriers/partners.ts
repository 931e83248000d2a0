import type { BarrierSite } from './sites.ts';
import { barrierOf, hasBarrier, orderOf } from './vocabulary.ts';

const PAIRING = /\b(?:pair|match|counterpart|partner)/i;

/** What a comment says of a barrier's partner. */
export interface Partner {
  /** Functions that may have it, by name. */
  readonly functions: readonly string[];
  /** What it is; empty: that is not said. */
  readonly barriers: readonly string[];
}

/** Characters between a comment and the barrier that it is about. */
const CLOSE = 160;

/** Whether a comment at another barrier of a text speaks of pairing with something in the function of this name. */
export function isNamedAsPartner(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (/\w/.test(text[at - 1] ?? '') || /\w/.test(text[at + name.length] ?? '')) continue;
    const open = text.lastIndexOf('/*', at);
    if (open < 0 || open < text.lastIndexOf('*/', at)) continue;
    const end = text.indexOf('*/', at);
    const around = text.slice(Math.max(0, open - CLOSE), open) + text.slice(end, end + CLOSE);
    if (PAIRING.test(text.slice(open, end)) && hasBarrier(around)) return true;
  }
  return false;
}

/** Comments above so many lines of code are about the barrier too. */
const NEAR = 3;

/**
 * What the comments at a barrier say of its partner: those just above it, and on its own line. Undefined when no comment
 * speaks of one.
 */
export function partnersSaid({ definition, barrier }: BarrierSite): Partner | undefined {
  const { text } = definition.source;
  const line = text.lastIndexOf('\n', barrier.at) + 1;
  const end = text.indexOf('\n', barrier.at);
  const said: string[] = [];
  const same = /\/\*|\/\//.exec(text.slice(barrier.at, end < 0 ? text.length : end));
  if (same) {
    const at = barrier.at + same.index;
    said.push(text.slice(at, same[0] === '//' ? end : text.indexOf('*/', at)));
  }
  let from = line;
  for (let back = 0; back <= NEAR; back++) {
    const above = text.slice(0, from).trimEnd();
    if (above.endsWith('*/')) {
      from = above.lastIndexOf('/*');
      said.push(above.slice(from));
    } else from = above.lastIndexOf('\n') + 1;
    if (from <= definition.bodyStart) break;
  }
  const about = said.filter(comment => PAIRING.test(comment));
  if (about.length === 0) return undefined;
  const words = about.flatMap(c => [...c.matchAll(/\b(?:[a-z]\w*_\w*|_\w+|[a-z]\w+(?=\(\)))/gi)].map(m => m[0]));
  const names = [...new Set(words)];
  return {
    functions: names.filter(name => name !== definition.name && !orderOf(name)),
    barriers: names.filter(name => isMeant(name)),
  };
}

/** Whether something orders by intent, so that it can be the partner that a comment speaks of. */
export function isMeant(name: string): boolean {
  const entry = barrierOf(name);
  return entry !== undefined && !entry.implied && entry.order !== 'none' && entry.order !== 'dependency';
}
