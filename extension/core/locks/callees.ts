import type { SourceTree } from '../text/source.ts';
import { decide, type OptionValues, type Verdict } from './condition.ts';
import type { MacroMade } from './macroMade.ts';
import { type Definition, type Scanned, scan } from './scan.ts';

/** Where the definition of an extern function is looked for, after the folder of the file that calls it. */
const FOLDERS = ['mm', 'kernel', 'kernel/locking', 'lib', 'arch/x86/mm'];
const ASM = [
  'arch/x86/include/asm',
  'arch/x86/include/uapi/asm',
  'arch/x86/include/generated/asm',
  'include/asm-generic',
];

/** The files of a tree, scanned once each. */
export class Sources {
  private readonly scans = new Map<string, Promise<Scanned | undefined>>();
  private readonly folders = new Map<string, Promise<ReadonlyMap<string, readonly Definition[]>>>();

  constructor(
    readonly tree: SourceTree,
    readonly options: OptionValues | undefined,
  ) {}

  scanned(path: string): Promise<Scanned | undefined> {
    let found = this.scans.get(path);
    if (!found) {
      found = this.tree.read(path).then(bytes => bytes && scan(path, new TextDecoder().decode(bytes), this.options));
      this.scans.set(path, found);
    }
    return found;
  }

  forget(path: string): void {
    this.scans.delete(path);
    this.folders.delete(folderOf(path));
  }

  /** Functions with external linkage that the .c files of a folder define. */
  externs(folder: string): Promise<ReadonlyMap<string, readonly Definition[]>> {
    let found = this.folders.get(folder);
    if (!found) this.folders.set(folder, (found = this.scanFolder(folder)));
    return found;
  }

  private async scanFolder(folder: string): Promise<ReadonlyMap<string, readonly Definition[]>> {
    const out = new Map<string, Definition[]>();
    const names = (await this.tree.list(folder)) ?? [];
    const excluded = await this.excluded(folder);
    for (const name of names) {
      if (!name.endsWith('.c') || excluded.has(name)) continue;
      const file = await this.scanned(`${folder}/${name}`);
      for (const definitions of file?.definitions.values() ?? []) {
        for (const d of definitions) {
          if (d.kind !== 'function' || d.static) continue;
          const list = out.get(d.name);
          if (list) list.push(d);
          else out.set(d.name, [d]);
        }
      }
    }
    return out;
  }

