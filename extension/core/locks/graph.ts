import { type Expr, somePart } from './expr.ts';

/** One effect of a basic block, in execution order. `at` is an offset into the text of the definition's file. */
export type Step = CallStep | SetStep | ExitStep;

/** A call; its value is the local `temp`. `through` is the expression called when it is no plain name. */
export interface CallStep {
  readonly op: 'call';
  readonly name: string;
  readonly through?: Expr;
  readonly args: readonly Expr[];
  readonly temp: Expr;
  readonly at: number;
}
export interface SetStep {
  readonly op: 'set';
  readonly place: Expr;
  readonly value: Expr | undefined;
  readonly at: number;
}
export interface ExitStep {
  readonly op: 'exit';
  readonly kind: 'return' | 'end' | 'noreturn';
  readonly value: Expr | undefined;
  readonly at: number;
}

export interface Edge {
  readonly to: Block;
  /** Taken only when `when` is nonzero (`is`) or zero (not `is`). */
  readonly when?: Expr;
  readonly is?: boolean;
}

export interface Block {
  /** Position in reverse postorder once the graph is finished. */
  id: number;
  readonly steps: Step[];
  readonly next: Edge[];
  /** Locals and temporaries that nobody reads any more after this block. */
  dead: readonly Expr[];
}

/** The control flow of one function or macro body. Every path ends in an `exit` step. */
export interface Graph {
  readonly entry: Block;
  /** Those that control can reach, in reverse postorder: `blocks[b.id] === b`. */
  readonly blocks: readonly Block[];
  /** Names called directly, and fields called through pointers, in order of the text. */
  readonly calls: readonly string[];
  readonly fieldCalls: readonly string[];
  /** Free names that are read (for gfp masks). */
  readonly constants: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
  /** Locals with the type that their declaration begins with: `struct page`, `pte_t`, … */
  readonly locals: ReadonlyMap<string, string>;
  /** Parts of the body that could not be read: what is called there is taken without flow. */
  readonly broken: boolean;
}

/** Whether anything in the graph depends on a call's value. */
export function isRead({ blocks }: Graph, temp: Expr): boolean {
  const reads = (e: Expr | undefined) => e !== undefined && somePart(e, part => part === temp);
  return blocks.some(
    ({ steps, next }) =>
      next.some(edge => reads(edge.when)) ||
      steps.some(step =>
        step.op === 'call'
          ? step.args.some(reads) || reads(step.through)
          : reads(step.value) || (step.op === 'set' && reads(step.place)),
      ),
  );
}

/** What is dead is forgotten at the end of a block: in a generated function of 100,000 statements, now and then. */
const LONGEST_BLOCK = 4096;

/** Grows a graph: steps go to the current block; after `jump` there is none until a block is started. */
export class GraphBuilder {
  private made = 0;
  readonly entry: Block;
  private current: Block | undefined;

  constructor() {
    this.entry = this.block();
    this.current = this.entry;
  }

  block(): Block {
    return { id: this.made++, steps: [], next: [], dead: [] };
  }

  get reachable(): boolean {
    return this.current !== undefined;
  }

  /** The last step of the current block. */
  get last(): Step | undefined {
    return this.current?.steps.at(-1);
  }

  emit(step: Step): void {
    if (this.current && this.current.steps.length >= LONGEST_BLOCK) this.start(this.block());
    this.current?.steps.push(step);
    if (step.op === 'exit') this.current = undefined;
  }

  /** Ends the current block with an unconditional edge. */
  jump(to: Block): void {
    this.current?.next.push({ to });
    this.current = undefined;
  }

  /** Ends the current block with a two-way branch on `when`. */
  branch(when: Expr, yes: Block, no: Block): void {
    this.current?.next.push({ to: yes, when, is: true }, { to: no, when, is: false });
    this.current = undefined;
  }

  /** Ends the current block with edges taken for reasons unknown, or each under its own condition. */
  fork(edges: readonly Edge[]): void {
    this.current?.next.push(...edges);
    this.current = undefined;
  }

  start(block: Block): void {
    if (this.current) this.jump(block);
    this.current = block;
  }

  /** The blocks that control can reach, numbered in reverse postorder; what ends nowhere ends with an exit at `end`. */
  finish(end: number): Block[] {
    const order: Block[] = [];
    const seen = new Set<Block>([this.entry]);
    const stack: { block: Block; next: number }[] = [{ block: this.entry, next: 0 }];
    while (stack.length) {
      const top = stack.at(-1)!;
      const edge = top.block.next[top.next++];
      if (edge) {
        if (!seen.has(edge.to)) {
          seen.add(edge.to);
          stack.push({ block: edge.to, next: 0 });
        }
        continue;
      }
      stack.pop();
      order.push(top.block);
      if (top.block.next.length === 0 && top.block.steps.at(-1)?.op !== 'exit')
        top.block.steps.push({ op: 'exit', kind: 'end', value: undefined, at: end });
    }
    order.reverse();
    order.forEach((block, i) => {
      block.id = i;
    });
    return order;
  }
}
