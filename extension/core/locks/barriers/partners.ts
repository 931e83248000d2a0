import type { BarrierSite } from './sites.ts';
import { barrierOf } from './vocabulary.ts';

/** Comments above so many lines of code are about the barrier too. */
const NEAR = 3;

/**
 * Functions that the comments at a barrier name as its partner: those just above it, and on its own line. Undefined when no
 * comment speaks of a partner.
 */
export function partnersSaid({ definition, barrier }: BarrierSite): readonly string[] | undefined {
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
  const about = said.filter(comment => /\b(?:pair|match|counterpart|partner)/i.test(comment));
  if (about.length === 0) return undefined;
  const names = about.flatMap(c => [...c.matchAll(/\b(?:[a-z]\w*_\w*|_\w+|[a-z]\w{3,}(?=\(\)))/gi)].map(m => m[0]));
  return [...new Set(names)].filter(name => name !== definition.name && !barrierOf(name));
}
