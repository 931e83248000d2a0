import { h, link } from './dom.ts';
import { Header } from './header.ts';
import { Legend } from './legend.ts';
import { type Exploration, type FromPanel, type Place, PROTOCOL, type Show, type ToPanel } from './protocol.ts';
import { placeKey, Run } from './run.ts';
import { EventsSection } from './sections/events.ts';
import { HoldsSection } from './sections/holds.ts';
import { PtdumpSection } from './sections/ptdump.ts';
import type { Section, Shown } from './sections/section.ts';
import { TablesSection } from './sections/tables.ts';
import { ThreadsSection } from './sections/threads.ts';
import { freshState, movedTo, type PanelState, stateFor, type View, viewOf, zoomed } from './state.ts';
import { onThemeChange } from './theme.ts';
import { Timeline } from './timeline.ts';
import { VerdictBar } from './verdict.ts';

/** What the panel talks through; VS Code's in the window, a recorder in tests. */
export interface Host {
  post(message: FromPanel): void;
  /** Keeps the state over hiding and reloading. */
  keep(state: PanelState): void;
}

const TELL_AFTER = 100;
const LOCK_KINDS = new Set(['acquire', 'wait', 'release', 'downgrade']);

/** The whole panel: owns the state, and redraws from it. Every part shows a function of state and traces. */
export class Panel {
  readonly #header = new Header({
    sideChosen: side => this.#set({ side }),
    rerun: schedule => this.host.post({ t: 'rerun', schedule }),
    explore: () => this.host.post({ t: 'explore' }),
    cancel: () => this.host.post({ t: 'cancel' }),
    reveal: place => this.#reveal(place),
  });
  readonly #verdict = new VerdictBar({
    explore: () => this.host.post({ t: 'explore' }),
    stop: () => this.host.post({ t: 'stopExploring' }),
    witness: index => this.host.post({ t: 'witness', side: this.#state.side, index }),
    reveal: place => this.#reveal(place),
  });
  readonly #explorations: { before?: Exploration; after?: Exploration } = {};
  readonly #timeline = new Timeline({
    viewChanged: view => this.#look(view),
    picked: event => this.#reveal(this.#run!.trace.events[event]!),
  });
  readonly #legend = new Legend((group, shown) => {
    const { hidden } = this.#state;
    this.#set({ hidden: shown ? hidden.filter(g => g !== group) : [...hidden, group] });
  });
  readonly #sections: readonly Section[];
  readonly #here = h('div', { class: 'editor-line', 'aria-live': 'polite' });
  readonly #content = h('main', { hidden: true });
  readonly #runs: { before?: Run; after?: Run } = {};
  readonly #sources = { before: new Map<string, string>(), after: new Map<string, string>() };
  readonly #asked = { before: new Set<string>(), after: new Set<string>() };
  #wanted = new Map<string, Place>();
  #labels: Show['labels'] = { before: '' };
  #editorPlace: Place | undefined;
  #state: PanelState;
  #tellTimer: ReturnType<typeof setTimeout> | undefined;
  #scrubbed = '';
  #frame = 0;

  constructor(
    root: HTMLElement,
    readonly host: Host,
    kept: PanelState | undefined,
  ) {
    this.#state = kept ?? freshState(undefined);
    const fold = (name: Section['name'], folded: boolean) => {
      const { folded: all } = this.#state;
      this.#set({ folded: folded ? [...all, name] : all.filter(f => f !== name) });
    };
    this.#sections = [
      new ThreadsSection('threads', 'Threads', fold),
      new TablesSection('tables', 'Page tables', fold),
      new PtdumpSection('ptdump', 'Output', fold),
      new HoldsSection('holds', 'Lock times', fold),
      new EventsSection('events', 'Events', fold),
    ];
    const keys =
      'Left and right arrow: event by event; with Shift: lock operations; comma and full stop anywhere in the panel; ' +
      'plus and minus: zoom; 0: whole run; Enter: open the source line.';
    this.#content.append(
      this.#verdict.element,
      this.#timeline.element,
      this.#legend.element,
      this.#here,
      h('p', { id: 'timeline-keys', class: 'visually-hidden' }, keys),
      h('div', { class: 'sections' }, ...this.#sections.map(s => s.element)),
    );
    root.replaceChildren(this.#header.element, this.#content);
    this.#header.say('Waiting for a run.');
    root.ownerDocument.addEventListener('keydown', e => this.#key(e));
    onThemeChange(() => {
      this.#timeline.themeChanged();
      this.#legend.draw();
    });
    this.#legend.draw();
  }

  receive(message: ToPanel): void {
    switch (message.t) {
      case 'show':
        this.#show(message);
        break;
      case 'cursor':
        this.#editorPlace = message.place;
        this.#render();
        break;
      case 'lines':
        for (const l of message.lines) this.#sources[message.side].set(placeKey(l), l.text);
        this.#render();
        break;
      case 'busy':
        this.#content.classList.add('old');
        this.#header.say(message.text, 'busy');
        break;
      case 'fail':
        this.#content.classList.remove('old');
        this.#header.say(message.message, 'failed');
        break;
      case 'explored':
        if (message.exploration) this.#explorations[message.side] = message.exploration;
        else delete this.#explorations[message.side];
        this.#render();
        break;
      case 'stepBy':
        if (this.#run) this.#moveTo(this.#run.stepFrom(this.#view.step, message.delta));
    }
  }

  #show(message: Show): void {
    if (message.protocol !== PROTOCOL) {
      this.#header.say(
        'This panel belongs to another version of Lockstep. Close it and run Lockstep: Simulate again.',
        'failed',
      );
      return;
    }
    const { traces, at } = message;
    this.#runs.before = new Run(traces.before);
    if (traces.after) this.#runs.after = new Run(traces.after);
    else delete this.#runs.after;
    for (const side of ['before', 'after'] as const) {
      this.#sources[side].clear();
      this.#asked[side].clear();
    }
    this.#labels = message.labels;
    this.#scrubbed = '';
    const state = stateFor(this.#state, message.key);
    const side = at?.side ?? state.side;
    this.#state = { ...state, side: side === 'after' && !traces.after ? 'before' : side };
    this.#header.open(message.title, message.labels, traces.after !== undefined);
    this.#header.say(undefined);
    this.#content.hidden = false;
    this.#content.classList.remove('old');
    if (at?.step !== undefined) this.#moveTo(at.step);
    else this.#set({});
  }

  get #run(): Run | undefined {
    return this.#state.side === 'after' ? this.#runs.after : this.#runs.before;
  }

  get #view(): View {
    const run = this.#run;
    const view = viewOf(this.#state.views[this.#state.side], run?.steps ?? 1);
    return run && !this.#state.views[this.#state.side] ? { ...view, step: run.landmark } : view;
  }

  #look(view: View): void {
    this.#set({ views: { ...this.#state.views, [this.#state.side]: view } });
  }

  #moveTo(step: number): void {
    this.#look(movedTo(this.#view, this.#run!.steps, step));
  }

  #reveal({ file, line }: Place): void {
    this.host.post({ t: 'reveal', side: this.#state.side, file, line });
  }

  #set(change: Partial<PanelState>): void {
    this.#state = { ...this.#state, ...change };
    this.host.keep(this.#state);
    this.#tellTimer ??= setTimeout(() => {
      this.#tellTimer = undefined;
      this.host.post({ t: 'state', state: this.#state });
    }, TELL_AFTER);
    this.#render();
  }

  /** Renders in the next frame, once however much has changed. */
  #render(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const run = this.#run;
    if (!run) return;
    const { side, hidden, folded } = this.#state;
    const view = this.#view;
    const lit = this.#editorPlace ? run.eventsOf(this.#editorPlace) : [];
    this.#header.show(run, side, this.#labels[side] ?? side);
    this.#verdict.show(this.#explorations[side], run.trace.schedule.choices);
    this.#legend.show(hidden);
    this.#timeline.show(run, view, hidden, lit);
    this.#showEditorLine(run, lit);
    const shown: Shown = {
      run,
      side,
      step: view.step,
      before: this.#runs.before!,
      after: this.#runs.after,
      labels: this.#labels,
      source: place => this.#source(place),
      reveal: place => this.#reveal(place),
      moveTo: step => this.#moveTo(step),
    };
    for (const s of this.#sections) {
      s.fold(folded.includes(s.name));
      s.update(shown);
    }
    if (this.#wanted.size) this.host.post({ t: 'want', side, places: [...this.#wanted.values()] });
    this.#wanted = new Map();
    const scrub = `${side} ${view.step}`;
    if (scrub !== this.#scrubbed) {
      this.#scrubbed = scrub;
      this.host.post({ t: 'scrub', side, step: view.step });
    }
  }

  #source(place: Place): string | undefined {
    const { side } = this.#state;
    const key = placeKey(place);
    const text = this.#sources[side].get(key);
    if (text === undefined && !this.#asked[side].has(key)) {
      this.#asked[side].add(key);
      this.#wanted.set(key, { file: place.file, line: place.line });
    }
    return text;
  }

  #showEditorLine(run: Run, lit: readonly number[]): void {
    const place = this.#editorPlace;
    this.#here.hidden = !place;
    if (!place) return;
    const { step } = this.#view;
    const count = `${lit.length} event${lit.length === 1 ? '' : 's'}`;
    const steps = lit.map(i => run.trace.events[i]!.step);
    const go = (text: string, to: number | undefined) => {
      const element = link(text, `Move to the ${text} event of this line`, () => this.#moveTo(to!));
      element.disabled = to === undefined;
      return element;
    };
    this.#here.replaceChildren(
      h('span', { class: 'code' }, `${place.file}:${place.line}`),
      h('span', { class: 'quiet' }, ` (the editor's cursor): ${lit.length ? count : 'no event'}`),
      ...(lit.length
        ? [
            go(
              'previous',
              steps.findLast(s => s < step),
            ),
            go(
              'next',
              steps.find(s => s > step),
            ),
          ]
        : []),
    );
  }

  #key(e: KeyboardEvent): void {
    const run = this.#run;
    if (!run || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    const inTimeline = e.target instanceof HTMLCanvasElement;
    const view = this.#view;
    const by = e.key === ',' || e.key === 'ArrowLeft' ? -1 : 1;
    if (e.key === ',' || e.key === '.') this.#moveTo(run.stepFrom(view.step, by));
    else if (!inTimeline) return;
    else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight')
      this.#moveTo(run.stepFrom(view.step, by, e.shiftKey ? event => LOCK_KINDS.has(event.kind) : undefined));
    else if (e.key === 'PageUp' || e.key === 'PageDown')
      this.#moveTo(view.step + ((e.key === 'PageUp' ? -1 : 1) * (view.to - view.from)) / 2);
    else if (e.key === 'Home') this.#moveTo(0);
    else if (e.key === 'End') this.#moveTo(run.steps - 1);
    else if (e.key === '+' || e.key === '=') this.#look(zoomed(view, run.steps, view.step + 0.5, 1 / 1.5));
    else if (e.key === '-') this.#look(zoomed(view, run.steps, view.step + 0.5, 1.5));
    else if (e.key === '0') this.#look({ ...viewOf(undefined, run.steps), step: view.step });
    else if (e.key === 'Enter') {
      const event = run.trace.events[run.eventAt(view.step)];
      if (event) this.#reveal(event);
    } else return;
    e.preventDefault();
  }
}
