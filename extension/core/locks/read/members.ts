import table from '../../../../grammars/locks.json' with { type: 'json' };
import { type Expr, field } from '../expr.ts';

const paths: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(table.members).map(([name, { path }]) => [name, path.split('.')]),
);

/** A member, by the path that its name is a macro for: `d_lock` is `d_lockref.lock`. */
export const member = (base: Expr, name: string): Expr =>
  paths.get(name)?.reduce((of: Expr, part) => field(of, part), base) ?? field(base, name);
