import { InputError, readingError } from '../core/text/source.ts';
import type { DiskTree } from './diskTree.ts';

/** What a command prints, and its exit status: 0 nothing found, 1 findings, 2 it could not do all of it. */
export interface Outcome {
  readonly text: string;
  readonly status: 0 | 1 | 2;
  /** One line for standard error. */
  readonly problem?: string;
  /** What could not be read or kept and did not stop it: lines for standard error. */
  readonly notices?: readonly string[];
  /** Not worth a file: it is shown, but --output does not write it. */
  readonly incomplete?: boolean;
}

/** @param trees that the text was made from: what of them could not be read is told */
export const ran = (text: string, ...trees: DiskTree[]): Outcome => ({
  text,
  status: 0,
  notices: trees.flatMap(tree => [...tree.unread].map(([path, why]) => `${path}: ${why}`)),
});

/** A mistake found in what `tree` has: that a header is not there, say. Why it could not be read is told with it. */
export function withUnread(thrown: unknown, tree: DiskTree): unknown {
  const error = readingError(thrown);
  const [first] = tree.unread;
  if (!(error instanceof InputError) || !first) return error;
  return new InputError(`${error.message} (${first[0]}: ${first[1]})`, error.at);
}
