import { h } from '../dom.ts';

/** Rows made beyond the visible ones, so that scrolling does not show gaps. */
const SPARE = 8;

/**
 * A list of any length of which only the visible rows exist. Screen readers are told each row's place in the whole. Rows
 * all have the height that main.css gives `.row`.
 */
export class VirtualList {
  readonly element: HTMLElement;
  readonly #spacer = h('div', { class: 'virtual-spacer' });
  #count = 0;
  #row: (index: number) => HTMLElement = () => h('div');
  #height = 20;

  constructor(
    label: string,
    role: 'list' | 'listbox',
    readonly className: string,
  ) {
    this.element = h('div', { class: `virtual ${className}`, role, 'aria-label': label, tabindex: 0 }, this.#spacer);
    this.element.addEventListener('scroll', () => this.render());
    new ResizeObserver(() => this.render()).observe(this.element);
  }

  /** Replaces what is listed. `row` makes one row. */
  set(count: number, row: (index: number) => HTMLElement): void {
    this.#count = count;
    this.#row = row;
    this.render();
  }

  /** Scrolls as little as it takes to see a row. */
  reveal(index: number): void {
    const { element } = this;
    const top = index * this.#height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + this.#height > element.scrollTop + element.clientHeight)
      element.scrollTop = top + this.#height - element.clientHeight;
  }

  render(): void {
    const { element } = this;
    this.#height = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 20;
    this.#spacer.style.height = `${this.#count * this.#height}px`;
    const first = Math.max(0, Math.floor(element.scrollTop / this.#height) - SPARE);
    const end = Math.min(this.#count, Math.ceil((element.scrollTop + element.clientHeight) / this.#height) + SPARE);
    const rows: HTMLElement[] = [];
    const role = element.getAttribute('role') === 'listbox' ? 'option' : 'listitem';
    for (let i = first; i < end; i++) {
      const row = this.#row(i);
      row.classList.add('row');
      row.setAttribute('role', role);
      row.setAttribute('aria-setsize', String(this.#count));
      row.setAttribute('aria-posinset', String(i + 1));
      row.style.top = `${i * this.#height}px`;
      rows.push(row);
    }
    this.#spacer.replaceChildren(...rows);
  }
}
