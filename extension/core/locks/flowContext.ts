import { type Expr, rewrite } from './expr.ts';
import type { State } from './state.ts';
import type { Summary } from './summary.ts';
import { isGfpName } from './vocabulary.ts';

/** A state that has come to a block; `dirty`: it has not been followed from there yet. */
export interface Arrived {
  readonly state: State;
  dirty: boolean;
}

/** What the flow analysis of one function asks of the rest of the tree. All of it is at hand before it starts. */
export interface FlowContext {
  /** Summaries of what `name` may be (several when #if variants are open); undefined: cannot be followed. */
  callees(name: string): readonly Summary[] | undefined;
  /** Functions that are stored in fields of this name. */
  throughField(name: string): readonly Summary[] | undefined;
  /** Whether an argument is a function's name. */
  isFunction(arg: Expr): boolean;
  /** The value of an object-like macro. */
  constant(name: string): Expr | undefined;
}

/** An expression with GFP_ names put as what they are made of. */
export const spelledOut = (e: Expr, { constant }: Pick<FlowContext, 'constant'>): Expr =>
  rewrite(e, part =>
    part.k === 'name' && part.scope === 'free' && isGfpName(part.name) ? constant(part.name) : undefined,
  );
