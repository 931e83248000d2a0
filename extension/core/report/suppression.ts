import { LineTable } from '../text/lines.ts';
import type { Position } from '../text/source.ts';
import { type Comment, commentsWith, skip } from './comments.ts';
import type { Finding, FindingKind, FindingsDocument, RelatedPlace } from './documents.ts';
import { isKind, kindNames } from './findingKinds.ts';
import { matches, type SuppressionRule } from './suppressionFile.ts';

/** What one comment of a source file asks for. */
export interface SourceSuppression extends Position {
  readonly kinds: readonly FindingKind[];
  /** undefined: none was given, so nothing is suppressed. */
  readonly reason: string | undefined;
  /** Lines that it covers, both included. */
  readonly from: number;
  readonly to: number;
}

/** The suppressions that a file's comments ask for, and what is wrong with comments that mean to ask for one. */
export interface SourceSuppressions {
  readonly suppressions: readonly SourceSuppression[];
  readonly notices: readonly RelatedPlace[];
}

const MARKER = 'lockstep:';
/** A directive begins a line of its comment; its reason goes on to the end of the paragraph. */
const DIRECTIVE = /^[ \t]*(?:\/?\*+|\/\/+)?[ \t]*lockstep:[ \t]*(ignore[\w-]*)[ \t]*([^:\n]*?)[ \t]*(?:\*\/|:|$)/gm;

/**
 * Reads the comments `lockstep: ignore KIND: reason` (for the line it stands on, or alone on its line, for the next line of
 * code) and `lockstep: ignore-function KIND: reason` (for the function below it). Several kinds are separated by commas.
 */
export function sourceSuppressions(text: string, file: string): SourceSuppressions {
  const suppressions: SourceSuppression[] = [];
  const notices: RelatedPlace[] = [];
  const comments = commentsWith(text, MARKER);
  if (comments.length === 0) return { suppressions, notices };
  const lines = new LineTable(text);
  for (const comment of comments) {
    const body = text.slice(comment.start, comment.end);
    for (const found of body.matchAll(DIRECTIVE)) {
      const at = { file, ...lines.position(comment.start + found.index + found[0].indexOf(MARKER)) };
      const read = kindsOf(found[1]!, found[2]!);
      if (typeof read === 'string') {
        notices.push({ ...at, message: read });
        continue;
      }
      const range =
        found[1] === 'ignore' ? linesOf(text, comment, lines) : functionBelow(text, comment.end, lines, at.line);
      if (!range) notices.push({ ...at, message: 'nothing is ignored: no function follows this comment' });
      else {
        const reason = found[0].endsWith(':') ? reasonIn(body.slice(found.index + found[0].length)) : undefined;
        suppressions.push({ ...at, kinds: read, reason, ...range });
      }
    }
  }
  return { suppressions, notices };
}

/**
 * The document with `suppressed` set where a comment or a rule says so; a finding whose comment gives no reason keeps
 * counting, and says why. Findings that are suppressed already stay so.
 *
 * @param text the text of a file that has findings; undefined: only the rules count there
 * @param rules of the tree's `.lockstep.json` (`readSuppressionFile`)
 * @param files whose comments are checked even where they have no finding
 */
export function suppress(
  document: FindingsDocument,
  text: (file: string) => string | undefined,
  rules: readonly SuppressionRule[] = [],
  files: readonly string[] = [],
): FindingsDocument {
  const known = new Map<string, SourceSuppressions>();
  for (const file of new Set([...files, ...document.findings.map(f => f.file)])) {
    const source = text(file);
    if (source !== undefined) known.set(file, sourceSuppressions(source, file));
  }
  const findings = document.findings.map(f => suppressOne(f, known.get(f.file)?.suppressions ?? [], rules));
  const notices = [...(document.notices ?? []), ...[...known.values()].flatMap(k => k.notices)];
  return { ...document, findings, ...(notices.length ? { notices } : {}) };
}

