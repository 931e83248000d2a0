import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './syntax.ts';

const CLI = 'dist/cli.cjs';
const FOLDERS = ['mm', 'kernel'];

/**
 * Processor time of a program and of all its threads, in seconds: the machine may have other work.
 *
 * @returns undefined when it cannot be run
 */
function cpuSeconds(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): number | undefined {
  const before = children();
  const { status, error } = spawnSync(command, args, { env, stdio: 'ignore', maxBuffer: 1 << 28 });
  return error || status !== 0 ? undefined : children() - before;
}

/** User and system time of all children that have ended. */
function children(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const median = (of: () => number | undefined): number => {
  const times = Array.from({ length: 5 }, of).filter((t): t is number => t !== undefined);
  return times.length === 0 ? Number.NaN : times.sort((a, b) => a - b)[times.length >> 1]!;
};

interface Printed {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryMegabytes: number;
}

/**
 * The index of mm and kernel beside universal-ctags over the same files; the whole tree too, cold and from the cache, when
 * KERNEL_BENCH_WHOLE is set. Needs KERNEL_TREE and the bundle; else no figures.
 */
export async function bench(): Promise<Figure[]> {
  const root = process.env.KERNEL_TREE;
  if (!root || !existsSync(CLI)) return [];
  const folders = FOLDERS.flatMap(f => ['--folder', f]);
  const own = median(() => cpuSeconds(process.execPath, [CLI, 'index', root, ...folders, '--no-cache', '--json']));
  const paths = FOLDERS.map(f => join(root, f));
  // Not sorted: that is another program's time. Not to /dev/null, which ctags cannot truncate.
  const out = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  const ctags = (...of: string[]): number | undefined =>
    cpuSeconds('ctags', ['-f', join(out, 'tags'), '--sort=no', '-R', '--languages=C', '--langmap=C:.c.h', ...of]);
  const reference = { reference: 'universal-ctags, processor time', referenceFigure: median(() => ctags(...paths)) };
  const name = 'index of mm and kernel, processor time';
  const figures: Figure[] = [{ name, figure: own, unit: 's', ...reference }];
  try {
    if (!process.env.KERNEL_BENCH_WHOLE) return figures;
    const whole = (): Printed => {
      const { stdout } = spawnSync(process.execPath, [CLI, 'index', root, '--json'], {
        env: { ...process.env, XDG_CACHE_HOME: out },
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      });
      return JSON.parse(stdout) as Printed;
    };
    const tags = ctags(root) ?? Number.NaN;
    const cold = whole();
    const warm = whole();
    const all = { reference: 'universal-ctags, processor time', referenceFigure: tags };
    figures.push(
      { name: 'index of the whole tree, nothing cached', figure: cold.seconds, unit: 's', ...all },
      { name: 'index of the whole tree, processor time', figure: cold.cpuSeconds, unit: 's', ...all },
      { name: 'index of the whole tree, from the cache', figure: warm.seconds, unit: 's', ...all },
      {
        name: 'index of the whole tree, memory',
        figure: cold.memoryMegabytes,
        unit: 'MB',
        reference: 'from the cache',
        referenceFigure: warm.memoryMegabytes,
      },
    );
  } finally {
    rmSync(out, { recursive: true });
  }
  return figures;
}
