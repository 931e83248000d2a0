import table from '../../../../grammars/pairs.json';
import type { Change } from './changes.ts';
import { type Piece, type Statement, statementsOf, type TopLevel } from './statements.ts';

/** Text that takes the place of a piece of a file as the patch leaves it; it has as many lines, so that places stay. */
export interface Edit extends Piece {
  readonly text: string;
}

/** Something that the patch adds and that can be left out, or weakened. */
export interface Unit {
  readonly file: string;
  /** In words: `the statement`, `the condition`, `spin_lock() and spin_unlock()`, `write_lock() weakened to read_lock()`. */
  readonly what: string;
  readonly kind: 'statement' | 'condition' | 'pair' | 'lines' | 'instead' | 'top' | 'weakened';
  /** Lines of the file as the patch leaves it, 1-based. */
  readonly lines: readonly number[];
  readonly edits: readonly Edit[];
  /** Names that it declares: without it, who uses them does not compile. */
  readonly declares: readonly string[];
  /** The function that these names are known in; none: the file and others. */
  readonly within?: Piece;
}

/** An added line, and why it is not asked about by itself, if so. */
export interface AddedLine {
  readonly line: number;
  readonly text: string;
  readonly trivial: string | undefined;
}

export interface PatchedFile {
  readonly file: string;
  readonly text: string;
  readonly added: readonly AddedLine[];
  readonly units: readonly Unit[];
}

/** The units of a file by what has changed in it: by a patch, or lines that are asked about as if they had. */
export const unitsOf = (file: string, text: string, changes: readonly Change[], weaken: boolean): PatchedFile =>
  new UnitFinder(file, text, changes).find(weaken);

/** The file with some units left out. Edits that lie in others' have been done with them. */
export function without(text: string, units: readonly Unit[]): string {
  const edits = units.flatMap(u => u.edits).sort((a, b) => a.from - b.from || b.to - a.to);
  let out = '';
  let at = 0;
  for (const { from, to, text: instead } of edits) {
    if (from < at) continue;
    out += text.slice(at, from) + instead;
    at = to;
  }
  return out + text.slice(at);
}

const NAME = /[A-Za-z_]\w*/;
const PAIRS = table.pairs as unknown as readonly (readonly [string, string])[];

class UnitFinder {
  private readonly starts: number[] = [0];
  private readonly isNew = new Set<number>();
  private readonly units: Unit[] = [];

  constructor(
    private readonly file: string,
    private readonly text: string,
    private readonly changes: readonly Change[],
  ) {
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.starts.push(i + 1);
    for (const { line, added } of changes) for (let i = 0; i < added.length; i++) this.isNew.add(line + i);
  }

  find(weaken: boolean): PatchedFile {
    const top = statementsOf(this.text, this.file);
    for (const change of this.changes) this.ofChange(change);
    for (const item of top) this.ofTop(item, weaken);
    this.directives();
    return { file: this.file, text: this.text, added: this.addedLines(), units: this.units };
  }

  /** Lines in the place of others: those are put back. */
  private ofChange({ line, added, removed }: Change): void {
    if (added.length === 0 || removed.length === 0) return;
    const from = this.starts[line - 1]!;
    const to = this.starts[line - 1 + added.length] ?? this.text.length + 1;
    const kept = removed.slice(0, added.length);
    // More lines than there is room for are put behind the last, so that what follows stays where it is.
    const more = removed.slice(added.length).map(text => text.replace(/\/\/.*$/, '').trim());
    const last = kept.length - 1;
    kept[last] = [kept[last]!, ...more].join(' ');
    while (kept.length < added.length) kept.push('');
    this.add({
      what: `the old ${removed.length === 1 ? 'line' : 'lines'} instead`,
      kind: 'instead',
      lines: range(line, line + added.length - 1),
      edits: [{ from, to, text: `${kept.join('\n')}\n` }],
    });
  }

  private ofTop(item: TopLevel, weaken: boolean): void {
    if (this.isAdded(item)) {
      this.add({ what: 'it', kind: 'top', ...this.dropped([item], ''), declares: [declaredAtTop(this.slice(item))] });
    }
    const calls: { readonly name: string; readonly args: string; readonly statement: Statement }[] = [];
    const visit = (statement: Statement): void => {
      const { condition } = statement;
      if (condition && this.isAdded(condition))
        this.add({
          what: 'the condition',
          kind: 'condition',
          lines: this.linesOf(condition),
          edits: [{ ...condition, text: this.blank(condition, '1') }],
        });
      if (this.isAdded(statement)) {
        const call = /^([A-Za-z_]\w*)\s*\(([\s\S]*)\)\s*;$/.exec(this.slice(statement));
        if (call && statement.kind === 'simple') calls.push({ name: call[1]!, args: spaceless(call[2]!), statement });
        else if (statement.kind !== 'block') this.statement(statement, item);
      }
      for (const child of statement.children) visit(child);
    };
    for (const statement of item.body) visit(statement);
    this.pairs(calls, item);
    if (weaken && item.braces) this.weakened(item.braces);
  }

  private statement(statement: Statement, within: Piece): void {
    const text = this.slice(statement);
    const declares = statement.kind === 'declaration' ? declaredIn(text) : [];
    this.add({ what: 'the statement', kind: 'statement', ...this.dropped([statement], ';'), declares, within });
  }

  /** Calls that end what others begin are left out together with these; all other calls one by one. */
  private pairs(calls: readonly { name: string; args: string; statement: Statement }[], within: Piece): void {
    const done = new Set<Statement>();
    for (const { name, args, statement } of calls) {
      const end = endOf(name);
      const ends =
        end === undefined ? [] : calls.filter(c => end.includes(c.name) && c.args.split(',')[0] === args.split(',')[0]);
      if (ends.length === 0 || done.has(statement)) continue;
      const begins = calls.filter(c => c.name === name && c.args === args);
      const all = [...begins, ...ends].map(c => c.statement);
      for (const s of all) done.add(s);
      this.add({ what: `${name}() and ${ends[0]!.name}()`, kind: 'pair', ...this.dropped(all, ';') });
    }
    for (const { statement } of calls) if (!done.has(statement)) this.statement(statement, within);
  }

