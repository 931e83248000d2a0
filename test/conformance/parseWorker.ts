import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { CParser } from '../../extension/core/syntax/parser.ts';
import { decodeSource } from '../../extension/core/text/decode.ts';

const find = createRequire(__filename);
const wasm = (name: string): Uint8Array => new Uint8Array(readFileSync(find.resolve(`${name}/${name}.wasm`)));

/** Reads a list of files from standard input; prints a line of JSON for each: its functions, [name, line, clean]. */
async function main(root: string): Promise<void> {
  const parser = await CParser.create({ runtime: wasm('web-tree-sitter'), grammar: wasm('tree-sitter-c') });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  for (const path of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    const began = performance.now();
    try {
      const bytes = new Uint8Array(readFileSync(join(root, path)));
      const parsed = parser.parse(decodeSource(bytes, path), { loops });
      const functions = parsed.functions().map(f => [f.name, f.line, f.hasError ? 0 : 1]);
      parsed.dispose();
      process.stdout.write(`${JSON.stringify({ path, functions, ms: performance.now() - began })}\n`);
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ path, functions: [], failed: (error as Error).message })}\n`);
    }
  }
}

void main(process.argv[2]!);