  /** Files that the folder's Makefile builds only under an option that is off. */
  private async excluded(folder: string): Promise<ReadonlySet<string>> {
    const out = new Set<string>();
    const options = this.options;
    const bytes = options && (await this.tree.read(`${folder}/Makefile`));
    if (!bytes || !options) return out;
    const lines = new TextDecoder().decode(bytes).replace(/\\\n/g, ' ').split('\n');
    const built = new Set<string>();
    const seen = new Set<string>();
    for (const line of lines) {
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

/** What a name means in one .c file: the file itself, the headers it reaches, then the tree's other .c files. */
export class View {
  private readonly order: Scanned[] = [];
  private readonly inOrder = new Set<Scanned>();
  private readonly queue: { readonly candidates: readonly string[] }[] = [];
  private readonly queued = new Set<string>();
  private readonly found = new Map<string, Promise<readonly Definition[]>>();
  private fields: Map<string, Set<string>> | undefined;

  /** @param made what macros make in the file that the question is about: their headers are mostly the same ones */
  constructor(
    private readonly sources: Sources,
    readonly root: Scanned,
    private readonly made: MacroMade,
  ) {
    this.enter(root);
  }

  private enter(file: Scanned): void {
    this.order.push(file);
    this.inOrder.add(file);
    for (const include of file.includes) {
      const key = `${include.local ? `${folderOf(file.file)}:` : ''}${include.path}`;
      if (this.queued.has(key)) continue;
      this.queued.add(key);
      this.queue.push({ candidates: candidates(include.path, include.local, file.file) });
    }
  }

  /** Scans one more header; false when all are scanned. */
  private async more(): Promise<boolean> {
    const next = this.queue.shift();
    if (!next) return false;
    for (const path of next.candidates) {
      const file = await this.sources.scanned(path);
      if (!file) continue;
      if (!this.inOrder.has(file)) this.enter(file);
      break;
    }
    return true;
  }

  /** The definitions that `name` may mean; several only when they stand under #if conditions that are not decided. */
  definitions(name: string): Promise<readonly Definition[]> {
    let found = this.found.get(name);
    if (!found) this.found.set(name, (found = this.search(name)));
    return found;
  }

  private async search(name: string): Promise<readonly Definition[]> {
    const all: Definition[] = [];
    for await (const file of this.files()) {
      for (const d of file.definitions.get(name) ?? []) if (!isSelfAlias(d)) all.push(d);
      if (all.some(d => d.under === 'yes')) return choose(all);
    }
    const left: Definition[] = [];
    for (const d of all) {
      const verdict = await this.decided(d);
      if (verdict === 'yes') return [d];
      if (verdict !== 'no') left.push(d);
    }
    if (left.some(d => d.under === 'weak')) return choose(left);
    for (const folder of new Set([folderOf(this.root.file), ...FOLDERS])) {
      const externs = (await this.sources.externs(folder)).get(name);
      if (externs?.length) return choose([...externs, ...left]);
    }
    return left.length > 0 ? choose(left) : this.made.definitions(name);
  }

  /** The file and the headers it reaches, breadth first, scanned as needed. */
  private async *files(): AsyncGenerator<Scanned> {
    for (let i = 0; ; i++) {
      while (i >= this.order.length) if (!(await this.more())) return;
      yield this.order[i]!;
    }
  }

  /** Decides the conditions a definition stands under, now that every header can be asked for the macros in them. */
  private async decided(d: Definition): Promise<Verdict> {
    let result: Verdict = 'yes';
    for (const condition of d.conditions) {
      const macros = new Map<string, string | null>();
      await this.macros(condition, macros, d, 0);
      const verdict = decide(condition, this.sources.options, new Set(), name => macros.get(name));
      if (verdict === 'no') return 'no';
      if (verdict !== 'yes') result = verdict;
    }
    return result;
  }

  private async macros(
    text: string,
    into: Map<string, string | null>,
    asking: Definition,
    depth: number,
  ): Promise<void> {
    for (const name of text.match(/\b[A-Za-z_]\w*\b/g) ?? []) {
      if (into.has(name) || name.startsWith('CONFIG_') || /^(?:defined|IS_ENABLED|IS_BUILTIN|IS_REACHABLE)$/.test(name))
        continue;
      const body = await this.macroBody(name, asking);
      into.set(name, body);
      if (body && depth < 6) await this.macros(body, into, asking, depth + 1);
    }
  }

  /** The body of the macro `name` ('' for a function-like one), null when no header defines it for sure. */
  private async macroBody(name: string, asking: Definition): Promise<string | null> {
    for await (const file of this.files()) {
      for (const d of file.definitions.get(name) ?? []) {
        // A definition within the very #ifndef that asks does not count.
        if (d.kind !== 'macro' || (d.source === asking.source && d.under !== 'yes')) continue;
        if (d.under === 'open') continue;
        return d.params === undefined
          ? d.source.text.slice(d.bodyStart, d.end).replace(/\/\*[\s\S]*?\*\/|\\\r?\n/g, ' ')
          : '';
      }
    }
    return null;
  }

  /** Functions that initialisers and assignments of the file store in fields called `field`. */
  async throughField(field: string): Promise<readonly Definition[]> {
    this.fields ??= stored(this.root.text);
    const out: Definition[] = [];
    for (const name of this.fields.get(field) ?? []) {
      out.push(...(await this.definitions(name)).filter(d => d.kind === 'function'));
    }
    return out;
  }
}

/** `#define foo foo` says that foo exists; it is not foo. */
function isSelfAlias(d: Definition): boolean {
  return d.kind === 'macro' && d.params === undefined && d.source.text.slice(d.bodyStart, d.end).trim() === d.name;
}

/** The definitions that count: those that stand for sure, else those that a header may override, else all variants. */
function choose(all: readonly Definition[] | undefined): readonly Definition[] {
  if (!all?.length) return [];
  const sure = all.filter(d => d.under === 'yes');
  if (sure.length) return [sure.find(d => d.kind === 'function') ?? sure[0]!];
  const weak = all.filter(d => d.under === 'weak');
  const some = weak.length ? weak.filter(d => d.source === weak[0]!.source) : all;
  return some.slice(0, 4);
}

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function candidates(path: string, local: boolean, from: string): readonly string[] {
  const out: string[] = [];
  if (local) out.push(normal(`${folderOf(from)}/${path}`));
  if (path.startsWith('asm/')) out.push(...ASM.map(folder => `${folder}/${path.slice(4)}`));
  out.push(`include/${path}`, `include/uapi/${path}`, `arch/x86/include/${path}`);
  return out;
}

function normal(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') out.pop();
    else if (part !== '.' && part !== '') out.push(part);
  }
  return out.join('/');
}

function stored(text: string): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  for (const match of text.matchAll(/(?:\.|->)(\w+)\s*=\s*&?([A-Za-z_]\w*)\s*[,;}\n]/g)) {
    const set = out.get(match[1]!) ?? new Set();
    set.add(match[2]!);
    out.set(match[1]!, set);
  }
  return out;
}
