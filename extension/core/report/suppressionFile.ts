import { InputError, type Position } from '../text/source.ts';
import type { Finding, FindingKind } from './documents.ts';
import { isKind, kindNames } from './findingKinds.ts';
import { type JsonNode, parseJson } from './json.ts';

/** Where a tree keeps the findings that its people have looked at and accepted. */
export const SUPPRESSION_FILE = '.lockstep.json';

/** One entry of `suppress`: all that it names must fit. The position is the entry's. */
export interface SuppressionRule extends Position {
  readonly kinds: readonly FindingKind[] | undefined;
  readonly function: string | undefined;
  /** A path of the tree; `*` and `?` within a part, `**` over parts, `{a,b}`. */
  readonly paths: string | undefined;
  readonly lock: string | undefined;
  readonly reason: string;
}

const FIELDS = ['kind', 'function', 'file', 'lock', 'reason'];

/**
 * The rules of a `.lockstep.json`: `{ "suppress": [{ "kind", "function", "file", "lock", "reason" }] }`. The reason is
 * required, and at least one of the others; `kind` may be a list.
 *
 * @param file names the file in messages
 * @throws InputError naming file, line and entry: no JSON, an unknown field, an unknown kind, no reason
 */
export function readSuppressionFile(text: string, file = SUPPRESSION_FILE): SuppressionRule[] {
  const top = parseJson(text, file);
  if (top.kind !== 'object') throw wrong(file, top, 'an object is expected: { "suppress": [ … ] }');
  for (const [name, value] of top.members)
    if (name !== 'suppress') throw wrong(file, value, `there is no setting "${name}" here; it has "suppress"`);
  const list = top.members.get('suppress');
  if (!list) return [];
  if (list.kind !== 'array') throw wrong(file, list, '"suppress" is a list of objects');
  return list.items.map((entry, i) => ruleOf(entry, `suppress[${i}]`, file));
}

function ruleOf(entry: JsonNode, name: string, file: string): SuppressionRule {
  if (entry.kind !== 'object') throw wrong(file, entry, `${name}: an object is expected`);
  const { members } = entry;
  for (const [field, value] of members)
    if (!FIELDS.includes(field))
      throw wrong(file, value, `${name}: there is no field "${field}"; it has ${FIELDS.join(', ')}`);
  const text = (field: string): string | undefined => {
    const value = members.get(field);
    if (!value) return undefined;
    if (value.kind !== 'string' || value.text.trim() === '')
      throw wrong(file, value, `${name}: "${field}" is a text, not empty`);
    return value.text.trim();
  };
  const reason = text('reason');
  if (reason === undefined) throw wrong(file, entry, `${name}: a "reason" is needed`);
  const rule = {
    kinds: kindsOf(members.get('kind'), name, file),
    function: text('function'),
    paths: text('file'),
    lock: text('lock'),
  };
  if (Object.values(rule).every(v => v === undefined))
    throw wrong(file, entry, `${name}: it would ignore everything; give a kind, function, file or lock`);
  return { file, line: entry.line, column: entry.column, ...rule, reason };
}

function kindsOf(node: JsonNode | undefined, name: string, file: string): FindingKind[] | undefined {
  if (!node) return undefined;
  const items = node.kind === 'array' ? node.items : [node];
  if (items.length === 0) throw wrong(file, node, `${name}: "kind" is an empty list`);
  return items.map(item => {
    if (item.kind !== 'string' || !isKind(item.text))
      throw wrong(file, item, `${name}: "kind" is one of ${kindNames.join(', ')}`);
    return item.text;
  });
}

const wrong = (file: string, { line, column }: JsonNode, what: string): InputError =>
  new InputError(`${file}:${line}: ${what}`, { file, line, column });

/** Whether a rule is about a finding. */
export function matches(rule: SuppressionRule, finding: Finding): boolean {
  return (
    (rule.kinds === undefined || rule.kinds.includes(finding.kind)) &&
    (rule.function === undefined || rule.function === finding.function) &&
    (rule.lock === undefined || rule.lock === finding.lock) &&
    (rule.paths === undefined || globOf(rule.paths).test(finding.file))
  );
}

const globs = new Map<string, RegExp>();

/** A path pattern as a regular expression; a pattern that ends in `/` means all below it. */
function globOf(pattern: string): RegExp {
  let known = globs.get(pattern);
  if (!known) {
    const whole = pattern.replace(/^\.?\//, '').replace(/\/$/, '/**');
    globs.set(pattern, (known = new RegExp(`^${globSource(whole)}$`)));
  }
  return known;
}

const globSource = (glob: string): string =>
  glob.replace(/\{([^{}]*)\}|\*\*\/|\*\*|[^\w/]/g, (mark, choices: string | undefined) => {
    if (choices !== undefined) return `(?:${choices.split(',').map(globSource).join('|')})`;
    if (mark === '**/') return '(?:.*/)?';
    if (mark === '**') return '.*';
    if (mark === '*') return '[^/]*';
    return mark === '?' ? '[^/]' : `\\${mark}`;
  });
