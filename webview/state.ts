/** Which version of the source: `before` is the plain tree, `after` the patched one (there only when a patch is given). */
export type Side = 'before' | 'after';

/** What a person looks at in one run: the scrub cursor and the visible stretch, in steps. `to` is exclusive. */
export interface View {
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

/** Kinds of marker that can be hidden. */
export const MARKER_GROUPS = ['pagetable', 'barrier', 'tlbflush', 'alloc', 'output', 'trouble'] as const;
export type MarkerGroup = (typeof MARKER_GROUPS)[number];

/** Parts of the panel that fold away. */
export const SECTIONS = ['threads', 'tables', 'ptdump', 'holds', 'events'] as const;
export type Section = (typeof SECTIONS)[number];

/**
 * Everything the panel remembers, as plain data: `vscode.setState` keeps it over hiding and over a window reload, and
 * `deserializeWebviewPanel` gets it back. What ran is in `key`, which belongs to the host and is opaque here; traces are
 * never kept, they are run again.
 */
export interface PanelState {
  readonly version: 1;
  readonly key: unknown;
  readonly side: Side;
  readonly views: { readonly [side in Side]?: View };
  readonly hidden: readonly MarkerGroup[];
  readonly folded: readonly Section[];
}

export function freshState(key: unknown): PanelState {
  return { version: 1, key, side: 'before', views: {}, hidden: [], folded: ['events'] };
}

/** Reads what a window kept; undefined when it is of no known shape (another version wrote it). */
export function readState(value: unknown): PanelState | undefined {
  if (!isRecord(value) || value.version !== 1 || !isRecord(value.views)) return undefined;
  const fresh = freshState(value.key);
  const views: { [side in Side]?: View } = {};
  for (const side of ['before', 'after'] as const) {
    const v = value.views[side];
    if (isRecord(v) && [v.step, v.from, v.to].every(Number.isFinite)) views[side] = v as unknown as View;
  }
  return {
    ...fresh,
    side: value.side === 'after' ? 'after' : 'before',
    views,
    hidden: known(value.hidden, MARKER_GROUPS) ?? fresh.hidden,
    folded: known(value.folded, SECTIONS) ?? fresh.folded,
  };
}

/** What was kept, if it belongs to the same run; where a run was looked at means nothing for another one. */
export function stateFor(kept: PanelState | undefined, key: unknown): PanelState {
  if (kept && JSON.stringify(kept.key) === JSON.stringify(key)) return { ...kept, key };
  const fresh = freshState(key);
  return kept ? { ...fresh, hidden: kept.hidden, folded: kept.folded } : fresh;
}

/** The fewest steps that fill the timeline. */
export const CLOSEST = 8;

/** A view that lies inside a run of `steps` steps; the whole run when there was none. */
export function viewOf(view: View | undefined, steps: number): View {
  const most = Math.max(1, steps);
  if (!view) return { step: 0, from: 0, to: most };
  const width = Math.min(Math.max(view.to - view.from, Math.min(CLOSEST, most)), most);
  const from = Math.min(Math.max(0, view.from), most - width);
  return { step: Math.min(Math.max(0, Math.round(view.step)), most - 1), from, to: from + width };
}

/** Scales the visible stretch by `factor` (above 1: more steps), keeping the step `about` where it is. */
export function zoomed(view: View, steps: number, about: number, factor: number): View {
  const most = Math.max(1, steps);
  const width = Math.min(Math.max((view.to - view.from) * factor, Math.min(CLOSEST, most)), most);
  const share = (about - view.from) / (view.to - view.from);
  return viewOf({ step: view.step, from: about - share * width, to: about - share * width + width }, steps);
}

export function panned(view: View, steps: number, by: number): View {
  return viewOf({ step: view.step, from: view.from + by, to: view.to + by }, steps);
}

/** The cursor at `step`; the visible stretch follows when the cursor would leave it. */
export function movedTo(view: View, steps: number, step: number): View {
  const at = Math.min(Math.max(0, Math.round(step)), Math.max(0, steps - 1));
  const width = view.to - view.from;
  const margin = Math.min(width / 8, 20);
  let { from } = view;
  if (at < from || at + 1 > from + width) from = at < from ? at - margin : at + 1 + margin - width;
  return viewOf({ step: at, from, to: from + width }, steps);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function known<T extends string>(value: unknown, all: readonly T[]): T[] | undefined {
  return Array.isArray(value) ? all.filter(a => value.includes(a)) : undefined;
}
