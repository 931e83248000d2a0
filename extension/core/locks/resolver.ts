import type { NameIndex } from '../index/names.ts';
import { decide, type Verdict } from './condition.ts';
import { guardFunctions, isGuardFunction } from './guardClasses.ts';
import type { MacroMade } from './macroMade.ts';
import type { Definition, Scanned } from './scan.ts';
import { folderOf, Need, type Sources } from './sources.ts';

/** Where the definition of an extern function is looked for without an index, after the folder of the file that calls it. */
const FOLDERS = ['mm', 'kernel', 'kernel/locking', 'lib', 'arch/x86/mm'];
const ASM = [
  'arch/x86/include/asm',
  'arch/x86/include/uapi/asm',
  'arch/x86/include/generated/asm',
  'include/asm-generic',
];
/** Headers that are looked through for a guard class: each file names few, from headers near it. */
const MOST_GUARD_HEADERS = 800;
const NONE: readonly Definition[] = [];

/**
 * What names mean in one .c file: in the file itself, in the headers it reaches, then in the tree's other .c files. With an
 * index of the tree, the files are asked for by name; without, headers are walked in the order of #include.
 *
 * Throws Need where a file has to be read first.
 */
export class Resolver {
  private readonly order: Scanned[] = [];
  private readonly inOrder = new Set<Scanned>();
  private queue: (readonly string[])[] = [];
  private readonly queued = new Set<string>();
  private readonly found = new Map<string, readonly Definition[]>();
  private fields: Map<string, Set<string>> | undefined;

  /** @param made what macros make in the file that the question is about */
  constructor(
    private readonly sources: Sources,
    readonly root: Scanned,
    private readonly made: MacroMade | undefined,
    private readonly index: NameIndex | undefined,
  ) {
    this.enter(root);
  }

  private enter(file: Scanned): void {
    this.order.push(file);
    this.inOrder.add(file);
    if (this.index) return;
    for (const include of file.includes) {
      const key = `${include.local ? `${folderOf(file.file)}:` : ''}${include.path}`;
      if (this.queued.has(key)) continue;
      this.queued.add(key);
      this.queue.push(candidates(include.path, include.local, file.file));
    }
  }

  /** Enters one more header; false when all are in. */
  private more(): boolean {
    const next = this.queue[0];
    if (!next) return false;
    for (const path of next) {
      if (!this.sources.has(path)) {
        // All that is known to be reached is read at once: mostly it is needed anyway.
        const wanted = this.queue.flat();
        throw new Need(() => this.sources.load(wanted));
      }
      const file = this.sources.get(path);
      if (!file) continue;
      if (!this.inOrder.has(file)) this.enter(file);
      break;
    }
    this.queue.shift();
    return true;
  }

  /** A file that offers the same names as before was read anew. */
  replaced(before: Scanned, after: Scanned): void {
    const at = this.order.indexOf(before);
    if (at >= 0) this.order[at] = after;
    if (this.inOrder.delete(before)) this.inOrder.add(after);
    for (const [name, list] of this.found) if (list.some(d => d.source === before)) this.found.delete(name);
  }

  /** The definitions that `name` may mean; several only when they stand under #if conditions that are not decided. */
  definitions(name: string): readonly Definition[] {
    let found = this.found.get(name);
    if (!found) this.found.set(name, (found = this.search(name)));
    return found;
  }

  private search(name: string): readonly Definition[] {
    const own = isGuardFunction(name) ? NONE : (this.root.definitions.get(name) ?? NONE).filter(d => !isSelfAlias(d));
    if (own.some(d => d.under === 'yes')) return choose(own);
    if (isGuardFunction(name)) {
      const made = this.guardFunction(name);
      return made ? [made] : NONE;
    }
    if (name.startsWith('__free_') && !this.index?.definers(name).length) {
      const made = this.guardFunction(name);
      if (made) return [made];
    }
    return this.index ? this.indexed(name, own, this.index) : this.walked(name);
  }

  /** What an invocation of DEFINE_GUARD() and the like makes, in the file or a header that it includes, nearest first. */
  private guardFunction(name: string): Definition | undefined {
    const seen = new Set([this.root]);
    for (let level: readonly Scanned[] = [this.root]; level.length; ) {
      const next: Scanned[] = [];
      for (const file of level) {
        const made = guardFunctions(file).get(name);
        if (made) return made;
      }
      if (seen.size > MOST_GUARD_HEADERS) break;
      const paths = level.flatMap(f => f.includes.flatMap(i => candidates(i.path, i.local, f.file)));
      const missing = paths.filter(path => !this.sources.has(path));
      if (missing.length) throw new Need(() => this.sources.load(missing));
      for (const path of paths) {
        const file = this.sources.get(path);
        if (!file || seen.has(file)) continue;
        seen.add(file);
        next.push(file);
      }
      level = next;
    }
    return undefined;
  }

  private walked(name: string): readonly Definition[] {
    const all: Definition[] = [];
    for (const file of this.files()) {
      for (const d of file.definitions.get(name) ?? NONE) if (!isSelfAlias(d)) all.push(d);
      if (all.some(d => d.under === 'yes')) return choose(all);
    }
    const left = this.undecided(all);
    if (left.some(d => d.under === 'weak') || left === this.sure) return choose(left);
    for (const folder of new Set([folderOf(this.root.file), ...FOLDERS])) {
      const externs = this.sources.externs(folder).get(name);
      if (externs?.length) return choose([...externs, ...left]);
    }
    return left.length > 0 ? choose(left) : (this.made?.definitions(name) ?? NONE);
  }

