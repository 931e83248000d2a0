import type { Finding, FindingKind, FindingsDocument } from '../core/report/documents.ts';
import { type Confidence, filtered } from '../core/report/findingFilter.ts';

/** What the settings under `lockstep.findings` say. */
export interface FindingSettings {
  readonly enabled: boolean;
  /** Empty: all. */
  readonly kinds: readonly FindingKind[];
  readonly minimumConfidence: Confidence;
}

/** The findings of a document that the settings ask for and that nothing suppresses; the surest of those that agree. */
export function shownFindings(document: FindingsDocument, settings: FindingSettings): readonly Finding[] {
  if (!settings.enabled) return [];
  const { kinds, minimumConfidence: confidence } = settings;
  return filtered(document, { confidence, kinds }).document.findings.filter(f => f.suppressed === undefined);
}

/** Whether barriers that nothing pairs with can be shown: they are of low confidence, and cost more than others. */
export const wantsBarriers = ({ kinds, minimumConfidence }: FindingSettings): boolean =>
  minimumConfidence === 'low' && (kinds.length === 0 || kinds.includes('unpaired-barrier'));

/**
 * The 0-based column just after what a finding at a 0-based column underlines: the rest of the statement, without what
 * stands behind it. At least one character, unless the line is shorter than it was.
 */
export function endOfFinding(line: string, column: number): number {
  let end = statementEnd(line, column);
  while (end > column && /[\s;{\\]/.test(line[end - 1]!)) end--;
  return Math.min(line.length, Math.max(end, column + 1));
}

/** Where the statement ends, or the brackets that it stands in, or the line: outside of strings, before a comment. */
function statementEnd(line: string, column: number): number {
  let depth = 0;
  for (let at = column; at < line.length; at++) {
    const c = line[at]!;
    if (/[([]/.test(c)) depth++;
    else if (/[)\]]/.test(c) && --depth < 0) return at;
    if (c === ';' && !/\bfor\s*\(/.test(line.slice(0, at))) return at;
    if (c === '/' && /[/*]/.test(line[at + 1] ?? '')) return at;
    if (c === '"' || c === "'") {
      const close = closingQuote(line, at);
      if (close < 0) return line.length;
      at = close;
    }
  }
  return line.length;
}

function closingQuote(line: string, open: number): number {
  for (let at = open + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === line[open]) return at;
  }
  return -1;
}
