/**
 * A place in source text, as every document of Lockstep gives it.
 *
 * `line` is 1-based. `column` is 1-based too and counts UTF-16 units, as VS Code's own positions do (0-based there).
 */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * What the core reads source through. Paths are relative to the root of the tree, with `/` between parts.
 *
 * Nothing in `core/` opens a file: the command line, the desktop host and the browser host each give one of these.
 */
export interface SourceTree {
  /** A name for messages: the folder, or "sample". */
  readonly label: string;
  /** The bytes of a file, or undefined when there is none. Rejects only when reading fails for another reason. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The names in a folder (files, and folders with a trailing `/`), or undefined when there is no such folder. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** A mistake in the input (not in Lockstep): one clear line that names the place and what to do. */
export class InputError extends Error {
  override readonly name = 'InputError';
  constructor(
    message: string,
    /** Where in the input, if there is one place. */
    readonly at?: { readonly file: string; readonly line?: number; readonly column?: number },
  ) {
    super(message);
  }
}

/**
 * An error while source was read, as a mistake in it where it is one: the readers go down as deep as brackets, `else if` and
 * operators nest, so a stack that overflows has been filled by the source (some thousands deep; generated, or made to).
 */
export function readingError(error: unknown, file?: string): unknown {
  if (!(error instanceof RangeError && /call stack/i.test(error.message))) return error;
  const what = 'brackets or operators are nested too deeply there to be read; leave generated code out';
  return new InputError(`${file === undefined ? '' : `${file}: `}${what}`, file === undefined ? undefined : { file });
}
