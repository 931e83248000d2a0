import { contentHash } from '../../core/index/tree/data.ts';
import type { SourceTree } from '../../core/text/source.ts';

/** A tree that remembers which files were read, and a number that stands for what was in them. */
export class Contents {
  private readonly known = new Map<string, number>();
  readonly tree: SourceTree;

  constructor(tree: SourceTree) {
    this.tree = {
      label: tree.label,
      list: path => tree.list(path),
      read: async path => {
        const bytes = await tree.read(path);
        this.known.set(path, bytes ? contentHash(bytes, bytes.length) : -1);
        return bytes;
      },
    };
  }

  files(): readonly string[] {
    return [...this.known.keys()].sort();
  }

  /** The same whatever the order of reading. */
  sum(): number {
    const text = this.files()
      .map(file => `${file}\0${this.known.get(file)}`)
      .join('\n');
    const bytes = new TextEncoder().encode(text);
    return contentHash(bytes, bytes.length);
  }
}
