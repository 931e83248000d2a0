import type { Node } from 'web-tree-sitter';
import { addr, deref, type Expr, field, index, num, op } from './expr.ts';
import type { Block, GraphBuilder } from './graph.ts';

/** What a body is read against. */
export interface BodyScope {
  readonly owner: string;
  readonly params: ReadonlySet<string>;
  readonly locals: Set<string>;
  /** Functions whose value is their first argument (likely, READ_ONCE), and those that never return. */
  isTransparent(name: string): boolean;
  isNoReturn(name: string): boolean;
  /** 1 or 0 for a CONFIG_ option whose value is stated. */
  option(name: string): number | undefined;
  /** Runs a statement expression's statements, and gives the value of the last. */
  block(node: Node): Expr;
  /** Offset in the file of a node of the tree. */
  at(node: Node): number;
}

/** Reads C expressions into `Expr`; calls, assignments and short circuits become steps and branches on the way. */
export class Expressions {
  readonly calls: string[] = [];
  readonly fieldCalls: string[] = [];
  readonly constants = new Set<string>();
  private temps = 0;

  constructor(
    private readonly graph: GraphBuilder,
    private readonly scope: BodyScope,
  ) {}

  temp(): Expr {
    return { k: 'name', name: `#${this.temps++}`, scope: 'local', owner: this.scope.owner };
  }

  name(name: string): Expr {
    if (name === 'NULL' || name === 'false') return num(0);
    if (name === 'true') return num(1);
    const { owner, params, locals } = this.scope;
    if (locals.has(name)) return { k: 'name', name, scope: 'local', owner };
    if (params.has(name)) return { k: 'name', name, scope: 'param', owner };
    this.constants.add(name);
    return { k: 'name', name, scope: 'free', owner: '' };
  }

  set(place: Expr, value: Expr | undefined, node: Node): void {
    this.graph.emit({ op: 'set', place, value, at: this.scope.at(node) });
  }

  /** Evaluates `node`, emitting its effects, and gives its value. */
  value(node: Node | null): Expr {
    if (!node) return num(0);
    switch (node.type) {
      case 'identifier':
        return this.name(node.text);
      case 'number_literal':
        return num(Number(node.text.replace(/[uUlL]+$/, '')) || 0);
      case 'null':
      case 'false':
        return num(0);
      case 'true':
        return num(1);
      case 'string_literal':
      case 'concatenated_string':
      case 'char_literal':
        return op('literal');
      case 'parenthesized_expression': {
        const inner = node.namedChildren.find(child => child !== null && child.type !== 'comment') ?? null;
        if (inner?.type === 'compound_statement') return this.scope.block(inner);
        return this.value(inner);
      }
      case 'compound_statement':
        return this.scope.block(node);
      case 'cast_expression':
        return this.value(node.childForFieldName('value'));
      case 'comma_expression':
        this.value(node.childForFieldName('left'));
        return this.value(node.childForFieldName('right'));
      case 'field_expression': {
        const base = this.value(node.childForFieldName('argument'));
        const name = node.childForFieldName('field')?.text ?? '';
        return field(node.childForFieldName('operator')?.text === '->' ? deref(base) : base, name);
      }
      case 'pointer_expression': {
        const inner = this.value(node.childForFieldName('argument'));
        return node.childForFieldName('operator')?.text === '*' ? deref(inner) : addr(inner);
      }
      case 'subscript_expression':
        return index(this.value(node.childForFieldName('argument')), this.value(node.childForFieldName('index')));
      case 'unary_expression':
        return this.unary(node);
      case 'update_expression': {
        const place = this.value(node.childForFieldName('argument'));
        this.set(place, undefined, node);
        return op('literal', place);
      }
      case 'assignment_expression':
        return this.assignment(node);
      case 'binary_expression':
        return this.binary(node);
      case 'conditional_expression':
        return this.conditional(node);
      case 'call_expression':
        return this.call(node);
      case 'sizeof_expression':
      case 'alignof_expression':
      case 'offsetof_expression':
        return op('sizeof', { k: 'name', name: node.text, scope: 'free', owner: '' });
      case 'compound_literal_expression':
        return this.initialiser(this.temp(), node.childForFieldName('value'), node);
      default:
        return this.other(node);
    }
  }

