import type { CToken } from '../../syntax/token.ts';
import type { Expr, Initialiser, IntExpr, Stmt } from '../ast.ts';
import type { CType } from '../ctype.ts';
import { Cursor } from './cursor.ts';
import { isTypeKeyword, typeName } from './declarations.ts';
import { assignment, expression } from './expressions.ts';
import { initialiser } from './initialisers.ts';
import type { Body, Parsing } from './parsing.ts';
import type { Entity, Scope, UnitNames } from './scope.ts';
import { block } from './statements.ts';

/** The parts of the C parser put together over one run of tokens. */
export class Parser implements Parsing {
  readonly cursor: Cursor;
  scope: Scope | undefined;
  body: Body | undefined;
  unevaluated = 0;

  constructor(
    tokens: readonly CToken[],
    file: string,
    readonly unit: UnitNames,
  ) {
    this.cursor = new Cursor(tokens, file);
  }

  lookup(name: string): Entity | undefined {
    return this.scope?.find(name) ?? this.unit.lookup(name);
  }

  fail(reason: string): never {
    return this.cursor.fail(reason);
  }

  expression(): Expr {
    return expression(this);
  }
  assignment(): Expr {
    return assignment(this);
  }

  constant(): IntExpr {
    this.unevaluated++;
    try {
      const e = assignment(this);
      if (e.kind !== 'int') this.fail('this expression is not constant here');
      return e;
    } finally {
      this.unevaluated--;
    }
  }

  startsType(ahead = 0): boolean {
    const token = this.cursor.peek(ahead);
    if (token?.kind !== 'id') return false;
    if (isTypeKeyword(token.text)) return true;
    return this.lookup(token.text)?.kind === 'typedef';
  }

  typeName(): CType {
    return typeName(this);
  }
  block(): Stmt[] {
    return block(this);
  }
  initialiser(type: CType): { init: Initialiser; type: CType } {
    return initialiser(this, type);
  }
}
