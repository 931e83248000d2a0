/** A token of C; comments and preprocessor directives are none. Offsets count UTF-16 units. */
export interface Token {
  readonly kind: 'id' | 'num' | 'str' | 'punct';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A directive stands somewhere between the token before and this one. */
  readonly afterDirective: boolean;
}

/** A function definition found by its shape: a head that ends in parentheses, and a body in braces. */
export interface CutFunction {
  readonly name: string;
  /** Tokens of the head: specifiers, name, parameters, annotations. */
  readonly head: readonly Token[];
  /** Tokens of the body, its braces included. */
  readonly body: readonly Token[];
  /** 1-based line of the name. */
  readonly line: number;
  /** Directives stand in the body: which statements are compiled is not known. */
  readonly conditional: boolean;
}

const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/(?:[^\n\\]|\\[\s\S])*|([A-Za-z_]\w*)|(\.?\d(?:[eEpP][+-]|[\w.])*)|("(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?)|(->|\+\+|--|<<=|>>=|<<|>>|&&|\|\||[-+*/%&|^=!<>]=|\.\.\.|##|[^\s\w])|\\\r?\n/g;
const DIRECTIVE = /[ \t]*#(?:[^\n\\/]|\\[\s\S]|\/\*[\s\S]*?\*\/|\/)*/y;

/** Cuts a text into tokens. Never fails: what is no C gives strange tokens. */
export function tokens(text: string): Token[] {
  const out: Token[] = [];
  let directive = false;
  let lastLine = 0;
  TOKEN.lastIndex = 0;
  for (let m = TOKEN.exec(text); m; m = TOKEN.exec(text)) {
    const start = m.index;
    const kind = m[1] ? 'id' : m[2] ? 'num' : m[3] ? 'str' : m[4] ? 'punct' : undefined;
    if (!kind) continue;
    if (m[0] === '#') {
      const line = text.lastIndexOf('\n', start) + 1;
      if (line >= lastLine && /^[ \t]*$/.test(text.slice(line, start))) {
        DIRECTIVE.lastIndex = line;
        DIRECTIVE.exec(text);
        TOKEN.lastIndex = Math.max(DIRECTIVE.lastIndex, start + 1);
        lastLine = TOKEN.lastIndex;
        directive = true;
        continue;
      }
    }
    out.push({ kind, text: m[0], start, end: start + m[0].length, afterDirective: directive });
    directive = false;
  }
  return out;
}

const OPENING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The index of the token that closes the bracket at `open`, or -1. */
export function closing(list: readonly Token[], open: number): number {
  const stack: string[] = [];
  for (let at = open; at < list.length; at++) {
    const { text, kind } = list[at]!;
    if (kind !== 'punct') continue;
    const close = OPENING[text];
    if (close) stack.push(close);
    else if (text === ')' || text === ']' || text === '}') {
      if (stack.pop() !== text) return -1;
      if (stack.length === 0) return at;
    }
  }
  return -1;
}

/** Function definitions of a file, in order. Those whose name a macro makes (`SYSCALL_DEFINE1(…)`) are left out. */
export function functions(text: string, list: readonly Token[] = tokens(text)): CutFunction[] {
  const out: CutFunction[] = [];
  let head = 0;
  let line = 1;
  let counted = 0;
  for (let at = 0; at < list.length; at++) {
    const { text: token, kind } = list[at]!;
    if (kind !== 'punct') continue;
    if (token === ';') head = at + 1;
    else if (token === '(' || token === '[') {
      const end = closing(list, at);
      if (end < 0) return out;
      at = end;
    } else if (token === '{') {
      const end = closing(list, at);
      if (end < 0) return out;
      const heading = list.slice(head, at);
      const name = nameOf(heading);
      if (name) {
        for (; counted < name.start; counted++) if (text.charCodeAt(counted) === 10) line++;
        const body = list.slice(at, end + 1);
        const conditional = body.some((t, i) => i > 0 && t.afterDirective);
        out.push({ name: name.text, head: heading, body, line, conditional });
      }
      at = end;
      // `struct a { … } x;` goes on; after a function's body nothing does.
      head = at + 1;
    }
  }
  return out;
}

/** The name in a function's head; undefined for what is no function's head. */
function nameOf(head: readonly Token[]): Token | undefined {
  if (head.some(t => t.text === '=' || t.text === 'typedef')) return undefined;
  let name: Token | undefined;
  let depth = 0;
  for (let i = 0; i < head.length; i++) {
    const t = head[i]!;
    if (t.text === '(') {
      const before = head[i - 1];
      if (depth === 0 && !name && before?.kind === 'id' && !ATTRIBUTE.test(before.text)) name = before;
      depth++;
    } else if (t.text === ')') depth--;
  }
  if (!name || depth !== 0 || /^[A-Z][A-Z0-9_]*$/.test(name.text) || NOT_NAMES.has(name.text)) return undefined;
  // After the parameters only annotations may stand.
  const parameters = closing(head, head.indexOf(name) + 1);
  const rest = head.slice(parameters + 1).filter(t => t.kind === 'id');
  return parameters > 0 && rest.length <= 8 ? name : undefined;
}

const ATTRIBUTE =
  /^__(?:attribute__|printf|scanf|section|aligned|alloc_size|acquires|releases|must_hold|cond_lock|init_or|no_|malloc|nonstring|visible|weak|cold)/;
const NOT_NAMES = new Set(['if', 'while', 'for', 'switch', 'return', 'sizeof', 'struct', 'union', 'enum']);

/** The conditions of the `#if`s around a line, outermost first. */
export function conditionsAround(text: string, line: number): string[] {
  const open: string[] = [];
  for (const at of text.split('\n').slice(0, line)) {
    const [, word, rest = ''] = /^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)/.exec(at) ?? [];
    if (word === undefined) continue;
    if (word === 'endif') open.pop();
    else if (word === 'else' || word === 'elif')
      open.push(`not (${open.pop() ?? ''})${word === 'elif' ? ` and ${rest.trim()}` : ''}`);
    else open.push(`${word} ${rest.trim()}`);
  }
  return open;
}
