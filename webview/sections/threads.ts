import { number } from '../../extension/core/report/timeline.ts';
import { h } from '../dom.ts';
import type { ThreadAt } from '../run.ts';
import { placeLink, Section, type Shown } from './section.ts';

/** One row per thread: where it is at the cursor, and which locks it holds or waits for. */
export class ThreadsSection extends Section {
  protected override note({ step, run }: Shown): string {
    return `at step ${number(step)} of ${number(run.steps)}`;
  }

  protected override render(shown: Shown): void {
    const { run, step } = shown;
    const last = run.trace.events[run.eventAt(step)]?.thread;
    const rows = run.trace.threads.map(({ name }, thread) =>
      this.#row(shown, name, run.threadAt(thread, step), thread === last),
    );
    this.body.replaceChildren(
      h(
        'table',
        { class: 'threads-table' },
        h(
          'thead',
          { class: 'visually-hidden' },
          h('tr', {}, ...['Thread', 'Locks', 'Place', 'Source'].map(t => h('th', { scope: 'col' }, t))),
        ),
        h('tbody', {}, ...rows),
      ),
    );
  }

  #row(shown: Shown, name: string, at: ThreadAt, current: boolean): HTMLElement {
    const { trace } = shown.run;
    const e = at.event < 0 ? undefined : trace.events[at.event]!;
    const here = e && at.state !== 'ended' && e.kind !== 'start' ? e : undefined;
    const locks = at.holdings.map(held => {
      const lock = trace.locks[held.lock]!.lock;
      const taken = held.event === undefined ? undefined : trace.events[held.event]!;
      const mode = held.waiting ? 'wait' : held.mode;
      const says = `${held.waiting ? 'waits for' : 'holds'} ${lock} (${held.mode})`;
      return h(
        'button',
        {
          type: 'button',
          class: `lock ${mode}`,
          title: taken ? `${says}; ${taken.file}:${taken.line}` : says,
          'aria-label': says,
          onclick: () => taken && shown.reveal(taken),
        },
        h(
          'span',
          { class: 'lock-mode', 'aria-hidden': 'true' },
          held.waiting ? 'wait' : held.mode === 'read' ? 'R' : 'W',
        ),
        lock,
      );
    });
    const source = here ? shown.source(here) : undefined;
    return h(
      'tr',
      { class: `${current ? 'current' : ''} ${at.state.replace(' ', '-')}` },
      h('th', { scope: 'row', class: 'code' }, h('span', { class: `swatch t${at.thread % 6}` }), name),
      h(
        'td',
        { class: 'place' },
        here ? placeLink(shown, here) : h('span', { class: 'quiet' }, at.state),
        here ? h('span', { class: 'in code quiet' }, `${here.function}()`) : undefined,
      ),
      h(
        'td',
        { class: 'source code', ...(here ? { title: `${here.function}()` } : {}) },
        here ? h('span', {}, source === undefined ? `${here.function}()` : source.trim()) : '',
      ),
      h('td', { class: 'locks' }, ...locks),
    );
  }
}
