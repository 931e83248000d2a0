import type { CToken } from '../token.ts';
import { expandMacros, type MacroTable } from './expand.ts';

/**
 * The value of an #if expression (C11 6.10.1): 64-bit, signed unless a `u` suffix says otherwise. Names that are no
 * macro are 0, and so is what cannot be read; `__has_attribute(…)` and its kin are 0: nothing depends on them here.
 */
export function evaluateCondition(tokens: readonly CToken[], table: MacroTable): bigint {
  const resolved: CToken[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.text !== 'defined') {
      resolved.push(token);
      continue;
    }
    const inParentheses = tokens[i + 1]?.text === '(';
    const name = tokens[i + (inParentheses ? 2 : 1)];
    i += inParentheses ? 3 : 1;
    resolved.push({ ...token, kind: 'num', text: name && table.macro(name.text) ? '1' : '0' });
  }
  return new Evaluator(expandMacros(resolved, table)).value();
}

interface Value {
  readonly v: bigint;
  readonly unsigned: boolean;
}

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

class Evaluator {
  private at = 0;
  constructor(private readonly tokens: readonly CToken[]) {}

  value(): bigint {
    return this.tokens.length === 0 ? 0n : this.conditional().v;
  }

  private is(text: string): boolean {
    return this.tokens[this.at]?.text === text;
  }

  private conditional(): Value {
    const test = this.binary(0);
    if (!this.is('?')) return test;
    this.at++;
    const yes = this.conditional();
    if (this.is(':')) this.at++;
    const no = this.conditional();
    return test.v !== 0n ? yes : no;
  }

  private binary(level: number): Value {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const op = this.tokens[this.at]?.text;
      if (op === undefined || !operators.includes(op)) return left;
      this.at++;
      left = apply(op, left, this.binary(level + 1));
    }
  }

  private unary(): Value {
    const token = this.tokens[this.at++];
    switch (token?.text) {
      case undefined:
        return { v: 0n, unsigned: false };
      case '!':
        return { v: this.unary().v === 0n ? 1n : 0n, unsigned: false };
      case '-': {
        const a = this.unary();
        return wrap(-a.v, a.unsigned);
      }
      case '+':
        return this.unary();
      case '~': {
        const a = this.unary();
        return wrap(~a.v, a.unsigned);
      }
      case '(': {
        const inner = this.conditional();
        if (this.is(')')) this.at++;
        return inner;
      }
      default:
        return this.primary(token!);
    }
  }

  private primary(token: CToken): Value {
    if (token.kind === 'num') {
      const m = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)$/.exec(token.text);
      if (!m) return { v: 0n, unsigned: false };
      const digits = /^0[0-7]+$/.test(m[1]!) ? `0o${m[1]!.slice(1)}` : m[1]!;
      return wrap(/^\d+$/.test(digits) || /^0[xXbBo]/.test(digits) ? BigInt(digits) : 0n, /u/i.test(m[2]!));
    }
    if (token.kind === 'chr') return { v: BigInt(token.text.charCodeAt(token.text.indexOf("'") + 1)), unsigned: false };
    if (this.is('(')) {
      for (let depth = 0; this.at < this.tokens.length; ) {
        const text = this.tokens[this.at++]!.text;
        if (text === '(') depth++;
        else if (text === ')' && --depth === 0) break;
      }
    }
    return { v: 0n, unsigned: false };
  }
}

const wrap = (v: bigint, unsigned: boolean): Value => ({
  v: unsigned ? BigInt.asUintN(64, v) : BigInt.asIntN(64, v),
  unsigned,
});
const bool = (b: boolean): Value => ({ v: b ? 1n : 0n, unsigned: false });

function apply(op: string, left: Value, right: Value): Value {
  const unsigned = left.unsigned || right.unsigned;
  const a = wrap(left.v, unsigned).v;
  const b = wrap(right.v, unsigned).v;
  switch (op) {
    case '||':
      return bool(a !== 0n || b !== 0n);
    case '&&':
      return bool(a !== 0n && b !== 0n);
    case '|':
      return wrap(a | b, unsigned);
    case '^':
      return wrap(a ^ b, unsigned);
    case '&':
      return wrap(a & b, unsigned);
    case '==':
      return bool(a === b);
    case '!=':
      return bool(a !== b);
    case '<':
      return bool(a < b);
    case '>':
      return bool(a > b);
    case '<=':
      return bool(a <= b);
    case '>=':
      return bool(a >= b);
    case '<<':
      return wrap(left.v << (right.v & 63n), left.unsigned);
    case '>>':
      return wrap(left.v >> (right.v & 63n), left.unsigned);
    case '+':
      return wrap(a + b, unsigned);
    case '-':
      return wrap(a - b, unsigned);
    case '*':
      return wrap(a * b, unsigned);
    case '/':
      return b === 0n ? wrap(0n, unsigned) : wrap(a / b, unsigned);
    default:
      return b === 0n ? wrap(0n, unsigned) : wrap(a % b, unsigned);
  }
}
