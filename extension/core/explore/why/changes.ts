import { diffArrays } from 'diff';

/** Lines that a patch puts in the place of others; either may be none. */
export interface Change {
  /** The first line in the text after the patch, 1-based, that is new; where lines are only taken away: the one after them. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** What differs between a file before and after a patch, line by line. */
export function changesOf(before: string, after: string): Change[] {
  const changes: Change[] = [];
  let line = 1;
  let removed: string[] = [];
  for (const part of diffArrays(before.split('\n'), after.split('\n'))) {
    if (part.removed) {
      removed = part.value;
      continue;
    }
    if (part.added) {
      changes.push({ line, removed, added: part.value });
      line += part.value.length;
    } else {
      if (removed.length) changes.push({ line, removed, added: [] });
      line += part.value.length;
    }
    removed = [];
  }
  if (removed.length) changes.push({ line, removed, added: [] });
  return changes;
}
