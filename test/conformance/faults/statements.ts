import { closing, type Token } from './cut.ts';

/**
 * A statement of a function's body. Indices count the body's tokens; `end` is exclusive.
 *
 * `do { … } while (c);`, `for`, `while` and macros that head a statement (`list_for_each_entry(…)`) are all `loop`;
 * `test` is the range in the parentheses.
 */
export type Statement =
  | { readonly kind: 'block'; readonly start: number; readonly end: number; readonly list: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly start: number;
      readonly end: number;
      readonly test: readonly [number, number];
      readonly then: Statement;
      readonly otherwise: Statement | undefined;
    }
  | {
      readonly kind: 'loop' | 'do' | 'switch';
      readonly start: number;
      readonly end: number;
      readonly test: readonly [number, number];
      /** `for (;;)` and `while (1)`: left by break, goto and return alone. */
      readonly endless: boolean;
      readonly body: Statement;
    }
  | { readonly kind: 'label'; readonly start: number; readonly end: number; readonly label: string }
  | { readonly kind: 'case'; readonly start: number; readonly end: number; readonly isDefault: boolean }
  | { readonly kind: 'goto'; readonly start: number; readonly end: number; readonly label: string }
  | { readonly kind: 'return' | 'break' | 'continue' | 'simple'; readonly start: number; readonly end: number };

/** Thrown for a body that does not read as statements; the function is then left alone. */
export class Unreadable extends Error {}

/** The statements of a body (tokens with its braces). @throws Unreadable */
export function statements(body: readonly Token[]): Statement {
  const reader = new Reader(body);
  const block = reader.statement(0);
  if (block.kind !== 'block' || block.end !== body.length) throw new Unreadable('no block');
  return block;
}

/** Every statement below one, itself included. */
export function* walk(s: Statement): Generator<Statement> {
  yield s;
  if (s.kind === 'block') for (const inner of s.list) yield* walk(inner);
  else if (s.kind === 'if') {
    yield* walk(s.then);
    if (s.otherwise) yield* walk(s.otherwise);
  } else if (s.kind === 'loop' || s.kind === 'do' || s.kind === 'switch') yield* walk(s.body);
}

class Reader {
  constructor(private readonly body: readonly Token[]) {}

  private text(at: number): string {
    const token = this.body[at];
    if (!token) throw new Unreadable('the body ends early');
    return token.text;
  }

  private close(open: number): number {
    const end = closing(this.body, open);
    if (end < 0) throw new Unreadable('a bracket is not closed');
    return end;
  }

  statement(start: number): Statement {
    const word = this.text(start);
    switch (word) {
      case '{':
        return this.block(start);
      case 'if':
        return this.conditional(start);
      case 'while':
      case 'for':
      case 'switch':
        return this.headed(start, start + 1, word === 'switch' ? 'switch' : 'loop');
      case 'do':
        return this.doWhile(start);
      case 'goto':
        return { kind: 'goto', start, end: this.semicolon(start), label: this.text(start + 1) };
      case 'return':
      case 'break':
      case 'continue':
        return { kind: word, start, end: this.semicolon(start) };
      case 'case':
      case 'default':
        return { kind: 'case', start, end: this.colon(start), isDefault: word === 'default' };
      case 'else':
      case '}':
        throw new Unreadable(`${word} where a statement should begin`);
    }
    const first = this.body[start]!;
    const next = this.text(start + 1);
    if (first.kind === 'id' && next === ':') return { kind: 'label', start, end: start + 2, label: word };
    if (first.kind === 'id' && next === '(') {
      const after = this.body[this.close(start + 1) + 1];
      // for_each_thing(…) statement: only a statement can follow the parentheses.
      if (after && (after.text === '{' || (after.kind === 'id' && !/^__\w+$/.test(after.text))))
        return this.headed(start, start + 1, 'loop');
    }
    return { kind: 'simple', start, end: this.semicolon(start) };
  }

  private block(start: number): Statement {
    const end = this.close(start) + 1;
    const list: Statement[] = [];
    for (let at = start + 1; at < end - 1; at = list.at(-1)!.end) list.push(this.statement(at));
    if (list.length > 0 && list.at(-1)!.end !== end - 1) throw new Unreadable('a statement runs out of its block');
    return { kind: 'block', start, end, list };
  }

  private conditional(start: number): Statement {
    if (this.text(start + 1) !== '(') throw new Unreadable('if without parentheses');
    const close = this.close(start + 1);
    const then = this.statement(close + 1);
    const otherwise = this.body[then.end]?.text === 'else' ? this.statement(then.end + 1) : undefined;
    return { kind: 'if', start, end: (otherwise ?? then).end, test: [start + 2, close], then, otherwise };
  }

  private headed(start: number, open: number, kind: 'loop' | 'switch'): Statement {
    if (this.text(open) !== '(') throw new Unreadable('a loop without parentheses');
    const close = this.close(open);
    const head = this.body.slice(open + 1, close).map(t => t.text);
    const word = this.text(start);
    const endless =
      (word === 'while' && head.length === 1 && /^(?:1|true)$/.test(head[0]!)) ||
      (word === 'for' && /;;/.test(head.join('')));
    const body = this.statement(close + 1);
    return { kind, start, end: body.end, test: [open + 1, close], endless, body };
  }

  private doWhile(start: number): Statement {
    const body = this.statement(start + 1);
    if (this.text(body.end) !== 'while' || this.text(body.end + 1) !== '(') throw new Unreadable('do without while');
    const close = this.close(body.end + 1);
    const head = this.body.slice(body.end + 2, close).map(t => t.text);
    const endless = head.length === 1 && /^(?:1|true)$/.test(head[0]!);
    return { kind: 'do', start, end: this.semicolon(close), test: [body.end + 2, close], endless, body };
  }

  /** Past the `;` that ends the statement; brackets of all kinds are passed over whole. */
  private semicolon(start: number): number {
    for (let at = start; at < this.body.length; at++) {
      const text = this.text(at);
      if (this.body[at]!.kind !== 'punct') continue;
      if (text === ';') return at + 1;
      if (text === '(' || text === '[' || text === '{') at = this.close(at);
      else if (text === '}') throw new Unreadable('no ; before }');
    }
    throw new Unreadable('no ;');
  }

  private colon(start: number): number {
    let choices = 0;
    for (let at = start; at < this.body.length; at++) {
      const text = this.text(at);
      if (text === '(') at = this.close(at);
      else if (text === '?') choices++;
      else if (text === ':' && choices-- === 0) return at + 1;
      else if (text === ';' || text === '{') break;
    }
    throw new Unreadable('case without :');
  }
}
