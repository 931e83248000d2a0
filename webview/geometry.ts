import { MARKERS } from '../extension/core/report/lanes.ts';
import { groupOf, type Run } from './run.ts';
import type { MarkerGroup, View } from './state.ts';

/** Sizes of the timeline in CSS pixels. */
export const AXIS = 22;
export const MARKER_ROW = 16;
export const BAR = 16;
export const BAR_GAP = 2;
export const LANE_PAD = 5;
/** Widest gutter for the threads' names. */
export const GUTTER_MOST = 160;
/** Empty strip at the right, so that the last step can be taken hold of. */
export const RIGHT = 8;

export interface LaneBox {
  readonly top: number;
  readonly height: number;
}

/** Where things are on the canvas, in CSS pixels. Steps map to x linearly from the view; time is never summed up. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly lanes: readonly LaneBox[];
  readonly view: View;
}

export function layOut(run: Run, view: View, width: number, gutter: number): Layout {
  const lanes: LaneBox[] = [];
  let top = AXIS;
  for (const lane of run.lanes.lanes) {
    const height = LANE_PAD + MARKER_ROW + Math.max(1, lane.rows) * (BAR + BAR_GAP) + LANE_PAD;
    lanes.push({ top, height });
    top += height;
  }
  return { width, height: top, gutter, lanes, view };
}

export function plotWidth(layout: Layout): number {
  return Math.max(1, layout.width - layout.gutter - RIGHT);
}

/** Left edge of a step. */
export function xOf(layout: Layout, step: number): number {
  const { from, to } = layout.view;
  return layout.gutter + ((step - from) / (to - from)) * plotWidth(layout);
}

/** The step under x, as a fraction. */
export function stepAt(layout: Layout, x: number): number {
  const { from, to } = layout.view;
  return from + ((x - layout.gutter) / plotWidth(layout)) * (to - from);
}

export function barTop(layout: Layout, thread: number, depth: number): number {
  return layout.lanes[thread]!.top + LANE_PAD + MARKER_ROW + depth * (BAR + BAR_GAP);
}

/** Middle of the row of markers of a thread. */
export function markerMiddle(layout: Layout, thread: number): number {
  return layout.lanes[thread]!.top + LANE_PAD + MARKER_ROW / 2 - 1;
}

/** What is under the pointer. */
export type Hit =
  | { readonly kind: 'axis'; readonly step: number }
  | { readonly kind: 'gutter'; readonly thread: number }
  | { readonly kind: 'marker'; readonly marker: number; readonly step: number }
  | { readonly kind: 'bar'; readonly bar: number; readonly step: number }
  | { readonly kind: 'lane'; readonly thread: number; readonly step: number };

/** How far from a marker's middle a click still means it, in pixels. */
const NEAR = 6;

/** The topmost thing at a point; undefined outside of everything. Markers win by nearness, later ones over earlier. */
export function hitTest(
  run: Run,
  layout: Layout,
  hidden: readonly MarkerGroup[],
  x: number,
  y: number,
): Hit | undefined {
  if (x < 0 || y < 0 || x > layout.width || y > layout.height) return undefined;
  const step = Math.min(Math.max(Math.floor(stepAt(layout, x)), 0), Math.max(0, run.steps - 1));
  if (y < AXIS) return x < layout.gutter ? undefined : { kind: 'axis', step };
  const thread = layout.lanes.findIndex(l => y >= l.top && y < l.top + l.height);
  if (thread < 0) return undefined;
  if (x < layout.gutter) return { kind: 'gutter', thread };
  if (Math.abs(y - markerMiddle(layout, thread)) <= MARKER_ROW / 2) {
    const marker = nearestMarker(run, layout, hidden, thread, x);
    if (marker !== undefined) return { kind: 'marker', marker, step: run.lanes.markers.step[marker]! };
  }
  const { bars, lanes } = run.lanes;
  const [first, end] = lanes[thread]!.bars;
  let best: number | undefined;
  for (let i = first; i < end; i++) {
    const top = barTop(layout, thread, bars.depth[i]!);
    if (y < top || y >= top + BAR) continue;
    const left = xOf(layout, bars.start[i]!);
    // A bar is drawn at least one pixel wide, and a little more is allowed for the hand.
    if (x >= left - 1 && x < Math.max(xOf(layout, bars.end[i]!), left + 2)) best = i;
  }
  if (best !== undefined) return { kind: 'bar', bar: best, step };
  return { kind: 'lane', thread, step };
}

function nearestMarker(
  run: Run,
  layout: Layout,
  hidden: readonly MarkerGroup[],
  thread: number,
  x: number,
): number | undefined {
  const { markers, lanes } = run.lanes;
  const [first, end] = lanes[thread]!.markers;
  let low = first;
  let high = end;
  const least = stepAt(layout, x - NEAR) - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (markers.step[middle]! < least) low = middle + 1;
    else high = middle;
  }
  let best: number | undefined;
  let distance = NEAR;
  for (let i = low; i < end; i++) {
    const at = xOf(layout, markers.step[i]! + 0.5);
    if (at > x + NEAR) break;
    if (hidden.includes(groupOf(MARKERS[markers.kind[i]!]!))) continue;
    if (Math.abs(at - x) <= distance) {
      best = i;
      distance = Math.abs(at - x);
    }
  }
  return best;
}
