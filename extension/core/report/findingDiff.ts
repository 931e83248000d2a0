import type { Finding, FindingsDocument, RelatedPlace } from './documents.ts';

/** What a change does to findings. `unchanged` are as they are after it. Suppressed ones are marked, and count for nothing. */
export interface FindingsComparison {
  readonly version: 1;
  /** What was applied: the patches, by name. */
  readonly patch?: string;
  readonly added: readonly Finding[];
  readonly removed: readonly Finding[];
  readonly unchanged: readonly Finding[];
  /** Of the source after the change. */
  readonly functions?: number;
  readonly incomplete?: readonly string[];
  readonly notices?: readonly RelatedPlace[];
}

/**
 * What tells a finding from others wherever its lines move to: file, function, kind, lock and the text of its line.
 * Several findings may share it; `keyed` numbers them.
 */
export const identityOf = ({ file, function: name, kind, lock, text }: Finding): string =>
  [file, name, kind, lock ?? '', collapsed(text)].join('\0');

const collapsed = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** What else two findings of one identity have in common when they are about the same paths. */
const detailOf = ({ confidence, message, related }: Finding): string =>
  [confidence, message, ...related.map(r => `${r.file}:${r.message}`)].join('\0');

/** Each finding with its identity and, among those that share it, its number: unique in the document, stable as lines move. */
export function keyed(findings: readonly Finding[]): { readonly key: string; readonly finding: Finding }[] {
  const seen = new Map<string, number>();
  return findings.map(finding => {
    const identity = identityOf(finding);
    const ordinal = seen.get(identity) ?? 0;
    seen.set(identity, ordinal + 1);
    return { key: `${identity}\0${ordinal}`, finding };
  });
}

/**
 * Pairs the findings before a change with those after it, by content. Of several that share an identity, those that agree
 * in all but their lines are paired first, the rest in the order of the file.
 *
 * A finding that only became suppressed is not gone, and one that is no longer suppressed is new.
 */
export function compareFindings(before: FindingsDocument, after: FindingsDocument, patch?: string): FindingsComparison {
  const waiting = new Map<string, Finding[]>();
  for (const f of before.findings) {
    const identity = identityOf(f);
    const list = waiting.get(identity);
    if (list) list.push(f);
    else waiting.set(identity, [f]);
  }
  const pairs = new Map<Finding, Finding>();
  const pair = (same: (a: Finding, b: Finding) => boolean): void => {
    for (const f of after.findings) {
      if (pairs.has(f)) continue;
      const list = waiting.get(identityOf(f)) ?? [];
      const at = list.findIndex(b => same(b, f));
      if (at >= 0) pairs.set(f, list.splice(at, 1)[0]!);
    }
  };
  pair((b, a) => detailOf(b) === detailOf(a));
  pair(() => true);
  const isNew = (f: Finding): boolean => {
    const was = pairs.get(f);
    return !was || (was.suppressed !== undefined && f.suppressed === undefined);
  };
  const paired = new Set(pairs.values());
  const { functions, incomplete, notices } = after;
  return {
    version: 1,
    ...(patch === undefined ? {} : { patch }),
    added: after.findings.filter(isNew),
    removed: before.findings.filter(f => !paired.has(f)),
    unchanged: after.findings.filter(f => !isNew(f)),
    ...(functions === undefined ? {} : { functions }),
    ...(incomplete === undefined ? {} : { incomplete }),
    ...(notices === undefined ? {} : { notices }),
  };
}
