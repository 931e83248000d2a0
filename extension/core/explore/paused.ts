import type { Violation } from '../report/documents.ts';
import { InputError } from '../text/source.ts';
import { differing, type Versions } from '../translate/versions.ts';
import type { SavedExploration } from './dpor/saved.ts';
import type { SavedSharing } from './sharing.ts';

/** An exploration that was stopped half way, as it is kept in a file: enough to go on there. */
export interface PausedExploration {
  readonly version: 1;
  readonly paused: 'exploration';
  /** For whoever looks into the file. */
  readonly scenario: string;
  /** Of the program: it can only go on with the same. */
  readonly versions: Versions;
  readonly preemptions?: number;
  readonly violations: readonly Violation[];
  /** Of each violation, by its key (found.ts): threads of the witness's steps as they were explored. */
  readonly witnesses: readonly (readonly [string, readonly number[]])[];
  readonly exploration: SavedExploration;
  readonly sharing: SavedSharing;
}

/**
 * Reads such a file.
 *
 * @param text of the file
 * @param file for messages
 * @throws InputError for a text that is none
 */
export function readPaused(text: string, file: string): PausedExploration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const is = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
  if (!is(value) || value['paused'] !== 'exploration' || !is(value['exploration']))
    throw new InputError(`${file}: no exploration was saved there; name a file that lockstep explore --resume wrote`, {
      file,
    });
  if (value['version'] !== 1)
    throw new InputError(`${file}: another version of Lockstep saved it; remove the file and explore anew`, { file });
  return value as unknown as PausedExploration;
}

/** @throws InputError that says what is not the same any more */
export function requireSame(paused: PausedExploration, versions: Versions, preemptions: number | undefined): void {
  const files = differing(paused.versions, versions);
  if (files.length) {
    const more = files.length > 1 ? ` and ${files.length - 1} more ${files.length > 2 ? 'files' : 'file'}` : '';
    throw new InputError(
      `the saved exploration is of another version: functions of ${files[0]}${more} do something else now; explore anew`,
      { file: files[0]! },
    );
  }
  if (paused.preemptions === preemptions) return;
  const bound = paused.preemptions === undefined ? 'no bound of preemptions' : `--preemptions ${paused.preemptions}`;
  throw new InputError(`the saved exploration was begun with ${bound}; go on with the same, or explore anew`);
}
