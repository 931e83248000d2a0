import type { SourceTree } from '../text/source.ts';
import { type OptionValues, optionsFor } from './condition.ts';
import { type Definition, type Scanned, scan } from './scan.ts';

/**
 * Thrown where an answer needs files that have not been read yet. Who asked reads them and asks again: the analysis itself
 * is synchronous, and keeps what it has finished.
 */
export class Need {
  constructor(readonly load: () => Promise<unknown>) {}
}

/** Answers as soon as all that the answer needs has been read. */
export async function settled<T>(ask: () => T): Promise<T> {
  for (;;) {
    try {
      return ask();
    } catch (need) {
      if (!(need instanceof Need)) throw need;
      await need.load();
    }
  }
}

/** The files of a tree, read and scanned once each. */
export class Sources {
  private readonly files = new Map<string, Scanned | undefined>();
  private readonly folders = new Map<string, ReadonlyMap<string, readonly Definition[]>>();
  private readonly lists = new Map<string, readonly string[] | undefined>();

  constructor(
    readonly tree: SourceTree,
    readonly options: OptionValues | undefined,
  ) {}

  /** The file, undefined when there is none; throws Need. */
  get(path: string): Scanned | undefined {
    if (!this.files.has(path)) throw new Need(() => this.load([path]));
    return this.files.get(path);
  }

  has(path: string): boolean {
    return this.files.has(path);
  }

  async load(paths: readonly string[]): Promise<void> {
    await Promise.all(
      paths.map(async path => {
        if (this.files.has(path)) return;
        const bytes = await this.tree.read(path);
        if (!this.files.has(path))
          this.files.set(path, bytes && scan(path, decoder.decode(bytes), optionsFor(path, this.options)));
      }),
    );
  }

  /** A text that stands in for the file's bytes. */
  replace(path: string, text: string): Scanned {
    const scanned = scan(path, text, optionsFor(path, this.options));
    this.files.set(path, scanned);
    this.folders.delete(folderOf(path));
    return scanned;
  }

  forget(path: string): void {
    this.files.delete(path);
    this.folders.delete(folderOf(path));
    this.lists.clear();
  }

  /** Functions with external linkage that the .c files of a folder define; throws Need. */
  externs(folder: string): ReadonlyMap<string, readonly Definition[]> {
    const known = this.folders.get(folder);
    if (known) return known;
    if (!this.lists.has(folder))
      throw new Need(async () => {
        this.lists.set(folder, await this.tree.list(folder));
      });
    const makefile = `${folder}/Makefile`;
    const files = (this.lists.get(folder) ?? []).filter(name => name.endsWith('.c')).map(name => `${folder}/${name}`);
    const missing = [makefile, ...files].filter(path => !this.files.has(path));
    if (missing.length) throw new Need(() => this.load(missing));
    const out = new Map<string, Definition[]>();
    const excluded = this.excluded(this.get(makefile)?.text);
    for (const path of files) {
      if (excluded.has(path.slice(folder.length + 1))) continue;
      for (const definitions of this.get(path)?.definitions.values() ?? []) {
        for (const d of definitions) {
          if (d.kind !== 'function' || d.static) continue;
          const list = out.get(d.name);
          if (list) list.push(d);
          else out.set(d.name, [d]);
        }
      }
    }
    this.folders.set(folder, out);
    return out;
  }

  /** Files that a folder's Makefile builds only under an option that is off. */
  private excluded(makefile: string | undefined): ReadonlySet<string> {
    const out = new Set<string>();
    const options = this.options;
    if (!makefile || !options) return out;
    const built = new Set<string>();
    const seen = new Set<string>();
    for (const line of makefile.replace(/\\\n/g, ' ').split('\n')) {
      const rule = /^[\w-]+-(\w+|\$\(CONFIG_(\w+)\))\s*[:+]?=\s*(.*)$/.exec(line);
      if (!rule) continue;
      const value = rule[2] ? options.value(rule[2]) : rule[1];
      for (const object of rule[3]!.match(/[\w-]+(?=\.o\b)/g) ?? []) {
        seen.add(object);
        // `mmu-y := nommu.o` stands for no MMU and is overruled by `mmu-$(CONFIG_MMU) := …`.
        if ((value === 'y' || value === 'm') && !(object === 'nommu' && options.value('MMU') === 'y'))
          built.add(object);
      }
    }
    for (const object of seen) if (!built.has(object)) out.add(`${object}.c`);
    return out;
  }
}

const decoder = new TextDecoder();

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