function suppressOne(
  finding: Finding,
  comments: readonly SourceSuppression[],
  rules: readonly SuppressionRule[],
): Finding {
  if (finding.suppressed !== undefined) return finding;
  const about = comments.filter(c => c.kinds.includes(finding.kind) && c.from <= finding.line && finding.line <= c.to);
  const reasoned = about.find(c => c.reason !== undefined);
  if (reasoned) return suppressedBy(finding, reasoned.reason!, reasoned);
  const rule = rules.find(r => matches(r, finding));
  if (rule) return suppressedBy(finding, rule.reason, rule);
  const [bare] = about;
  if (!bare) return finding;
  const { file, line, column } = bare;
  const message = `not ignored: this comment gives no reason; write "lockstep: ignore ${finding.kind}: why"`;
  return { ...finding, related: [...finding.related, { file, line, column, message }] };
}

const suppressedBy = (finding: Finding, reason: string, { file, line, column }: Position): Finding => ({
  ...finding,
  suppressed: reason,
  suppressedAt: { file, line, column },
});

/** The kinds that a directive names, or what is wrong with it. */
function kindsOf(word: string, list: string): readonly FindingKind[] | string {
  if (word !== 'ignore' && word !== 'ignore-function')
    return `nothing is ignored: "${word}" is neither "ignore" nor "ignore-function"`;
  const names = list.split(/[\s,]+/).filter(n => n !== '');
  if (names.length === 0) return `nothing is ignored: name what to ignore, one of ${kindNames.join(', ')}`;
  const wrong = names.find(n => !isKind(n));
  if (wrong !== undefined)
    return `nothing is ignored: "${wrong}" is no kind of finding; it is one of ${kindNames.join(', ')}`;
  return names.filter(isKind);
}

/** The reason after a directive's colon: to the end of its paragraph, the next directive or the comment. */
function reasonIn(rest: string): string | undefined {
  const lines: string[] = [];
  for (const [i, line] of rest.replace(/\*\/$/, '').split('\n').entries()) {
    const said = i === 0 ? line.trim() : line.replace(/^\s*(?:\*+(?!\/)|\/\/+)?/, '').trim();
    if (i > 0 && (said === '' || said.startsWith(MARKER))) break;
    lines.push(said);
  }
  return lines.join(' ').replace(/\s+/g, ' ').trim() || undefined;
}

/** The lines whose code a comment is about: its own when there is code on them, else the next line with code. */
function linesOf(text: string, comment: Comment, lines: LineTable): { from: number; to: number } {
  const first = lines.line(comment.start);
  const last = lines.line(comment.end);
  const before = text.slice(lines.start(first), comment.start).trim();
  if (before !== '') return { from: first, to: first };
  const lineEnd = text.indexOf('\n', comment.end);
  const after = codeFrom(text, comment.end);
  if (after < (lineEnd < 0 ? text.length : lineEnd)) return { from: last, to: last };
  const next = lines.line(after);
  return { from: next, to: next };
}

/** The offset of the first character that is neither space nor comment; the text's length when there is none. */
function codeFrom(text: string, at: number): number {
  let i = at;
  while (i < text.length) {
    if (/\s/.test(text[i]!)) i++;
    else if (text[i] === '/' && (text[i + 1] === '*' || text[i + 1] === '/')) i = skip(text, i);
    else break;
  }
  return i;
}

/**
 * The lines of the function whose head follows an offset; undefined when something else follows. Its body ends with the
 * brace that closes it or with the first one in column 1, whichever comes first: branches of an #if may open a brace twice.
 */
function functionBelow(
  text: string,
  at: number,
  lines: LineTable,
  from: number,
): { from: number; to: number } | undefined {
  let depth = 0;
  let parens = 0;
  let called = false;
  for (let i = codeFrom(text, at); i < text.length; ) {
    const c = text[i]!;
    if (c === '(') {
      parens++;
      called = true;
    } else if (c === ')') parens--;
    else if (depth === 0 && parens === 0 && (c === ';' || c === '=' || c === '}' || (c === '{' && !called)))
      return undefined;
    else if (c === '{') depth++;
    else if (c === '}' && (--depth === 0 || text[i - 1] === '\n')) return { from, to: lines.line(i) };
    i = skip(text, i);
  }
  return undefined;
}
