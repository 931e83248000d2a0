import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CParser } from '../../extension/core/syntax/parser.ts';

const require = createRequire(import.meta.url);
let shared: Promise<CParser> | undefined;

/** A parser from the packages' own WebAssembly files; one for the whole test run. Dispose of its files, not of it. */
export function testParser(): Promise<CParser> {
  shared ??= (async () =>
    CParser.create({
      runtime: await readFile(require.resolve('web-tree-sitter/web-tree-sitter.wasm')),
      grammar: await readFile(require.resolve('tree-sitter-c/tree-sitter-c.wasm')),
    }))();
  return shared;
}
