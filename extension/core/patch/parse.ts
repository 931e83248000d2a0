import { parsePatch, type StructuredPatch } from 'diff';
import { InputError } from '../text/source.ts';

/** What a patch does to one file. Paths are of the tree; `from` is undefined for a new file, `to` for a deleted one. */
export interface FilePatch {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly patch: StructuredPatch;
  /** The `@@ … @@` line of each hunk, as the patch has it. */
  readonly headers: readonly string[];
}

/**
 * Takes a patch apart: one file's diff or many, bare or in a mail (headers, message, diffstat, signature), from git or
 * from diff -u.
 *
 * @param label names the patch in messages
 * @throws InputError when there is no diff in it, or a hunk is not well formed
 */
export function readPatch(text: string, label: string): FilePatch[] {
  const diff = diffOnly(text);
  if (diff === undefined)
    throw new InputError(`${label}: there is no diff in it; give a patch as git format-patch or diff -u writes it`, {
      file: label,
    });
  let files: StructuredPatch[];
  try {
    files = parsePatch(diff);
  } catch (error) {
    throw new InputError(`${label}: not a patch that can be read: ${(error as Error).message}`, { file: label });
  }
  const headers = diff.split('\n').filter(line => HUNK.test(line));
  const patches: FilePatch[] = [];
  for (const patch of files) {
    const own = headers.splice(0, patch.hunks.length);
    const from = pathOf(patch.oldFileName, label);
    const to = pathOf(patch.newFileName, label);
    if (patch.isBinary) throw new InputError(`${label}: ${to ?? from} is a binary file in it`, { file: label });
    // Mode changes alone leave the text as it is.
    if (patch.hunks.length === 0 && from === to) continue;
    patches.push({ from: patch.isCreate ? undefined : from, to: patch.isDelete ? undefined : to, patch, headers: own });
  }
  if (patches.length === 0) throw new InputError(`${label}: it changes no file`, { file: label });
  return patches;
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/**
 * The lines of a patch that are a diff's, with Unix line ends; undefined when there are none. What a mail has around
 * them (its text may have lines that begin like a diff's, a signature `-- ` looks like a removed line) is left out:
 * inside a hunk the counts of its header say what belongs to it, a file's diff begins where `---` and `+++` follow one
 * another or with git's own line.
 */
function diffOnly(text: string): string | undefined {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  const kept: string[] = [];
  let before = 0;
  let after = 0;
  let inGitHeader = false;
  lines.forEach((line, i) => {
    if (before > 0 || after > 0) {
      // A line with no mark stays, for the parser to say so.
      if (line[0] !== '+' && line[0] !== '\\') before--;
      if (line[0] !== '-' && line[0] !== '\\') after--;
      kept.push(line);
      return;
    }
    const hunk = HUNK.exec(line);
    const names =
      (line.startsWith('--- ') && lines[i + 1]?.startsWith('+++ ')) ||
      (line.startsWith('+++ ') && kept.at(-1)?.startsWith('--- '));
    const git = line.startsWith('diff --git ');
    if (git) inGitHeader = true;
    else if (hunk || names || line === '') inGitHeader = false;
    if (hunk) {
      before = Number(hunk[1] ?? 1);
      after = Number(hunk[2] ?? 1);
    }
    if (hunk || names || inGitHeader || (line.startsWith('\\ ') && kept.length > 0)) kept.push(line);
  });
  return kept.length ? kept.join('\n') : undefined;
}

/** A path of the tree: without the a/ or b/ (or any other first folder of -p1) that the header has in front. */
function pathOf(name: string | undefined, label: string): string | undefined {
  if (name === undefined || name === '/dev/null') return undefined;
  const parts = name.split('/').filter(part => part !== '.');
  if (name.startsWith('/') || parts.includes('..') || parts.length < 2)
    throw new InputError(`${label}: ${name} is no path of a tree; make the patch with a/ and b/ in front (-p1)`, {
      file: label,
    });
  return parts.slice(1).join('/');
}
