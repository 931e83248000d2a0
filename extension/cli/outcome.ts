/** What a command prints, and its exit status: 0 nothing found, 1 findings, 2 it could not do all of it. */
export interface Outcome {
  readonly text: string;
  readonly status: 0 | 1 | 2;
  /** One line for standard error. */
  readonly problem?: string;
}

export const ran = (text: string): Outcome => ({ text, status: 0 });
