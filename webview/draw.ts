import { MARKERS, WAIT, WRITE } from '../extension/core/report/lanes.ts';
import { number, tickDistance } from '../extension/core/report/timeline.ts';
import { AXIS, BAR, barTop, type Layout, markerMiddle, plotWidth, RIGHT, xOf } from './geometry.ts';
import { type BarPatterns, drawMarker, MARKER_ORDER, markerColour } from './glyphs.ts';
import { groupOf, type Run } from './run.ts';
import type { MarkerGroup } from './state.ts';
import type { Theme } from './theme.ts';

export interface Scene {
  readonly run: Run;
  readonly layout: Layout;
  readonly theme: Theme;
  readonly patterns: BarPatterns;
  readonly hidden: readonly MarkerGroup[];
  /** Events (indices) of the line that the editor's cursor is on. */
  readonly lit: readonly number[];
  /** Bar or marker under the pointer. */
  readonly hover: { readonly bar?: number; readonly marker?: number };
}

type Context = CanvasRenderingContext2D;

/** Draws the whole timeline. The context is scaled to CSS pixels. */
export function drawTimeline(c: Context, scene: Scene): void {
  const { layout, theme, run } = scene;
  c.fillStyle = theme.background;
  c.fillRect(0, 0, layout.width, layout.height);
  c.textBaseline = 'middle';
  drawAxis(c, scene);
  drawLit(c, scene);
  run.lanes.lanes.forEach((lane, thread) => {
    const box = layout.lanes[thread]!;
    c.fillStyle = theme.border;
    c.globalAlpha = theme.contrast ? 1 : 0.6;
    c.fillRect(0, box.top, layout.width, 1);
    c.globalAlpha = 1;
    drawName(c, scene, thread, lane.name);
  });
  c.save();
  c.beginPath();
  c.rect(layout.gutter, 0, layout.width - layout.gutter, layout.height);
  c.clip();
  drawTurns(c, scene);
  for (let thread = 0; thread < layout.lanes.length; thread++) {
    drawBars(c, scene, thread);
    drawMarkers(c, scene, thread);
  }
  c.restore();
  drawCursor(c, scene);
}

function drawAxis(c: Context, { layout, theme, run }: Scene): void {
  const { from, to } = layout.view;
  const every = tickDistance(to - from, plotWidth(layout) / 72);
  c.font = theme.font;
  c.textAlign = 'left';
  c.fillStyle = theme.muted;
  c.fillText('step', 20, AXIS / 2);
  const flag = cursorFlag(c, layout);
  for (let step = Math.ceil(from / every) * every; step < to; step += every) {
    const x = Math.round(xOf(layout, step));
    c.fillStyle = theme.border;
    c.globalAlpha = 0.5;
    c.fillRect(x, AXIS - 5, 1, layout.height - AXIS + 5);
    c.globalAlpha = 1;
    c.fillStyle = theme.muted;
    const text = number(step);
    const end = x + 4 + c.measureText(text).width;
    const covered = flag && end > flag.left - 2 && x + 4 < flag.right + 2;
    if (end < layout.width && !covered) c.fillText(text, x + 4, AXIS / 2);
  }
  // Which part of the run is visible, as a scroll bar would say it; nothing when all of it is.
  if (to - from < run.steps) {
    const whole = plotWidth(layout);
    c.fillStyle = theme.muted;
    c.globalAlpha = 0.8;
    c.fillRect(layout.gutter + (from / run.steps) * whole, 0, Math.max(6, ((to - from) / run.steps) * whole), 3);
    c.globalAlpha = 1;
  }
}

function drawName(c: Context, { layout, theme }: Scene, thread: number, name: string): void {
  const y = markerMiddle(layout, thread);
  c.fillStyle = theme.threads[thread % theme.threads.length]!;
  c.fillRect(8, y - 5, 4, 10);
  c.font = theme.code;
  c.textAlign = 'left';
  c.fillStyle = theme.foreground;
  c.fillText(ellipsis(c, name, layout.gutter - 28), 20, y);
}

/** A thin line along the top of a lane where the schedule let its thread run. */
function drawTurns(c: Context, { run, layout, theme }: Scene): void {
  const { turns } = run;
  const { from, to } = layout.view;
  const done = new Float64Array(layout.lanes.length).fill(-1);
  for (let i = 0; i < turns.count; i++) {
    if (turns.end[i]! <= from || turns.start[i]! >= to) continue;
    const thread = turns.thread[i]!;
    const x0 = Math.max(xOf(layout, turns.start[i]!), done[thread]!);
    const x1 = Math.max(xOf(layout, turns.end[i]!), x0 + 0.5);
    done[thread] = x1;
    c.fillStyle = theme.muted;
    c.fillRect(x0, layout.lanes[thread]!.top + 1, x1 - x0, 2);
  }
}

function drawBars(c: Context, scene: Scene, thread: number): void {
  const { run, layout, theme, patterns, hover } = scene;
  const { bars, lanes } = run.lanes;
  const { from, to } = layout.view;
  const right = layout.width + 8;
  const left = layout.gutter - 8;
  const drawn = new Float64Array(lanes[thread]!.rows).fill(-Infinity);
  const [first, end] = lanes[thread]!.bars;
  c.font = theme.code;
  c.textAlign = 'left';
  for (let i = first; i < end; i++) {
    const start = bars.start[i]!;
    if (start >= to) break;
    if (bars.end[i]! <= from) continue;
    const depth = bars.depth[i]!;
    const x0 = Math.max(Math.round(xOf(layout, start)), left);
    const x1 = Math.min(Math.max(Math.round(xOf(layout, bars.end[i]!)), x0 + 1), right);
    // Several within one pixel: one of them is enough.
    if (x1 <= drawn[depth]!) continue;
    drawn[depth] = x1;
    const y = barTop(layout, thread, depth);
    const mode = bars.mode[i]!;
    patterns.draw(c, mode, x0, y, x1 - x0, BAR);
    label(c, scene, i, Math.max(x0, layout.gutter), x1, y);
    if (hover.bar === i) {
      c.strokeStyle = theme.foreground;
      c.lineWidth = 1;
      c.strokeRect(x0 + 0.5, y + 0.5, x1 - x0 - 1, BAR - 1);
    }
  }
}

