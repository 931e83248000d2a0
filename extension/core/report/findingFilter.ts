import type { Finding, FindingKind, FindingsDocument } from './documents.ts';
import type { FindingsComparison } from './findingDiff.ts';

export type Confidence = Finding['confidence'];

/** From the surest down. */
export const CONFIDENCES: readonly Confidence[] = ['high', 'medium', 'low'];

/** Which findings are asked for. */
export interface FindingFilter {
  /** The least sure that is wanted. */
  readonly confidence: Confidence;
  /** Empty or not given: all. */
  readonly kinds?: readonly FindingKind[];
  readonly function?: string;
}

/** Whether a finding is of the function and the kinds asked for, however sure it is. */
export const isAskedFor = (finding: Finding, { kinds, function: name }: FindingFilter): boolean =>
  (!kinds?.length || kinds.includes(finding.kind)) && (name === undefined || finding.function === name);

export const isSureEnough = (finding: Finding, { confidence }: FindingFilter): boolean =>
  CONFIDENCES.indexOf(finding.confidence) <= CONFIDENCES.indexOf(confidence);

/** The findings that are asked for, and how many were left out for being unsure alone. */
function chosen(findings: readonly Finding[], filter: FindingFilter): { kept: Finding[]; unsure: number } {
  const asked = findings.filter(f => isAskedFor(f, filter));
  return {
    kept: asked.filter(f => isSureEnough(f, filter)),
    unsure: asked.filter(f => !isSureEnough(f, filter) && f.suppressed === undefined).length,
  };
}

/** The document with only what is asked for, and how many findings were left out for being unsure alone. */
export function filtered(
  document: FindingsDocument,
  filter: FindingFilter,
): { readonly document: FindingsDocument; readonly unsure: number } {
  const { kept, unsure } = chosen(document.findings, filter);
  return { document: { ...document, findings: kept }, unsure };
}

/**
 * The same of a comparison. Whoever compares does so with all findings: one that only became surer is not new. `unsure`
 * counts new ones.
 */
export function filteredComparison(
  comparison: FindingsComparison,
  filter: FindingFilter,
): { readonly comparison: FindingsComparison; readonly unsure: number } {
  const added = chosen(comparison.added, filter);
  const removed = chosen(comparison.removed, filter).kept;
  const unchanged = chosen(comparison.unchanged, filter).kept;
  return { comparison: { ...comparison, added: added.kept, removed, unchanged }, unsure: added.unsure };
}
