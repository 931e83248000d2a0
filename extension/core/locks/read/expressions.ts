import { addr, deref, type Expr, field, freeName, index, num, type Owner, op, ownName } from '../expr.ts';
import type { GraphBuilder } from '../graph.ts';
import { memberMacros, questionOf } from '../idioms.ts';
import { ASSIGN, readCondition } from './conditions.ts';
import { readGeneric } from './generic.ts';
import { member } from './members.ts';
import { BINARY, OPTIONS, SIZES } from './operators.ts';
import type { BodyOptions } from './options.ts';
import { Kind, type Tokens } from './tokens.ts';
import { isCast, isTypeName, isTypeWord } from './types.ts';

/** What a body is read against. */
export interface BodyScope {
  readonly owner: Owner;
  readonly params: ReadonlySet<string>;
  readonly locals: ReadonlyMap<string, string>;
  readonly options: BodyOptions;
  /** Runs a statement expression from the token after its `{`, up to and with its `}`; gives the value of the last. */
  block(): Expr;
}

/** Reads C expressions into `Expr`; calls, assignments and short circuits become steps and branches on the way. */
export class Expressions {
  readonly calls: string[] = [];
  readonly fieldCalls: string[] = [];
  readonly constants = new Set<string>();
  /** Index of the next token. */
  i = 0;
  private temps = 0;

  constructor(
    readonly tokens: Tokens,
    readonly graph: GraphBuilder,
    readonly scope: BodyScope,
  ) {}

  temp(): Expr {
    return ownName(this.scope.owner, `#${this.temps++}`, 'local');
  }

  name(name: string): Expr {
    if (name === 'NULL' || name === 'false') return num(0);
    if (name === 'true') return num(1);
    const { owner, params, locals } = this.scope;
    if (locals.has(name)) return ownName(owner, name, 'local');
    if (params.has(name)) return ownName(owner, name, 'param');
    this.constants.add(name);
    return freeName(name);
  }

  set(place: Expr, value: Expr | undefined, at: number): void {
    this.graph.emit({ op: 'set', place, value, at });
  }

  peek(): string {
    return this.tokens.text[this.i]!;
  }

  private get at(): number {
    return this.tokens.at[this.i]!;
  }

  /** A whole expression with commas: the value of the last part. */
  comma(): Expr {
    let value = this.assignment();
    while (this.peek() === ',') {
      this.i++;
      value = this.assignment();
    }
    return value;
  }

  assignment(): Expr {
    const at = this.at;
    const left = this.conditional();
    const operator = this.peek();
    if (!ASSIGN.has(operator)) return left;
    this.i++;
    if (
      operator === '=' &&
      this.peek() === '(' &&
      this.tokens.text[this.tokens.match[this.i]! + 1] === '{' &&
      isCast(this.tokens, this.i)
    ) {
      this.i = this.tokens.match[this.i]! + 1;
      this.set(left, undefined, at);
      return this.initialiser(left);
    }
    const value = this.assignment();
    this.set(left, operator === '=' ? value : op(operator.slice(0, -1), left, value), at);
    return value;
  }

