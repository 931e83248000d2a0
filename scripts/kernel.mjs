// npm run kernel: a kernel tree for tests. KERNEL_TREE, else Debian's linux-source-6.1 unpacked into a cache outside the
// checkout. The last line printed is the tree's path. Another version: npm run kernel -- 6.12
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');
const packageOf = version => `linux-source-${version}`;
const treeOf = version => join(cache, packageOf(version));
const isTree = dir => existsSync(join(dir, 'Kbuild')) && existsSync(join(dir, 'include/linux/kernel.h'));

/** The tree that tests should use, or undefined: KERNEL_TREE stands for 6.1 only. */
export function kernelTree(version = '6.1') {
  const given = version === '6.1' ? process.env.KERNEL_TREE : undefined;
  if (given) return isTree(given) ? given : undefined;
  return isTree(treeOf(version)) ? treeOf(version) : undefined;
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

function provide(version) {
  const name = packageOf(version);
  const archive = `/usr/src/${name}.tar.xz`;
  if (version === '6.1' && process.env.KERNEL_TREE && !kernelTree())
    fail(`KERNEL_TREE=${process.env.KERNEL_TREE} is no kernel tree: it has no Kbuild and include/linux/kernel.h`);
  if (kernelTree(version)) return kernelTree(version);
  const run = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (!existsSync(archive)) {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
      fail(
        `no kernel tree: set KERNEL_TREE to one, or install Debian's ${name} (apt-get install ${name} xz-utils) and run this again`,
      );
    run('apt-get', 'update', '-qq');
    run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', name, 'xz-utils');
  }
  mkdirSync(cache, { recursive: true });
  // Unpacked aside and renamed: a tree that is there is whole.
  const aside = mkdtempSync(join(cache, 'unpack-'));
  try {
    run('tar', 'xf', archive, '-C', aside);
    renameSync(join(aside, name), treeOf(version));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return treeOf(version);
}

if (process.argv[1]?.endsWith('kernel.mjs')) console.log(provide(process.argv[2] ?? '6.1'));
