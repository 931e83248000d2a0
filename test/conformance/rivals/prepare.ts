import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { FOLDERS } from '../faults/tree.ts';

/** What a kernel build would compile, without having compiled it. */
export interface Prepared {
  /** Where the arguments' relative paths start. */
  readonly folder: string;
  /** File of the tree → the arguments that `make C=2` gives to a checker for it, the file last. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
  /** What `make defconfig` and `make prepare` took, which a checker that needs flags waits for. */
  readonly configureSeconds: number;
}

/** Stands for the compiler: everything but the kernel's own objects goes to gcc; those are empty, and made at once. */
const COMPILER = `#!/bin/bash
dep= out= prev= object=
for a in "$@"; do
  case "$a" in -Wp,-MMD,*) dep="\${a#-Wp,-MMD,}" ;; esac
  [ "$prev" = -o ] && out="$a"
  [ "$a" = -c ] && object=1
  prev="$a"
done
case "$out" in scripts/* | tools/*) object= ;; esac
if [ -n "$object" ] && [ -n "$dep" ] && [[ "\${*: -1}" == *.c ]]; then
  echo "$out: \${*: -1}" > "$dep"
  exec gcc -c -x c /dev/null -o "$out"
fi
exec gcc "$@"
`;

/** Stands for the checker: keeps its arguments, one base64 line for each file. */
const RECORDER = `#!/bin/bash
printf '%s\\0' "$@" | base64 -w0 >> "$LOCKSTEP_COMMANDS"
echo >> "$LOCKSTEP_COMMANDS"
`;

/**
 * Configures a tree (x86-64 defconfig) in a folder of the cache, outside of the tree, and learns how each file would be checked.
 * Done once; later calls read what was learnt.
 *
 * @throws Error when make fails
 */
export function prepared(root: string): Prepared {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');
  const folder = join(cache, `defconfig-${basename(root)}`);
  const learnt = join(folder, 'commands.json');
  if (!existsSync(learnt)) learn(root, folder, learnt);
  const { configureSeconds, commands } = JSON.parse(readFileSync(learnt, 'utf8')) as {
    configureSeconds: number;
    commands: Record<string, string[]>;
  };
  return { folder, commands: new Map(Object.entries(commands)), configureSeconds };
}

function learn(root: string, folder: string, learnt: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const script = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  };
  const compiler = script('compiler', COMPILER);
  const recorder = script('recorder', RECORDER);
  const recorded = join(folder, 'recorded');
  const make = (...targets: string[]): void => {
    const run = spawnSync('make', ['-k', '-s', '-C', root, `O=${folder}`, `CC=${compiler}`, ...targets], {
      env: { ...process.env, LOCKSTEP_COMMANDS: recorded },
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0 && !existsSync(join(folder, 'include/generated/autoconf.h')))
      throw new Error(`make ${targets.join(' ')} failed in ${root}:\n${run.stderr.slice(-2000)}`);
  };
  const began = performance.now();
  make('defconfig');
  make('prepare');
  const configureSeconds = (performance.now() - began) / 1000;
  const present = FOLDERS.filter(f => existsSync(join(root, f, 'Makefile')));
  make('C=2', `CHECK=${recorder}`, ...present.map(f => `${f}/`));
  const commands: Record<string, string[]> = {};
  for (const line of readFileSync(recorded, 'latin1').split('\n').filter(Boolean)) {
    const args = Buffer.from(line, 'base64').toString('latin1').split('\0').slice(0, -1);
    const file = args.at(-1)!;
    if (file.startsWith(`${root}/`) && !file.includes('/scripts/')) commands[file.slice(root.length + 1)] = args;
  }
  if (Object.keys(commands).length === 0) throw new Error(`make told no file of ${root} to a checker`);
  writeFileSync(`${learnt}.part`, JSON.stringify({ configureSeconds, commands }));
  renameSync(`${learnt}.part`, learnt);
}
