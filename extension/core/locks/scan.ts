import { decide, type OptionValues, type Verdict } from './condition.ts';

/** A definition that can be followed: a C function, or a macro (whose body is read as if it were a function's). */
export interface Definition {
  readonly kind: 'function' | 'macro';
  readonly name: string;
  /** undefined: an object-like macro. */
  readonly params: readonly string[] | undefined;
  readonly variadic: boolean;
  readonly static: boolean;
  readonly source: Scanned;
  /** Offsets into the file's text: of the whole definition, of the name, and of the body (`{` or the macro's first token). */
  readonly start: number;
  readonly nameStart: number;
  readonly bodyStart: number;
  readonly end: number;
  /** `weak`: stands under an #if on a macro that some header may define; `open`: on a CONFIG_ option not stated. */
  readonly under: 'yes' | 'weak' | 'open';
  /** The undecided conditions it stands under, each as an #if expression. */
  readonly conditions: readonly string[];
}

/** One file, as far as lock analysis needs it without parsing: what it defines and includes, and what #if leaves out. */
export interface Scanned {
  readonly file: string;
  readonly text: string;
  readonly definitions: ReadonlyMap<string, readonly Definition[]>;
  readonly includes: readonly { readonly path: string; readonly local: boolean }[];
  /** Ranges that the options leave out; and the directive lines, which no parser of a lone function should see. */
  readonly blanks: readonly (readonly [start: number, end: number])[];
  /** Invocations at file level, `PAGEFLAG(Reserved, reserved, PF_NO_COMPOUND)`: they may define functions. */
  readonly invocations: readonly { readonly macro: string; readonly args: readonly string[]; readonly start: number }[];
}

interface Level {
  /** Verdict of the branch we are in, and of all branches before it. */
  now: Verdict;
  taken: Verdict;
  /** The condition of this branch, and of none of the branches so far, as #if expressions. */
  expression: string;
  none: string;
  readonly depth: number;
}

const annotated = new WeakMap<Definition, boolean>();

