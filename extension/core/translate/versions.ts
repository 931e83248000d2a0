import { contentHash } from '../index/tree/data.ts';
import type { FunctionDef } from './ast.ts';
import type { Program } from './program.ts';
import { sizeOfType } from './write/rep.ts';

/** By file: a word that stands for what its functions and objects do in a program. */
export type Versions = Readonly<Record<string, string>>;

/**
 * What tells a program from another version of it, by file, so that a difference can be named. It is of the models, not of
 * the text: a comment or an empty line makes no difference, nor does where in the file a function stands.
 */
export function versionsOf(program: Program): Versions {
  const parts = new Map<string, string[]>();
  const add = (file: string, text: string): void => {
    const list = parts.get(file);
    if (list) list.push(text);
    else parts.set(file, [text]);
  };
  for (const { def, written, info } of program.functions)
    if (def && written) add(def.file, written.lines.map(line => placeless(line.text, def)).join('\n'));
    else add(info.file, info.name);
  for (const { name, type, unit } of program.globals) add(unit.path, `${name} ${sizeOfType(type)}`);
  const encoder = new TextEncoder();
  return Object.fromEntries(
    [...parts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, texts]) => {
        const bytes = encoder.encode(texts.sort().join('\n'));
        return [file, contentHash(bytes, bytes.length).toString(36)];
      }),
  );
}

/** Lines of the file count from the function's first: they stand in the text of every visible step. */
const placeless = (text: string, { line, endLine }: FunctionDef): string =>
  text.replace(/(?<![\w.])\d+(?![\w.])/g, number => {
    const n = Number(number);
    return n >= line && n <= endLine ? `+${n - line}` : number;
  });

/** Files whose functions are others in the two; empty: it is the same program. */
export function differing(a: Versions, b: Versions): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(file => a[file] !== b[file]).sort();
}
