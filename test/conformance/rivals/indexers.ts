import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Timed, timed } from './timed.ts';

export interface Indexed extends Timed {
  readonly name: string;
}

/** universal-ctags, cscope and GNU global over the same list of files of a tree, each with its index in a scratch folder. */
export function indexers(root: string, files: readonly string[]): Indexed[] {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-index-'));
  try {
    const list = join(folder, 'files');
    writeFileSync(list, `${files.join('\n')}\n`);
    const run = (name: string, command: string, ...args: string[]): Indexed => {
      const result = timed(command, args, { cwd: root });
      if (result.status !== 0) throw new Error(`${name} failed: ${result.stderr.slice(-500)}`);
      return { name, ...result };
    };
    return [
      run('universal-ctags', 'ctags', '--language-force=C', '-f', join(folder, 'tags'), '-L', list),
      run('cscope -b -q -k', 'cscope', '-b', '-q', '-k', '-f', join(folder, 'cscope.out'), '-i', list),
      run('global (gtags)', 'gtags', '-f', list, folder),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
