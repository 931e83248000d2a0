import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Compares text with a file beside the test. On a mismatch the text goes to `<file>.actual`, for a person to read the
 * difference and, when it is right, to move into place.
 */
export function assertGolden(actual: string, file: URL): void {
  let expected: string | undefined;
  try {
    expected = readFileSync(file, 'utf8');
  } catch {
    // A new golden: the .actual file is its first version.
  }
  if (actual === expected) return;
  writeFileSync(new URL(`${file.href}.actual`), actual);
  assert.equal(
    actual,
    expected ?? '(no golden file yet)',
    `differs from ${file.pathname}; what came out is in .actual`,
  );
}
