import type { CToken } from '../token.ts';
import { Scanned } from './scan.ts';

/** A macro as active in a translation unit. */
export interface Macro {
  readonly name: string;
  /** undefined: object-like. Without the variadic one. */
  readonly params: readonly string[] | undefined;
  /** `__VA_ARGS__`, or the name before GNU's `...`. */
  readonly variadic: string | undefined;
  readonly body: readonly CToken[];
  readonly file: string;
  readonly line: number;
}

export interface MacroTable {
  macro(name: string): Macro | undefined;
}

/**
 * C macro expansion (C11 6.10.3, with GNU's named variadics and `, ## args`), by Prosser's algorithm of hide sets.
 *
 * @param keep names that are left alone; what stands in parentheses after them is expanded all the same
 */
export function expandMacros(tokens: readonly CToken[], table: MacroTable, keep?: (name: string) => boolean): CToken[] {
  const input = [...tokens].reverse();
  const out: CToken[] = [];
  for (let budget = 2_000_000; input.length > 0; budget--) {
    const token = input.pop()!;
    if (budget < 0 || token.kind !== 'id' || token.hide?.has(token.text)) {
      out.push(token);
      continue;
    }
    if (keep?.(token.text)) {
      out.push({ ...token, kept: true });
      continue;
    }
    const own = builtin(token);
    if (own) {
      out.push(own);
      continue;
    }
    const macro = table.macro(token.text);
    if (!macro) {
      out.push(token);
      continue;
    }
    let args: CToken[][] = [];
    let hide = token.hide;
    if (macro.params) {
      const next = input[input.length - 1];
      const taken = next?.text === '(' && next.kind === 'punct' ? takeArguments(input) : undefined;
      if (!taken) {
        out.push(token);
        continue;
      }
      args = taken.args;
      hide =
        token.hide && taken.close.hide ? new Set([...token.hide].filter(n => taken.close.hide!.has(n))) : undefined;
    }
    const hidden = new Set(hide);
    hidden.add(macro.name);
    const body = substitute(macro, args, token, table, keep);
    for (let i = body.length - 1; i >= 0; i--) {
      const b = body[i]!;
      input.push({ ...b, hide: b.hide ? new Set([...b.hide, ...hidden]) : hidden });
    }
  }
  return out;
}

let counter = 0;

function builtin(token: CToken): CToken | undefined {
  switch (token.text) {
    case '__LINE__':
      return { ...token, kind: 'num', text: String(token.line) };
    case '__FILE__':
      return { ...token, kind: 'str', text: JSON.stringify(token.file) };
    case '__COUNTER__':
      return { ...token, kind: 'num', text: String(counter++) };
    default:
      return undefined;
  }
}

/** Takes `( … )` off the input; undefined (and nothing taken) when it is never closed. */
function takeArguments(input: CToken[]): { args: CToken[][]; close: CToken } | undefined {
  const args: CToken[][] = [[]];
  let depth = 0;
  for (let i = input.length - 1; i >= 0; i--) {
    const token = input[i]!;
    if (token.kind === 'punct') {
      if (token.text === '(' && depth++ === 0) continue;
      if (token.text === ')' && --depth === 0) {
        input.length = i;
        return { args, close: token };
      }
      if (token.text === ',' && depth === 1) {
        args.push([]);
        continue;
      }
    }
    args[args.length - 1]!.push(token);
  }
  return undefined;
}

