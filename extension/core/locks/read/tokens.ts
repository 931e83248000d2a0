/**
 * The tokens of one body, as arrays. Comments, directives and what #if leaves out are not there; brackets know their
 * partners, also where they do not balance (the partner is then the end).
 */
export interface Tokens {
  readonly text: readonly string[];
  /** Offsets in the file of each token's first character, and at [count] of the end. */
  readonly at: readonly number[];
  readonly kind: readonly Kind[];
  /** Of an opening bracket: the index of its closing one. */
  readonly match: readonly number[];
  readonly count: number;
}

export enum Kind {
  Name = 0,
  Number = 1,
  String = 2,
  Char = 3,
  Mark = 4,
  End = 5,
}

const THREE = new Set(['<<=', '>>=', '...']);
const TWO = new Set([
  '->',
  '++',
  '--',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '##',
]);
const single: string[] = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));
/** One string per name: slices of big texts would keep those alive, and comparing is by pointer. */
const names = new Map<string, string>();

const LETTER = 1;
const DIGIT = 2;
const classes = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 36 || c >= 128) classes[c] = LETTER;
  else if (c >= 48 && c <= 57) classes[c] = DIGIT;
}
const classAt = (text: string, i: number): number => {
  const c = text.charCodeAt(i);
  return c < 256 ? classes[c]! : c > 0 ? LETTER : 0;
};

/**
 * @param blanks sorted ranges of the file that are to be left out
 * @param joined a macro's body: backslash-newlines are space
 */
export function tokenize(
  text: string,
  from: number,
  to: number,
  blanks: readonly (readonly [start: number, end: number])[],
): Tokens {
  const out: string[] = [];
  const at: number[] = [];
  const kind: Kind[] = [];
  const match: number[] = [];
  const open: number[] = [];
  let blank = firstBlank(blanks, from);
  let i = from;
  const push = (start: number, end: number, k: Kind, t: string) => {
    at.push(start);
    kind.push(k);
    match.push(-1);
    out.push(t);
    i = end;
  };
  while (i < to) {
    const range = blanks[blank];
    if (range && i >= range[0]) {
      if (range[1] > i) i = range[1];
      blank++;
      continue;
    }
    const c = text.charCodeAt(i);
    if (c === 32 || c === 9 || c === 10 || c === 13 || c === 92 || c === 12 || c === 11) {
      i++;
      continue;
    }
    const sort = c < 256 ? classes[c]! : LETTER;
    if (sort === LETTER) {
      let end = i + 1;
      while (end < to && classAt(text, end) !== 0) end++;
      const slice = text.slice(i, end);
      let name = names.get(slice);
      if (name === undefined) {
        name = `${slice} `.slice(0, -1);
        names.set(name, name);
      }
      push(i, end, Kind.Name, name);
      continue;
    }
    const d = text.charCodeAt(i + 1);
    if (sort === DIGIT || (c === 46 && d >= 48 && d <= 57)) {
      let end = i + 1;
      while (end < to) {
        if (classAt(text, end) !== 0 || text.charCodeAt(end) === 46) end++;
        else if (
          (text.charCodeAt(end) === 43 || text.charCodeAt(end) === 45) &&
          /[eEpP]/.test(text[end - 1]!) &&
          !/^0[xX]/.test(text.slice(i, i + 2))
        )
          end++;
        else break;
      }
      push(i, end, Kind.Number, text.slice(i, end));
      continue;
    }
    if (c === 47 && d === 42) {
      const end = text.indexOf('*/', i + 2);
      i = end < 0 ? to : end + 2;
      continue;
    }
    if (c === 47 && d === 47) {
      const end = text.indexOf('\n', i);
      i = end < 0 ? to : end;
      continue;
    }
    if (c === 34 || c === 39) {
      let end = i + 1;
      while (end < to) {
        const e = text.charCodeAt(end);
        if (e === 92) end += 2;
        else if (e === c || e === 10) break;
        else end++;
      }
      push(i, Math.min(end + 1, to), c === 34 ? Kind.String : Kind.Char, c === 34 ? '""' : "''");
      continue;
    }
    const three = text.slice(i, i + 3);
    if (THREE.has(three)) {
      push(i, i + 3, Kind.Mark, three);
      continue;
    }
    const two = three.slice(0, 2);
    if (TWO.has(two)) {
      push(i, i + 2, Kind.Mark, two);
      continue;
    }
    if (c === 40 || c === 91 || c === 123) open.push(out.length);
    else if (c === 41 || c === 93 || c === 125) {
      const partner = c === 41 ? '(' : c === 93 ? '[' : '{';
      // An opening bracket that is never closed ends where the one around it does.
      for (let k = open.length - 1; k >= 0; k--) {
        if (out[open[k]!] !== partner) continue;
        for (let j = open.length - 1; j >= k; j--) match[open[j]!] = out.length;
        open.length = k;
        break;
      }
    }
    push(i, i + 1, Kind.Mark, single[c] ?? '?');
  }
  for (const left of open) match[left] = out.length;
  at.push(to);
  kind.push(Kind.End);
  match.push(-1);
  out.push('');
  return { text: out, at, kind, match, count: out.length - 1 };
}

function firstBlank(blanks: readonly (readonly [number, number])[], from: number): number {
  let low = 0;
  let high = blanks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blanks[middle]![1] <= from) low = middle + 1;
    else high = middle;
  }
  return low;
}
