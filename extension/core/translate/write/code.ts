/** A piece of JavaScript with the precedence of its outermost operator, so that parentheses appear only where needed. */
export interface Code {
  readonly text: string;
  readonly level: number;
}

/** JavaScript's precedence levels, loosest first. */
export const Level = {
  comma: 1,
  assign: 2, // also yield* and arrow functions
  conditional: 3,
  or: 4,
  and: 5,
  bitOr: 6,
  bitXor: 7,
  bitAnd: 8,
  equality: 9,
  relational: 10,
  shift: 11,
  sum: 12,
  product: 13,
  unary: 15,
  atom: 20,
} as const;

export const code = (text: string, level: number = Level.atom): Code => ({ text, level });

/** The text of `c` where an operand of at least `level` is wanted. */
export const at = (c: Code, level: number): string => (c.level < level ? `(${c.text})` : c.text);

/** A call's argument list, or any other place where only a comma would need parentheses. */
export const arg = (c: Code): string => at(c, Level.assign);

const BINARY: Readonly<Record<string, number>> = {
  '*': Level.product,
  '/': Level.product,
  '%': Level.product,
  '+': Level.sum,
  '-': Level.sum,
  '<<': Level.shift,
  '>>': Level.shift,
  '>>>': Level.shift,
  '<': Level.relational,
  '>': Level.relational,
  '<=': Level.relational,
  '>=': Level.relational,
  '===': Level.equality,
  '!==': Level.equality,
  '&': Level.bitAnd,
  '^': Level.bitXor,
  '|': Level.bitOr,
  '&&': Level.and,
  '||': Level.or,
};

/** `left op right`, left-associative. Mixed bitwise operators and shifts get parentheses, as kernel style has them. */
export function binary(left: Code, op: string, right: Code): Code {
  const level = BINARY[op]!;
  const strict = level <= Level.bitAnd ? level >= Level.bitOr : level === Level.shift;
  const clear = (c: Code): Code => (strict && c.level > level && c.level < Level.unary ? code(`(${c.text})`) : c);
  return code(`${at(clear(left), level)} ${op} ${at(clear(right), level + 1)}`, level);
}

export const call = (callee: string, ...args: readonly (Code | string)[]): Code =>
  code(`${callee}(${args.map(a => (typeof a === 'string' ? a : arg(a))).join(', ')})`);

/** `yield* g`: the loosest expression there is but the comma. */
export const yieldStar = (c: Code): Code => code(`yield* ${arg(c)}`, Level.assign);
