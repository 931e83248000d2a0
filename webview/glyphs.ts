import { MARKERS, type MarkerKind, READ, WAIT, WRITE } from '../extension/core/report/lanes.ts';
import type { Theme } from './theme.ts';

type Context = CanvasRenderingContext2D;

/** Order in which markers are drawn: what is rare and matters comes last, on top. */
export const MARKER_ORDER: readonly number[] = (
  ['output', 'pagetable', 'alloc', 'free', 'barrier', 'tlbflush', 'unmodelled', 'warning', 'bug'] as const
).map(kind => MARKERS.indexOf(kind));

/** Colour of a marker; its shape alone already tells its kind. */
export function markerColour(kind: MarkerKind, theme: Theme): string {
  if (kind === 'bug') return theme.error;
  if (kind === 'warning' || kind === 'unmodelled') return theme.warning;
  return kind === 'output' || kind === 'alloc' || kind === 'free' ? theme.muted : theme.foreground;
}

/** Draws a marker around (x, y): about nine pixels, a shape of its own for each kind. */
export function drawMarker(c: Context, kind: MarkerKind, x: number, y: number, theme: Theme): void {
  const colour = markerColour(kind, theme);
  c.fillStyle = colour;
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.beginPath();
  switch (kind) {
    case 'pagetable':
      c.fillRect(x - 2.5, y - 3.5, 5, 7);
      return;
    case 'barrier':
      c.fillRect(x - 2.5, y - 5, 1.5, 10);
      c.fillRect(x + 1, y - 5, 1.5, 10);
      return;
    case 'tlbflush':
      polygon(c, [x - 4.5, y - 4, x + 4.5, y - 4, x, y + 4.5]);
      c.fill();
      return;
    case 'alloc':
      line(c, x - 3.5, y, x + 3.5, y);
      line(c, x, y - 3.5, x, y + 3.5);
      break;
    case 'free':
      line(c, x - 3, y - 3, x + 3, y + 3);
      line(c, x - 3, y + 3, x + 3, y - 3);
      break;
    case 'output':
      c.arc(x, y, 2.8, 0, 2 * Math.PI);
      break;
    case 'unmodelled':
      polygon(c, [x, y - 5, x + 5, y, x, y + 5, x - 5, y]);
      break;
    case 'warning':
      polygon(c, [x, y - 5, x + 5, y + 4, x - 5, y + 4]);
      c.fill();
      return;
    case 'bug':
      polygon(c, [x, y - 6, x + 6, y, x, y + 6, x - 6, y]);
      c.fill();
      return;
  }
  c.stroke();
}

/** Patterns of the three kinds of bar, made for one theme and one scale; made again when either changes. */
export class BarPatterns {
  readonly #read: CanvasPattern | null;
  readonly #wait: CanvasPattern | null;

  constructor(
    c: Context,
    readonly theme: Theme,
    scale: number,
  ) {
    this.#read = stripes(c, scale, 6, 1.6, theme.read, 'up');
    this.#wait = stripes(c, scale, 5, 1, theme.wait, 'down');
  }

  /** Write: solid. Read: rising lines on a tint, closed outline. Waiting: falling hatch, dashed outline, no tint. */
  draw(c: Context, mode: number, x: number, y: number, width: number, height: number): void {
    const { theme } = this;
    if (mode === WRITE) {
      c.fillStyle = theme.write;
      c.fillRect(x, y, width, height);
      if (theme.contrast && width > 3) outline(c, theme.contrast, x, y, width, height);
      return;
    }
    const colour = mode === READ ? theme.read : theme.wait;
    if (width < 3) {
      c.fillStyle = colour;
      c.globalAlpha = mode === READ ? 0.8 : 0.5;
      c.fillRect(x, y, width, height);
      c.globalAlpha = 1;
      return;
    }
    if (mode === READ) {
      c.fillStyle = colour;
      c.globalAlpha = 0.16;
      c.fillRect(x, y, width, height);
      c.globalAlpha = 0.6;
      c.fillStyle = this.#read ?? colour;
      c.fillRect(x, y, width, height);
      c.globalAlpha = 1;
      outline(c, colour, x, y, width, height);
      return;
    }
    c.globalAlpha = 0.75;
    c.fillStyle = this.#wait ?? colour;
    c.fillRect(x, y, width, height);
    c.globalAlpha = 1;
    if (mode === WAIT) {
      c.setLineDash([3, 2]);
      outline(c, colour, x, y, width, height);
      c.setLineDash([]);
    }
  }
}

function outline(c: Context, colour: string, x: number, y: number, width: number, height: number): void {
  c.strokeStyle = colour;
  c.lineWidth = 1;
  c.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

function stripes(
  c: Context,
  scale: number,
  period: number,
  width: number,
  colour: string,
  way: 'up' | 'down',
): CanvasPattern | null {
  const size = Math.max(2, Math.round(period * scale));
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const t = tile.getContext('2d');
  if (!t) return null;
  t.strokeStyle = colour;
  t.lineWidth = width * scale * 0.75;
  t.lineCap = 'square';
  // Three lines, so that the corners of the tile meet those of its neighbours.
  for (const shift of [-size, 0, size]) {
    if (way === 'up') line(t, shift, size, shift + size, 0);
    else line(t, shift, 0, shift + size, size);
  }
  t.stroke();
  const pattern = c.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}

function line(c: Context, x0: number, y0: number, x1: number, y1: number): void {
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
}

function polygon(c: Context, points: readonly number[]): void {
  c.moveTo(points[0]!, points[1]!);
  for (let i = 2; i < points.length; i += 2) c.lineTo(points[i]!, points[i + 1]!);
  c.closePath();
}
