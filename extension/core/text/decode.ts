import { InputError } from './source.ts';

/** Longer lines are generated data: no kernel source comes near, and nobody reviews them. In UTF-16 units. */
const longestLine = 1 << 20;

/** How much of a file is looked at to see whether it can be C at all. */
const sample = 8192;

/**
 * Why bytes are no text that a C compiler reads, where their encoding shows it: UTF-16 and UTF-32 by their byte order mark,
 * and lines that end in CR alone, all of which would be one line to it.
 */
export function foreignEncoding(bytes: Uint8Array, size = bytes.length): string | undefined {
  const [a, b, c, d] = bytes;
  const wide =
    size >= 4 && ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff));
  if (wide) return 'it is UTF-32; kernel source is UTF-8 or Latin-1';
  if (size >= 2 && ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)))
    return 'it is UTF-16; kernel source is UTF-8 or Latin-1';
  const looked = bytes.subarray(0, size);
  // LF first: nearly every file has one in its first line.
  if (looked.includes(10)) return undefined;
  const cr = looked.indexOf(13);
  if (cr >= 0 && cr < size - 1) return 'its lines end in CR alone; kernel source has LF';
  return undefined;
}

/**
 * The text of a C source file. CRLF is kept, a byte order mark dropped, invalid UTF-8 becomes U+FFFD.
 *
 * @throws InputError for what cannot be C: a binary (it holds NUL bytes, or mostly control characters), UTF-16, lines that end
 *   in CR alone, and a file with a line over 1 MiB. An empty file is an empty text.
 */
export function decodeSource(bytes: Uint8Array, file: string): string {
  const foreign = foreignEncoding(bytes);
  if (foreign !== undefined) throw new InputError(`${file}: ${foreign}. Convert it first.`, { file });
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    throw new InputError(`${file}: not C source: byte ${nul} is NUL, so this is a binary. Name a .c or .h file.`, {
      file,
    });
  }
  let controls = 0;
  const looked = Math.min(bytes.length, sample);
  for (let at = 0; at < looked; at++) {
    const byte = bytes[at]!;
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) controls++;
  }
  if (controls * 10 > looked) {
    throw new InputError(
      `${file}: not C source: ${controls} of its first ${looked} bytes are control characters. Name a .c or .h file.`,
      { file },
    );
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  let start = 0;
  for (let line = 1; start <= text.length; line++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (end - start > longestLine) {
      throw new InputError(
        `${file}:${line}: this line has ${end - start} characters; Lockstep reads lines of up to ${longestLine}. ` +
          'Leave generated data out.',
        { file, line },
      );
    }
    start = end + 1;
  }
  return text;
}