  private unary(node: Node): Expr {
    const operator = node.childForFieldName('operator')?.text ?? '!';
    const inner = this.value(node.childForFieldName('argument'));
    if (inner.k === 'num' && operator === '-') return num(-inner.value);
    if (operator === '!' && inner.k === 'op' && inner.op === '!' && inner.args.length === 1)
      return op('!=', inner.args[0]!, num(0));
    return op(operator, inner);
  }

  private assignment(node: Node): Expr {
    const left = node.childForFieldName('left');
    const right = node.childForFieldName('right');
    const operator = node.childForFieldName('operator')?.text ?? '=';
    if (operator === '=' && right?.type === 'compound_literal_expression') {
      const place = this.value(left);
      this.set(place, undefined, node);
      return this.initialiser(place, right.childForFieldName('value'), node);
    }
    const value = this.value(right);
    const place = this.value(left);
    this.set(place, operator === '=' ? value : op(operator.slice(0, -1), place, value), node);
    return value;
  }

  /** `{ .mm = mm, … }` sets the fields of `place`. */
  initialiser(place: Expr, list: Node | null, node: Node): Expr {
    if (list?.type !== 'initializer_list') {
      const value = this.value(list);
      this.set(place, value, node);
      return place;
    }
    for (const child of list.namedChildren) {
      if (!child || child.type === 'comment') continue;
      if (child.type !== 'initializer_pair') {
        if (child.type === 'initializer_list') this.initialiser(this.temp(), child, child);
        else this.value(child);
        continue;
      }
      let target = place;
      for (const part of child.childrenForFieldName('designator')) {
        if (part?.type === 'field_designator') target = field(target, part.text.replace(/^\.\s*/, ''));
        else if (part) target = index(target, this.value(part.namedChildren[0] ?? null));
      }
      this.initialiser(target, child.childForFieldName('value'), child);
    }
    return place;
  }

  private binary(node: Node): Expr {
    const operator = node.childForFieldName('operator')?.text ?? '';
    const left = node.childForFieldName('left');
    const right = node.childForFieldName('right');
    if ((operator === '&&' || operator === '||') && mayAct(right)) return this.branched(node);
    return op(operator, this.value(left), this.value(right));
  }

