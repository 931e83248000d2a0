import type { Definition, Scanned } from './scan.ts';

/** A definition of a file read anew, and the one of before that reads the same. */
export type Pair = readonly [before: Definition, after: Definition];

/**
 * What an edit within bodies of functions has left as it was. undefined: the edit may matter to more than the functions
 * that it is in (what stands between functions differs, a head, a directive, what is stored in ops structs), so that
 * nothing can be said.
 */
export function untouched(before: Scanned, after: Scanned): readonly Pair[] | undefined {
  const [old, now] = [inOrder(before), inOrder(after)];
  if (old.length !== now.length) return undefined;
  const same: Pair[] = [];
  let [oldEnd, nowEnd] = [0, 0];
  for (const [i, a] of old.entries()) {
    const b = now[i]!;
    if (!isNamesake(a, b)) return undefined;
    if (a.kind === 'function') {
      if (before.text.slice(oldEnd, a.start) !== after.text.slice(nowEnd, b.start)) return undefined;
      [oldEnd, nowEnd] = [a.end, b.end];
    }
    const [was, is] = [textOf(a), textOf(b)];
    if (was === is) same.push([a, b]);
    else if (a.kind === 'macro' || heedful(a, was) !== heedful(b, is)) return undefined;
  }
  return before.text.slice(oldEnd) === after.text.slice(nowEnd) ? same : undefined;
}

const inOrder = (file: Scanned): Definition[] =>
  [...file.definitions.values()].flat().sort((a, b) => a.start - b.start || a.end - b.end);

const textOf = ({ source, start, end }: Definition): string => source.text.slice(start, end);

const isNamesake = (a: Definition, b: Definition): boolean =>
  a.kind === b.kind &&
  a.name === b.name &&
  a.static === b.static &&
  a.under === b.under &&
  a.conditions.join('\n') === b.conditions.join('\n');

/** What of a function's text may matter to others: its head, directives in it, and what it stores in fields. */
function heedful({ start, bodyStart }: Definition, text: string): string {
  const body = text.slice(bodyStart - start);
  return [text.slice(0, bodyStart - start), ...(body.match(HEEDFUL) ?? [])].join('\n');
}

const HEEDFUL = /^[ \t]*#.*(?:\\\n.*)*|(?:\.|->)\w+\s*=\s*&?[A-Za-z_]\w*\s*[,;}\n]/gm;
