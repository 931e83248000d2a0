import { InputError } from '../text/source.ts';
import type { Unit } from './unit.ts';

/** Headers that a build makes; a tree that is only checked out has none of them, and the stated configuration answers. */
const MADE_BY_A_BUILD = /^(generated\/|asm\/(unistd_|syscalls_|intrinsics\.h))/;

/** Headers that should be in the tree and are not, each once, with the place of its first #include. */
export function missingHeaders(units: readonly Unit[]): Unit['missing'] {
  const seen = new Set<string>();
  return units
    .flatMap(u => u.missing)
    .filter(m => !MADE_BY_A_BUILD.test(m.include) && !seen.has(m.include) && seen.add(m.include));
}

/** An error with the headers that are missing as its likely cause; the error itself when none are. */
export function blameMissing(error: unknown, units: readonly Unit[], tree: string): unknown {
  const missing = missingHeaders(units);
  if (!(error instanceof InputError) || missing.length === 0) return error;
  const named = missing.slice(0, 3).map(m => `${m.include} (included at ${m.file}:${m.line})`);
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  const are = missing.length === 1 ? 'is' : 'are';
  return new InputError(`${error.message}. ${named.join(', ')}${more} ${are} not in ${tree}`, error.at);
}