  private conditional(node: Node): Expr {
    const condition = node.childForFieldName('condition');
    const yes = node.childForFieldName('consequence');
    const no = node.childForFieldName('alternative');
    if (!mayAct(yes) && !mayAct(no)) {
      const test = this.value(condition);
      return op('?:', test, yes ? this.value(yes) : test, this.value(no));
    }
    const result = this.temp();
    const [then, otherwise, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.condition(condition, then, otherwise);
    this.graph.start(then);
    this.set(result, yes ? this.value(yes) : undefined, node);
    this.graph.jump(after);
    this.graph.start(otherwise);
    this.set(result, this.value(no), node);
    this.graph.jump(after);
    this.graph.start(after);
    return result;
  }

  /** A short circuit whose value is used: a temporary set to 1 or 0 in the two branches. */
  private branched(node: Node): Expr {
    const result = this.temp();
    const [yes, no, after] = [this.graph.block(), this.graph.block(), this.graph.block()];
    this.condition(node, yes, no);
    for (const [block, value] of [
      [yes, 1],
      [no, 0],
    ] as const) {
      this.graph.start(block);
      this.set(result, num(value), node);
      this.graph.jump(after);
    }
    this.graph.start(after);
    return result;
  }

  /** Evaluates `node` as a condition and ends the current block with the branch. */
  condition(node: Node | null, yes: Block, no: Block): void {
    if (!node) {
      this.graph.jump(yes);
      return;
    }
    if (node.type === 'parenthesized_expression') {
      const inner = node.namedChildren.find(child => child !== null && child.type !== 'comment') ?? null;
      if (inner && inner.type !== 'compound_statement') {
        this.condition(inner, yes, no);
        return;
      }
    }
    if (node.type === 'unary_expression' && node.childForFieldName('operator')?.text === '!') {
      this.condition(node.childForFieldName('argument'), no, yes);
      return;
    }
    if (node.type === 'comma_expression') {
      this.value(node.childForFieldName('left'));
      this.condition(node.childForFieldName('right'), yes, no);
      return;
    }
    if (node.type === 'call_expression') {
      const callee = node.childForFieldName('function');
      const args = argumentsOf(node);
      if (callee && args.length === 1 && this.scope.isTransparent(callee.text)) {
        this.condition(args[0]!, yes, no);
        return;
      }
    }
    if (node.type === 'binary_expression') {
      const operator = node.childForFieldName('operator')?.text;
      if (operator === '&&' || operator === '||') {
        const middle = this.graph.block();
        if (operator === '&&') this.condition(node.childForFieldName('left'), middle, no);
        else this.condition(node.childForFieldName('left'), yes, middle);
        this.graph.start(middle);
        this.condition(node.childForFieldName('right'), yes, no);
        return;
      }
    }
    this.graph.branch(this.value(node), yes, no);
  }

  private call(node: Node): Expr {
    const given = node.childForFieldName('function');
    const inner = given?.type === 'parenthesized_expression' ? given.namedChild(0) : null;
    const callee = inner?.type === 'identifier' ? inner : given;
    const args = argumentsOf(node).map(arg => this.value(arg));
    // `(u64)(x)`: without types, a cast and a call look alike.
    if (inner === callee && inner && args.length === 1 && TYPE_NAME.test(inner.text)) return args[0]!;
    const at = this.scope.at(node);
    const temp = this.temp();
    if (callee?.type === 'identifier' && !this.scope.params.has(callee.text) && !this.scope.locals.has(callee.text)) {
      const name = callee.text;
      if (this.scope.isTransparent(name) && args.length >= 1) return args[0]!;
      if (name === 'IS_ERR' || name === 'IS_ERR_OR_NULL') return op(name, args[0] ?? num(0));
      if (/^IS_(?:ENABLED|BUILTIN|REACHABLE)$/.test(name)) {
        const option = argumentsOf(node)[0]?.text ?? '';
        const stated = this.scope.option(option);
        return stated === undefined ? op(name, ...args) : num(stated);
      }
      if (name === '__builtin_expect') return args[0] ?? num(0);
      if (/^(?:__builtin_\w+|typeof|__typeof__|sizeof|__alignof__)$/.test(name)) return op(name, ...args);
      this.calls.push(name);
      this.graph.emit({ op: 'call', name, args, temp, at });
      if (this.scope.isNoReturn(name)) this.graph.emit({ op: 'exit', kind: 'noreturn', value: undefined, at });
      return temp;
    }
    const through = this.value(callee);
    const last = through.k === 'deref' ? through.base : through;
    const name = last.k === 'field' || last.k === 'name' ? last.name : '';
    if (last.k === 'field') this.fieldCalls.push(name);
    this.graph.emit({ op: 'call', name, through: last, args, temp, at });
    return temp;
  }

  /** Anything else (inline assembly, _Generic, what did not parse): its parts are evaluated for their effects. */
  private other(node: Node): Expr {
    for (const child of node.namedChildren) if (child && !/^(type|comment|preproc)/.test(child.type)) this.value(child);
    return op('literal', { k: 'name', name: `${this.scope.at(node)}`, scope: 'free', owner: '' });
  }
}

/** Names that the kernel gives to types alone. */
const TYPE_NAME = /^(?:(?:__)?(?:[us]|le|be)(?:8|16|32|64)|\w+_t|bool|ulong|uint|ushort)$/;

export function argumentsOf(call: Node): Node[] {
  const list = call.childForFieldName('arguments');
  return (list?.namedChildren ?? []).filter((child): child is Node => child !== null && child.type !== 'comment');
}

const ACTS = ['call_expression', 'assignment_expression', 'update_expression', 'compound_statement'];

/** Whether evaluating `node` may have an effect, so that it matters if it is evaluated at all. */
function mayAct(node: Node | null): boolean {
  if (!node) return false;
  return ACTS.includes(node.type) || node.descendantsOfType(ACTS).length > 0;
}
