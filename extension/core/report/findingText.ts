import type { Colors } from './contractText.ts';
import type { Finding, FindingsDocument, RelatedPlace } from './documents.ts';
import type { FindingsComparison } from './findingDiff.ts';
import { CONFIDENCES } from './findingFilter.ts';

export interface FindingTextOptions {
  readonly colors?: Colors;
  /** A line of a file, 1-based; undefined when it cannot be read. */
  readonly sourceLine?: (file: string, line: number) => string | undefined;
  /** How a file of the tree is called from where the reader is; the path itself unless given. */
  readonly path?: (file: string) => string;
  /** Findings that were left out because they are not sure enough. */
  readonly unsure?: number;
  /** How many files were looked at. */
  readonly files?: number;
}

const plain: Colors = { bold: t => t, dim: t => t, red: t => t, yellow: t => t };
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/**
 * Findings as a compiler writes its warnings: `file:line:col: kind: message [confidence]`, the source line with a mark below
 * it, and related places as notes. Grouped by file and function. Suppressed findings are only counted. Ends with a newline.
 */
export function findingsText(document: FindingsDocument, options: FindingTextOptions = {}): string {
  const live = document.findings.filter(isLive);
  const blocks = grouped(live, options);
  return ended([...blocks, ...noticesText(document.notices, options), summary(live, document, options)]);
}

/** What a change adds and removes, each as `findingsText` writes it; what stays is counted. Ends with a newline. */
export function comparisonText(comparison: FindingsComparison, options: FindingTextOptions = {}): string {
  const { bold } = options.colors ?? plain;
  const added = comparison.added.filter(isLive);
  const removed = comparison.removed.filter(isLive);
  const unchanged = comparison.unchanged.filter(isLive);
  const all = [...comparison.added, ...comparison.unchanged];
  const blocks: string[] = [];
  if (added.length) blocks.push(bold('== new'), ...grouped(added, options));
  // The lines of what is gone are lines of a source that is gone too: its own text is all there is to show.
  if (removed.length) blocks.push(bold('== gone'), ...grouped(removed, { ...options, sourceLine: () => undefined }));
  const counts = `${added.length} new, ${removed.length} gone, ${unchanged.length} unchanged`;
  const left = leftOut(all, options);
  return ended([...blocks, ...noticesText(comparison.notices, options), `${counts}${left}.`]);
}

const isLive = (f: Finding): boolean => f.suppressed === undefined;
const ended = (blocks: readonly string[]): string => `${blocks.join('\n\n')}\n`;

/** One block of text for each function that has findings, in order of file and line. */
function grouped(findings: readonly Finding[], options: FindingTextOptions): string[] {
  const { bold, dim } = options.colors ?? plain;
  const groups = new Map<string, Finding[]>();
  for (const f of [...findings].sort(byPlace)) {
    const key = `${f.file}\0${f.function}`;
    const list = groups.get(key);
    if (list) list.push(f);
    else groups.set(key, [f]);
  }
  return [...groups.values()].map(list => {
    const head = `${dim(`${pathOf(list[0]!.file, options)}: in`)} ${bold(`${list[0]!.function}()`)}`;
    return [head, ...list.flatMap(f => findingLines(f, options))].join('\n');
  });
}

const byPlace = (a: Finding, b: Finding): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;

const pathOf = (file: string, { path }: FindingTextOptions): string => path?.(file) ?? file;

function findingLines(f: Finding, options: FindingTextOptions): string[] {
  const { bold, dim, red, yellow } = options.colors ?? plain;
  const kind = (f.confidence === 'high' ? red : yellow)(f.kind);
  const out = [
    `${bold(`${pathOf(f.file, options)}:${f.line}:${f.column}:`)} ${kind}: ${f.message} ${dim(`[${f.confidence}]`)}`,
    ...excerpt(f, f.column, options.sourceLine?.(f.file, f.line) ?? f.text, options, red),
  ];
  let before = `${f.file}:${f.line}`;
  for (const r of f.related) {
    out.push(`  ${pathOf(r.file, options)}:${r.line}:${r.column}: ${dim('note:')} ${r.message}`);
    // The line that was shown just before need not be shown again.
    const at = `${r.file}:${r.line}`;
    const line = options.sourceLine?.(r.file, r.line);
    if (line !== undefined && at !== before) out.push(...excerpt(r, r.column, line, options).map(l => `  ${l}`));
    before = at;
  }
  return out;
}

/** A source line with its number, and a mark below the column when it is still the line that it was. */
function excerpt(
  { line }: { readonly line: number },
  column: number,
  text: string,
  options: FindingTextOptions,
  mark?: (text: string) => string,
): string[] {
  const { dim } = options.colors ?? plain;
  const shown = text.replace(/\r$/, '');
  const gutter = String(line).padStart(6);
  const out = [`${dim(`${gutter} |`)} ${shown}`.trimEnd()];
  // Without the file's own line there is no column to point at.
  if (mark && options.sourceLine && column <= shown.length)
    out.push(`${dim(`${' '.repeat(6)} |`)} ${shown.slice(0, column - 1).replace(/[^\t]/g, ' ')}${mark('^')}`);
  return out;
}

function noticesText(notices: readonly RelatedPlace[] | undefined, options: FindingTextOptions): string[] {
  const { bold, dim } = options.colors ?? plain;
  if (!notices?.length) return [];
  return [
    notices
      .map(n => `${bold(`${pathOf(n.file, options)}:${n.line}:${n.column}:`)} ${dim('note:')} ${n.message}`)
      .join('\n'),
  ];
}

function summary(live: readonly Finding[], document: FindingsDocument, options: FindingTextOptions): string {
  const counts = CONFIDENCES.map(c => ({ c, n: live.filter(f => f.confidence === c).length })).filter(({ n }) => n > 0);
  const by = counts.length ? ` (${counts.map(({ c, n }) => `${n} ${c}`).join(', ')})` : '';
  const among = [
    ...(document.functions === undefined ? [] : [plural(document.functions, 'function')]),
    ...(options.files === undefined ? [] : [plural(options.files, 'file')]),
  ].join(' of ');
  const first = live.length ? `${plural(live.length, 'finding')}${by}` : 'No findings';
  const lines = [`${first}${among && ` in ${among}`}${leftOut(document.findings, options)}.`];
  const { incomplete } = document;
  if (incomplete?.length) {
    const names = incomplete.slice(0, 5).join(', ');
    const more = incomplete.length > 5 ? ` and ${incomplete.length - 5} more` : '';
    lines.push(`Not every path was followed in ${plural(incomplete.length, 'function')}: ${names}${more}.`);
  }
  return lines.join('\n');
}

/** What is not shown, as the end of a sentence. */
function leftOut(findings: readonly Finding[], { unsure }: FindingTextOptions): string {
  const suppressed = findings.filter(f => !isLive(f)).length;
  const parts = [
    ...(suppressed ? [`${suppressed} suppressed`] : []),
    ...(unsure ? [`${unsure} less sure (--confidence low shows all)`] : []),
  ];
  return parts.length ? `; not shown: ${parts.join(', ')}` : '';
}
