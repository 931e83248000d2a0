import { h } from './dom.ts';
import { drawTimeline } from './draw.ts';
import { AXIS, GUTTER_MOST, type Hit, hitTest, type Layout, layOut, plotWidth, stepAt, xOf } from './geometry.ts';
import { BarPatterns } from './glyphs.ts';
import { eventText, type Run } from './run.ts';
import { type MarkerGroup, movedTo, panned, type View, viewOf, zoomed } from './state.ts';
import { readTheme, type Theme } from './theme.ts';
import { Tooltip } from './tooltip.ts';

export interface TimelineHost {
  /** The view was moved by hand. */
  viewChanged(view: View): void;
  /** An event (index) was clicked. */
  picked(event: number): void;
}

interface Drag {
  readonly what: 'scrub' | 'pan';
  readonly x: number;
  readonly view: View;
  moved: boolean;
}

/** The canvas with lanes, bars and markers: draws when asked, turns pointer and keys into views. */
export class Timeline {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #tooltip = new Tooltip();
  #theme: Theme = readTheme();
  #patterns: BarPatterns | undefined;
  #scale = 0;
  #run: Run | undefined;
  #view: View = { step: 0, from: 0, to: 1 };
  #hidden: readonly MarkerGroup[] = [];
  #lit: readonly number[] = [];
  #hover: { bar?: number; marker?: number } = {};
  #layout: Layout | undefined;
  #drag: Drag | undefined;
  #frame = 0;

