import { compareHolds, holdStats, type LockStats } from '../../extension/core/report/holdStats.ts';
import { number } from '../../extension/core/report/timeline.ts';
import { h } from '../dom.ts';
import { Section, type Shown } from './section.ts';

const COLUMNS: readonly (readonly [title: string, figure: (s: LockStats) => number])[] = [
  ['held', s => s.held.read + s.held.write],
  ['to read', s => s.held.read],
  ['to write', s => s.held.write],
  ['waited', s => s.waited],
  ['taken', s => s.acquisitions.read + s.acquisitions.write],
  ['most holders', s => s.mostHolders],
];

/** What each lock cost over the whole run: steps held and waited, most holders at once; both runs side by side. */
export class HoldsSection extends Section {
  #of: Shown['run'] | undefined;
  #and: Shown['after'];

  protected override note({ after }: Shown): string {
    return after ? 'steps, whole run, before and after' : 'steps, whole run';
  }

  protected override render({ before, after, labels }: Shown): void {
    // The whole run's figures do not depend on the cursor.
    if (before === this.#of && after === this.#and) return;
    this.#of = before;
    this.#and = after;
    const used = (s: LockStats | undefined) => s !== undefined && s.held.read + s.held.write + s.waited > 0;
    const rows = after
      ? compareHolds(before.trace, after.trace)
      : holdStats(before.trace).map(s => ({ lock: s.lock, before: s, after: undefined }));
    const seen = rows.filter(r => used(r.before) || used(r.after));
    if (!seen.length) {
      this.body.replaceChildren(h('p', { class: 'quiet' }, 'No lock was held.'));
      return;
    }
    const body: HTMLElement[] = [];
    for (const r of seen) {
      body.push(line(r.lock, after && ['before', labels.before], r.before, undefined));
      if (after) body.push(line('', ['after', labels.after ?? ''], r.after, r.before));
    }
    const heads = ['lock', ...(after ? [''] : []), ...COLUMNS.map(([title]) => title)];
    this.body.replaceChildren(
      h(
        'table',
        { class: 'holds-table' },
        h('thead', {}, h('tr', {}, ...heads.map(t => h('th', { scope: 'col' }, t)))),
        h('tbody', {}, ...body),
      ),
    );
  }
}

function line(
  lock: string,
  run: readonly [name: string, source: string] | undefined,
  s: LockStats | undefined,
  than: LockStats | undefined,
): HTMLElement {
  return h(
    'tr',
    { class: lock ? 'first' : '' },
    h('th', { scope: 'row', class: 'code', title: s?.type }, lock),
    run === undefined ? undefined : h('td', { class: 'quiet', title: run[1] }, run[0]),
    ...COLUMNS.map(([, figure]) => {
      const value = s && figure(s);
      const changed = than !== undefined && value !== figure(than);
      return h('td', { class: changed ? 'figure changed' : 'figure' }, value === undefined ? '–' : number(value));
    }),
  );
}
