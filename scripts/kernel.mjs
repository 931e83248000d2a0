// npm run kernel: a kernel tree for tests. KERNEL_TREE, else Debian's linux-source-6.1 unpacked into a cache outside the
// checkout. The last line printed is the tree's path.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = 'linux-source-6.1';
const ARCHIVE = `/usr/src/${PACKAGE}.tar.xz`;
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');
const tree = join(cache, PACKAGE);
const isTree = dir => existsSync(join(dir, 'Kbuild')) && existsSync(join(dir, 'include/linux/kernel.h'));

/** The tree that tests should use, or undefined. */
export function kernelTree() {
  const given = process.env.KERNEL_TREE;
  if (given) return isTree(given) ? given : undefined;
  return isTree(tree) ? tree : undefined;
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

function provide() {
  if (process.env.KERNEL_TREE && !kernelTree())
    fail(`KERNEL_TREE=${process.env.KERNEL_TREE} is no kernel tree: it has no Kbuild and include/linux/kernel.h`);
  if (kernelTree()) return kernelTree();
  const run = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (!existsSync(ARCHIVE)) {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
      fail(
        `no kernel tree: set KERNEL_TREE to one, or install Debian's ${PACKAGE} (apt-get install ${PACKAGE} xz-utils) and run this again`,
      );
    run('apt-get', 'update', '-qq');
    run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', PACKAGE, 'xz-utils');
  }
  mkdirSync(cache, { recursive: true });
  // Unpacked aside and renamed: a tree that is there is whole.
  const aside = mkdtempSync(join(cache, 'unpack-'));
  try {
    run('tar', 'xf', ARCHIVE, '-C', aside);
    renameSync(join(aside, PACKAGE), tree);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return tree;
}

if (process.argv[1]?.endsWith('kernel.mjs')) console.log(provide());
