import assert from 'node:assert/strict';
import { testParser } from './parser.ts';

export interface Rewrite {
  readonly what: string;
  readonly from: string;
  /** The normalised text. */
  readonly to: string;
}

/** A suite that holds what the normaliser makes of a text, and that the result parses without an error. */
export function rewrites(suite: string, cases: readonly Rewrite[]): void {
  describe(suite, () => {
    for (const { what, from, to } of cases) {
      it(what, async () => {
        const file = (await testParser()).parse(from, { loops: ['walk_each'] });
        assert.equal(file.normalised.text, to);
        assert.ok(!file.root.hasError, file.root.toString());
        file.dispose();
      });
    }
  });
}
