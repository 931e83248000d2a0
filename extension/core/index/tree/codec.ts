import { IndexData, type IndexedFile } from './data.ts';
import { NameTable, PAGE, slotsFor } from './nameTable.ts';
import { Listed, type Placed, postings } from './postings.ts';
import { RESERVED } from './words.ts';

/**
 * The cache of an index as bytes, little-endian, in sections that begin at multiples of eight:
 *
 * header of 16 words: magic, FORMAT, checksum of all that follows this word, hash of RESERVED, then lengths: names,
 * pages, bytes used of the last page, files, bytes of paths, words, definitions; starts, hashes and lengths of the names;
 * their hash table; the pages; per file size, time and hash (doubles), per file its number of words; paths, each with a NUL
 * after it; where the definitions of each name begin, and these; all records.
 *
 * It holds for one program on one machine: nothing is converted, and what does not fit is thrown away.
 */
export const FORMAT = 3;
const MAGIC = 0x4b4c4958;
const HEADER = 16;
/** Where the checksum stands in the header, and where in the file what it is of begins. */
const SUM = 2;
const SUMMED = (SUM + 1) * 4;
/** Records of a segment when it is read back. */
const SEGMENT = 1 << 21;

/** The index as pieces to be written one after another. The first is the header. */
export function encode(data: IndexData): Uint8Array[] {
  const names = data.names.arrays();
  const files = data.files.filter((f): f is IndexedFile => f !== undefined);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const paths = new TextEncoder().encode(files.map(f => `${f.path}\0`).join(''));
  const stamps = new Float64Array(files.length * 3);
  const counts = new Uint32Array(files.length);
  let words = 0;
  files.forEach((file, i) => {
    stamps[i * 3] = file.size;
    stamps[i * 3 + 1] = file.modified;
    stamps[i * 3 + 2] = file.hash;
    counts[i] = file.length;
    words += file.length;
  });
  const { starts, refs } = postings(laidOut(data, files), names.starts.length, Listed.definitions);
  const parts = [
    aligned(bytesOf(names.starts)),
    aligned(bytesOf(names.hashes)),
    aligned(bytesOf(names.lengths)),
    bytesOf(names.slots),
    ...names.pages.map((page, i) => (i === names.pages.length - 1 ? aligned(page.subarray(0, names.used)) : page)),
    bytesOf(stamps),
    aligned(bytesOf(counts)),
    aligned(paths),
    aligned(bytesOf(starts)),
    aligned(bytesOf(refs)),
    ...gather(data, files),
  ];
  const header = new Uint32Array(HEADER);
  header.set([MAGIC, FORMAT, 0, reserved()]);
  header.set([names.starts.length, names.pages.length, names.used, files.length, paths.length, words, refs.length], 4);
  const sum = new Checksum();
  sum.add(bytesOf(header).subarray(SUMMED));
  for (const part of parts) sum.add(part);
  header[SUM] = sum.value;
  return [bytesOf(header), ...parts];
}

/** All live records, in order of the files. */
function gather(data: IndexData, files: readonly IndexedFile[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let piece = new Uint32Array(0);
  let used = 0;
  let left = files.reduce((sum, f) => sum + f.length, 0);
  for (const file of files) {
    const words = data.wordsOf(file);
    for (let from = 0; from < words.length; ) {
      if (used === piece.length) {
        piece = new Uint32Array(Math.min(left, SEGMENT));
        parts.push(bytesOf(piece));
        used = 0;
      }
      const length = Math.min(words.length - from, piece.length - used);
      piece.set(words.subarray(from, from + length), used);
      used += length;
      left -= length;
      from += length;
    }
  }
  return parts;
}

/**
 * An index from bytes that `encode` made; the bytes stay in use.
 *
 * @returns or why it cannot be used: another version's, cut short, damaged
 */
export function decode(bytes: Uint8Array): IndexData | string {
  if (bytes.byteOffset % 8 !== 0 || bytes.length < HEADER * 4) return 'it is cut short';
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER);
  const [magic, format, sum, vocabulary, nameCount, pageCount, used, fileCount, pathBytes, wordCount, refCount] =
    header;
  if (magic !== MAGIC) return 'it is no index';
  if (format !== FORMAT || vocabulary !== reserved()) return 'another version wrote it';
  const sizes = [
    up(nameCount! * 4),
    up(nameCount! * 4),
    up(nameCount! * 2),
    slotsFor(nameCount!) * 4,
    (pageCount! - 1) * PAGE + up(used!),
    fileCount! * 24,
    up(fileCount! * 4),
    up(pathBytes!),
    up((nameCount! + 1) * 4),
    up(refCount! * 4),
    wordCount! * 4,
  ];
  if (bytes.length !== sizes.reduce((a, b) => a + b, HEADER * 4)) return 'it is cut short';
  if (sumOf(bytes.subarray(SUMMED)) !== sum) return 'it is damaged (its checksum is another)';
  let at = bytes.byteOffset + HEADER * 4;
  const section = (index: number): number => {
    const here = at;
    at += sizes[index]!;
    return here;
  };
  const { buffer } = bytes;
  const starts = new Uint32Array(buffer, section(0), nameCount);
  const hashes = new Uint32Array(buffer, section(1), nameCount);
  const lengths = new Uint16Array(buffer, section(2), nameCount);
  const slots = new Uint32Array(buffer, section(3), slotsFor(nameCount!));
  const pagesAt = section(4);
  const pages = Array.from({ length: pageCount! }, (_, i) => {
    if (i < pageCount! - 1) return new Uint8Array(buffer, pagesAt + i * PAGE, PAGE);
    // The last page goes on being filled.
    const page = new Uint8Array(PAGE);
    page.set(new Uint8Array(buffer, pagesAt + i * PAGE, used));
    return page;
  });
  const stamps = new Float64Array(buffer, section(5), fileCount! * 3);
  const counts = new Uint32Array(buffer, section(6), fileCount);
  const paths = new TextDecoder().decode(new Uint8Array(buffer, section(7), pathBytes)).split('\0');
  const definitions = {
    starts: new Uint32Array(buffer, section(8), nameCount! + 1),
    refs: new Uint32Array(buffer, section(9), refCount),
  };
  const words = new Uint32Array(buffer, section(10), wordCount);
  const data = new IndexData(NameTable.restore({ pages, used: used!, starts, lengths, hashes, slots }), definitions);
  addFiles(data, paths, stamps, counts, words);
  return data;
}

