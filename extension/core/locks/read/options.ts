import type { Owner } from '../expr.ts';
import type { Guard } from './guards.ts';

/** What a body is read against. */
export interface BodyOptions {
  /** Whose names the locals and parameters are. */
  readonly owner: Owner;
  readonly params: readonly string[];
  isTransparent(name: string): boolean;
  isNoReturn(name: string): boolean;
  option(name: string): number | undefined;
  /** Macros that stand where `for (…)` could. */
  isLoop(name: string): boolean;
  /** What a guard class does when its variable comes into scope, and when it goes. */
  guard(name: string): Guard | undefined;
}
