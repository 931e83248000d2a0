/** A comment of a C text: offsets of its first and past its last character, both marks included. */
export interface Comment {
  readonly start: number;
  readonly end: number;
}

/**
 * The comments of a C text that contain `marker`, in order. Strings and character constants are no comments. A text
 * without the marker costs one search.
 */
export function commentsWith(text: string, marker: string): Comment[] {
  const found: Comment[] = [];
  const last = text.lastIndexOf(marker);
  for (let at = 0; at <= last; ) {
    const next = skip(text, at);
    if (text[at] === '/' && next > at + 1 && text.slice(at, next).includes(marker))
      found.push({ start: at, end: next });
    at = next;
  }
  return found;
}

/**
 * The offset after what begins at `at`: a whole comment, a whole string or character constant, else one character.
 * What is never closed ends with its line (strings) or with the text (comments).
 */
export function skip(text: string, at: number): number {
  const c = text[at];
  if (c === '/' && text[at + 1] === '*') {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (c === '/' && text[at + 1] === '/') {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  if (c !== '"' && c !== "'") return at + 1;
  let i = at + 1;
  for (; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === c) return i + 1;
  }
  return i;
}