/** The lock's name on its bar; its last part when there is no room for all, nothing when that is too long too. */
function label(c: Context, { run, theme }: Scene, bar: number, x0: number, x1: number, y: number): void {
  const room = x1 - x0 - 10;
  if (room < 24) return;
  const { lock } = run.trace.locks[run.lanes.bars.lock[bar]!]!;
  const text = [lock, lock.split(/[.>]/).at(-1)!].find(t => c.measureText(t).width <= room);
  if (!text) return;
  const mode = run.lanes.bars.mode[bar]!;
  if (mode !== WRITE) {
    // Text on a pattern needs a quiet ground.
    c.fillStyle = theme.background;
    c.globalAlpha = mode === WAIT ? 0.9 : 0.85;
    c.fillRect(x0 + 3, y + 2, c.measureText(text).width + 6, BAR - 4);
    c.globalAlpha = 1;
  }
  c.fillStyle = mode === WRITE ? theme.onWrite : mode === WAIT ? theme.muted : theme.foreground;
  c.fillText(text, x0 + 6, y + BAR / 2 + 0.5);
}

/** Pixels between two markers of one kind below which the second is only a tick. */
const CROWDED = 7;

function drawMarkers(c: Context, { run, layout, theme, hidden, hover }: Scene, thread: number): void {
  const { markers, lanes } = run.lanes;
  const { from, to } = layout.view;
  const [first, end] = lanes[thread]!.markers;
  const y = markerMiddle(layout, thread);
  // Per kind: where the last one was drawn, and the last one with its shape.
  const drawn = new Float64Array(MARKERS.length).fill(-Infinity);
  const shape = new Float64Array(MARKERS.length).fill(-Infinity);
  const places: number[][] = MARKERS.map(() => []);
  for (let i = first; i < end; i++) {
    const step = markers.step[i]!;
    if (step < from - 1 || step > to) continue;
    places[markers.kind[i]!]!.push(i);
  }
  for (const kind of MARKER_ORDER) {
    const name = MARKERS[kind]!;
    if (hidden.includes(groupOf(name))) continue;
    for (const i of places[kind]!) {
      const x = xOf(layout, markers.step[i]! + 0.5);
      const hovered = hover.marker === i;
      const near = x - drawn[kind]!;
      if (near < 0.75 && !hovered) continue;
      drawn[kind] = x;
      if (near >= CROWDED || hovered || name === 'bug' || name === 'warning') {
        shape[kind] = x;
        drawMarker(c, name, Math.round(x), y, theme);
        if (!hovered) continue;
        c.strokeStyle = theme.foreground;
        c.lineWidth = 1;
        c.strokeRect(Math.round(x) - 7.5, y - 7.5, 15, 15);
      } else if (x - shape[kind]! > 5) {
        // In a crowd the first has the shape, the others are ticks behind it.
        c.fillStyle = markerColour(name, theme);
        c.globalAlpha = 0.65;
        c.fillRect(x - 0.5, y - 3, 1, 6);
        c.globalAlpha = 1;
      }
    }
  }
}

/** The events of the editor's line: a band through their lane. */
function drawLit(c: Context, { run, layout, theme, lit }: Scene): void {
  const { from, to } = layout.view;
  let last = -1;
  for (const i of lit) {
    const e = run.trace.events[i]!;
    if (e.step < from || e.step >= to) continue;
    const x = Math.floor(xOf(layout, e.step));
    const box = layout.lanes[e.thread]!;
    const width = Math.max(2, xOf(layout, e.step + 1) - x);
    if (x === last) continue;
    last = x;
    c.fillStyle = theme.highlight;
    c.fillRect(x, box.top + 1, width, box.height - 1);
    if (theme.contrast) {
      c.fillStyle = theme.contrast;
      c.fillRect(x, box.top + 1, 1, box.height - 1);
    }
  }
}

function drawCursor(c: Context, { layout, theme }: Scene): void {
  c.font = theme.font;
  const flag = cursorFlag(c, layout);
  if (!flag) return;
  c.fillStyle = theme.cursor;
  c.fillRect(flag.x, AXIS - 3, 1, layout.height - AXIS + 3);
  c.fillRect(flag.left, 3, flag.right - flag.left, AXIS - 6);
  c.textAlign = 'center';
  c.fillStyle = theme.background;
  c.fillText(number(layout.view.step), (flag.left + flag.right) / 2, AXIS / 2 + 0.5);
}

/** The cursor's line and the box with its step, kept inside the plot; undefined when the cursor is out of sight. */
function cursorFlag(c: Context, layout: Layout): { x: number; left: number; right: number } | undefined {
  const { step, from, to } = layout.view;
  if (step < from - 0.5 || step >= to) return undefined;
  const x = Math.round(xOf(layout, step + 0.5));
  const half = Math.ceil(c.measureText(number(step)).width / 2) + 5;
  const middle = Math.min(Math.max(x, layout.gutter + half), layout.width - half - RIGHT / 2);
  return { x, left: middle - half, right: middle + half };
}

function ellipsis(c: Context, text: string, room: number): string {
  if (c.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 1 && c.measureText(`${text.slice(0, end)}…`).width > room) end--;
  return `${text.slice(0, end)}…`;
}
