import { type Expr, num, type Owner, op } from '../expr.ts';
import { type Block, type Edge, type Graph, GraphBuilder } from '../graph.ts';
import { readCondition } from './conditions.ts';
import { readDeclaration } from './declaration.ts';
import { type BodyScope, Expressions } from './expressions.ts';
import { freeing, type GuardHost, readCleanup } from './guards.ts';
import { loopArguments } from './loopMacro.ts';
import type { BodyOptions } from './options.ts';
import { Scopes } from './scopes.ts';
import { Kind, type Tokens } from './tokens.ts';
import { isDeclaration } from './types.ts';

const STATEMENT = /^(?:do|if|for|while|switch|\{)$/;

/**
 * The control-flow graph of a body: the tokens from a `{`, or a macro's body, which may also be an expression.
 *
 * Branch edges carry their condition, so that the flow analysis can tell the outcomes of a trylock apart. Statement
 * expressions, `&&`, `||` and `?:` with effects are laid out as control flow. A loop macro runs its body any number of times
 * and changes its arguments. What guards clean up is called on every way out of their scope. What cannot be read costs
 * its own statement.
 */
export function readBody(tokens: Tokens, options: BodyOptions): Graph {
  return new Body(tokens, options).read();
}

class Body implements BodyScope, GuardHost {
  readonly graph = new GraphBuilder();
  readonly e: Expressions;
  readonly scopes: Scopes;
  private readonly freed = (name: string, variable: Expr) => this.scopes.defer(freeing(name, variable));
  private readonly labels = new Map<string, Block>();
  private breakTo: Block | undefined;
  private continueTo: Block | undefined;
  private breakDepth = 0;
  private continueDepth = 0;
  private cases: Edge[] | undefined;
  private subject: Expr = num(0);
  private sawDefault = false;
  private broken = false;
  readonly owner: Owner;
  readonly params: ReadonlySet<string>;
  readonly locals = new Map<string, string>();

  constructor(
    private readonly tokens: Tokens,
    readonly options: BodyOptions,
  ) {
    this.owner = options.owner;
    this.params = new Set(options.params);
    this.e = new Expressions(tokens, this.graph, this);
    this.scopes = new Scopes(this.e, this.graph);
  }

  read(): Graph {
    const { tokens, e } = this;
    const end = tokens.at[Math.max(0, tokens.count - 1)]!;
    let value: Expr | undefined;
    if (tokens.count > 0 && !STATEMENT.test(tokens.text[0]!) && !isDeclaration(tokens, 0)) {
      value = e.comma();
      if (e.i < tokens.count) value = undefined;
    }
    while (e.i < tokens.count) this.guarded(() => this.statement());
    this.graph.emit({ op: 'exit', kind: 'end', value, at: end });
    return {
      entry: this.graph.entry,
      blocks: this.graph.finish(end),
      calls: e.calls,
      fieldCalls: e.fieldCalls,
      constants: e.constants,
      params: this.params,
      locals: this.locals,
      broken: this.broken,
    };
  }

  /** Makes sure that reading gets on, whatever is there. */
  private guarded(one: () => void): void {
    const before = this.e.i;
    one();
    if (this.e.i === before) {
      this.broken = true;
      this.e.i++;
    }
  }

  private peek(): string {
    return this.tokens.text[this.e.i]!;
  }

  private get at(): number {
    return this.tokens.at[this.e.i]!;
  }

  block(): Expr {
    const { e, tokens } = this;
    const open = e.i - 1;
    const close = tokens.match[open]!;
    let value = op('literal');
    this.enter(open, () => {
      while (e.i < close) {
        const isLast = this.endOfStatement(e.i) >= close - 1;
        if (isLast && this.isExpression(e.i)) {
          value = e.comma();
          if (this.peek() === ';') e.i++;
          if (e.i < close) e.i = close;
        } else this.guarded(() => this.statement());
      }
    });
    e.i = close + 1;
    return value;
  }

  /** Runs `inside` as the inside of the brackets at `open`; what guards of it clean up is called at its end. */
  private enter(open: number, inside: () => void): void {
    this.scopes.open(open, this.tokens.match[open]!);
    inside();
    this.scopes.close(this.at);
  }

  /** Index of the token that ends the statement at `from`, for plain statements. */
  private endOfStatement(from: number): number {
    const { text, match } = this.tokens;
    for (let k = from; ; k++) {
      if (match[k]! > k) k = match[k]!;
      const t = text[k]!;
      if (t === ';' || t === '') return k;
      if (t === '}' && match[k] === -1 && text[k + 1] !== ';' && text[k + 1] !== ')') return k;
    }
  }

  private isExpression(i: number): boolean {
    const { text, kind } = this.tokens;
    const t = text[i]!;
    if (/^(?:do|if|for|while|switch|\{|return|goto|break|continue|case|default|;)$/.test(t)) return false;
    return !isDeclaration(this.tokens, i) && !(kind[i] === Kind.Name && text[i + 1] === ':');
  }

  statement(): void {
    const { e, tokens } = this;
    const { text, kind, match } = tokens;
    const t = this.peek();
    if (kind[e.i] === Kind.Mark) {
      if (t === ';') {
        e.i++;
        return;
      }
      if (t === '{') {
        this.compound();
        return;
      }
      if (t === '}') {
        e.i++;
        return;
      }
      this.expression();
      return;
    }
    switch (t) {
      case 'if':
        this.if();
        return;
      case 'while':
        this.while();
        return;
      case 'do':
        this.do();
        return;
      case 'for':
        this.for();
        return;
      case 'switch':
        this.switch();
        return;
      case 'case':
      case 'default':
        this.case();
        return;
      case 'else':
        e.i++;
        return;
      case 'goto': {
        const name = text[e.i + 1]!;
        this.scopes.leaveFor(name, this.at);
        this.graph.jump(this.label(name));
        this.toSemicolon();
        return;
      }
      case 'break':
        this.scopes.leave(this.breakDepth, this.at);
        if (this.breakTo) this.graph.jump(this.breakTo);
        this.toSemicolon();
        return;
      case 'continue':
        this.scopes.leave(this.continueDepth, this.at);
        if (this.continueTo) this.graph.jump(this.continueTo);
        this.toSemicolon();
        return;
      case 'return': {
        const at = this.at;
        e.i++;
        const value = this.peek() === ';' ? undefined : e.comma();
        this.graph.emit({ op: 'exit', kind: 'return', value, at: this.scopes.leave(0, at) });
        this.toSemicolon();
        return;
      }
      case 'asm':
      case '__asm__':
      case 'typedef':
        this.toSemicolon();
        return;
    }
    if (kind[e.i] === Kind.Name && text[e.i + 1] === ':' && text[e.i + 2] !== ':') {
      this.graph.start(this.label(t));
      e.i += 2;
      return;
    }
    if (text[e.i + 1] === '(' && kind[e.i] === Kind.Name && this.invocation(t, match[e.i + 1]!)) return;
    if (isDeclaration(tokens, e.i)) {
      readDeclaration(e, this.locals, this.freed);
      this.toSemicolon();
      return;
    }
    this.expression();
  }

  /** An expression statement; where none can be read to its end, what follows up to the semicolon is given up. */
  private expression(): void {
    const { e } = this;
    const before = e.i;
    e.comma();
    if (this.peek() === ';') {
      e.i++;
      return;
    }
    // A macro that needs no semicolon stands on its line.
    if (this.tokens.text[e.i - 1] === ')' && this.tokens.kind[e.i] === Kind.Name && e.i > before) return;
    if (this.peek() === '}' || this.peek() === '') return;
    this.broken = true;
    this.toSemicolon();
  }

  toSemicolon(): void {
    const { text, match } = this.tokens;
    const { e } = this;
    for (; e.i < this.tokens.count; e.i++) {
      if (match[e.i]! > e.i) e.i = match[e.i]!;
      else if (text[e.i] === '}') return;
      if (text[e.i] === ';') {
        e.i++;
        return;
      }
    }
  }

  private compound(): void {
    const { e } = this;
    const open = e.i;
    const close = this.tokens.match[open]!;
    e.i++;
    this.enter(open, () => {
      while (e.i < close) this.guarded(() => this.statement());
    });
    e.i = close + 1;
  }

  private label(name: string): Block {
    let block = this.labels.get(name);
    if (!block) this.labels.set(name, (block = this.graph.block()));
    return block;
  }

  /** `name(…)` that is more than a call: a loop macro, a guard. False when it is a call after all. */
  private invocation(name: string, close: number): boolean {
    const { text, kind } = this.tokens;
    if (readCleanup(this, name, close)) return true;
    const next = text[close + 1]!;
    const isBlock = next === '{';
    const isStatement = kind[close + 1] === Kind.Name && this.options.isLoop(name);
    if (!isBlock && !isStatement && !(next === ';' && this.options.isListedLoop(name))) return false;
    this.loopMacro(close);
    return true;
  }

  private loopMacro(close: number): void {
    const { e } = this;
    const [head, inside, step, after] = this.blocks4();
    this.graph.start(head);
    loopArguments(e, close);
    e.i = close + 1;
    this.graph.fork([{ to: inside }, { to: after }]);
    this.graph.start(inside);
    this.loop(after, step, () => this.statement());
    this.graph.start(step);
    this.graph.jump(head);
    this.graph.start(after);
  }

  private blocks4(): [Block, Block, Block, Block] {
    return [this.graph.block(), this.graph.block(), this.graph.block(), this.graph.block()];
  }

  /** Reads `( condition )` and ends the block with its branch. */
  private head(yes: Block, no: Block): void {
    const { e } = this;
    if (this.peek() !== '(') {
      this.broken = true;
      this.graph.fork([{ to: yes }, { to: no }]);
      return;
    }
    const close = this.tokens.match[e.i]!;
    e.i++;
    readCondition(e, this.graph, yes, no, close);
    e.i = close + 1;
  }

  private if(): void {
    const [yes, no, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.e.i++;
    this.head(yes, no);
    this.graph.start(yes);
    this.substatement();
    this.graph.jump(after);
    this.graph.start(no);
    if (this.peek() === 'else') {
      this.e.i++;
      this.substatement();
    }
    this.graph.jump(after);
    this.graph.start(after);
  }

  /** A statement under a head; labels before it belong to it. */
  private substatement(): void {
    const { e } = this;
    while (this.tokens.kind[e.i] === Kind.Name && this.tokens.text[e.i + 1] === ':' && this.peek() !== 'default')
      this.statement();
    if (e.i < this.tokens.count && this.peek() !== '}') this.statement();
  }

  /** Runs `inside` with the loop's break and continue targets. */
  loop(breakTo: Block, continueTo: Block, inside: () => void): void {
    const saved = [this.breakTo, this.continueTo, this.breakDepth, this.continueDepth] as const;
    this.breakTo = breakTo;
    this.continueTo = continueTo;
    this.breakDepth = this.continueDepth = this.scopes.depth;
    inside();
    [this.breakTo, this.continueTo, this.breakDepth, this.continueDepth] = saved;
  }

  private while(): void {
    const [head, inside, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.e.i++;
    this.graph.start(head);
    this.head(inside, after);
    this.graph.start(inside);
    this.loop(after, head, () => this.substatement());
    this.graph.jump(head);
    this.graph.start(after);
  }

  private do(): void {
    const [inside, test, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    const { e } = this;
    e.i++;
    this.graph.start(inside);
    this.loop(after, test, () => this.substatement());
    this.graph.start(test);
    if (this.peek() === 'while') {
      e.i++;
      this.head(inside, after);
    } else this.graph.jump(after);
    this.graph.start(after);
    if (this.peek() === ';') e.i++;
  }

  private for(): void {
    const { e } = this;
    const { text, match } = this.tokens;
    const open = e.i + 1;
    const close = match[open]!;
    const marks: number[] = [];
    for (let k = open + 1; k < close; k++) {
      if (match[k]! > k) k = match[k]!;
      else if (text[k] === ';') marks.push(k);
    }
    const [head, inside, step, after] = this.blocks4();
    e.i = open + 1;
    const [first, second] = marks;
    if (first === undefined || second === undefined) {
      this.broken = true;
      this.graph.start(head);
      this.graph.fork([{ to: inside }, { to: after }]);
    } else {
      if (isDeclaration(this.tokens, e.i)) readDeclaration(e, this.locals, this.freed);
      else if (e.i < first) e.comma();
      this.graph.start(head);
      e.i = first + 1;
      if (e.i < second) readCondition(e, this.graph, inside, after, second);
      else this.graph.jump(inside);
    }
    e.i = close + 1;
    this.graph.start(inside);
    this.loop(after, step, () => this.substatement());
    const end = e.i;
    this.graph.start(step);
    if (second !== undefined && second + 1 < close) {
      e.i = second + 1;
      e.comma();
    }
    e.i = end;
    this.graph.jump(head);
    this.graph.start(after);
  }

  private switch(): void {
    const { e } = this;
    e.i++;
    const close = this.tokens.match[e.i]!;
    e.i++;
    const subject = e.comma();
    e.i = close + 1;
    const [inside, after] = [this.graph.block(), this.graph.block()];
    const saved = [this.cases, this.subject, this.sawDefault, this.breakTo, this.breakDepth] as const;
    // The edges are filled while the body is read: the branching block keeps this very list.
    const head = this.graph.block();
    this.graph.start(head);
    this.graph.fork([]);
    [this.cases, this.subject, this.sawDefault, this.breakTo] = [head.next, subject, false, after];
    this.breakDepth = this.scopes.depth;
    this.graph.start(inside);
    this.substatement();
    this.graph.jump(after);
    if (!this.sawDefault) head.next.push({ to: after });
    [this.cases, this.subject, this.sawDefault, this.breakTo, this.breakDepth] = saved;
    this.graph.start(after);
  }

  private case(): void {
    const { e } = this;
    const { text, match } = this.tokens;
    const isDefault = this.peek() === 'default';
    const block = this.graph.block();
    e.i++;
    if (isDefault) {
      this.sawDefault = true;
      this.cases?.push({ to: block });
    } else {
      let colon = e.i;
      let isRange = false;
      for (let nested = 0; colon < this.tokens.count; colon++) {
        if (match[colon]! > colon) colon = match[colon]!;
        else if (text[colon] === '?') nested++;
        else if (text[colon] === '...') isRange = true;
        else if (text[colon] === ':' && nested-- <= 0) break;
      }
      if (isRange) this.cases?.push({ to: block });
      else this.cases?.push({ to: block, when: op('==', this.subject, e.assignment()), is: true });
      e.i = colon;
    }
    if (this.peek() === ':') e.i++;
    this.graph.start(block);
  }
}