function substitute(
  macro: Macro,
  args: CToken[][],
  at: CToken,
  table: MacroTable,
  keep: ((name: string) => boolean) | undefined,
): CToken[] {
  const { params, variadic } = macro;
  const place = (t: CToken): CToken => ({ ...t, file: at.file, line: at.line, column: at.column });
  if (!params) return pasteAll(macro.body.map((t, i) => place(i === 0 ? { ...t, space: at.space } : t)));
  const raw = new Map<string, CToken[]>();
  params.forEach((p, i) => void raw.set(p, args[i] ?? []));
  const given = args.length > params.length && !(args.length === 1 && args[0]!.length === 0);
  if (variadic !== undefined) {
    const rest: CToken[] = [];
    args.slice(params.length).forEach((a, i) => {
      if (i > 0) rest.push({ ...at, kind: 'punct', text: ',', space: false, hide: undefined });
      rest.push(...a);
    });
    raw.set(variadic, rest);
  }
  const full = new Map<string, CToken[]>();
  const expanded = (name: string): CToken[] => {
    let tokens = full.get(name);
    if (!tokens) full.set(name, (tokens = expandMacros(raw.get(name)!, table, keep)));
    return tokens;
  };
  const out: CToken[] = [];
  const walk = (body: readonly CToken[]): void => {
    for (let i = 0; i < body.length; i++) {
      const token = body[i]!;
      const next = body[i + 1];
      if (token.text === '#' && token.kind === 'punct' && next && raw.has(next.text)) {
        out.push(place({ ...token, kind: 'str', text: stringify(unkept(raw.get(next.text)!, table)) }));
        i++;
      } else if (token.text === '__VA_OPT__' && next?.text === '(' && variadic !== undefined) {
        let depth = 0;
        let end = i + 1;
        for (; end < body.length; end++) {
          if (body[end]!.text === '(') depth++;
          else if (body[end]!.text === ')' && --depth === 0) break;
        }
        if (raw.get(variadic)!.length > 0) walk(body.slice(i + 2, end));
        i = end;
      } else if (
        token.text === ',' &&
        next?.text === '##' &&
        variadic !== undefined &&
        body[i + 2]?.text === variadic
      ) {
        // GNU: the comma goes when nothing was given for the rest; nothing is pasted.
        if (given || raw.get(variadic)!.length > 0) out.push(place(token), ...raw.get(variadic)!);
        i += 2;
      } else if (token.kind === 'id' && raw.has(token.text)) {
        const pasted = next?.text === '##' || body[i - 1]?.text === '##';
        const tokens = pasted ? unkept(raw.get(token.text)!, table) : expanded(token.text);
        if (tokens.length === 0 && pasted) out.push({ ...place(token), kind: 'punct', text: '' });
        tokens.forEach((t, n) => void out.push(n === 0 ? { ...t, space: token.space } : t));
      } else out.push(token.text === '##' ? { ...place(token), hide: PASTE } : place(token));
    }
  };
  walk(macro.body);
  return pasteAll(out, true);
}

/** Marks a `##` of the macro's own body: one that came in an argument pastes nothing. */
const PASTE: ReadonlySet<string> = new Set(['##']);

function pasteAll(tokens: CToken[], marked = false): CToken[] {
  if (!tokens.some(t => t.text === '##' || t.text === '')) return tokens;
  const out: CToken[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const isPaste = token.text === '##' && token.kind === 'punct' && (!marked || token.hide === PASTE);
    if (!isPaste || out.length === 0 || i + 1 >= tokens.length) {
      out.push(token);
      continue;
    }
    const left = out.pop()!;
    const right = tokens[++i]!;
    const text = left.text + right.text;
    const made = new Scanned(text, left.file).within(0, text.length);
    if (text === '') out.push(left);
    else if (made.length === 1) out.push({ ...left, kind: made[0]!.kind, text, hide: undefined });
    else out.push(left, right);
  }
  return out.filter(t => t.text !== '');
}

/** Kept names as what they stand for: an argument that was expanded before it got here would have been. */
function unkept(tokens: readonly CToken[], table: MacroTable): CToken[] {
  return tokens.flatMap(t =>
    t.kept && !table.macro(t.text)?.params ? expandMacros([{ ...t, kept: false }], table) : [t],
  );
}

function stringify(tokens: readonly CToken[]): string {
  let text = '';
  tokens.forEach((t, i) => {
    if (i > 0 && t.space) text += ' ';
    text += t.kind === 'str' || t.kind === 'chr' ? t.text.replace(/[\\"]/g, '\\$&') : t.text;
  });
  return `"${text}"`;
}
