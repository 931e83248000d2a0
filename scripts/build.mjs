// Bundles the extension, the command line and the webview into dist/. Parts that the tree does not have are named.
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);
const minify = !process.argv.includes('--debug');

/** One copy of web-tree-sitter: its ES module would be a second one, and breaks in a CommonJS bundle. */
const node = {
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  alias: { 'web-tree-sitter': at('node_modules/web-tree-sitter/web-tree-sitter.cjs') },
};
const bundles = [
  { in: 'extension/main.ts', out: 'dist/main.cjs', options: { ...node, external: ['vscode'] } },
  { in: 'extension/worker/main.ts', out: 'dist/engine.cjs', options: node },
  { in: 'extension/worker/indexThread.ts', out: 'dist/indexer.cjs', options: node },
  { in: 'extension/cli/main.ts', out: 'dist/cli.cjs', options: { ...node, banner: { js: '#!/usr/bin/env node' } } },
  { in: 'webview/main.ts', out: 'dist/webview.js', options: { platform: 'browser', format: 'iife', target: 'es2022' } },
  { in: 'webview/main.css', out: 'dist/webview.css', options: {} },
];

mkdirSync(at('dist'), { recursive: true });
for (const file of ['web-tree-sitter/web-tree-sitter.wasm', 'tree-sitter-c/tree-sitter-c.wasm'])
  copyFileSync(at('node_modules', file), at('dist', file.split('/')[1]));
for (const bundle of bundles) {
  if (!existsSync(at(bundle.in))) {
    console.log(`not built: ${bundle.out} (there is no ${bundle.in})`);
    continue;
  }
  await build({
    entryPoints: [at(bundle.in)],
    outfile: at(bundle.out),
    bundle: true,
    minify,
    logLevel: 'warning',
    ...bundle.options,
  });
  console.log(`${bundle.out}  ${Math.round(statSync(at(bundle.out)).size / 1024)} kB`);
}
