import type { Expr } from './expr.ts';

/** One effect of a basic block, in execution order. `at` is an offset into the text of the definition's file. */
export type Step =
  /** A call; its value is the local named `temp`. `through` is the expression called when it is no plain name. */
  | {
      readonly op: 'call';
      readonly name: string;
      readonly through?: Expr;
      readonly args: readonly Expr[];
      readonly temp: Expr;
      readonly at: number;
    }
  | { readonly op: 'set'; readonly place: Expr; readonly value: Expr | undefined; readonly at: number }
  | {
      readonly op: 'exit';
      readonly kind: 'return' | 'end' | 'noreturn';
      readonly value: Expr | undefined;
      readonly at: number;
    };

export interface Edge {
  readonly to: Block;
  /** Taken only when `when` is nonzero (`is`) or zero (not `is`). */
  readonly when?: Expr;
  readonly is?: boolean;
}

export interface Block {
  readonly id: number;
  readonly steps: Step[];
  readonly next: Edge[];
}

/** The control flow of one function or macro body. Every path ends in an `exit` step. */
export interface Graph {
  readonly entry: Block;
  readonly blocks: readonly Block[];
  /** Names called directly, and fields called through pointers, in order of the text. */
  readonly calls: readonly string[];
  readonly fieldCalls: readonly string[];
  /** Free names that are read (for gfp masks). */
  readonly constants: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
  readonly locals: ReadonlySet<string>;
  /** Parts of the body that did not parse: calls in them are taken without flow. */
  readonly broken: boolean;
}

/** Grows a graph: steps go to the current block; after `jump` there is none until a block is started. */
export class GraphBuilder {
  readonly blocks: Block[] = [];
  readonly entry: Block;
  private current: Block | undefined;

  constructor() {
    this.entry = this.block();
    this.current = this.entry;
  }

  block(): Block {
    const block: Block = { id: this.blocks.length, steps: [], next: [] };
    this.blocks.push(block);
    return block;
  }

  get reachable(): boolean {
    return this.current !== undefined;
  }

  emit(step: Step): void {
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
}
