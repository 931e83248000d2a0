import { h } from '../dom.ts';
import type { Place } from '../protocol.ts';
import type { Run } from '../run.ts';
import type { Section as Name, Side } from '../state.ts';

/** What every part of the panel shows, and what it may ask for. */
export interface Shown {
  readonly run: Run;
  readonly side: Side;
  readonly step: number;
  /** Both runs, when there are two. */
  readonly before: Run;
  readonly after: Run | undefined;
  readonly labels: { readonly before: string; readonly after?: string };
  /** Text of a source line of the shown side, once the host has given it. Asking makes the panel ask the host. */
  source(place: Place): string | undefined;
  reveal(place: Place): void;
  moveTo(step: number): void;
}

/** A part of the panel that folds away under a heading. */
export abstract class Section {
  readonly element: HTMLElement;
  protected readonly body = h('div', { class: 'section-body' });
  readonly #note = h('span', { class: 'section-note' });
  readonly #toggle: HTMLButtonElement;
  #shown: Shown | undefined;
  #stale = false;

  constructor(
    readonly name: Name,
    title: string,
    folded: (name: Name, folded: boolean) => void,
  ) {
    this.body.id = `section-${name}`;
    this.#toggle = h(
      'button',
      {
        type: 'button',
        class: 'section-toggle',
        'aria-controls': this.body.id,
        onclick: () => folded(this.name, !this.body.hidden),
      },
      h('span', { class: 'twistie', 'aria-hidden': 'true' }),
      title,
    );
    this.element = h(
      'section',
      { class: `section ${name}`, 'aria-label': title },
      h('h2', {}, this.#toggle, this.#note),
      this.body,
    );
  }

  fold(folded: boolean): void {
    this.body.hidden = folded;
    this.#toggle.setAttribute('aria-expanded', String(!folded));
    if (!folded && this.#stale) this.update(this.#shown!);
  }

  /** Shows a step; put off while the section is folded. */
  update(shown: Shown): void {
    this.#shown = shown;
    this.#stale = this.body.hidden;
    const note = this.note(shown);
    if (this.#note.textContent !== note) this.#note.textContent = note;
    if (!this.#stale) this.render(shown);
  }

  /** A few words beside the heading, shown when folded too. */
  protected abstract note(shown: Shown): string;
  protected abstract render(shown: Shown): void;
}

/** `mm/hugetlb_vmemmap.c:245`, to click. The name of the file is enough: the path is in the title. */
export function placeLink(shown: Shown, place: Place): HTMLElement {
  const name = place.file.split('/').at(-1)!;
  return h(
    'button',
    {
      type: 'button',
      class: 'link code',
      title: `Open ${place.file} at line ${place.line}`,
      onclick: (e: Event) => {
        e.stopPropagation();
        shown.reveal(place);
      },
    },
    `${name}:${place.line}`,
  );
}
