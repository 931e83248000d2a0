// Provides the native tree-sitter module for the suite in test/native: builds it when the prebuilt one does not load.
// Run: node scripts/native.mjs
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));

/** Whether the module loads and parses; in a process of its own, because a module that failed to load stays failed. */
export function nativeLoads() {
  const program =
    "const P = require('tree-sitter'), p = new P(); p.setLanguage(require('tree-sitter-c')); p.parse('int x;');";
  return spawnSync(process.execPath, ['-e', program], { cwd: root, stdio: 'ignore' }).status === 0;
}

function fail(message) {
  console.error(`native tree-sitter: ${message}`);
  process.exit(1);
}

function build() {
  const folder = dirname(require.resolve('tree-sitter/package.json'));
  const prefix = join(dirname(process.execPath), '..');
  // With the headers of the running Node at hand nothing has to be downloaded.
  const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const modules = execFileSync(npm, ['root', '-g'], { encoding: 'utf8' }).trim();
  const gyp = [
    join(modules, 'npm/node_modules/node-gyp/bin/node-gyp.js'),
    join(dirname(process.execPath), 'node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
  ].find(existsSync);
  if (!gyp) fail("npm's own node-gyp was not found; run `npx node-gyp rebuild` in node_modules/tree-sitter.");
  const compiler = process.env.CXX ?? 'c++';
  if (process.platform !== 'win32' && spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status !== 0) {
    fail(`no C++ compiler (${compiler}); install one (Debian: apt-get install g++ make python3), then run this again.`);
  }
  console.log('native tree-sitter: the prebuilt module does not load here; building it');
  const run = spawnSync(process.execPath, [gyp, 'rebuild', '--silent', ...headers], { cwd: folder, stdio: 'inherit' });
  if (run.status !== 0) fail('the build failed; it needs a C++ compiler, make and python3, see the messages above.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!nativeLoads()) build();
  if (!nativeLoads()) fail('built, but it still does not load.');
  console.log('native tree-sitter: ready');
}
