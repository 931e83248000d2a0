import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { idiomTables } from '../../extension/core/syntax/idioms.ts';
import { normalise } from '../../extension/core/syntax/normalise.ts';
import { testParser } from '../support/parser.ts';
import { samples } from '../support/samples.ts';

interface NativeParser {
  setLanguage(language: unknown): void;
  parse(text: string, old?: undefined, options?: { bufferSize: number }): { rootNode: { toString(): string } };
}

const require = createRequire(import.meta.url);

/** The native runtime and the WebAssembly one must give the same tree, or what is shipped is not what was tested. */
describe('native tree-sitter', () => {
  let native: NativeParser;
  before(() => {
    const Native = require('tree-sitter') as new () => NativeParser;
    native = new Native();
    native.setLanguage(require('tree-sitter-c'));
  });

  for (const [name, text] of Object.entries(samples)) {
    it(`gives the tree of the WebAssembly parser: ${name}`, async () => {
      const parser = await testParser();
      const normalised = normalise(text, idiomTables());
      const file = parser.parse(text);
      const tree = native.parse(normalised.text, undefined, { bufferSize: 4 * normalised.text.length + 64 });
      assert.equal(file.root.toString(), tree.rootNode.toString());
      assert.equal(file.root.hasError, name === 'broken');
      file.dispose();
    });
  }
});
