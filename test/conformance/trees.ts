import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Trees that `npm run kernel` and `npm run kernel -- 6.12` have provided. */
export function providedTrees(): string[] {
  const script = pathToFileURL(join(__dirname, '../../scripts/kernel.mjs')).href;
  const code = `import { kernelTree } from ${JSON.stringify(script)};
    console.log(['6.1', '6.12'].map(v => kernelTree(v) ?? '').join('\\n'));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

/**
 * The program of a measurement: when `file` is what was started, measures the tree that is named first, else the first one
 * provided; the other arguments are the measurement's own. What it gives is the exit status.
 */
export function measure(file: string, main: (root: string, rest: readonly string[]) => Promise<number>): void {
  if (process.argv[1] !== file) return;
  const [root = providedTrees()[0], ...rest] = process.argv.slice(2);
  if (root === undefined) console.log('no kernel tree: npm run kernel provides one');
  const status = root === undefined ? Promise.resolve(2) : main(root, rest);
  void status.then(code => {
    process.exitCode = code;
  });
}
