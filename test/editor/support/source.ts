import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The 1-based line of the nth place where a text stands in a file of a tree. */
export function lineOf(tree: string, file: string, text: string, nth = 1): number {
  const lines = readFileSync(join(tree, file), 'utf8').split('\n');
  let left = nth;
  const at = lines.findIndex(line => line.includes(text) && --left === 0);
  if (at < 0) throw new Error(`${file} has no "${text}"`);
  return at + 1;
}
