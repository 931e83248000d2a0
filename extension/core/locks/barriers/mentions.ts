import type { SourceTree } from '../../text/source.ts';

/** Files read at a time. */
const AT_ONCE = 16;
const SOURCE = /\.[ch]$/;
/** Programs that run on a kernel, not in it. */
const OUTSIDE = /^(?:tools|scripts|Documentation|samples)\//;

/**
 * Which files of a tree have a name in them, comments included. The index has no list of that: what is asked for is looked
 * for in the text of every file, in one pass for all names known of by then.
 */
export class Mentions {
  private readonly known = new Map<string, string[]>();

  /** @param paths of every file */
  constructor(
    private readonly tree: SourceTree,
    private readonly paths: () => readonly string[],
  ) {}

  has(words: Iterable<string>): boolean {
    for (const word of words) if (!this.known.has(word)) return false;
    return true;
  }

  /** Looks for names in all files. */
  async look(words: Iterable<string>): Promise<void> {
    const fresh = [...new Set(words)].filter(word => !this.known.has(word));
    if (fresh.length === 0) return;
    for (const word of fresh) this.known.set(word, []);
    const finder = new WordFinder(fresh);
    const files = this.paths().filter(path => SOURCE.test(path) && !OUTSIDE.test(path));
    for (let i = 0; i < files.length; i += AT_ONCE) {
      const some = files.slice(i, i + AT_ONCE);
      const texts = await Promise.all(some.map(path => this.tree.read(path)));
      for (const [n, bytes] of texts.entries())
        if (bytes) for (const word of finder.in(bytes)) this.known.get(word)!.push(some[n]!);
    }
  }

  /** Files that have one of `first` and one of `second` in them; names that were not looked for are in none. */
  both(first: Iterable<string>, second: Iterable<string>): readonly string[] {
    const files = new Set([...first].flatMap(word => this.known.get(word) ?? []));
    return [...new Set([...second].flatMap(word => this.known.get(word) ?? []))].filter(f => files.has(f)).sort();
  }
}

const BITS = 16;

/** Finds whole names in bytes, in one pass however many there are. */
class WordFinder {
  /** By the low bits of the hash: whether a name may end here. */
  private readonly mayBe = new Uint8Array(1 << BITS);
  private readonly byHash = new Map<number, string[]>();

  constructor(words: readonly string[]) {
    for (const word of words) {
      let hash = 0;
      for (let i = 0; i < word.length; i++) hash = (Math.imul(hash, 31) + word.charCodeAt(i)) | 0;
      this.mayBe[hash & ((1 << BITS) - 1)] = 1;
      this.byHash.set(hash, [...(this.byHash.get(hash) ?? []), word]);
    }
  }

  in(bytes: Uint8Array): ReadonlySet<string> {
    const found = new Set<string>();
    const { mayBe } = this;
    const n = bytes.length;
    for (let i = 0; i < n; ) {
      if (isWord[bytes[i]!] === 0) {
        i++;
        continue;
      }
      const start = i;
      let hash = 0;
      for (; i < n && isWord[bytes[i]!] === 1; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
      if (mayBe[hash & ((1 << BITS) - 1)] === 0) continue;
      for (const word of this.byHash.get(hash) ?? [])
        if (word.length === i - start && matches(bytes, start, word)) found.add(word);
    }
    return found;
  }
}

const isWord = new Uint8Array(256);
for (let c = 0; c < 256; c++)
  isWord[c] = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 ? 1 : 0;

function matches(bytes: Uint8Array, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}
