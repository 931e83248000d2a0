import type { Stmt } from '../ast.ts';

/**
 * `goto` without goto: C labels become labelled blocks and loops of JavaScript, whose `break` and `continue` jump.
 *
 * A jump forward over statements to a label is a `break` out of a labelled block that ends where the label stands; a
 * jump back is a `continue` of a labelled loop that begins there and is left at its end. Kernel code jumps outwards
 * (error exits) and back to a retry label, which both fit. Jumps into a block do not.
 */
export type Structured =
  | Stmt
  /** `name: { body }`: goto name inside is `break name`. */
  | { readonly kind: 'forward'; readonly name: string; readonly body: readonly Structured[]; readonly line: number }
  /** `name: for (;;) { body; break; }`: goto name inside is `continue name`. */
  | { readonly kind: 'backward'; readonly name: string; readonly body: readonly Structured[]; readonly line: number };

interface Range {
  readonly kind: 'forward' | 'backward';
  readonly name: string;
  from: number;
  to: number;
}

/** All goto targets anywhere inside a statement. */
export function gotosIn(s: Stmt, into: Set<string> = new Set()): Set<string> {
  switch (s.kind) {
    case 'goto':
      into.add(s.name);
      break;
    case 'if':
      gotosIn(s.then, into);
      if (s.else) gotosIn(s.else, into);
      break;
    case 'while':
    case 'do':
    case 'switch':
      gotosIn(s.body, into);
      break;
    case 'for':
      gotosIn(s.body, into);
      break;
    case 'block':
      for (const inner of s.body) gotosIn(inner, into);
      break;
    default:
  }
  return into;
}

/** The list with its labels turned into blocks and loops, or the name of a label that does not fit. */
export function structure(list: readonly Stmt[]): { body: readonly Structured[] } | { unfit: string } {
  const ranges: Range[] = [];
  const targets = list.map(s => gotosIn(s));
  list.forEach((s, index) => {
    if (s.kind !== 'label') return;
    const users = targets.flatMap((t, i) => (t.has(s.name) ? [i] : []));
    const before = users.filter(i => i < index);
    const after = users.filter(i => i >= index);
    if (before.length > 0) ranges.push({ kind: 'forward', name: s.name, from: before[0]!, to: index });
    if (after.length > 0)
      ranges.push({ kind: 'backward', name: s.name, from: index, to: after[after.length - 1]! + 1 });
  });
  const unfit = nest(ranges);
  if (unfit) return { unfit };
  ranges.sort((a, b) => b.to - b.from - (a.to - a.from));
  return { body: build(list, 0, list.length, ranges) };
}

/** Makes crossing ranges nest: a block may begin earlier, a loop may end later. */
function nest(ranges: Range[]): string | undefined {
  for (let changed = true; changed; ) {
    changed = false;
    for (const a of ranges)
      for (const b of ranges) {
        if (!(a.from < b.from && b.from < a.to && a.to < b.to)) continue;
        if (b.kind === 'forward') b.from = a.from;
        else if (a.kind === 'backward') a.to = b.to;
        else return b.name;
        changed = true;
      }
  }
  return undefined;
}

function build(list: readonly Stmt[], from: number, to: number, ranges: readonly Range[]): Structured[] {
  const out: Structured[] = [];
  for (let i = from; i < to; ) {
    const index = ranges.findIndex(r => r.from === i && r.to <= to && r.to > r.from);
    const range = ranges[index];
    if (!range) {
      out.push(list[i]!);
      i++;
      continue;
    }
    const rest = ranges.slice(index + 1);
    out.push({
      kind: range.kind,
      name: range.name,
      body: build(list, range.from, range.to, rest),
      line: list[i]!.line,
    });
    i = range.to;
  }
  return out;
}
