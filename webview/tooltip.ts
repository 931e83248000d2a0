import { WAIT } from '../extension/core/report/lanes.ts';
import { number } from '../extension/core/report/timeline.ts';
import { h } from './dom.ts';
import type { Hit } from './geometry.ts';
import { eventText, type Run } from './run.ts';

/** A small box beside the pointer. Hidden from screen readers: the slider's value text says the same. */
export class Tooltip {
  readonly element = h('div', { class: 'tooltip', 'aria-hidden': 'true', hidden: true });

  show(run: Run, hit: Hit, x: number, y: number): void {
    const rows = hit.kind === 'bar' ? barRows(run, hit.bar) : hit.kind === 'marker' ? markerRows(run, hit.marker) : [];
    this.element.replaceChildren(...rows.map((text, i) => h('div', { class: i ? 'quiet' : 'code' }, text)));
    this.element.hidden = rows.length === 0;
    const { offsetWidth: width, parentElement } = this.element;
    const room = parentElement?.clientWidth ?? 0;
    this.element.style.left = `${Math.max(4, Math.min(x + 14, room - width - 4))}px`;
    this.element.style.top = `${y + 18}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}

function barRows(run: Run, bar: number): string[] {
  const { bars } = run.lanes;
  const lock = run.trace.locks[bars.lock[bar]!]!;
  const mode = run.modeOf(bar);
  const steps = bars.end[bar]! - bars.start[bar]!;
  const event = run.eventOfBar(bar);
  const e = event === undefined ? undefined : run.trace.events[event]!;
  return [
    lock.lock,
    `${run.trace.threads[bars.thread[bar]!]!.name} ${bars.mode[bar] === WAIT ? 'waits to' : 'holds it to'} ${mode}, ` +
      `${number(steps)} step${steps === 1 ? '' : 's'} (${number(bars.start[bar]!)} to ${number(bars.end[bar]!)})`,
    lock.type,
    ...(e ? [`${e.function}()  ${e.file}:${e.line}`] : []),
  ];
}

function markerRows(run: Run, marker: number): string[] {
  const e = run.trace.events[run.lanes.markers.event[marker]!]!;
  return [
    eventText(run.trace, e),
    `${run.trace.threads[e.thread]!.name}, step ${number(e.step)}`,
    `${e.function}()  ${e.file}:${e.line}`,
  ];
}
