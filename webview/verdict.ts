import type { Violation } from '../extension/core/report/documents.ts';
import { number } from '../extension/core/report/timeline.ts';
import { summary } from '../extension/core/report/verdictText.ts';
import { h, link } from './dom.ts';
import type { Exploration, Place } from './protocol.ts';

export interface VerdictHost {
  explore(): void;
  stop(): void;
  /** Run the witness of a violation, by its number in the verdict. */
  witness(index: number): void;
  reveal(place: Place): void;
}

/** What exploring every interleaving came to, or how far it is: one line, and a row for each violation. */
export class VerdictBar {
  readonly element = h('section', { class: 'verdict', 'aria-label': 'Verdict', hidden: true });
  readonly #line = h('div', { class: 'verdict-line', role: 'status' });
  readonly #bar = h('progress', { class: 'verdict-progress', max: 1, 'aria-label': 'Explored' });
  readonly #list = h('ul', { class: 'verdict-list' });

  constructor(readonly host: VerdictHost) {
    this.element.append(this.#line, this.#bar, this.#list);
  }

  /** @param choices of the run that is shown: its violation is marked */
  show(exploration: Exploration | undefined, choices: readonly number[]): void {
    this.element.hidden = exploration === undefined;
    this.#bar.hidden = exploration?.state !== 'running';
    if (!exploration) return;
    const { state } = exploration;
    this.element.classList.toggle('stale', state === 'done' && exploration.stale);
    if (state === 'running') {
      const { executions, share, found } = exploration;
      this.#bar.value = share;
      this.#line.replaceChildren(
        `Exploring every interleaving: ${plural(executions, 'execution')}, about ${Math.floor(share * 100)} %, `,
        found ? h('span', { class: 'bug' }, plural(found, 'violation')) : 'no violation',
        ' so far ',
        link('Stop', 'Stop exploring; the verdict is then of what was done', () => this.host.stop()),
      );
      // What was found before stands until there is something new.
      return;
    }
    if (state === 'failed') {
      this.#line.replaceChildren(h('span', { class: 'bug' }, exploration.message), ' ', this.#again());
      this.#list.replaceChildren();
      return;
    }
    const { verdict, stale } = exploration;
    const { violations } = verdict;
    const [found, scope] = parted(summary(verdict));
    const note = stale ? 'The source has changed since.' : verdict.complete ? undefined : '';
    this.#line.replaceChildren(
      h('span', { class: violations.length ? 'bug' : '' }, found),
      scope,
      ...(note === undefined ? [] : [' ', h('span', { class: 'stale-note' }, note), ' ', this.#again()]),
    );
    const shown = choices.join();
    this.#list.replaceChildren(
      ...violations.map((v, i) => this.#row(v, i, verdict.executions, v.schedule?.choices.join() === shown)),
    );
  }

  #again(): HTMLElement {
    return link('Explore again', 'Explore the source as it is now', () => this.host.explore());
  }

  #row(v: Violation, index: number, all: number, isShown: boolean): HTMLElement {
    const size = `${plural(v.steps, 'step')}, ${plural(v.switches, 'switch', 'switches')}`;
    const witness = isShown
      ? h('span', { class: 'quiet' }, 'witness shown below')
      : link('Show witness', `Run the shortest witness: ${size}`, () => this.host.witness(index));
    const place = link(
      `${v.file.split('/').at(-1)}:${v.line}`,
      `Open ${v.file} at line ${v.line}`,
      () => this.host.reveal(v),
      'link code',
    );
    return h(
      'li',
      isShown ? { class: 'current', 'aria-current': 'true' } : {},
      h('div', {}, h('span', { class: 'bug' }, v.invariant), `: ${v.message}`),
      h(
        'div',
        { class: 'verdict-facts' },
        place,
        witness,
        h('span', { class: 'quiet' }, size),
        h('span', { class: 'quiet' }, `in ${number(v.executions)} of ${plural(all, 'execution')}`),
      ),
    );
  }
}

/** What was found, and the rest of the sentence; in capitals as a line begins. */
function parted(text: string): [found: string, scope: string] {
  const at = text.indexOf(' in ');
  return [text[0]!.toUpperCase() + text.slice(1, at), text.slice(at)];
}

const plural = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`;