/** Whether a function's head carries `__acquires(…)` or `__cond_acquires(…)`. include/linux/compiler_types.h */
export function saysAcquires(d: Definition): boolean {
  let says = annotated.get(d);
  if (says === undefined) {
    says = d.kind === 'function' && /\b__(?:cond_)?acquires\s*\(/.test(d.source.text.slice(d.nameStart, d.bodyStart));
    annotated.set(d, says);
  }
  return says;
}

const NOT_A_NAME =
  /^(?:__attribute__|__attribute|__aligned|__section|__printf|__scanf|__acquires|__releases|__must_hold|__cond_acquires|__cond_lock|__alloc_size|__malloc|__no_sanitize.*|__assume_aligned|__declspec|__diag_ignore|__nonstring|__exception_text|if|while|for|switch|return|sizeof|typeof|__typeof__|defined|asm|__asm__|_Static_assert)$/;
// Letters outside ASCII are letters: gcc takes them in names.
const isWord = (c: number) =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (c >= 48 && c <= 57) || c >= 128;

/**
 * Finds definitions, includes and #if decisions in one pass over the text. Never throws: what it cannot make sense of is
 * left out. Positions are offsets into `text`.
 */
export function scan(file: string, text: string, options: OptionValues | undefined): Scanned {
  const definitions = new Map<string, Definition[]>();
  const includes: { path: string; local: boolean }[] = [];
  const blanks: [number, number][] = [];
  const invocations: { macro: string; args: string[]; start: number }[] = [];
  const defined = new Set<string>();
  const levels: Level[] = [];
  const scanned: Scanned = { file, text, definitions, includes, blanks, invocations };
  const n = text.length;
  let i = 0;
  let depth = 0;
  let parens = 0;
  let lineStart = true;
  let skipFrom = -1;
  // The declaration under way at file level.
  let declStart = -1;
  let word = '';
  let wordStart = 0;
  let groups: { name: string; nameStart: number; open: number; close: number }[] = [];
  let assigned = false;
  let open: Definition | undefined;

  const add = (d: Definition) => {
    const list = definitions.get(d.name);
    if (list) list.push(d);
    else definitions.set(d.name, [d]);
  };
  const under = (): 'yes' | 'weak' | 'open' => {
    let worst: 'yes' | 'weak' | 'open' = 'yes';
    for (const level of levels) {
      if (level.now === 'open') return 'open';
      if (level.now === 'weak') worst = 'weak';
    }
    return worst;
  };
  const conditions = () => levels.filter(level => level.now !== 'yes').map(level => level.expression);
  const skipping = () => levels.some(level => level.now === 'no');
  const fresh = () => {
    declStart = -1;
    groups = [];
    assigned = false;
    word = '';
  };

  while (i < n) {
    const c = text.charCodeAt(i);
    if (c === 10) {
      lineStart = true;
      i++;
      continue;
    }
    if (c === 32 || (c >= 9 && c <= 13)) {
      i++;
      continue;
    }
    if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const end = text.indexOf('*/', i + 2);
      i = end < 0 ? n : end + 2;
      continue;
    }
    if (c === 47 && text.charCodeAt(i + 1) === 47) {
      const end = text.indexOf('\n', i);
      i = end < 0 ? n : end;
      continue;
    }
    if (c === 35 && lineStart) {
      const end = directiveEnd(text, i);
      directive(i, end);
      if (skipFrom < 0) blanks.push([i, end]);
      i = end;
      if (skipping()) {
        if (skipFrom < 0) skipFrom = end;
      } else if (skipFrom >= 0) {
        blanks.push([skipFrom, end]);
        skipFrom = -1;
      }
      continue;
    }
    lineStart = false;
    if (skipFrom >= 0) {
      const end = text.indexOf('\n', i);
      i = end < 0 ? n : end;
      continue;
    }
    if (c === 34 || c === 39) {
      i = stringEnd(text, i);
      continue;
    }
    if (depth === 0 && declStart < 0 && c !== 59 && c !== 125) declStart = i;
    if (isWord(c)) {
      const start = i;
      while (i < n && isWord(text.charCodeAt(i))) i++;
      if (depth === 0 && parens === 0) {
        word = text.slice(start, i);
        wordStart = start;
      }
      continue;
    }
    i++;
    switch (c) {
      case 40:
        if (depth === 0 && parens === 0) {
          groups.push({ name: word, nameStart: wordStart, open: i, close: -1 });
          word = '';
        }
        parens++;
        break;
      case 41:
        if (parens > 0) parens--;
        if (depth === 0 && parens === 0 && groups.length) {
          groups[groups.length - 1]!.close = i - 1;
          word = '';
        }
        break;
      case 61:
        if (depth === 0 && parens === 0) assigned = true;
        break;
      case 59:
        if (depth === 0 && parens === 0) {
          invocation(i);
          fresh();
        }
        break;
      case 123:
        if (depth === 0 && parens === 0 && !assigned) open = begin(i - 1);
        depth++;
        break;
      case 125:
        if (depth > 0) depth--;
        if (depth === 0) {
          parens = 0;
          if (open) {
            add({ ...open, end: i });
            open = undefined;
            fresh();
          }
        }
        break;
    }
  }
  if (skipFrom >= 0) blanks.push([skipFrom, n]);
  return scanned;

  /** A `NAME(args)` line of its own at file level. With no semicolon after it, several may have piled up in `groups`. */
  function invocation(end: number): void {
    if (assigned) return;
    for (const group of groups) {
      if (group.name && /^[A-Z_][A-Z0-9_]*$/.test(group.name) && group.close > 0 && group.close < end) {
        invocations.push({
          macro: group.name,
          args: splitArgs(text.slice(group.open, group.close)),
          start: group.nameStart,
        });
      }
    }
  }

  function begin(brace: number): Definition | undefined {
    invocation(brace);
    let best: (typeof groups)[number] | undefined;
    // Invocations without a semicolon may stand before: the function is the last group that is not an attribute.
    for (const group of groups) if (group.name && !NOT_A_NAME.test(group.name)) best = group;
    if (!best || best.close < 0) return undefined;
    const between = text.slice(best.close + 1, brace);
    if (/[;=}]/.test(between.replace(/\/\*[\s\S]*?\*\//g, ''))) return undefined;
    const inner = text.slice(best.open, best.close);
    let name = best.name;
    if (/^[A-Z][A-Z0-9_]*DEFINE/.test(name)) name = `sys_${splitArgs(inner)[0] ?? ''}`;
    const head = text.slice(declStart, best.nameStart);
    const params = paramNames(inner);
    return {
      kind: 'function',
      name,
      params: params.filter(p => p !== '...'),
      variadic: params.includes('...'),
      static: /\bstatic\b/.test(head),
      source: scanned,
      start: declStart,
      nameStart: best.nameStart,
      bodyStart: brace,
      end: brace,
      under: under(),
      conditions: conditions(),
    };
  }

  function directive(start: number, end: number): void {
    const line = text
      .slice(start + 1, end)
      .replace(/\\\r?\n/g, '  ')
      .replace(/\/\*[\s\S]*?\*\//g, ' ')
      .replace(/\/\/.*/, ' ')
      .trim();
    const match = /^(\w+)\s*([\s\S]*)$/.exec(line);
    if (!match) return;
    const [, kind, rest] = match as unknown as [string, string, string];
    const enter = (verdict: Verdict, expression: string) =>
      levels.push({ now: verdict, taken: verdict, expression, none: `!(${expression})`, depth });
    if (kind === 'ifdef') {
      const name = rest.trim().split(/\s/)[0] ?? '';
      return void enter(decide(`defined(${name})`, options, defined), `defined(${name})`);
    }
    if (kind === 'ifndef') {
      const name = rest.trim().split(/\s/)[0] ?? '';
      const guard =
        new RegExp(`^\\s*#\\s*define\\s+${name}\\s*$`, 'm').test(text.slice(end, end + 200)) && levels.length === 0;
      return void enter(guard ? 'yes' : decide(`!defined(${name})`, options, defined), `!defined(${name})`);
    }
    if (kind === 'if') return void enter(decide(rest, options, defined), rest);
    const level = levels.at(-1);
    if (kind === 'else' || kind === 'elif') {
      if (!level) return;
      depth = level.depth;
      level.expression = kind === 'else' ? level.none : `(${rest}) && ${level.none}`;
      if (kind === 'elif') level.none = `!(${rest}) && ${level.none}`;
      const own: Verdict = kind === 'else' ? 'yes' : decide(rest, options, defined);
      if (level.taken === 'yes' || own === 'no') level.now = 'no';
      else if (level.taken === 'no') level.now = own;
      else level.now = level.taken === 'open' || own === 'open' ? 'open' : 'weak';
      if (level.taken === 'no' || own === 'yes') level.taken = level.taken === 'no' ? own : 'yes';
      return;
    }
    if (kind === 'endif') return void levels.pop();
    if (skipping()) return;
    if (kind === 'include') {
      const path = /^<([^>]+)>|^"([^"]+)"/.exec(rest);
      if (path) includes.push({ path: (path[1] ?? path[2])!, local: path[2] !== undefined });
    } else if (kind === 'define') macro(start, end, rest);
    else if (kind === 'undef') defined.delete(rest.trim());
  }

  function macro(start: number, end: number, rest: string): void {
    const match = /^([A-Za-z_]\w*)(\(([^)]*)\))?/.exec(rest);
    if (!match) return;
    const name = match[1]!;
    defined.add(name);
    const nameStart = text.indexOf(name, text.indexOf('define', start) + 6);
    let bodyStart = nameStart + name.length;
    if (match[2] !== undefined) bodyStart = text.indexOf(')', bodyStart) + 1;
    const params = match[2] === undefined ? undefined : paramNames(match[3]!);
    add({
      kind: 'macro',
      name,
      params: params?.map(p => (p === '...' ? '__VA_ARGS__' : p)),
      variadic: /\.\.\./.test(match[3] ?? ''),
      static: false,
      source: scanned,
      start,
      nameStart,
      bodyStart,
      end,
      under: under(),
      conditions: conditions(),
    });
  }
}