  constructor(readonly host: TimelineHost) {
    this.#canvas = h('canvas', {
      class: 'timeline',
      tabindex: 0,
      role: 'slider',
      'aria-label': 'Step of the run',
      'aria-describedby': 'timeline-keys',
    });
    this.#context = this.#canvas.getContext('2d')!;
    this.element = h('div', { class: 'timeline-box' }, this.#canvas, this.#tooltip.element);
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.#canvas.addEventListener('pointerdown', e => this.#down(e));
    this.#canvas.addEventListener('pointermove', e => this.#move(e));
    this.#canvas.addEventListener('pointerup', e => this.#up(e));
    this.#canvas.addEventListener('pointercancel', () => {
      this.#drag = undefined;
    });
    this.#canvas.addEventListener('pointerleave', () => this.#hoverAt(undefined, 0, 0));
    this.#canvas.addEventListener('wheel', e => this.#wheel(e), { passive: false });
    this.#canvas.addEventListener('dblclick', e => {
      if (this.#run && e.offsetY < AXIS)
        this.host.viewChanged({ ...viewOf(undefined, this.#run.steps), step: this.#view.step });
    });
    // Zooming the window changes the ratio without resizing the element.
    const watch = () => {
      const changed = () => {
        this.draw();
        watch();
      };
      matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener('change', changed, { once: true });
    };
    watch();
  }

  show(run: Run, view: View, hidden: readonly MarkerGroup[], lit: readonly number[]): void {
    this.#run = run;
    this.#view = view;
    this.#hidden = hidden;
    this.#lit = lit;
    this.draw();
  }

  themeChanged(): void {
    this.#theme = readTheme();
    this.#patterns = undefined;
    this.draw();
  }

  focus(): void {
    this.#canvas.focus();
  }

  /** Draws in the next frame, once however often it is asked. */
  draw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const run = this.#run;
    const width = this.element.clientWidth;
    if (!run || !width) return;
    const c = this.#context;
    c.font = this.#theme.code;
    const widest = Math.max(0, ...run.lanes.lanes.map(l => c.measureText(l.name).width));
    const layout = layOut(run, this.#view, width, Math.min(GUTTER_MOST, Math.ceil(widest) + 36));
    this.#layout = layout;
    const scale = devicePixelRatio || 1;
    const [w, hgt] = [Math.round(width * scale), Math.round(layout.height * scale)];
    if (this.#canvas.width !== w || this.#canvas.height !== hgt) {
      this.#canvas.width = w;
      this.#canvas.height = hgt;
      // Set through the object model, which a content security policy without inline styles allows.
      this.#canvas.style.height = `${layout.height}px`;
    }
    if (!this.#patterns || this.#scale !== scale) {
      this.#scale = scale;
      this.#patterns = new BarPatterns(c, this.#theme, scale);
    }
    c.setTransform(scale, 0, 0, scale, 0, 0);
    drawTimeline(c, {
      run,
      layout,
      theme: this.#theme,
      patterns: this.#patterns,
      hidden: this.#hidden,
      lit: this.#lit,
      hover: this.#hover,
    });
    this.#describe(run);
  }

  #describe(run: Run): void {
    const { step } = this.#view;
    const e = run.trace.events[run.eventAt(step)];
    const what = e
      ? `${run.trace.threads[e.thread]!.name} ${eventText(run.trace, e)}, ${e.function}, ${e.file} line ${e.line}`
      : 'nothing yet';
    const canvas = this.#canvas;
    canvas.setAttribute('aria-valuemin', '0');
    canvas.setAttribute('aria-valuemax', String(Math.max(0, run.steps - 1)));
    canvas.setAttribute('aria-valuenow', String(step));
    canvas.setAttribute('aria-valuetext', `step ${step} of ${run.steps}: ${what}`);
  }

  #down(e: PointerEvent): void {
    if (e.button !== 0 || !this.#run || !this.#layout) return;
    this.#canvas.setPointerCapture(e.pointerId);
    const onCursor = Math.abs(e.offsetX - xOf(this.#layout, this.#view.step + 0.5)) <= 4;
    const whole = this.#view.to - this.#view.from >= this.#run.steps;
    const scrub = e.offsetY < AXIS || onCursor || whole;
    this.#drag = { what: scrub ? 'scrub' : 'pan', x: e.offsetX, view: this.#view, moved: false };
    if (e.offsetY < AXIS) this.#scrubTo(e.offsetX);
  }

  #move(e: PointerEvent): void {
    const { x, y } = { x: e.offsetX, y: e.offsetY };
    const drag = this.#drag;
    if (!drag || !this.#layout || !this.#run) {
      this.#hoverAt(this.#hit(x, y), x, y);
      return;
    }
    if (Math.abs(x - drag.x) > 3) drag.moved = true;
    if (!drag.moved) return;
    this.#tooltip.hide();
    if (drag.what === 'scrub') this.#scrubTo(x);
    else {
      const perPixel = (drag.view.to - drag.view.from) / plotWidth(this.#layout);
      this.host.viewChanged({ ...panned(drag.view, this.#run.steps, (drag.x - x) * perPixel), step: this.#view.step });
    }
  }

  #up(e: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = undefined;
    const run = this.#run;
    if (!drag || drag.moved || !run) return;
    const hit = this.#hit(e.offsetX, e.offsetY);
    if (!hit || hit.kind === 'axis') return;
    const event = this.#eventOf(hit);
    if (event !== undefined) {
      this.host.viewChanged(movedTo(this.#view, run.steps, run.trace.events[event]!.step));
      this.host.picked(event);
    } else if (hit.kind !== 'gutter') this.#scrubTo(e.offsetX);
  }

  #wheel(e: WheelEvent): void {
    if (!this.#run || !this.#layout) return;
    e.preventDefault();
    const unit = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 400 : 1;
    const sideways = e.shiftKey && !e.deltaX ? e.deltaY : e.deltaX;
    if (sideways && Math.abs(sideways) >= Math.abs(e.shiftKey ? 0 : e.deltaY)) {
      const perPixel = (this.#view.to - this.#view.from) / plotWidth(this.#layout);
      this.host.viewChanged(panned(this.#view, this.#run.steps, sideways * unit * perPixel));
    } else {
      const about = stepAt(this.#layout, Math.max(e.offsetX, this.#layout.gutter));
      this.host.viewChanged(zoomed(this.#view, this.#run.steps, about, 1.0015 ** (e.deltaY * unit)));
    }
  }

  #scrubTo(x: number): void {
    if (!this.#layout || !this.#run) return;
    this.host.viewChanged(movedTo(this.#view, this.#run.steps, Math.floor(stepAt(this.#layout, x))));
  }

  #hit(x: number, y: number): Hit | undefined {
    return this.#run && this.#layout ? hitTest(this.#run, this.#layout, this.#hidden, x, y) : undefined;
  }

  /** The event that a click there means. A thread's name means where the thread is. */
  #eventOf(hit: Hit): number | undefined {
    const run = this.#run!;
    if (hit.kind === 'marker') return run.lanes.markers.event[hit.marker];
    if (hit.kind === 'bar') return run.eventOfBar(hit.bar);
    if (hit.kind !== 'gutter') return undefined;
    const { event } = run.threadAt(hit.thread, this.#view.step);
    return event < 0 ? undefined : event;
  }

  #hoverAt(hit: Hit | undefined, x: number, y: number): void {
    const bar = hit?.kind === 'bar' ? hit.bar : undefined;
    const marker = hit?.kind === 'marker' ? hit.marker : undefined;
    this.#canvas.classList.toggle('on-thing', bar !== undefined || marker !== undefined || hit?.kind === 'gutter');
    if (this.#run && (bar !== undefined || marker !== undefined)) this.#tooltip.show(this.#run, hit!, x, y);
    else this.#tooltip.hide();
    if (bar === this.#hover.bar && marker === this.#hover.marker) return;
    this.#hover = { ...(bar === undefined ? {} : { bar }), ...(marker === undefined ? {} : { marker }) };
    this.draw();
  }
}
