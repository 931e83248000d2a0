import { number } from '../../extension/core/report/timeline.ts';
import { h } from '../dom.ts';
import { eventText } from '../run.ts';
import { placeLink, Section, type Shown } from './section.ts';
import { VirtualList } from './virtualList.ts';

/** Every event as a row: what the canvas shows, for reading, searching by eye, and screen readers. */
export class EventsSection extends Section {
  readonly #list = new VirtualList('Events of the run', 'listbox', 'event-list');
  #current: Shown | undefined;

  protected override note({ run }: Shown): string {
    return number(run.trace.events.length);
  }

  protected override render(shown: Shown): void {
    if (!this.#current) {
      this.body.replaceChildren(this.#list.element);
      this.#list.element.addEventListener('keydown', e => this.#key(e));
    }
    this.#current = shown;
    const { trace } = shown.run;
    const at = shown.run.eventAt(shown.step);
    this.#list.set(trace.events.length, i => {
      const e = trace.events[i]!;
      const row = h(
        'div',
        {
          id: `event-${i}`,
          class: `event is-${e.kind} ${i === at ? 'selected' : ''}`,
          'aria-selected': i === at ? 'true' : 'false',
          onclick: () => {
            shown.moveTo(e.step);
            shown.reveal(e);
          },
        },
        h('span', { class: 'step' }, number(e.step)),
        h(
          'span',
          { class: 'who code' },
          h('span', { class: `swatch t${e.thread % 6}` }),
          trace.threads[e.thread]!.name,
        ),
        h('span', { class: 'what code' }, eventText(trace, e)),
        placeLink(shown, e),
      );
      return row;
    });
    if (at >= 0) {
      this.#list.element.setAttribute('aria-activedescendant', `event-${at}`);
      this.#list.reveal(at);
    }
  }

  #key(e: KeyboardEvent): void {
    const shown = this.#current!;
    const { run, step } = shown;
    if (e.key === 'ArrowDown') shown.moveTo(run.stepFrom(step, 1));
    else if (e.key === 'ArrowUp') shown.moveTo(run.stepFrom(step, -1));
    else if (e.key === 'PageDown') shown.moveTo(run.stepFrom(step, 20));
    else if (e.key === 'PageUp') shown.moveTo(run.stepFrom(step, -20));
    else if (e.key === 'Enter') {
      const event = run.trace.events[run.eventAt(step)];
      if (event) shown.reveal(event);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
