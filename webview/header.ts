import type { TraceDocument } from '../extension/core/report/documents.ts';
import { endText } from '../extension/core/report/text.ts';
import { number, scheduleText, unmodelledCalls } from '../extension/core/report/timeline.ts';
import { h, link } from './dom.ts';
import type { Place, Rerun } from './protocol.ts';
import type { Run } from './run.ts';
import type { Side } from './state.ts';
import { badge, button, type Control, radioGroup } from './toolkit.ts';

/** Names of unmodelled functions shown before the rest is only counted. */
const MOST_NAMES = 4;

export interface HeaderHost {
  sideChosen(side: Side): void;
  rerun(schedule: Rerun['schedule']): void;
  explore(): void;
  cancel(): void;
  reveal(place: Place): void;
}

/** One entry per function, at the first place that calls it. */
function byFunction(calls: TraceDocument['unmodelled']): TraceDocument['unmodelled'][number][] {
  const found = new Map<string, TraceDocument['unmodelled'][number]>();
  for (const u of calls) {
    const first = found.get(u.function);
    found.set(u.function, first ? { ...first, count: first.count + u.count } : u);
  }
  return [...found.values()];
}

/** The scenario, the before/after switch, and what is always to be seen: how it ended, schedule, what was not modelled. */
export class Header {
  readonly element: HTMLElement;
  readonly #title = h('h1', {}, 'Lockstep');
  readonly #switch = h('div', { class: 'side-switch' });
  readonly #facts = h('div', { class: 'facts' });
  readonly #message = h('div', { class: 'message', role: 'status' });
  #sides: Control<Side> | undefined;

  constructor(readonly host: HeaderHost) {
    this.element = h(
      'header',
      {},
      h(
        'div',
        { class: 'title-row' },
        this.#title,
        this.#switch,
        h(
          'div',
          { class: 'actions' },
          button('Run again', 'Run again under the same schedule', () => host.rerun('same')),
          button('New seed', 'Run under a random schedule with a new seed', () => host.rerun('random')),
          button('Schedule…', 'Choose how the next thread is picked', () => host.rerun('choose')),
          button('Explore', 'Run every interleaving that makes a difference, and say what can go wrong', () =>
            host.explore(),
          ),
        ),
      ),
      this.#facts,
      this.#message,
    );
  }

  open(title: string, labels: { readonly before: string; readonly after?: string }, compared: boolean): void {
    this.#title.textContent = title;
    this.#sides = undefined;
    if (compared) {
      this.#sides = radioGroup<Side>(
        'Source that ran',
        [
          { value: 'before', label: 'Before', title: labels.before },
          { value: 'after', label: 'After', title: labels.after ?? 'with the patch' },
        ],
        side => this.host.sideChosen(side),
      );
      this.#switch.replaceChildren(this.#sides.element);
    } else this.#switch.replaceChildren();
  }

  show(run: Run, side: Side, label: string): void {
    this.#sides?.set(side);
    const { trace } = run;
    const { kind } = trace.end;
    const broken = trace.invariants.filter(i => !i.held);
    const facts: (Node | string)[] = [
      h('span', { class: 'fact label', title: label }, label),
      h('span', { class: 'fact' }, `${number(trace.end.steps)} steps`),
      h('span', { class: 'fact' }, scheduleText(trace.schedule)),
      h('span', { class: `fact end ${kind}` }, endText(trace)),
    ];
    if (trace.invariants.length)
      facts.push(
        h(
          'span',
          { class: broken.length ? 'fact end bug' : 'fact' },
          broken.length
            ? 'Violated: '
            : `${number(trace.invariants.length)} invariant${trace.invariants.length === 1 ? '' : 's'} held`,
          ...broken.map(i =>
            link(i.name, 'Open the invariant', () => this.host.reveal({ file: trace.scenarioFile, line: i.line })),
          ),
        ),
      );
    const calls = unmodelledCalls(trace);
    const functions = byFunction(trace.unmodelled);
    const names = functions
      .slice(0, MOST_NAMES)
      .map(u =>
        link(
          u.function,
          `${u.file}:${u.line}, called ${number(u.count)} times; each call gave 0`,
          () => this.host.reveal(u),
          'link code',
        ),
      );
    const more = functions.length - names.length;
    facts.push(
      h(
        'span',
        { class: calls ? 'fact unmodelled some' : 'fact unmodelled' },
        calls ? badge(number(calls)) : '0',
        ` unmodelled call${calls === 1 ? '' : 's'}`,
        ...names.flatMap((n, i) => [i ? ', ' : ': ', n]),
        more > 0 ? ` and ${more} more` : undefined,
      ),
    );
    this.#facts.replaceChildren(...facts);
  }

  /** One line under the facts: what is going on (which can be cancelled), or what went wrong; none hides it. */
  say(text: string | undefined, kind: 'note' | 'busy' | 'failed' = 'note'): void {
    const cancel = link('Cancel', 'Stop this run', () => this.host.cancel());
    this.#message.replaceChildren(text ?? '', ...(kind === 'busy' ? [' ', cancel] : []));
    this.#message.hidden = !text;
    this.#message.classList.toggle('failed', kind === 'failed');
  }
}
