import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

export const project = join(__dirname, '../..');
let built = false;

/** Builds the bundle once per test run: the tests run what is shipped. */
export function buildCli(): void {
  if (built) return;
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
  statSync(join(project, 'dist/cli.cjs'));
  built = true;
}

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `lockstep ARGS…` in a folder, as a process of its own; `env`: besides this one's. */
export function lockstep(args: readonly string[], cwd = project, env: NodeJS.ProcessEnv = {}): CliResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, 'dist/cli.cjs'), ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '100', ...env },
  });
  return { status, stdout, stderr };
}
