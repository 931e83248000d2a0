import type { TraceDocument, VerdictDocument } from '../extension/core/report/documents.ts';
import type { PanelState, Side } from './state.ts';

/** Raised when either end would misread the other. The panel refuses a `show` of another version with one clear line. */
export const PROTOCOL = 1;

/** A line of the tree that ran. `file` is as events name it: relative to the root of the tree; `line` is 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/**
 * Show one run, or the same scenario over the plain and the patched source. Replaces what was shown. When `key` equals
 * (as JSON) the key that the panel remembers, cursor, zoom and filters are kept; otherwise the panel starts afresh.
 */
export interface Show {
  readonly t: 'show';
  readonly protocol: typeof PROTOCOL;
  /** What ran, as the host needs it to run it again; kept in the panel's state, opaque to the panel. */
  readonly key: unknown;
  /** The scenario's title. */
  readonly title: string;
  readonly traces: { readonly before: TraceDocument; readonly after?: TraceDocument };
  /** Short names for the before/after switch: "linux-6.1", "no-action-continue.patch". */
  readonly labels: { readonly before: string; readonly after?: string };
  /** Start at this side or step instead of where the panel was: a command jumped to a line, a test. */
  readonly at?: { readonly side?: Side; readonly step?: number };
}

/** The editor's text cursor is on this line (or left the tree: no place): its events are highlighted. */
export interface Cursor {
  readonly t: 'cursor';
  readonly place?: Place;
}

/** Source text of lines, in reply to `want`. A line that does not exist is left out. */
export interface Lines {
  readonly t: 'lines';
  readonly side: Side;
  readonly lines: readonly (Place & { readonly text: string })[];
}

/** A run is going on; what is shown stays, marked as old. */
export interface Busy {
  readonly t: 'busy';
  readonly text: string;
}

/** Nothing can be shown: one clear line that says what to do. */
export interface Fail {
  readonly t: 'fail';
  readonly message: string;
}

/** Move the cursor by command (keybinding of the editor): by `delta` events of the shown run. */
export interface StepBy {
  readonly t: 'stepBy';
  readonly delta: number;
}

/** How far exploring is, or what it came to. `share`: an estimate of how much of all is done, 0 to 1; `found`: violations. */
export type Exploration =
  | { readonly state: 'running'; readonly executions: number; readonly share: number; readonly found: number }
  | { readonly state: 'done'; readonly verdict: VerdictDocument; readonly stale: boolean }
  | { readonly state: 'failed'; readonly message: string };

/** Every interleaving of the shown scenario over the source of this side is explored, or was; none: nobody has asked. */
export interface Explored {
  readonly t: 'explored';
  readonly side: Side;
  readonly exploration?: Exploration;
}

export type ToPanel = Show | Cursor | Lines | Busy | Fail | StepBy | Explored;

/** The panel's script runs and listens. `state` is what the window kept, if any. The host answers with `show`. */
export interface Ready {
  readonly t: 'ready';
  readonly protocol: typeof PROTOCOL;
  readonly state?: PanelState;
}

/** The scrub cursor moved (or a run was first shown, or the side was switched): decorate the threads' lines. */
export interface Scrub {
  readonly t: 'scrub';
  readonly side: Side;
  readonly step: number;
}

/** A click: open this line beside the panel, in the source of this side. */
export interface Reveal extends Place {
  readonly t: 'reveal';
  readonly side: Side;
}

/** The panel shows these lines and has no text for them yet: answer with `lines`. Asked once per line and side. */
export interface Want {
  readonly t: 'want';
  readonly side: Side;
  readonly places: readonly Place[];
}

/** What the panel remembers has changed (sent at most every 100 ms); the panel has already called `vscode.setState`. */
export interface StateChanged {
  readonly t: 'state';
  readonly state: PanelState;
}

/** Run again: the same schedule, a random one with a new seed, or one that the host asks for. */
export interface Rerun {
  readonly t: 'rerun';
  readonly schedule: 'same' | 'random' | 'choose';
}

/** Stop the run that is going on; the host answers with `show` of what was there, or with `fail`. */
export interface Cancel {
  readonly t: 'cancel';
}

/** Explore every interleaving of the shown scenario, over each source that is shown. */
export interface Explore {
  readonly t: 'explore';
}

/** Stop exploring: there is a verdict of what was done. */
export interface StopExploring {
  readonly t: 'stopExploring';
}

/** Run the witness of a violation, by its number in the verdict of this side. */
export interface Witness {
  readonly t: 'witness';
  readonly side: Side;
  readonly index: number;
}

export type FromPanel =
  | Ready
  | Scrub
  | Reveal
  | Want
  | StateChanged
  | Rerun
  | Cancel
  | Explore
  | StopExploring
  | Witness;
