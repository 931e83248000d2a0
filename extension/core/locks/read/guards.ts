import { type Expr, op } from '../expr.ts';
import type { Block, GraphBuilder } from '../graph.ts';
import type { Expressions } from './expressions.ts';
import type { Scopes } from './scopes.ts';

/** What a guard class does when its variable comes into scope, and when it goes. include/linux/cleanup.h */
export interface Guard {
  readonly acquire: string;
  readonly release: string;
  /** It may fail, and the variable is then null: what the acquiring call returns when it did not. */
  readonly conditional?: 'zero' | 'nonzero';
  /** The class that a conditional one is a variant of. */
  readonly base?: string;
}

/** What guards need of the reader of a body: it stands at the macro's name. */
export interface GuardHost {
  readonly e: Expressions;
  readonly graph: GraphBuilder;
  readonly scopes: Scopes;
  readonly locals: Map<string, string>;
  guard(name: string): Guard | undefined;
  loop(breakTo: Block, continueTo: Block, inside: () => void): void;
  statement(): void;
}

/** `guard(class)(args)`, `CLASS(class, variable)(args)`; `open`: the second bracket. Ends before the semicolon. */
export function readGuard(host: GuardHost, macro: string, open: number): void {
  const { e, scopes } = host;
  const { text, at: offsets } = e.tokens;
  const at = offsets[e.i]!;
  const name = text[e.i + 2]!;
  const variable = macro === 'CLASS' ? text[e.i + 4]! : undefined;
  if (variable) host.locals.set(variable, '');
  const guard = host.guard(name);
  e.i = open;
  const args = e.args();
  if (!guard) {
    // A class that is no lock's.
    const value = e.direct(`class_${name}_constructor`, args, at);
    if (variable) e.set(e.name(variable), value, at);
    return;
  }
  const { value, kept } = enter(host, guard, args, at);
  scopes.defer({ call: guard.release, args: kept, ...(guard.conditional ? { when: value } : {}) });
  if (variable) e.set(e.name(variable), value, at);
}

/** Acquires. `value`: whether it did; `kept`: the arguments as they are now, whatever becomes of the places they name. */
function enter(host: GuardHost, guard: Guard, args: readonly Expr[], at: number): { value: Expr; kept: Expr[] } {
  const { e } = host;
  const kept = args.map(arg => {
    const variable = e.temp();
    e.set(variable, arg, at);
    return variable;
  });
  const value = e.direct(guard.acquire, args, at);
  return { value: guard.conditional === 'zero' ? op('!', value) : value, kept };
}

/** `scoped_guard(class, args…) statement`, `scoped_cond_guard(class, failure, args…) statement`; `close`: the bracket. */
export function readScopedGuard(host: GuardHost, macro: string, close: number): void {
  const { e, graph, scopes } = host;
  const { text, match, at: offsets } = e.tokens;
  const at = offsets[e.i]!;
  const open = e.i + 1;
  const guard = host.guard(text[e.i + 2]!);
  const after = graph.block();
  e.i += 3;
  let failure = -1;
  if (macro === 'scoped_cond_guard') {
    failure = e.i + 1;
    e.i = failure;
    while (e.i < close && text[e.i] !== ',') e.i = (match[e.i]! > e.i ? match[e.i]! : e.i) + 1;
  }
  const args: Expr[] = [];
  while (e.i < close && text[e.i] === ',') {
    e.i++;
    args.push(e.assignment());
  }
  scopes.open(open, Number.POSITIVE_INFINITY);
  if (guard) {
    const { value, kept } = enter(host, guard, args, at);
    if (guard.conditional) {
      const [got, failed] = [graph.block(), graph.block()];
      graph.branch(value, got, failed);
      graph.start(failed);
      if (failure >= 0) {
        e.i = failure;
        host.statement();
      }
      graph.jump(after);
      graph.start(got);
    }
    scopes.defer({ call: guard.release, args: kept });
  }
  e.i = close + 1;
  // A scope is a loop that runs once: break leaves it.
  host.loop(after, after, () => host.statement());
  scopes.close(at);
  graph.start(after);
}
