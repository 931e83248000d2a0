import type { Node } from 'web-tree-sitter';
import { type Expr, num, op } from './expr.ts';
import { type BodyScope, Expressions } from './expressions.ts';
import { type Block, type Edge, type Graph, GraphBuilder } from './graph.ts';

export interface BodyOptions {
  /** Identity of the definition: scopes its locals and parameters. */
  readonly owner: string;
  readonly params: readonly string[];
  /** Offset in the file of the first character of the tree's text. */
  readonly offset: number;
  /** The text before normalisation, same length: what loops that are macros are called. */
  readonly original: string;
  isTransparent(name: string): boolean;
  isNoReturn(name: string): boolean;
  option(name: string): number | undefined;
}

/**
 * The control-flow graph of a body: a `compound_statement`, or for a macro also an expression.
 *
 * Branch edges carry their condition, so that the flow analysis can tell the outcomes of a trylock apart. Statement
 * expressions, `&&`, `||` and `?:` with effects are laid out as control flow. A loop macro (normalised to
 * `for(;;   a, b)`) runs its body any number of times and changes its arguments.
 */
export function buildGraph(body: Node, options: BodyOptions): Graph {
  return new Body(options).build(body);
}

class Body implements BodyScope {
  private readonly graph = new GraphBuilder();
  private readonly expressions: Expressions;
  private readonly labels = new Map<string, Block>();
  private breakTo: Block | undefined;
  private continueTo: Block | undefined;
  private cases: Edge[] | undefined;
  private subject: Expr = num(0);
  private sawDefault = false;
  readonly owner: string;
  readonly params: ReadonlySet<string>;
  readonly locals = new Set<string>();

  constructor(private readonly options: BodyOptions) {
    this.owner = options.owner;
    this.params = new Set(options.params);
    this.expressions = new Expressions(this.graph, this);
  }

  isTransparent(name: string): boolean {
    return this.options.isTransparent(name);
  }

  isNoReturn(name: string): boolean {
    return this.options.isNoReturn(name);
  }

  option(name: string): number | undefined {
    return this.options.option(name);
  }

  at(node: Node): number {
    return this.options.offset + node.startIndex;
  }

  build(body: Node): Graph {
    let value: Expr | undefined;
    if (body.type === 'compound_statement') this.statements(body);
    else value = this.expressions.value(body);
    const end = this.options.offset + Math.max(body.startIndex, body.endIndex - 1);
    this.graph.emit({ op: 'exit', kind: 'end', value, at: end });
    // A label that nothing defines (it did not parse): let the path end there.
    for (const block of this.graph.blocks) {
      if (block.next.length === 0 && block.steps.at(-1)?.op !== 'exit') {
        block.steps.push({ op: 'exit', kind: 'end', value: undefined, at: end });
      }
    }
    return {
      entry: this.graph.entry,
      blocks: this.graph.blocks,
      calls: this.expressions.calls,
      fieldCalls: this.expressions.fieldCalls,
      constants: this.expressions.constants,
      params: this.params,
      locals: this.locals,
      broken: body.hasError,
    };
  }

  block(node: Node): Expr {
    const children = node.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');
    const last = children.at(-1);
    for (const child of children) {
      if (child === last && child.type === 'expression_statement')
        return this.expressions.value(child.namedChildren[0] ?? null);
      this.statement(child);
    }
    return op('literal');
  }

  private statements(node: Node): void {
    for (const child of node.namedChildren) if (child) this.statement(child);
  }

  private statement(node: Node): void {
    switch (node.type) {
      case 'comment':
      case 'type_definition':
        return;
      case 'attributed_statement':
      case 'compound_statement':
      case 'else_clause':
      case 'ERROR':
        this.statements(node);
        return;
      case 'declaration':
        this.declaration(node);
        return;
      case 'expression_statement':
        this.expressions.value(node.namedChildren.find(child => child?.type !== 'comment') ?? null);
        return;
      case 'if_statement':
        this.if(node);
        return;
      case 'while_statement':
        this.while(node);
        return;
      case 'do_statement':
        this.do(node);
        return;
      case 'for_statement':
        this.for(node);
        return;
      case 'switch_statement':
        this.switch(node);
        return;
      case 'case_statement':
        this.case(node);
        return;
      case 'labeled_statement': {
        this.graph.start(this.label(node.childForFieldName('label')?.text ?? ''));
        const label = node.childForFieldName('label');
        for (const child of node.namedChildren) if (child && child.id !== label?.id) this.statement(child);
        return;
      }
      case 'goto_statement':
        this.graph.jump(this.label(node.childForFieldName('label')?.text ?? ''));
        return;
      case 'break_statement':
        if (this.breakTo) this.graph.jump(this.breakTo);
        return;
      case 'continue_statement':
        if (this.continueTo) this.graph.jump(this.continueTo);
        return;
      case 'return_statement': {
        const child = node.namedChildren.find(c => c?.type !== 'comment') ?? null;
        const value = child ? this.expressions.value(child) : undefined;
        this.graph.emit({ op: 'exit', kind: 'return', value, at: this.at(node) });
        return;
      }
      default:
        if (node.type.startsWith('preproc')) this.statements(node);
        else this.expressions.value(node);
    }
  }