  private indexed(name: string, own: readonly Definition[], index: NameIndex): readonly Definition[] {
    const from = this.root.file;
    const ranked = index
      .definers(name)
      .filter(file => file !== from)
      .map(file => ({ file, rank: rankOf(file, from) }))
      .filter(({ rank }) => rank > 0)
      .sort((a, b) => b.rank - a.rank || (a.file < b.file ? -1 : 1))
      .slice(0, 12);
    const missing = ranked.map(r => r.file).filter(file => !this.sources.has(file));
    if (missing.length) throw new Need(() => this.sources.load(missing));
    const all = [...own];
    for (const { file } of ranked) {
      for (const d of this.sources.get(file)?.definitions.get(name) ?? NONE) {
        if (isSelfAlias(d) || (file.endsWith('.c') && (d.static || d.kind === 'macro'))) continue;
        all.push(d);
      }
      if (all.some(d => d.under === 'yes')) return choose(all);
    }
    const left = this.undecided(all);
    return left.length ? choose(left) : (this.made?.definitions(name) ?? NONE);
  }

  /** Those whose conditions are not decided against; one that is decided for stands alone. */
  private undecided(all: readonly Definition[]): readonly Definition[] {
    const left: Definition[] = [];
    for (const d of all) {
      const verdict = this.decided(d);
      if (verdict === 'yes') return (this.sure = [d]);
      if (verdict !== 'no') left.push(d);
    }
    return left;
  }

  /** What `undecided` last found to stand for sure. */
  private sure: readonly Definition[] | undefined;

  /** The file and the headers it reaches, breadth first, entered as needed. */
  private *files(): Generator<Scanned> {
    for (let i = 0; ; i++) {
      while (i >= this.order.length) if (!this.more()) return;
      yield this.order[i]!;
    }
  }

  /** Decides the conditions a definition stands under, now that every header can be asked for the macros in them. */
  private decided(d: Definition): Verdict {
    let result: Verdict = 'yes';
    for (const condition of d.conditions) {
      const macros = new Map<string, string | null>();
      this.macros(condition, macros, d, 0);
      const verdict = decide(condition, this.sources.options, new Set(), name => macros.get(name));
      if (verdict === 'no') return 'no';
      if (verdict !== 'yes') result = verdict;
    }
    return result;
  }

  private macros(text: string, into: Map<string, string | null>, asking: Definition, depth: number): void {
    for (const name of text.match(/\b[A-Za-z_]\w*\b/g) ?? []) {
      if (into.has(name) || name.startsWith('CONFIG_') || /^(?:defined|IS_ENABLED|IS_BUILTIN|IS_REACHABLE)$/.test(name))
        continue;
      const body = this.macroBody(name, asking);
      into.set(name, body);
      if (body && depth < 6) this.macros(body, into, asking, depth + 1);
    }
  }

  /** The body of the macro `name` ('' for a function-like one), null when no header defines it for sure. */
  private macroBody(name: string, asking: Definition): string | null {
    for (const file of this.index ? this.definers(name, this.index) : this.files()) {
      for (const d of file.definitions.get(name) ?? NONE) {
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

  private *definers(name: string, index: NameIndex): Generator<Scanned> {
    yield this.root;
    const files = index.definers(name).filter(f => f.endsWith('.h') && rankOf(f, this.root.file) > 0);
    const missing = files.filter(file => !this.sources.has(file));
    if (missing.length) throw new Need(() => this.sources.load(missing));
    for (const file of files) {
      const scanned = this.sources.get(file);
      if (scanned) yield scanned;
    }
  }

  /** Functions that initialisers and assignments of the file store in fields called `field`. */
  throughField(field: string): readonly Definition[] {
    this.fields ??= stored(this.root.text);
    const out: Definition[] = [];
    for (const name of this.fields.get(field) ?? [])
      out.push(...this.definitions(name).filter(d => d.kind === 'function'));
    return out;
  }
}

const FOREIGN = /^(?:tools|scripts|Documentation|samples|usr|rust)\//;

/** How near a definition in `file` is to code in `from`: 0 for what code there cannot mean. */
function rankOf(file: string, from: string): number {
  if (FOREIGN.test(file) && topOf(file, 1) !== topOf(from, 1)) return 0;
  if (file.startsWith('arch/') && !file.startsWith('arch/x86/') && topOf(file, 2) !== topOf(from, 2)) return 0;
  if (file.startsWith('arch/x86/um/') || file.startsWith('arch/x86/boot/'))
    if (topOf(file, 3) !== topOf(from, 3)) return 0;
  const near = folderOf(file) === folderOf(from);
  if (file.endsWith('.h')) {
    if (near) return 60;
    if (file.startsWith('arch/')) return 55;
    if (file.startsWith('include/asm-generic/')) return 45;
    if (file.startsWith('include/')) return 50;
    return topOf(file, 2) === topOf(from, 2) ? 40 : 5;
  }
  if (near) return 35;
  return topOf(file, 2) === topOf(from, 2) ? 30 : file.startsWith('drivers/') || file.startsWith('sound/') ? 20 : 25;
}

const topOf = (path: string, parts: number): string => path.split('/').slice(0, parts).join('/');

/** `#define foo foo` says that foo exists; it is not foo. */
function isSelfAlias(d: Definition): boolean {
  return d.kind === 'macro' && d.params === undefined && d.source.text.slice(d.bodyStart, d.end).trim() === d.name;
}

/** The definitions that count: those that stand for sure, else those that a header may override, else all variants. */
function choose(all: readonly Definition[]): readonly Definition[] {
  if (all.length < 2) return all;
  const sure = all.filter(d => d.under === 'yes');
  if (sure.length) return [sure.find(d => d.kind === 'function') ?? sure[0]!];
  const weak = all.filter(d => d.under === 'weak');
  const some = weak.length ? weak.filter(d => d.source === weak[0]!.source) : all;
  return some.slice(0, 4);
}

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
