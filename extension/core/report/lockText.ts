import type { HeldClass } from '../locks/evidence.ts';
import type {
  CallersHolding,
  CallersHover,
  EvidenceScope,
  FieldHover,
  LockHover,
  Neighbour,
} from '../locks/protection.ts';
import type { Position } from '../text/source.ts';

/** Gives a URI that reveals a place. */
export type Link = (at: Position) => string;

/** Callers named of one group, before the rest is only counted. */
const MOST_NAMED = 3;

/** What is known of a lock, as Markdown for a hover: what it protects as a table, then who takes it, then its order. */
export function lockMarkdown(hover: LockHover, link: Link): string {
  const blocks = [
    `**lock** \`${hover.lockClass}\`${hover.lock === hover.lockClass ? '' : ` · here \`${hover.lock}\``}`,
  ];
  if (hover.protects.length) {
    const rows = hover.protects.map(
      f =>
        `| [\`${own(f.field, hover.lockClass)}\`](${link(f)}) | ${count(f.under, f.writesUnder)} | ${count(f.not, f.writesNot)} |`,
    );
    blocks.push(['| protects, by evidence | under it | not |', '| --- | --- | --- |', ...rows].join('\n'));
  } else blocks.push('nothing is used mostly under it in what was read');
  const lines: string[] = [];
  if (hover.takers) {
    const named = hover.takenBy.map(t => `[${t.function}](${link(t)})${t.times > 1 ? ` ${t.times}×` : ''}`);
    const more = hover.takers - hover.takenBy.length;
    lines.push(`**taken by** ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
  }
  if (hover.after.length) lines.push(`**taken under** ${neighbours(hover.after, link)}`);
  if (hover.before.length) lines.push(`**held while taking** ${neighbours(hover.before, link)}`);
  if (lines.length) blocks.push(lines.join('  \n'));
  blocks.push(scopeText(hover.scope));
  return blocks.join('\n\n');
}

/** Which locks are held where a field or global is used, as Markdown for a hover. */
export function fieldMarkdown(hover: FieldHover, link: Link): string {
  const rows = hover.held.map(
    h => `| \`${h.lockClass}\` | ${h.accesses} of ${hover.accesses} | ${h.writes} of ${hover.writes} |`,
  );
  const places = hover.examples.map(e => `[${e.function}:${e.line}](${link(e)})`).join(', ');
  if (hover.bare)
    rows.push(
      `| none${places ? ` · ${places}` : ''} | ${hover.bare} of ${hover.accesses} | ${hover.bareWrites} of ${hover.writes} |`,
    );
  const table = ['| locks held | accesses | stores |', '| --- | --- | --- |', ...rows].join('\n');
  return [`\`${hover.field}\``, table, scopeText(hover.scope)].join('\n\n');
}

/** Who calls a function holding what, as Markdown for a hover. */
export function callersMarkdown(hover: CallersHover, link: Link): string {
  const lines = hover.groups.map(group => `${holding(group.held)} · ${group.calls}× ${callers(group, link)}`);
  const shown = hover.groups.reduce((sum, g) => sum + g.calls, 0);
  if (shown < hover.calls) lines.push(`holding something else · ${hover.calls - shown}×`);
  return [`**called** ${lines.join('  \n')}`, scopeText(hover.scope)].join('\n\n');
}

function holding(held: readonly HeldClass[]): string {
  if (!held.length) return 'holding no lock known';
  return `holding ${held.map(h => `\`${h.lockClass}\`${h.mode === 'read' ? ' (read)' : ''}`).join(', ')}`;
}

function callers({ callers: all }: CallersHolding, link: Link): string {
  const named = all.slice(0, MOST_NAMED).map(c => `[${c.function}:${c.line}](${link(c)})`);
  const more = all.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function neighbours(list: readonly Neighbour[], link: Link): string {
  return list
    .map(n => `\`${n.lockClass}\` [${n.function}:${n.line}](${link(n)})${n.times > 1 ? ` ${n.times}×` : ''}`)
    .join(', ');
}

/** A field of the lock's own structure needs no more than its name. */
function own(field: string, lockClass: string): string {
  const holder = lockClass.slice(0, lockClass.indexOf('.') + 1);
  return holder && field.startsWith(holder) ? field.slice(holder.length) : field;
}

function count(accesses: number, stores: number): string {
  if (!accesses) return '0';
  return stores ? `${accesses} (${plural(stores, 'store')})` : String(accesses);
}

function scopeText({ files, functions, more }: EvidenceScope): string {
  const read = `from ${plural(functions, 'function')} of ${plural(files, 'file')}`;
  const rest = more ? `; ${plural(more, 'more file')} that ${more === 1 ? 'mentions' : 'mention'} it not read yet` : '';
  return `*${read}${rest}*`;
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
