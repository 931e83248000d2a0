import { type EntryRun, entryRuns } from '../../extension/core/report/entry.ts';
import type { EntryChange, Split, TableState } from '../../extension/core/report/tablesAt.ts';
import { number } from '../../extension/core/report/timeline.ts';
import { h, link } from '../dom.ts';
import { Section, type Shown } from './section.ts';

/** Rows of one table shown around what was written last; the others are told in one line. */
const MOST_ROWS = 24;

/** The split PMD: its entry in the table above, and the entries of the table below once there are any. */
export class TablesSection extends Section {
  /** Per run and split: entries of the lower table as they were when it was installed. */
  readonly #installed = new WeakMap<Split, ReadonlyMap<number, bigint>>();

  protected override note({ run, step }: Shown): string {
    const { splits } = run.tables;
    if (!splits.length) return run.tables.changes.length ? 'no huge entry was split' : 'no page table was written';
    const done = splits.filter(s => s.step <= step).length;
    return `${done} of ${splits.length} split${splits.length === 1 ? '' : 's'} done`;
  }

  protected override render(shown: Shown): void {
    const { run, step } = shown;
    const split = run.tables.splits.findLast(s => s.step <= step) ?? run.tables.splits[0];
    const parts: HTMLElement[] = [];
    if (split) {
      const was = split.step <= step ? this.#atInstall(shown, split) : new Map<number, bigint>();
      run.tables.seek(step);
      parts.push(this.#splitLine(shown, split));
      const upper = run.tables.table(split.table);
      const lower = run.tables.table(split.lower);
      if (upper)
        parts.push(this.#table(shown, upper, upper.entries, i => i === split.index && split.step <= step, split.index));
      if (lower && [...lower.entries.values()].some(v => v !== 0n)) {
        const installed = split.step <= step;
        parts.push(
          this.#table(
            shown,
            lower,
            lower.entries,
            i => installed && (lower.entries.get(i) ?? 0n) !== (was.get(i) ?? 0n),
          ),
        );
        if (!installed) parts.push(h('p', { class: 'quiet' }, 'This table is not installed yet.'));
      }
    } else {
      run.tables.seek(step);
      const last = run.tables.changes.findLast(c => c.step <= step);
      const table = last ? run.tables.table(last.table) : run.tables.tables()[0];
      if (table) parts.push(this.#table(shown, table, table.entries, () => false, last?.index));
    }
    if (!parts.length) parts.push(h('p', { class: 'quiet' }, 'The scenario watches no page tables.'));
    this.body.replaceChildren(...parts);
  }

  #splitLine(shown: Shown, split: Split): HTMLElement {
    const done = split.step <= shown.step;
    const name = shown.run.trace.threads[split.thread]!.name;
    return h(
      'p',
      { class: 'split-line' },
      `${split.level.toUpperCase()} of `,
      h('span', { class: 'code' }, split.maps === undefined ? 'an unknown address' : address(split.maps)),
      done ? `: split by ${name} at ` : `: one huge page until ${name} splits it at `,
      link(`step ${number(split.step)}`, 'Move the cursor there and open the line', () => {
        shown.moveTo(split.step);
        shown.reveal(shown.run.trace.events[split.event]!);
      }),
    );
  }

  #table(
    shown: Shown,
    table: TableState,
    entries: ReadonlyMap<number, bigint>,
    lit: (index: number) => boolean,
    around?: number,
  ): HTMLElement {
    const count = Math.max(0, ...entries.keys()) + 1;
    const runs = entryRuns(entries, table.level, count, lit);
    const newest = shown.run.tables.newest(table.address).next().value as EntryChange | undefined;
    const middle = runs.findIndex(r => covers(r, around ?? newest?.index ?? 0));
    const from = Math.max(0, Math.min(middle - MOST_ROWS / 2, runs.length - MOST_ROWS));
    const visible = runs.slice(from, from + MOST_ROWS);
    const rest = runs.length - visible.length;
    const now = newest && newest.step === shown.step ? newest.index : -1;
    return h(
      'table',
      { class: 'entries code' },
      h(
        'caption',
        {},
        `${table.level.toUpperCase()} table `,
        address(table.address),
        rest ? h('span', { class: 'quiet' }, `  ${number(rest)} more groups of entries not shown`) : undefined,
      ),
      h(
        'thead',
        { class: 'visually-hidden' },
        h('tr', {}, ...['Entry', 'Maps', 'Page frame', 'Bits', ''].map(t => h('th', { scope: 'col' }, t))),
      ),
      h('tbody', {}, ...visible.map(r => this.#row(shown, table, r, covers(r, now)))),
    );
  }

  #row(shown: Shown, table: TableState, run: EntryRun, now: boolean): HTMLElement {
    const maps = shown.run.tables.maps(table, run.first);
    const last = run.first + run.count - 1;
    const { entry } = run;
    const pages = run.stride * BigInt(run.count - 1);
    const frame =
      entry.kind === 'none'
        ? ''
        : `${entry.kind === 'table' ? '→ table ' : 'pfn '}${entry.pfn.toString(16)}${pages ? `–${(entry.pfn + pages).toString(16)}` : ''}`;
    const writer = () => {
      for (const c of shown.run.tables.newest(table.address)) if (covers(run, c.index)) return c;
      return undefined;
    };
    const said = now ? 'written now' : run.lit ? 'changed' : '';
    return h(
      'tr',
      {
        class: `${run.lit ? 'lit' : ''} ${now ? 'now' : ''} ${entry.kind}`,
        tabindex: 0,
        title: 'Open the line that wrote this last',
        onclick: () => {
          shown.run.tables.seek(shown.step);
          const change = writer();
          if (change) shown.reveal(shown.run.trace.events[change.event]!);
        },
        onkeydown: (e: KeyboardEvent) => {
          if (e.key === 'Enter') (e.currentTarget as HTMLElement).click();
        },
      },
      h('td', { class: 'index' }, run.count > 1 ? `${run.first}–${last}` : String(run.first)),
      h('td', {}, maps === undefined ? '' : address(maps)),
      h('td', {}, frame),
      h('td', { class: 'bits' }, entry.kind === 'none' ? 'none' : entry.flags.join(' ')),
      h('td', { class: 'mark' }, said),
    );
  }

  #atInstall(shown: Shown, split: Split): ReadonlyMap<number, bigint> {
    let entries = this.#installed.get(split);
    if (!entries) {
      shown.run.tables.seek(split.step);
      entries = new Map(shown.run.tables.table(split.lower)?.entries ?? []);
      this.#installed.set(split, entries);
    }
    return entries;
  }
}

function covers(run: EntryRun, index: number): boolean {
  return index >= run.first && index < run.first + run.count;
}

function address(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}