/** Where files' records stand once they are read back: segments end at the files' borders. */
function* layout(lengths: Iterable<number>): Generator<{ segment: number; offset: number; at: number }> {
  let segment = 0;
  let from = 0;
  let at = 0;
  for (const length of lengths) {
    if (at > from && at + length - from > SEGMENT) {
      segment++;
      from = at;
    }
    yield { segment, offset: at - from, at };
    at += length;
  }
}

function laidOut(data: IndexData, files: readonly IndexedFile[]): Placed[] {
  const places = [...layout(files.map(f => f.length))];
  return files.map((file, i) => ({
    words: data.wordsOf(file),
    segment: places[i]!.segment,
    offset: places[i]!.offset,
  }));
}

function addFiles(
  data: IndexData,
  paths: readonly string[],
  stamps: Float64Array,
  counts: Uint32Array,
  words: Uint32Array,
): void {
  let i = 0;
  let from = 0;
  for (const { segment, offset, at } of layout(counts)) {
    if (segment > data.segments.length) {
      data.segments.push(words.subarray(from, at));
      from = at;
    }
    data.put({
      path: paths[i]!,
      size: stamps[i * 3]!,
      modified: stamps[i * 3 + 1]!,
      hash: stamps[i * 3 + 2]!,
      segment,
      offset,
      length: counts[i]!,
    });
    i++;
  }
  data.segments.push(words.subarray(from));
}

const up = (n: number): number => (n + 7) & ~7;
const bytesOf = (array: Uint32Array | Uint16Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Zero bytes up to a multiple of eight. */
function aligned(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 8 === 0) return bytes;
  const padded = new Uint8Array(up(bytes.length));
  padded.set(bytes);
  return padded;
}

const SEED = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A checksum over pieces whose lengths are multiples of four bytes, however they are cut. Four sums take the words in turn: one
 * alone would wait for itself at every word.
 */
class Checksum {
  private readonly sums = new Uint32Array(4).fill(SEED);
  private count = 0;

  add(bytes: Uint8Array): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    let i = 0;
    for (; i < words.length && (this.count & 3) !== 0; i++) this.one(words[i]!);
    let [a, b, c, d] = this.sums as unknown as [number, number, number, number];
    const whole = i + ((words.length - i) & ~3);
    this.count += whole - i;
    for (; i < whole; i += 4) {
      a = Math.imul(a ^ words[i]!, PRIME);
      b = Math.imul(b ^ words[i + 1]!, PRIME);
      c = Math.imul(c ^ words[i + 2]!, PRIME);
      d = Math.imul(d ^ words[i + 3]!, PRIME);
      a ^= a >>> 15;
      b ^= b >>> 15;
      c ^= c >>> 15;
      d ^= d >>> 15;
    }
    this.sums.set([a, b, c, d]);
    for (; i < words.length; i++) this.one(words[i]!);
  }

  private one(word: number): void {
    const lane = this.count++ & 3;
    const sum = Math.imul(this.sums[lane]! ^ word, PRIME);
    this.sums[lane] = sum ^ (sum >>> 15);
  }

  get value(): number {
    let value = SEED;
    for (const sum of this.sums) {
      value = Math.imul(value ^ sum, PRIME);
      value ^= value >>> 15;
    }
    return value >>> 0;
  }
}

function sumOf(bytes: Uint8Array): number {
  const sum = new Checksum();
  sum.add(bytes);
  return sum.value;
}

/** The names that tables begin with are part of the format. */
function reserved(): number {
  const bytes = aligned(new TextEncoder().encode(RESERVED.join(' ')));
  return sumOf(bytes);
}
