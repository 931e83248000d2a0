// npm test: everything that this machine can run. A suite whose needs are missing is reported as skipped, by name and
// with the command that provides them; with LOCKSTEP_REQUIRE_ALL=1 (CI) that is a failure. The last line is the count.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernelTree } from './kernel.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = name => join(root, 'node_modules/.bin', name);
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');
const tree = kernelTree();
const vscode = process.env.E2E_DIR || join(cache, 'vscode');
const chromium = process.env.CHROMIUM || '/usr/bin/chromium';

function nativeLoads() {
  try {
    createRequire(join(root, 'package.json'))('tree-sitter');
    return true;
  } catch {
    return false;
  }
}

const suites = [
  {
    name: 'check',
    commands: [
      ['tsc', '--noEmit', '-p', 'tsconfig.json'],
      ['tsc', '--noEmit', '-p', 'webview/tsconfig.json'],
      ['biome', 'ci', '--diagnostic-level=error', '.'],
    ],
  },
  { name: 'unit', mocha: 'test/unit' },
  {
    name: 'native',
    mocha: 'test/native',
    ready: nativeLoads,
    lacks: 'the native tree-sitter does not load',
    provide: 'node scripts/native.mjs',
  },
  {
    name: 'kernel',
    mocha: 'test/kernel',
    ready: () => tree !== undefined,
    lacks: 'there is no kernel tree',
    provide: 'npm run kernel',
  },
  {
    name: 'editor',
    mocha: 'test/editor',
    ready: () => existsSync(join(vscode, 'cs')) && existsSync(chromium),
    lacks: 'there is no VS Code or no Chromium',
    provide: 'node scripts/vscode.mjs',
  },
];

const testFiles = dir =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true })
        .filter(f => String(f).endsWith('.test.ts'))
        .map(f => join(dir, String(f)))
    : [];
const env = { ...process.env, ...(tree ? { KERNEL_TREE: tree } : {}), E2E_DIR: vscode };
const total = { passed: 0, failed: 0, skipped: 0 };

for (const suite of suites) {
  const files = suite.mocha ? testFiles(join(root, suite.mocha)) : [];
  if (suite.mocha && files.length === 0) continue;
  if (suite.ready && !suite.ready()) {
    console.log(`skipped ${suite.name}: ${suite.lacks}; provide it with: ${suite.provide}`);
    total.skipped++;
    if (process.env.LOCKSTEP_REQUIRE_ALL === '1') total.failed++;
    continue;
  }
  console.log(`\n== ${suite.name}`);
  for (const [command, ...args] of suite.commands ?? []) {
    const { status } = spawnSync(bin(command), args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status === 0) total.passed++;
    else {
      console.log(`failed: ${command} ${args.join(' ')}`);
      total.failed++;
    }
  }
  if (suite.mocha) {
    const report = join(tmpdir(), `lockstep-${process.pid}-${suite.name}.json`);
    const args = [
      '--config',
      'test/mocharc.json',
      '--reporter',
      'json',
      '--reporter-option',
      `output=${report}`,
      ...files,
    ];
    const { status } = spawnSync(bin('mocha'), args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (!existsSync(report)) {
      console.log(`failed: mocha did not run ${suite.mocha} (exit status ${status})`);
      total.failed++;
      continue;
    }
    const { stats, failures } = JSON.parse(readFileSync(report, 'utf8'));
    rmSync(report);
    for (const f of failures) console.log(`failed: ${f.fullTitle}\n  ${f.err.stack ?? f.err.message}`);
    console.log(
      `${suite.name}: ${stats.passes} passed, ${stats.failures} failed, ${stats.pending} pending in ${(stats.duration / 1000).toFixed(1)} s`,
    );
    total.passed += stats.passes;
    total.failed += stats.failures;
    total.skipped += stats.pending;
    if (stats.tests === 0) total.failed++;
  }
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
