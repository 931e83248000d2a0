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
