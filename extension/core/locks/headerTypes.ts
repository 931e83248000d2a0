import type { SourceTree } from '../text/source.ts';
import { FieldTypes } from './fieldTypes.ts';
import type { Scanned } from './scan.ts';
import { folderOf } from './sources.ts';

/** Headers whose structs are read for a file: those it includes, and what these include. */
const MOST_HEADERS = 150;

/** The types of fields, as far as the files told of and the headers that they include declare them. */
export class HeaderTypes {
  readonly types = new FieldTypes();

  constructor(private readonly tree: SourceTree) {}

  /** Reads the structs of a file and of its headers, each file once. */
  async add(root: Scanned): Promise<void> {
    if (this.types.has(root.file)) return;
    this.types.add(root.file, root.text);
    let queue = root.includes.map(i => ({ path: i.path, from: i.local ? root.file : undefined }));
    for (let round = 0, read = 0; round < 2; round++) {
      const next: typeof queue = [];
      for (const { path, from } of queue) {
        for (const file of candidates(path, from)) {
          if (this.types.has(file)) break;
          const bytes = await this.tree.read(file);
          if (bytes === undefined) continue;
          const text = new TextDecoder().decode(bytes);
          this.types.add(file, text);
          if (++read >= MOST_HEADERS) return;
          for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]+[<"]([^>"\n]+)[>"]/gm))
            next.push({ path: match[1]!, from: match[0].includes('"') ? file : undefined });
          break;
        }
      }
      queue = next;
    }
  }
}

function candidates(path: string, from: string | undefined): readonly string[] {
  const out = [`include/${path}`, `include/uapi/${path}`, `arch/x86/include/${path}`];
  if (from === undefined) return out;
  const parts: string[] = [];
  for (const part of `${folderOf(from)}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return [parts.join('/'), ...out];
}