  /** Operations in added lines of a function, each replaced by a weaker one in all of the function. */
  private weakened(braces: Piece): void {
    const body = this.slice(braces);
    for (const { from, to, ends } of table.weaker as unknown as readonly Weaker[]) {
      const names = new Map([[from, to], ...(ends ? [ends] : [])] as [string, string][]);
      const edits: Edit[] = [];
      for (const match of body.matchAll(/[A-Za-z_]\w*/g)) {
        const instead = names.get(match[0]);
        const at = braces.from + match.index;
        if (instead !== undefined) edits.push({ from: at, to: at + match[0].length, text: instead });
      }
      const lines = edits.map(e => this.lineAt(e.from)).filter(line => this.isNew.has(line));
      if (lines.length === 0 || !edits.some(e => this.slice(e) === from && this.isNew.has(this.lineAt(e.from))))
        continue;
      this.add({ what: `${from} weakened to ${to}`, kind: 'weakened', lines: [...new Set(lines)], edits });
    }
  }

  /** Preprocessor lines. */
  private directives(): void {
    for (const line of this.isNew) {
      const text = this.lineText(line);
      if (!/^\s*#/.test(text) || /\\$/.test(text)) continue;
      const from = this.starts[line - 1]!;
      const name = /^\s*#\s*define\s+(\w+)/.exec(text)?.[1];
      this.add({
        what: 'the line',
        kind: 'lines',
        lines: [line],
        edits: [{ from, to: from + text.length, text: '' }],
        declares: name === undefined ? [] : [name],
      });
    }
  }

  private addedLines(): AddedLine[] {
    let inComment = false;
    const found: AddedLine[] = [];
    for (let line = 1; line <= this.starts.length; line++) {
      const text = this.lineText(line);
      const began = inComment;
      inComment = endsInComment(text, inComment);
      if (!this.isNew.has(line)) continue;
      found.push({ line, text, trivial: trivial(text, began) });
    }
    return found;
  }

  private add(unit: Omit<Unit, 'file' | 'declares'> & { readonly declares?: readonly string[] }): void {
    this.units.push({ declares: [], ...unit, file: this.file });
  }

  private dropped(pieces: readonly Piece[], instead: string): Pick<Unit, 'lines' | 'edits'> {
    return {
      lines: pieces.flatMap(p => this.linesOf(p)),
      edits: pieces.map(p => ({ from: p.from, to: p.to, text: this.blank(p, instead) })),
    };
  }

  private isAdded(piece: Piece): boolean {
    return piece.to > piece.from && this.linesOf(piece).every(line => this.isNew.has(line));
  }

  private linesOf({ from, to }: Piece): number[] {
    return range(this.lineAt(from), this.lineAt(Math.max(from, to - 1)));
  }

  private lineAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  private lineText(line: number): string {
    const from = this.starts[line - 1]!;
    const to = this.starts[line];
    return this.text.slice(from, to === undefined ? this.text.length : to - 1);
  }

  private slice({ from, to }: Piece): string {
    return this.text.slice(from, to);
  }

  private blank(piece: Piece, instead: string): string {
    return instead + this.slice(piece).replace(/[^\n]/g, '');
  }
}

interface Weaker {
  readonly from: string;
  readonly to: string;
  readonly ends?: readonly [string, string];
}

/** Names that end what a call of `name` begins. */
function endOf(name: string): string[] | undefined {
  const ends = new Set<string>();
  for (const [begin, end] of PAIRS) if (name.includes(begin) && !name.includes(end)) ends.add(name.replace(begin, end));
  for (const known of [...ends])
    for (const [begin, end] of PAIRS) if (known.includes(begin)) ends.add(known.replace(begin, end));
  return ends.size ? [...ends] : undefined;
}

function declaredAtTop(text: string): string {
  const head = /([A-Za-z_]\w*)\s*(?:\(|\[|=|;|\{)/.exec(text.replace(/__attribute__\s*\(\(.*?\)\)/g, ''));
  return head?.[1] ?? '';
}

/** Names that a local declaration declares: what stands before `=`, `;`, `,` or `[` outside of brackets. */
function declaredIn(text: string): string[] {
  const plain = text.replace(/\([^()]*\)|\{[^{}]*\}/g, '');
  return [...plain.matchAll(/([A-Za-z_]\w*)\s*(?:=[^,;]*)?(?:\[[^\]]*\])*\s*[,;]/g)].map(match => match[1]!);
}

const spaceless = (text: string): string => text.replace(/\s+/g, '');
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function endsInComment(text: string, inside: boolean): boolean {
  let at = inside;
  for (const mark of text.matchAll(/\/\*|\*\/|\/\//g)) {
    if (mark[0] === '//' && !at) return false;
    at = mark[0] === '/*' ? true : mark[0] === '*/' ? false : at;
  }
  return at;
}

/** Why a line says nothing by itself. */
function trivial(text: string, inComment: boolean): string | undefined {
  const bare = (inComment ? `/*${text}` : text).replace(/\/\*.*?\*\/|\/\*.*$|\/\/.*$/g, '').trim();
  if (text.trim() === '') return 'an empty line';
  if (bare === '') return 'a comment';
  if (!NAME.test(bare)) return 'brackets of what is beside it';
  return /^\}?\s*else\s*\{?$/.test(bare) ? 'part of the if above' : undefined;
}
