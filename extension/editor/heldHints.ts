import type { HeldFunction, HeldLine, HeldLock } from '../core/locks/heldLines.ts';

/** What is to be shown behind a line: the locks held when control comes to it; none: nothing is held any more. */
export interface HeldHint {
  /** 1-based. */
  readonly line: number;
  readonly held: readonly HeldLock[];
}

/** Reads a line of the text at hand, 1-based. */
export type LineAt = (line: number) => string;

const LOOP = /^\s*(?:\}\s*)?(?:for|while|do|\w*for_each\w*)\b/;
const LABEL = /^\s*(?!default\b)[A-Za-z_]\w*\s*:(?!:)/;

/**
 * Where the held set is worth a reader's look: at lines that it differs at from the line above, and, while something is
 * held, at heads of loops and at labels, where control comes from elsewhere. In order of lines.
 */
export function heldHints(functions: readonly HeldFunction[], lineAt: LineAt): HeldHint[] {
  const out: HeldHint[] = [];
  for (const { first, last, lines } of functions) {
    let before = '';
    let next = 0;
    for (let line = first; line <= last; line++) {
      while (next < lines.length && lines[next]!.line < line) next++;
      const at = lines[next];
      if (!at) break;
      const isHead = isHeadOf(lineAt(line));
      // A line that does nothing has no set of its own; a head has that of what follows it.
      if (at.line !== line && !isHead) continue;
      const now = keyOf(at.held);
      if (now !== before || (isHead && at.held.length)) out.push({ line, held: at.held });
      before = now;
    }
  }
  return out.sort((a, b) => a.line - b.line);
}

const isHeadOf = (text: string): boolean => LOOP.test(text) || LABEL.test(text);

/** Lines in a row with the same kind of locks held. 1-based, both included. */
export interface HeldStretch {
  readonly first: number;
  readonly last: number;
  readonly held: readonly HeldLock[];
}

/** The stretches of lines with locks held; lines that do nothing belong to what follows them. */
export function heldStretches(functions: readonly HeldFunction[]): HeldStretch[] {
  const out: HeldStretch[] = [];
  for (const { lines } of functions) {
    let above: HeldLine | undefined;
    for (const at of lines) {
      if (at.held.length) {
        const isOn = above !== undefined && above.held.length > 0;
        const open = out.at(-1);
        if (open && isOn && keyOf(open.held) === keyOf(at.held)) out[out.length - 1] = { ...open, last: at.line };
        else out.push({ first: isOn ? above!.line + 1 : at.line, last: at.line, held: at.held });
      }
      above = at;
    }
  }
  return out;
}

const keyOf = (held: readonly HeldLock[]): string =>
  held
    .map(h => `${h.lock || h.primitive}:${h.mode}${h.maybe ? '?' : ''}`)
    .sort()
    .join(' ');

/**
 * A lock in few letters: the last two parts of its path, `?` when it is held on some of the paths only. What has no path
 * (`preempt_disable()`) is called like what did it.
 */
export function shortName({ lock, primitive, mode, maybe }: HeldLock): string {
  const name = lock === '' ? primitive : lastParts(lock.replace(/^[&*]+/, ''), 2);
  return `${name}${mode === 'read' && lock !== '' ? ' (read)' : ''}${maybe ? '?' : ''}`;
}

/** The last parts of an access path, where brackets are closed. */
function lastParts(path: string, count: number): string {
  let depth = 0;
  let left = count;
  for (let at = path.length - 1; at > 0; at--) {
    const c = path[at]!;
    if (/[)\]]/.test(c)) depth++;
    else if (/[([]/.test(c)) depth--;
    else if (depth === 0 && (c === '.' || (c === '>' && path[at - 1] === '-')) && --left === 0)
      return path.slice(at + 1);
  }
  return path;
}
