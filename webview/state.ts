/** Which version of the source: `before` is the plain tree, `after` the patched one (there only when a patch is given). */
export type Side = 'before' | 'after';

/** What a person looks at in one run: the scrub cursor and the visible stretch, in steps. `to` is exclusive. */
export interface View {
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

/** Kinds of marker that can be hidden. */
export type MarkerGroup = 'pagetable' | 'barrier' | 'tlbflush' | 'alloc' | 'trouble' | 'output';

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
  /** The lower tab in front. */
  readonly tab: Tab;
}

export type Tab = 'tables' | 'ptdump' | 'holds' | 'events';
