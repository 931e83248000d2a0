import type { Owner } from '../expr.ts';
import type { Guard } from './guards.ts';

/** What a body is read against. */
export interface BodyOptions {
  /** Whose names the locals and parameters are. */
  readonly owner: Owner;
  readonly params: readonly string[];
  /** Functions whose value is their first argument (likely, READ_ONCE). */
  isTransparent(name: string): boolean;
  /** What a transparent one needs to be held: `always` the same, or what the argument of this number says. */
  needs(name: string): number | 'always' | undefined;
  /** Whether a function's value is that its first argument is held. */
  asksHeld(name: string): boolean;
  isNoReturn(name: string): boolean;
  /** 1 or 0 for a CONFIG_ option whose value is stated. */
  option(name: string): number | undefined;
  /** Macros that stand where `for (…)` could. */
  isLoop(name: string): boolean;
  /** Those that are known to be: with nothing but a semicolon after it, a name alone may be a function's. */
  isListedLoop(name: string): boolean;
  /** What a guard class does when its variable comes into scope, and when it goes. */
  guard(name: string): Guard | undefined;
}
