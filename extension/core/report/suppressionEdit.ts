import type { FindingKind } from './documents.ts';
import { parseJson } from './json.ts';
import { readSuppressionFile, SUPPRESSION_FILE } from './suppressionFile.ts';

/** An entry of `.lockstep.json` that is to be. */
export interface NewRule {
  readonly kind: FindingKind;
  readonly function?: string;
  readonly file?: string;
  readonly lock?: string;
  readonly reason: string;
}

/**
 * The text of a `.lockstep.json` with one entry more, as its last; what is there stays as it is written. No text: a new
 * file.
 *
 * @throws InputError for a text that `readSuppressionFile` does not take
 */
export function withRule(text: string | undefined, rule: NewRule, file = SUPPRESSION_FILE): string {
  const entry = entryOf(rule);
  if (text === undefined || text.trim() === '') return `{\n  "suppress": [\n    ${entry}\n  ]\n}\n`;
  readSuppressionFile(text, file);
  const top = parseJson(text, file);
  const has = top.kind === 'object' && top.members.has('suppress');
  const close = has ? endOfList(text) : text.lastIndexOf('}');
  const before = text.slice(0, close).trimEnd();
  const rest = text.slice(close);
  const comma = /[[{]$/.test(before) ? '' : ',';
  return has
    ? `${before}${comma}\n    ${entry}\n  ${rest}`
    : `${before}${comma}\n  "suppress": [\n    ${entry}\n  ]\n${rest}`;
}

const entryOf = ({ kind, function: name, file, lock, reason }: NewRule): string => {
  const fields = Object.entries({ kind, file, function: name, lock, reason }).filter(
    ([, value]) => value !== undefined,
  );
  return `{ ${fields.map(([field, value]) => `${JSON.stringify(field)}: ${JSON.stringify(value)}`).join(', ')} }`;
};

/** The offset of the bracket that closes the last list of a text that has only one list at that depth: "suppress". */
function endOfList(text: string): number {
  let depth = 0;
  let end = -1;
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c === '"') {
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (/[[{]/.test(c)) depth++;
    else if (/[\]}]/.test(c) && --depth === 1) end = at;
  }
  return end;
}
