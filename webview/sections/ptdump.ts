import { outputLines } from '../../extension/core/report/ptdump.ts';
import { h } from '../dom.ts';
import { Section, type Shown } from './section.ts';
import { VirtualList } from './virtualList.ts';

const FLAGS = { empty: 'zero length', overlap: 'reported twice' } as const;

/** What seq_printf has written up to the cursor; the newest line marked, lines that cannot be true flagged. */
export class PtdumpSection extends Section {
  readonly #list = new VirtualList('Output so far', 'list', 'output');
  readonly #empty = h('p', { class: 'quiet' });

  protected override note({ run, step }: Shown): string {
    const all = run.output.length;
    if (!all) return 'nothing was written';
    const odd = run.output.filter(l => l.flag && l.step <= step).length;
    const so = `${run.output.filter(l => l.step <= step).length} of ${all} lines`;
    return odd ? `${so}, ${odd} flagged` : so;
  }

  protected override render(shown: Shown): void {
    const { run, step } = shown;
    const lines = outputLines(run.trace, step);
    const newest = lines.reduce((latest, l) => Math.max(latest, l.step), -1);
    this.#empty.textContent = lines.length ? '' : 'No output yet at this step.';
    this.#empty.hidden = lines.length > 0;
    this.#list.element.hidden = lines.length === 0;
    if (!this.#list.element.isConnected) this.body.replaceChildren(this.#empty, this.#list.element);
    this.#list.set(lines.length, i => {
      const line = lines[i]!;
      const event = run.trace.events[run.eventAt(line.step)];
      return h(
        'div',
        {
          class: `${line.step === newest ? 'newest' : ''} ${line.flag ?? ''}`,
          title: line.flag ? FLAGS[line.flag] : undefined,
          onclick: () => event && shown.reveal(event),
        },
        h('span', { class: 'text' }, line.text),
        line.flag ? h('span', { class: 'flag' }, FLAGS[line.flag]) : undefined,
      );
    });
    this.#list.reveal(lines.length - 1);
  }
}
