import type { Draft } from '../draft.ts';
import { K } from '../kinds.ts';

/**
 * Leaves of a concatenation what the grammar takes. It knows literals and single names (`"%" PRIx64`); invocations
 * (`KERN_SOH(3) "…"`) and rows of names before a literal go.
 */
export function maskStringNeighbours(draft: Draft): void {
  const { kind, next, prev, mate } = draft;
  for (let token = next[0]!; token !== draft.end; token = next[token]!) {
    if (kind[token] !== K.string) continue;
    let after = next[token]!;
    while (kind[after] === K.identifier && draft.callEnd(after)) {
      const resume = next[draft.callEnd(after)]!;
      draft.drop(after, resume);
      after = resume;
    }
    const before = prev[token]!;
    const open = kind[before] === K.close ? mate[before]! : 0;
    if (open && kind[prev[open]!] === K.identifier && beginsOperand(kind[prev[prev[open]!]!]!)) {
      draft.drop(prev[open]!, token);
    }
    while (kind[prev[token]!] === K.identifier && kind[prev[prev[token]!]!] === K.identifier) {
      draft.dropOne(prev[prev[token]!]!);
    }
  }
}

function beginsOperand(before: number): boolean {
  return (
    before === K.open ||
    before === K.comma ||
    before === K.equals ||
    before === K.openBrace ||
    before === K.string ||
    before === K.identifier ||
    before === K.question ||
    before === K.colon ||
    before === K.jump
  );
}
