/** What a step touches, as it is saved: address of an 8-byte word, mask of its bytes, Kind. */
export type SavedTouch = readonly [at: number, mask: number, kind: number];
/** A step that is to be taken or was taken: its thread, what it touches, and the wakeup tree after it. */
export interface SavedStep {
  readonly thread: number;
  readonly touches: readonly SavedTouch[];
  readonly then: readonly SavedStep[];
}
/** A node of the path: the steps explored from it, which are asleep there, and those still to be explored. */
export interface SavedNode {
  readonly explored: readonly SavedStep[];
  readonly branches: readonly SavedStep[];
}

/** An exploration that was paused: plain data, to be kept in a file or given to a worker. */
export interface SavedExploration {
  readonly threads: number;
  /** The threads of the path's steps. */
  readonly schedule: readonly number[];
  /** A node for each of its states, from the one before the first step: one more than steps. */
  readonly nodes: readonly SavedNode[];
  readonly explored: Explored;
}

/** What an exploration has come to. */
export interface Explored {
  /** Executions, however they ended. */
  executions: number;
  /** Of those: executions that ended with some threads blocked for ever. */
  deadlocks: number;
  /** Of those: executions that a step ended. */
  stopped: number;
  /**
   * Executions given up because all that could go on is explored elsewhere. The algorithm promises that it is 0 without a
   * bound.
   */
  blocked: number;
  /** Sequences not followed because they need more preemptions than the bound. */
  bounded: number;
  /** Every class of executions was explored: nothing ended it before, no bound and no stopped execution hid others. */
  complete: boolean;
  /** Steps taken, those of re-execution included. */
  steps: number;
}
