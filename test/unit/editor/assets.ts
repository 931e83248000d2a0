import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ParserAssets } from '../../../extension/core/syntax/parser.ts';

const require = createRequire(import.meta.url);
const bytes = (name: string) => new Uint8Array(readFileSync(require.resolve(name)));

/** The two .wasm files, from the packages that the build copies them from. */
export async function parserAssets(): Promise<ParserAssets> {
  return {
    runtime: bytes('web-tree-sitter/web-tree-sitter.wasm'),
    grammar: bytes('tree-sitter-c/tree-sitter-c.wasm'),
  };
}
