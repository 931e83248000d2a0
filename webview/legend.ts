import { type MarkerKind, READ, WAIT, WRITE } from '../extension/core/report/lanes.ts';
import { h } from './dom.ts';
import { BarPatterns, drawMarker } from './glyphs.ts';
import { MARKER_NAMES } from './run.ts';
import { MARKER_GROUPS, type MarkerGroup } from './state.ts';
import { readTheme, type Theme } from './theme.ts';
import { type Control, checkbox } from './toolkit.ts';

const GROUPS: Readonly<Record<MarkerGroup, { readonly label: string; readonly kinds: readonly MarkerKind[] }>> = {
  pagetable: { label: 'page-table write', kinds: ['pagetable'] },
  barrier: { label: 'barrier', kinds: ['barrier'] },
  tlbflush: { label: 'TLB flush', kinds: ['tlbflush'] },
  alloc: { label: 'alloc, free', kinds: ['alloc', 'free'] },
  output: { label: 'output', kinds: ['output'] },
  trouble: { label: 'unmodelled, warning, bug', kinds: ['unmodelled', 'warning', 'bug'] },
};
const GLYPH = 14;

/** What patterns and shapes mean, drawn by the code that draws the timeline; each kind of marker can be switched off. */
export class Legend {
  readonly element = h('div', { class: 'legend', role: 'group', 'aria-label': 'Legend; switches hide markers' });
  readonly #switches = new Map<MarkerGroup, Control<boolean>>();
  readonly #drawn: {
    canvas: HTMLCanvasElement;
    width: number;
    draw: (c: CanvasRenderingContext2D, theme: Theme, scale: number) => void;
  }[] = [];

  constructor(toggled: (group: MarkerGroup, shown: boolean) => void) {
    const bar = (mode: number, text: string) =>
      h(
        'span',
        { class: 'legend-item' },
        this.#glyph(26, (c, theme, scale) => new BarPatterns(c, theme, scale).draw(c, mode, 0, 1, 26, 12)),
        text,
      );
    this.element.append(bar(WRITE, 'held to write'), bar(READ, 'held to read'), bar(WAIT, 'waiting'));
    for (const group of MARKER_GROUPS) {
      const { label, kinds } = GROUPS[group];
      const names = kinds.map(k => MARKER_NAMES[k]).join(', ');
      const content = h(
        'span',
        { class: 'legend-item' },
        ...kinds.map(kind => this.#glyph(GLYPH, (c, theme) => drawMarker(c, kind, GLYPH / 2, GLYPH / 2, theme))),
        label,
      );
      const control = checkbox(content, `Show markers: ${names}`, shown => toggled(group, shown));
      this.#switches.set(group, control);
      this.element.append(control.element);
    }
  }

  show(hidden: readonly MarkerGroup[]): void {
    for (const [group, control] of this.#switches) control.set(!hidden.includes(group));
  }

  draw(): void {
    const theme = readTheme();
    const scale = devicePixelRatio || 1;
    for (const { canvas, width, draw } of this.#drawn) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(GLYPH * scale);
      const c = canvas.getContext('2d')!;
      c.scale(scale, scale);
      draw(c, theme, scale);
    }
  }

  #glyph(width: number, draw: (c: CanvasRenderingContext2D, theme: Theme, scale: number) => void): HTMLElement {
    const canvas = h('canvas', { class: width === GLYPH ? 'glyph' : 'glyph wide', 'aria-hidden': 'true' });
    this.#drawn.push({ canvas, width, draw });
    return canvas;
  }
}
