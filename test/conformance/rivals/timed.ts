import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a program gave, and what it cost by GNU time. */
export interface Timed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall clock. */
  readonly seconds: number;
  /** User and system time, children included. */
  readonly cpu: number;
  /** Largest resident set of any one process. */
  readonly mebibytes: number;
}

/** Programs the comparison needs, with the Debian package of each. */
export const NEEDED: Readonly<Record<string, string>> = {
  sparse: 'sparse',
  spatch: 'coccinelle',
  ctags: 'universal-ctags',
  cscope: 'cscope',
  gtags: 'global',
  gcc: 'gcc',
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
};

/** GNU time itself: the shell's own does not tell memory. */
const TIME = '/usr/bin/time';

/** The packages to install, empty when nothing is missing. */
export function missingPackages(): string[] {
  const folders = (process.env.PATH ?? '').split(':');
  const missing = Object.entries(NEEDED).filter(([program]) => !folders.some(f => existsSync(join(f, program))));
  return [...missing.map(([, name]) => name), ...(existsSync(TIME) ? [] : ['time'])];
}

export function timed(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Timed {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-time-'));
  const out = join(folder, 'time');
  try {
    const run = spawnSync(TIME, ['-q', '-o', out, '-f', '%e %U %S %M', command, ...args], {
      ...options,
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    });
    if (run.error) throw run.error;
    const [seconds, user, system, kilobytes] = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .at(-1)!
      .split(' ')
      .map(Number);
    const { status, stdout, stderr } = run;
    return { status, stdout, stderr, seconds: seconds!, cpu: user! + system!, mebibytes: kilobytes! / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
