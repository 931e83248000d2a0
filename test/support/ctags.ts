import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Tag {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * Function definitions as universal-ctags tells them, by file, without those that it takes macro invocations for.
 *
 * @param files paths below `root`
 */
export function ctagsFunctions(root: string, files: readonly string[]): Map<string, Tag[]> {
  const { stdout, status, error } = spawnSync(
    'ctags',
    ['-x', '--language-force=C', '--c-kinds=f', '--_xformat=%F\t%N\t%n', '-L', '-'],
    { cwd: root, input: files.join('\n'), encoding: 'latin1', maxBuffer: 1 << 30 },
  );
  if (error || status !== 0) throw new Error('universal-ctags is needed: apt-get install universal-ctags');
  const found = new Map<string, Tag[]>();
  let read = '';
  let lines: string[] = [];
  for (const row of stdout.split('\n')) {
    const [path, name, at] = row.split('\t');
    if (!path || !name) continue;
    if (path !== read) {
      lines = readFileSync(join(root, path), 'latin1').split('\n');
      read = path;
    }
    if (!hasBody(lines, name, Number(at))) continue;
    const list = found.get(path);
    if (list) list.push({ name, line: Number(at) });
    else found.set(path, [{ name, line: Number(at) }]);
  }
  return found;
}

/** ctags takes an invocation before a definition for the definition: no `{` follows its brackets. */
function hasBody(lines: readonly string[], name: string, line: number): boolean {
  const text = lines.slice(line - 1, line + 60).join('\n');
  const first = text.indexOf(name) + name.length;
  let depth = 0;
  for (let at = first; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth <= 0) {
      const after = text.slice(at + 1);
      // NAME(x) { .a = 1 }: an initialiser.
      if (/^\s*\{\s*(?:\/\*(?:(?!\*\/)[\s\S])*\*\/\s*|\/\/.*\s*)*\./.test(after)) return false;
      return text.startsWith(name) ? /^\s*(?:\{|__[a-z])/.test(after) : /^\s*(?:[{(]|\w|\/[*/]|#)/.test(after);
    }
  }
  return true;
}
