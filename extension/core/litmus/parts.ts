import { InputError } from '../text/source.ts';
import type { LitmusToken } from './tokens.ts';

/** A number, or the address of the location of that name. */
export type Value = number | string;

/** What is asked of the final states: `thread` is absent for a location. */
export type Condition =
  | {
      readonly kind: 'is';
      readonly thread?: number;
      readonly name: string;
      readonly value: Value;
      readonly negated: boolean;
    }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'true' };

export interface Question {
  readonly quantifier: 'exists' | 'not exists' | 'forall';
  readonly condition: Condition;
  /** States that do not satisfy it are not looked at. */
  readonly filter?: Condition;
}

/** A place in the words of a litmus test, and what is said of mistakes there. */
export class Cursor {
  private at = 0;

  constructor(
    readonly file: string,
    private readonly tokens: readonly LitmusToken[],
  ) {}

  get peek(): string {
    return this.peekAt(0);
  }

  /** The text of the word that many words ahead; empty past the end. */
  peekAt(ahead: number): string {
    return this.tokens[this.at + ahead]?.text ?? '';
  }

  get line(): number {
    return (this.tokens[this.at] ?? this.tokens.at(-1))?.line ?? 1;
  }

  /** Where in the text the next word begins. */
  get start(): number {
    return this.tokens[this.at]?.start ?? Number.POSITIVE_INFINITY;
  }

  next(): string {
    const text = this.peek;
    if (text === '') this.fail('the test ends too early');
    this.at++;
    return text;
  }

  take(text: string): boolean {
    if (this.peek !== text) return false;
    this.at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail(`${text} is expected here, not ${this.peek || 'the end'}`);
  }

  name(): string {
    if (!/^[A-Za-z_]\w*$/.test(this.peek)) this.fail(`a name is expected here, not ${this.peek || 'the end'}`);
    return this.next();
  }

  number(): number {
    const sign = this.take('-') ? -1 : 1;
    const value = Number(this.peek);
    if (this.peek === '' || !Number.isInteger(value))
      this.fail(`a number is expected here, not ${this.peek || 'the end'}`);
    this.next();
    return sign * value;
  }

  /** A number, or the address of a location as `x` or `&x`. */
  value(): Value {
    this.take('&');
    return /^[A-Za-z_]/.test(this.peek) ? this.next() : this.number();
  }

  fail(what: string): never {
    const { file, line } = this;
    throw new InputError(`${file}:${line}: ${what}`, { file, line });
  }
}

/** A value that memory, or a local of a thread, begins with. */
export interface Initial {
  readonly name: string;
  /** C type as far as it is given: `int`, `int *`, `atomic_t`; empty when not. */
  readonly type: string;
  readonly value: Value;
}

/** `{ int x = 1; p = y; 0:r1 = x; atomic_t v = ATOMIC_INIT(1); }`. */
export function readInitial(cursor: Cursor): { values: Initial[]; locals: Map<string, Value> } {
  const values: Initial[] = [];
  const locals = new Map<string, Value>();
  cursor.expect('{');
  while (!cursor.take('}')) {
    if (cursor.take(';')) continue;
    const thread = /^\d+$/.test(cursor.peek) ? cursor.number() : undefined;
    if (thread !== undefined) cursor.expect(':');
    const bracketed = cursor.take('[');
    const words = [cursor.next()];
    while (/^([A-Za-z_]\w*|\*)$/.test(cursor.peek)) words.push(cursor.next());
    if (bracketed) cursor.expect(']');
    const name = words.pop()!;
    let value: Value = 0;
    if (cursor.take('='))
      if (cursor.take('ATOMIC_INIT')) {
        cursor.expect('(');
        value = cursor.number();
        cursor.expect(')');
      } else value = cursor.value();
    if (thread === undefined) values.push({ name, type: words.join(' '), value });
    else locals.set(`${thread}:${name}`, value);
    if (cursor.peek !== '}') cursor.expect(';');
  }
  return { values, locals };
}

/** What comes after the threads: `filter (…)`, `locations […]`, then `exists (…)`, `~exists (…)` or `forall (…)`. */
export function readCondition(cursor: Cursor): Question {
  let filter: Condition | undefined;
  for (;;)
    if (cursor.take('locations')) while (cursor.next() !== ']');
    else if (cursor.take('filter')) filter = either(cursor);
    else break;
  const negated = cursor.take('~');
  const quantifier = cursor.next();
  if (quantifier !== 'exists' && (quantifier !== 'forall' || negated))
    cursor.fail('exists (…), ~exists (…) or forall (…) is expected here');
  const condition = either(cursor);
  if (cursor.peek !== '') cursor.fail(`nothing is expected after the condition, but there is ${cursor.peek}`);
  return {
    quantifier: quantifier === 'forall' ? 'forall' : negated ? 'not exists' : 'exists',
    condition,
    ...(filter ? { filter } : {}),
  };
}

function either(cursor: Cursor): Condition {
  let left = both(cursor);
  while (cursor.take('\\/')) left = { kind: 'or', left, right: both(cursor) };
  return left;
}

function both(cursor: Cursor): Condition {
  let left = single(cursor);
  while (cursor.take('/\\')) left = { kind: 'and', left, right: single(cursor) };
  return left;
}

function single(cursor: Cursor): Condition {
  if (cursor.take('~') || cursor.take('not')) return { kind: 'not', of: single(cursor) };
  if (cursor.take('true')) return { kind: 'true' };
  if (cursor.take('(')) {
    const inner = either(cursor);
    cursor.expect(')');
    return inner;
  }
  const thread = /^\d+$/.test(cursor.peek) ? cursor.number() : undefined;
  if (thread !== undefined) cursor.expect(':');
  const bracketed = cursor.take('[');
  cursor.take('*');
  const name = cursor.name();
  if (bracketed) cursor.expect(']');
  const negated = cursor.take('!=');
  if (!negated) {
    cursor.expect('=');
    cursor.take('=');
  }
  return { kind: 'is', ...(thread === undefined ? {} : { thread }), name, value: cursor.value(), negated };
}
