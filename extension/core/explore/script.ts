import { InputError } from '../text/source.ts';

/** Where a thread stands: its next visible step. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

/** One entry of a script: a thread runs to its end, or to just before its `times`-th visible step at a place. */
export interface ScriptEntry {
  readonly thread: number;
  readonly until: { readonly matches: (place: Place) => boolean; readonly times: number } | undefined;
  readonly text: string;
}

/**
 * Reads a schedule that people write: `dump to walk_pmd_range:146, remap0, dump`.
 *
 * Entries are separated by commas or new lines: a thread's name, then, unless it is to run to its end, `to` and a place:
 * a function, a function and a line of its file, or (the end of) a path and a line; `#2` means the second time.
 *
 * @throws InputError naming the entry that is not understood, or the thread that is not there
 */
export function readScript(text: string, threads: readonly string[]): ScriptEntry[] {
  const entries = text
    .split(/[,;\n]/)
    .map(e => e.trim())
    .filter(e => e !== '');
  if (entries.length === 0) throw new InputError('an empty schedule: write, say, "dump to walk_pmd_range, remap0"');
  return entries.map(entry => {
    const parts = /^(\w+)(?:\s+to\s+([\w./-]+)(?::(\d+))?(?:\s*#(\d+))?)?$/.exec(entry);
    if (!parts) throw new InputError(`schedule entry "${entry}": write THREAD, or THREAD to FUNCTION or FILE:LINE`);
    const [, name, where, line, times] = parts;
    const thread = threads.indexOf(name!);
    if (thread < 0)
      throw new InputError(`schedule entry "${entry}": the scenario has no thread ${name} (${threads.join(', ')})`);
    if (where === undefined) return { thread, until: undefined, text: entry };
    const isFile = /[./]/.test(where);
    if (isFile && line === undefined)
      throw new InputError(`schedule entry "${entry}": a file takes a line too: ${where}:LINE`);
    const at = line === undefined ? undefined : Number(line);
    const matches = (p: Place): boolean =>
      (at === undefined || p.line === at) &&
      (isFile ? p.file === where || p.file.endsWith(`/${where}`) : p.function === where);
    return { thread, until: { matches, times: Number(times ?? 1) }, text: entry };
  });
}
