import type { Draft } from '../draft.ts';
import { K } from '../kinds.ts';

const number =
  /^(?:0[xX][\da-fA-F]+(?:\.[\da-fA-F]*)?(?:[pP][+-]?\d+)?|0[bB][01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[uUlLfF]*$/;

/** `LINK_MODE(1000baseT_Full)`: a word that begins with a digit, pasted by a macro, becomes a name. */
export function maskNumberNames(draft: Draft): void {
  const { kind, next, start, units } = draft;
  for (let token = next[0]!; token !== draft.end; token = next[token]!) {
    if (kind[token] !== K.number || number.test(draft.word(token))) continue;
    if (units[start[token]!] === K.dot) continue;
    draft.put(start[token]!, '_');
    kind[token] = K.identifier;
  }
}