  private conditional(): Expr {
    const began = this.i;
    const at = this.at;
    if (this.questionAhead()) {
      // The condition is evaluated as a branch when one of the results acts.
      const question = this.questionAt;
      if (this.mayAct(question + 1, this.endOfOperand(question + 1, false))) {
        const [then, otherwise, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
        const result = this.temp();
        if (this.tokens.text[question + 1] === ':') {
          const test = this.binary(1);
          this.graph.branch(test, then, otherwise);
          this.graph.start(then);
          this.set(result, test, at);
          this.i = question + 1;
        } else {
          readCondition(this, this.graph, then, otherwise, question);
          this.i = question + 1;
          this.graph.start(then);
          this.set(result, this.comma(), at);
        }
        this.graph.jump(after);
        this.graph.start(otherwise);
        if (this.peek() === ':') this.i++;
        this.set(result, this.conditional(), at);
        this.graph.jump(after);
        this.graph.start(after);
        return result;
      }
    }
    this.i = began;
    const test = this.binary(1);
    if (this.peek() !== '?') return test;
    this.i++;
    const yes = this.peek() === ':' ? test : this.comma();
    if (this.peek() === ':') this.i++;
    return op('?:', test, yes, this.conditional());
  }

  private questionAt = 0;

  /** Whether a `?` of this very expression is ahead; sets `questionAt`. */
  private questionAhead(): boolean {
    const { text, match } = this.tokens;
    for (let k = this.i; ; k++) {
      const t = text[k]!;
      if (match[k]! > k) {
        k = match[k]!;
        continue;
      }
      if (t === '?') {
        this.questionAt = k;
        return true;
      }
      if (t === ';' || t === ',' || t === ':' || t === ')' || t === ']' || t === '}' || t === '' || ASSIGN.has(t))
        return false;
    }
  }

  /** Where an operand that begins at `k` surely has ended: an upper bound. */
  endOfOperand(from: number, atColon: boolean): number {
    const { text, match } = this.tokens;
    let k = from;
    for (; ; k++) {
      if (match[k]! > k) {
        k = match[k]!;
        continue;
      }
      const t = text[k]!;
      if (t === ';' || t === ',' || t === ')' || t === ']' || t === '}' || t === '') return k;
      if (atColon && (t === ':' || t === '?')) return k;
    }
  }

  /** Whether the tokens from `from` to `to` may have an effect, so that it matters if they are evaluated at all. */
  private mayAct(from: number, to: number): boolean {
    const { text, kind } = this.tokens;
    for (let k = from; k < to; k++) {
      const t = text[k]!;
      if (t === '(' && k > from && kind[k - 1] === Kind.Name && !SIZES.test(text[k - 1]!)) {
        if (!this.scope.options.isTransparent(text[k - 1]!)) return true;
      } else if (t === '++' || t === '--' || ASSIGN.has(t) || t === '{') return true;
      else if (t === ')' && text[k + 1] === '(') return true;
    }
    return false;
  }

  binary(least: number): Expr {
    let left = this.unary();
    for (;;) {
      const operator = this.peek();
      const level = BINARY.get(operator);
      if (level === undefined || level < least) return left;
      const at = this.at;
      this.i++;
      if (level <= 2 && this.mayAct(this.i, this.endOfOperand(this.i, true))) {
        left = this.shortCircuit(left, operator === '&&', level, at);
        continue;
      }
      left = op(operator, left, this.binary(level + 1));
    }
  }

  /** `left && right` whose value is used and whose right side acts: 1 or 0 in a temporary. */
  private shortCircuit(left: Expr, and: boolean, level: number, at: number): Expr {
    const result = this.temp();
    const [right, yes, no, after] = [this.graph.block(), this.graph.block(), this.graph.block(), this.graph.block()];
    this.graph.branch(left, and ? right : yes, and ? no : right);
    this.graph.start(right);
    this.graph.branch(this.binary(level + 1), yes, no);
    this.graph.start(yes);
    this.set(result, num(1), at);
    this.graph.jump(after);
    this.graph.start(no);
    this.set(result, num(0), at);
    this.graph.jump(after);
    this.graph.start(after);
    return result;
  }

  private unary(): Expr {
    const { text, kind, match } = this.tokens;
    const at = this.at;
    const t = this.peek();
    if (kind[this.i] === Kind.Mark) {
      switch (t) {
        case '(':
          if (text[this.i + 1] === '{') break;
          if (isCast(this.tokens, this.i)) {
            const after = match[this.i]! + 1;
            if (text[after] === '{') break;
            this.i = after;
            return this.unary();
          }
          break;
        case '!': {
          this.i++;
          const inner = this.unary();
          if (inner.k === 'op' && inner.op === '!' && inner.args.length === 1) return op('!=', inner.args[0]!, num(0));
          return op('!', inner);
        }
        case '-': {
          this.i++;
          const inner = this.unary();
          return inner.k === 'num' ? num(-inner.value) : op('-', inner);
        }
        case '~':
        case '+':
          this.i++;
          return op(t, this.unary());
        case '*':
          this.i++;
          return deref(this.unary());
        case '&':
          this.i++;
          return addr(this.unary());
        case '&&':
          // The address of a label.
          this.i += 2;
          return op('literal');
        case '++':
        case '--': {
          this.i++;
          const place = this.unary();
          this.set(place, undefined, at);
          return op('literal', place);
        }
      }
    } else if (kind[this.i] === Kind.Name) {
      if (t === 'sizeof' || t === '__alignof__' || t === '_Alignof' || t === '__extension__') {
        this.i++;
        if (t === '__extension__') return this.unary();
        if (this.peek() === '(') {
          const from = this.i;
          this.i = match[this.i]! + 1;
          return op('sizeof', freeName(text.slice(from, this.i).join(' ')));
        }
        return op('sizeof', this.unary());
      }
    }
    return this.postfix();
  }

  private postfix(): Expr {
    const { text, match } = this.tokens;
    let at = this.at;
    let value = this.primary();
    for (;;) {
      switch (this.peek()) {
        case '.':
          value = member(value, text[this.i + 1]!);
          this.i += 2;
          break;
        case '->':
          value = member(deref(value), text[this.i + 1]!);
          this.i += 2;
          break;
        case '[': {
          const close = match[this.i]!;
          this.i++;
          const inner = this.peek() === ']' ? num(0) : this.comma();
          this.i = Math.max(this.i, close + 1);
          value = index(value, inner);
          break;
        }
        case '(':
          value = this.through(value, at);
          break;
        case '++':
        case '--':
          this.set(value, undefined, at);
          value = op('literal', value);
          this.i++;
          break;
        default:
          return value;
      }
      at = Math.min(at, this.at);
    }
  }

  private primary(): Expr {
    const { text, kind, match } = this.tokens;
    const t = this.peek();
    switch (kind[this.i]) {
      case Kind.Number: {
        this.i++;
        return num(Number(t.replace(/[uUlL]+$/, '')) || 0);
      }
      case Kind.String:
      case Kind.Char:
        while (kind[this.i] === Kind.String || kind[this.i] === Kind.Char) this.i++;
        return op('literal');
      case Kind.Name:
        if (text[this.i + 1] === '(') return this.call();
        this.i++;
        if (isTypeWord(t)) return op('literal');
        return this.name(t);
      case Kind.Mark:
        if (t === '(') {
          const close = match[this.i]!;
          if (text[this.i + 1] === '{') {
            this.i += 2;
            const value = this.scope.block();
            this.i = close + 1;
            return value;
          }
          if (text[close + 1] === '{' && isCast(this.tokens, this.i)) {
            this.i = close + 1;
            return this.initialiser(this.temp());
          }
          this.i++;
          const value = this.comma();
          this.i = Math.max(this.i, close + 1);
          return value;
        }
        if (t === '{') return this.initialiser(this.temp());
        if (t === ';' || t === ')' || t === ']' || t === '}' || t === ',' || t === ':') return op('literal');
        this.i++;
        return op('literal');
      default:
        return op('literal');
    }
  }

  /** `{ .mm = mm, … }` sets the fields of `place`. */
  initialiser(place: Expr): Expr {
    const { text, match } = this.tokens;
    const close = match[this.i]!;
    this.i++;
    while (this.i < close) {
      const began = this.i;
      const at = this.at;
      let target: Expr | undefined;
      if ((text[this.i] === '.' && text[this.i + 2] !== '(') || text[this.i] === '[') {
        target = place;
        while (text[this.i] === '.' || text[this.i] === '[') {
          if (text[this.i] === '.') {
            target = field(target, text[this.i + 1]!);
            this.i += 2;
          } else {
            const end = match[this.i]!;
            this.i++;
            target = index(target, this.conditional());
            this.i = end + 1;
          }
        }
        if (this.peek() === '=') this.i++;
      } else if (text[this.i + 1] === ':' && this.tokens.kind[this.i] === Kind.Name) {
        target = field(place, text[this.i]!);
        this.i += 2;
      }
      if (this.peek() === '{') this.initialiser(target ?? this.temp());
      else {
        const value = this.assignment();
        if (target) this.set(target, value, at);
      }
      if (this.i < close && this.peek() !== ',') this.i = this.endOfOperand(this.i, false);
      // What is no initialiser is passed over: reading always gets on.
      if (this.peek() === ',' || this.i === began) this.i++;
    }
    this.i = close + 1;
    return place;
  }

  /** The arguments from the opening bracket on. */
  args(): Expr[] {
    const { text, match } = this.tokens;
    const close = match[this.i]!;
    const out: Expr[] = [];
    this.i++;
    while (this.i < close) {
      if (isTypeWord(this.peek())) {
        // A type as an argument, of container_of and the like.
        this.i = this.endOfOperand(this.i, false);
        out.push(op('type'));
      } else out.push(this.assignment());
      if (this.i < close && this.peek() !== ',')
        this.i = Math.max(this.i, Math.min(this.endOfOperand(this.i, false), close));
      if (this.i < close && text[this.i] === ',') this.i++;
      else if (this.i < close) this.i++;
    }
    this.i = close + 1;
    return out;
  }

  private call(): Expr {
    const { text, match } = this.tokens;
    const at = this.at;
    const name = this.peek();
    const { params, locals } = this.scope;
    if (SIZES.test(name)) {
      const from = this.i;
      this.i = match[this.i + 1]! + 1;
      return op('sizeof', freeName(text.slice(from, this.i).join(' ')));
    }
    if (name === '_Generic') return readGeneric(this);
    if (OPTIONS.test(name)) {
      const option = text[this.i + 2]!;
      this.i = match[this.i + 1]! + 1;
      const stated = this.scope.options.option(option);
      return stated === undefined ? op(name, freeName(option)) : num(stated);
    }
    if (params.has(name) || locals.has(name)) {
      this.i++;
      return this.through(this.name(name), at);
    }
    if (name === 'asm' || name === '__asm__') {
      this.i = match[this.i + 1]! + 1;
      return op('literal');
    }
    this.i++;
    const args = this.args();
    if (this.scope.options.isTransparent(name) && args.length >= 1) {
      this.needs(name, args, at);
      return args[0]!;
    }
    if (memberMacros.has(name) && args[1]?.k === 'name') return field(deref(args[0]!), args[1].name);
    if (questionOf(name)) return op(questionOf(name)!, args[0] ?? num(0));
    if (name.startsWith('__builtin_')) return name === '__builtin_expect' ? (args[0] ?? num(0)) : op(name, ...args);
    if (isTypeWord(name)) return op('literal');
    return this.direct(name, args, at);
  }

  /** What a transparent call says of locks is a call of its own: of what it needs, where that can be told. */
  private needs(name: string, args: readonly Expr[], at: number): void {
    const needs = this.scope.options.needs(name);
    if (needs === undefined) return;
    const asked = this.graph.last;
    const isAsked =
      asked?.op === 'call' && asked.temp === args[Number(needs)] && this.scope.options.asksHeld(asked.name);
    if (needs !== 'always' && !isAsked) return;
    this.graph.emit({
      op: 'call',
      name,
      args: needs === 'always' || !isAsked ? [] : asked.args,
      temp: this.temp(),
      at,
    });
  }

  /** A call of a function by name. */
  direct(name: string, args: readonly Expr[], at: number): Expr {
    const temp = this.temp();
    this.calls.push(name);
    this.graph.emit({ op: 'call', name, args, temp, at });
    if (this.scope.options.isNoReturn(name)) this.graph.emit({ op: 'exit', kind: 'noreturn', value: undefined, at });
    return temp;
  }

  /** A call of a value. */
  private through(value: Expr, at: number): Expr {
    // `(name)(args)`: brackets against a macro of that name, or, without types, a cast.
    if (value.k === 'name' && value.scope === 'free') {
      const args = this.args();
      return isTypeName(value.name) && args.length === 1 ? args[0]! : this.direct(value.name, args, at);
    }
    const args = this.args();
    const temp = this.temp();
    const last = value.k === 'deref' ? value.base : value;
    const name = last.k === 'field' || last.k === 'name' ? last.name : '';
    if (last.k === 'field') this.fieldCalls.push(name);
    this.graph.emit({ op: 'call', name, through: last, args, temp, at });
    return temp;
  }
}
