/** What a command prints, and its exit status: 0 nothing found, 1 findings, 2 it could not do all of it. */
export interface Outcome {
  readonly text: string;
  readonly status: 0 | 1 | 2;
  /** One line for standard error. */
  readonly problem?: string;
  /** Not worth a file: it is shown, but --output does not write it. */
  readonly incomplete?: boolean;
}

export const ran = (text: string): Outcome => ({ text, status: 0 });