  private label(name: string): Block {
    let block = this.labels.get(name);
    if (!block) this.labels.set(name, (block = this.graph.block()));
    return block;
  }

  private declaration(node: Node): void {
    for (const declarator of node.childrenForFieldName('declarator')) {
      if (!declarator) continue;
      const name = declaredName(declarator);
      if (!name || declarator.type === 'function_declarator') continue;
      this.locals.add(name);
      if (declarator.type !== 'init_declarator') continue;
      const value = declarator.childForFieldName('value');
      const place = this.expressions.name(name);
      if (value?.type === 'initializer_list') this.expressions.initialiser(place, value, declarator);
      else this.expressions.set(place, this.expressions.value(value), declarator);
    }
  }

  private if(node: Node): void {
    const [yes, no, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.expressions.condition(node.childForFieldName('condition'), yes, no);
    this.graph.start(yes);
    const then = node.childForFieldName('consequence');
    if (then) this.statement(then);
    this.graph.jump(after);
    this.graph.start(no);
    const otherwise = node.childForFieldName('alternative');
    if (otherwise) this.statement(otherwise);
    this.graph.jump(after);
    this.graph.start(after);
  }

  /** Runs `inside` with the loop's break and continue targets. */
  private loop(breakTo: Block, continueTo: Block, inside: () => void): void {
    const saved = [this.breakTo, this.continueTo] as const;
    this.breakTo = breakTo;
    this.continueTo = continueTo;
    inside();
    [this.breakTo, this.continueTo] = saved;
  }

  private body(node: Node): void {
    const body = node.childForFieldName('body');
    if (body) this.statement(body);
  }

  private while(node: Node): void {
    const [head, inside, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.graph.start(head);
    this.expressions.condition(node.childForFieldName('condition'), inside, after);
    this.graph.start(inside);
    this.loop(after, head, () => this.body(node));
    this.graph.jump(head);
    this.graph.start(after);
  }

  private do(node: Node): void {
    const [inside, test, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.graph.start(inside);
    this.loop(after, test, () => this.body(node));
    this.graph.start(test);
    this.expressions.condition(node.childForFieldName('condition'), inside, after);
    this.graph.start(after);
  }

  private for(node: Node): void {
    const [head, inside, step, after] = [
      this.graph.block(),
      this.graph.block(),
      this.graph.block(),
      this.graph.block(),
    ];
    const initializer = node.childForFieldName('initializer');
    if (initializer?.type === 'declaration') this.declaration(initializer);
    else if (initializer) this.expressions.value(initializer);
    const update = node.childForFieldName('update');
    const condition = node.childForFieldName('condition');
    const isMacro = !/^for\b/.test(this.options.original.slice(node.startIndex, node.startIndex + 4));
    this.graph.start(head);
    if (isMacro) {
      const args = update ? commaList(update) : [];
      for (const arg of args) {
        if (arg.type === 'identifier') this.expressions.set(this.expressions.name(arg.text), undefined, arg);
        else if (arg.type === 'call_expression') this.expressions.value(arg);
      }
      this.graph.fork([{ to: inside }, { to: after }]);
    } else if (condition) this.expressions.condition(condition, inside, after);
    else this.graph.jump(inside);
    this.graph.start(inside);
    this.loop(after, step, () => this.body(node));
    this.graph.start(step);
    if (update && !isMacro) this.expressions.value(update);
    this.graph.jump(head);
    this.graph.start(after);
  }

  private switch(node: Node): void {
    const subject = this.expressions.value(node.childForFieldName('condition'));
    const [inside, after] = [this.graph.block(), this.graph.block()];
    const saved = [this.cases, this.subject, this.sawDefault, this.breakTo] as const;
    // The edges are filled while the body is read: the branching block keeps this very list.
    const head = this.graph.block();
    this.graph.start(head);
    this.graph.fork([]);
    [this.cases, this.subject, this.sawDefault, this.breakTo] = [head.next, subject, false, after];
    this.graph.start(inside);
    this.body(node);
    this.graph.jump(after);
    if (!this.sawDefault) head.next.push({ to: after });
    [this.cases, this.subject, this.sawDefault, this.breakTo] = saved;
    this.graph.start(after);
  }

  private case(node: Node): void {
    const block = this.graph.block();
    const value = node.childForFieldName('value');
    this.cases?.push(
      value ? { to: block, when: op('==', this.subject, this.expressions.value(value)), is: true } : { to: block },
    );
    if (!value) this.sawDefault = true;
    this.graph.start(block);
    for (const child of node.namedChildren) if (child && child.id !== value?.id) this.statement(child);
  }
}

/** The name that a declarator declares. */
export function declaredName(declarator: Node): string | undefined {
  let node: Node | null = declarator;
  while (node && node.type !== 'identifier') {
    node =
      node.childForFieldName('declarator') ??
      node.namedChildren.find(c => /declarator$|^identifier$/.test(c?.type ?? '')) ??
      null;
  }
  return node?.text;
}

function commaList(node: Node): Node[] {
  if (node.type !== 'comma_expression') return [node];
  const [left, right] = [node.childForFieldName('left'), node.childForFieldName('right')];
  return [...(left ? commaList(left) : []), ...(right ? commaList(right) : [])];
}
