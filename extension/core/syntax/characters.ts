/** Whether a C name can begin with this UTF-16 unit; any unit outside ASCII counts as a letter. */
export const startsName = (unit: number): boolean =>
  (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95 || unit === 36 || unit > 127;
export const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;
export const continuesName = (unit: number): boolean => startsName(unit) || isDigit(unit);

/** A stretch of source with each comment as one space. Linear: no regular expression that backtracks over `/*`. */
export function withoutComments(text: string): string {
  const parts: string[] = [];
  let kept = 0;
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) {
    const block = text[at + 1] === '*';
    if (!block && text[at + 1] !== '/') continue;
    const end = text.indexOf(block ? '*/' : '\n', at + 2);
    parts.push(text.slice(kept, at), ' ');
    kept = end < 0 ? text.length : block ? end + 2 : end;
    at = kept - 1;
  }
  parts.push(text.slice(kept));
  return parts.join('');
}
