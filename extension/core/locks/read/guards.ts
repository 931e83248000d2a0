import { addr, type Expr, op } from '../expr.ts';
import type { Block, GraphBuilder } from '../graph.ts';
import type { Expressions } from './expressions.ts';
import type { Cleanup, Scopes } from './scopes.ts';

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
  readonly options: { guard(name: string): Guard | undefined };
  loop(breakTo: Block, continueTo: Block, inside: () => void): void;
  statement(): void;
  toSemicolon(): void;
}

/**
 * Statements of include/linux/cleanup.h: `guard(class)(args…);`, `CLASS(class, variable)(args…);`, `scoped_guard(class, args…)
 * statement`, `scoped_cond_guard(class, failure, args…) statement`, `return_ptr(p);`. False for what is none of them.
 *
 * @param close the bracket after the macro's name is closed by this token
 */
export function readCleanup(host: GuardHost, macro: string, close: number): boolean {
  const next = host.e.tokens.text[close + 1];
  switch (macro) {
    case 'guard':
    case 'CLASS':
      if (next !== '(') return false;
      readGuard(host, macro, close + 1);
      host.toSemicolon();
      return true;
    case 'scoped_guard':
    case 'scoped_cond_guard':
      if (next === ';') return false;
      readScopedGuard(host, macro, close);
      return true;
    case 'return_ptr':
      if (next !== ';') return false;
      readReturn(host);
      host.toSemicolon();
      return true;
    default:
      return false;
  }
}

/** `type variable __free(name)`: what DEFINE_FREE() made of the name is called with the variable's address. */
export const freeing = (name: string, variable: Expr): Cleanup => ({ call: `__free_${name}`, args: [addr(variable)] });

function readGuard(host: GuardHost, macro: string, open: number): void {
  const { e, scopes } = host;
  const { text, at: offsets } = e.tokens;
  const at = offsets[e.i]!;
  const name = text[e.i + 2]!;
  let variable: Expr | undefined;
  if (macro === 'CLASS') {
    host.locals.set(text[e.i + 4]!, '');
    variable = e.name(text[e.i + 4]!);
  }
  e.i = open;
  scopes.defer(enter(host, name, variable ?? e.temp(), e.args(), at).cleanup);
}

/** `value`: nonzero when it was acquired. */
function enter(
  host: GuardHost,
  name: string,
  variable: Expr,
  args: readonly Expr[],
  at: number,
): { cleanup: Cleanup; value: Expr | undefined } {
  const { e } = host;
  const guard = host.options.guard(name);
  if (!guard) {
    // As the tree defines it: guardClasses.ts.
    const value = e.direct(`class_${name}_constructor`, [addr(variable), ...args], at);
    return { cleanup: { call: `class_${name}_destructor`, args: [addr(variable)] }, value };
  }
  // The arguments as they are now, whatever becomes of the places they name.
  const kept = args.map(arg => {
    const one = e.temp();
    e.set(one, arg, at);
    return one;
  });
  const got = e.direct(guard.acquire, args, at);
  if (!guard.conditional) return { cleanup: { call: guard.release, args: kept }, value: undefined };
  const value = guard.conditional === 'zero' ? op('!', got) : got;
  e.set(variable, value, at);
  return { cleanup: { call: guard.release, args: kept, when: value }, value };
}

function readScopedGuard(host: GuardHost, macro: string, close: number): void {
  const { e, graph, scopes } = host;
  const { text, match, at: offsets } = e.tokens;
  const at = offsets[e.i]!;
  const open = e.i + 1;
  const name = text[e.i + 2]!;
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
  // Labels stand in braces, if anywhere within.
  scopes.open(open, text[close + 1] === '{' ? match[close + 1]! : close + 1);
  const { cleanup, value } = enter(host, name, e.temp(), args, at);
  if (value) {
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
  scopes.defer({ call: cleanup.call, args: cleanup.args });
  e.i = close + 1;
  // A scope is a loop that runs once: break and continue come to its end.
  const end = graph.block();
  host.loop(end, end, () => host.statement());
  graph.jump(end);
  graph.start(end);
  scopes.close(at);
  graph.jump(after);
  graph.start(after);
}

/** `return_ptr(p)`: returns it, and leaves nothing behind to be freed. */
function readReturn(host: GuardHost): void {
  const { e, scopes, graph } = host;
  const at = e.tokens.at[e.i]!;
  e.i++;
  const value = e.direct('no_free_ptr', e.args(), at);
  graph.emit({ op: 'exit', kind: 'return', value, at: scopes.leave(0, at) });
}
