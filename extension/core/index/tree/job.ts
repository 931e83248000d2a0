import { foreignEncoding } from '../../text/decode.ts';
import { type Batch, contentHash, type Stamp } from './data.ts';
import { FileLexer, lexerNames } from './lexer.ts';
import { PADDING } from './scanner.ts';
import { RESERVED } from './words.ts';

/** A file to read, as its folder tells it. */
export interface FileEntry {
  readonly path: string;
  readonly size: number;
  /** Milliseconds. */
  readonly modified: number;
}

/** Reads a file's bytes: into `into` when they fit, with zero bytes to spare after them, else into a larger buffer. */
export type ReadInto = (path: string, into: Uint8Array) => { readonly bytes: Uint8Array; readonly size: number };

export interface JobFile extends FileEntry {
  /** Of the content that the index knows; undefined: none. */
  readonly hash?: number;
}

export interface JobResult {
  readonly batch: Batch;
  /** Files whose content is what the index knows. */
  readonly same: readonly FileEntry[];
  readonly notices: readonly Notice[];
  /** Bytes read. */
  readonly bytes: number;
}

/** Why a file, or something else, is not in the index. */
export interface Notice {
  readonly file: string;
  readonly message: string;
}

/** A file that was changed less than so many milliseconds before it was read may change again at the same time. */
const RACY = 2000;
/** No kernel source comes near: generated data. */
export const LARGEST_FILE = 64 << 20;
/** A file with more records than this is left out: they would not fit into a segment. */
const MOST_WORDS = 1 << 21;

/** Reads and lexes files. One per thread; its buffers and its table of names serve one job after another. */
export class LexJob {
  private readonly lexer = new FileLexer(lexerNames());
  private buffer: Uint8Array = new Uint8Array(1 << 20);

  /** @param now milliseconds, the clock of the files' times */
  run(files: readonly JobFile[], read: ReadInto, now: number): JobResult {
    const { lexer } = this;
    lexer.names.truncate(RESERVED.length + 1);
    let words = new Uint32Array(1 << 18);
    let used = 0;
    let total = 0;
    const done: (Stamp & { path: string; offset: number; length: number })[] = [];
    const same: FileEntry[] = [];
    const notices: Notice[] = [];
    for (const { path, size: expected, modified: time, hash: known } of files) {
      const skip = (message: string): void => void notices.push({ file: path, message });
      if (expected > LARGEST_FILE) {
        skip(`left out: ${Math.round(expected / 1048576)} MiB is more than the ${LARGEST_FILE >> 20} that are read`);
        continue;
      }
      let bytes: Uint8Array;
      let size: number;
      try {
        ({ bytes, size } = read(path, this.buffer));
      } catch (error) {
        skip(`left out: it cannot be read (${error instanceof Error ? error.message : String(error)})`);
        continue;
      }
      if (bytes.length > this.buffer.length) this.buffer = bytes;
      total += size;
      const modified = Math.abs(now - time) < RACY ? 0 : time;
      const hash = contentHash(bytes, size);
      if (hash === known) {
        same.push({ path, size, modified });
        continue;
      }
      const odd = notSource(bytes, size);
      if (odd !== undefined) skip(odd);
      const length = odd === undefined ? lexer.lex(bytes, size) : 0;
      if (length > MOST_WORDS) skip(`left out: it defines and calls more than fits (${length} words)`);
      const kept = length > MOST_WORDS ? 0 : length;
      if (used + kept > words.length) {
        const grown = new Uint32Array(Math.max(used + kept, words.length * 2));
        grown.set(words.subarray(0, used));
        words = grown;
      }
      words.set(lexer.records.words.subarray(0, kept), used);
      done.push({ path, size, modified, hash, offset: used, length: kept });
      used += kept;
    }
    const { bytes: names, lengths } = lexer.names.dump();
    return { batch: { files: done, words: words.slice(0, used), names, lengths }, same, notices, bytes: total };
  }
}

/** Why bytes cannot be C source, if so. NUL is looked for in the first 4096. */
function notSource(bytes: Uint8Array, size: number): string | undefined {
  const foreign = foreignEncoding(bytes, size);
  if (foreign !== undefined) return `left out: ${foreign}`;
  const looked = Math.min(size, 4096);
  for (let i = 0; i < looked; i++) if (bytes[i] === 0) return `left out: byte ${i} is NUL, so this is no C source`;
  return undefined;
}

/** A buffer that a file of `size` bytes fits into, with what the lexer needs after it. */
export const roomFor = (size: number): number => size + PADDING;
