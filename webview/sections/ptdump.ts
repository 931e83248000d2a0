import { type OutputLine, outputLines } from '../../extension/core/report/ptdump.ts';
import { h } from '../dom.ts';
import { Section, type Shown } from './section.ts';
import { VirtualList } from './virtualList.ts';

const FLAGS = { empty: 'zero length', overlap: 'reported twice' } as const;

/** What seq_printf and printk have written up to the cursor; the newest line marked, lines that cannot be true flagged. */
export class PtdumpSection extends Section {
  readonly #list = new VirtualList('Output so far', 'list', 'output');
  readonly #empty = h('p', { class: 'quiet' });

  protected override note({ run, step }: Shown): string {
    const all = [...run.output, ...run.printk];
    if (!all.length) return 'nothing was written';
    const written = all.filter(l => l.step <= step);
    const so = `${written.length} of ${all.length} line${all.length === 1 ? '' : 's'}`;
    const odd = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).flatMap(flag => {
      const count = written.filter(l => l.flag === flag).length;
      return count ? [`${count} ${FLAGS[flag]}`] : [];
    });
    return [so, ...odd].join(', ');
  }

  protected override render(shown: Shown): void {
    const { run, step } = shown;
    const printk = new Set<OutputLine>(run.printk.length ? outputLines(run.trace, step, 'printk') : []);
    const lines = [...outputLines(run.trace, step), ...printk].sort((a, b) => a.step - b.step);
    const newest = lines.at(-1)?.step;
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
        printk.has(line) ? h('span', { class: 'quiet' }, 'printk: ') : undefined,
        h('span', { class: 'text' }, line.text),
        line.flag ? h('span', { class: 'flag' }, FLAGS[line.flag]) : undefined,
      );
    });
    this.#list.reveal(lines.length - 1);
  }
}