function directiveEnd(text: string, from: number): number {
  let i = from;
  for (;;) {
    const newline = text.indexOf('\n', i);
    const end = newline < 0 ? text.length : newline;
    // Within the line alone: a table of 400,000 #defines has no comment to be found.
    const line = text.slice(i, end);
    const comment = line.indexOf('/*') + i;
    const rest = line.indexOf('//') + i;
    if (comment >= i && (rest < i || comment < rest)) {
      const close = text.indexOf('*/', comment + 2);
      i = close < 0 ? text.length : close + 2;
      continue;
    }
    if (newline < 0) return text.length;
    const before = text.charCodeAt(newline - 1) === 13 ? newline - 2 : newline - 1;
    if (text.charCodeAt(before) !== 92) return newline;
    i = newline + 1;
  }
}

function stringEnd(text: string, from: number): number {
  const quote = text.charCodeAt(from);
  let i = from + 1;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 92) i += 2;
    else if (c === quote) return i + 1;
    else if (c === 10) return i;
    else i++;
  }
  return i;
}

/** Splits at commas outside brackets. */
export function splitArgs(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' || c === "'") i = stringEnd(text, i) - 1;
    else if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') depth--;
    else if (c === ',' && depth === 0) {
      out.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  if (last || out.length) out.push(last);
  return out;
}

/** Names of the parameters in a parameter list (`void` gives none); a parameter with no name gives ''. */
function paramNames(text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\\\r?\n/g, ' ');
  return splitArgs(bare)
    .filter(p => p !== 'void' && p !== '')
    .map(p => {
      if (p.endsWith('...')) return '...';
      const pointer = /\(\s*\*\s*(?:const\s+)?(\w+)/.exec(p);
      if (pointer) return pointer[1]!;
      const words = p.replace(/\[[^\]]*\]/g, ' ').match(/[A-Za-z_]\w*/g);
      return words?.at(-1) ?? '';
    });
}
