import type { NameIndex } from '../index/names.ts';
import type { SourceTree } from '../text/source.ts';
import { accessesIn } from './accesses.ts';
import type { ContractAnalyser, FileAnalysis } from './contracts.ts';
import { type FileEvidence, type Gathered, gather, globalsOf } from './evidence.ts';
import { HeaderTypes } from './headerTypes.ts';
import {
  type CallersHover,
  callersHolding,
  type EvidenceScope,
  type FieldHover,
  fieldHover,
  isLockClass,
  type LockHover,
  lockHover,
} from './protection.ts';
import type { Scanned } from './scan.ts';
import { folderOf } from './sources.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Other files that one question may ask for, nearest first. */
const MOST_WIDENED = 40;
/** Files whose evidence is kept. */
const MOST_KEPT = 200;
/** Files whose text is kept, to see what they mention. */
const MOST_TEXTS = 1000;

interface Kept {
  readonly root: Scanned;
  readonly gathered: Promise<Gathered>;
}

/**
 * The evidence of files about what locks protect, gathered when it is asked for and kept per file. An answer takes in the
 * file at hand, and of other files those that have been read by then: `widen` reads the ones that matter.
 */
export class LockEvidence {
  private readonly headers: HeaderTypes;
  private readonly kept = new Map<string, Kept>();
  private readonly done = new Map<string, FileEvidence>();
  private readonly texts = new Map<string, string | undefined>();

  /** @param pause lets others have the thread, between functions */
  constructor(
    private readonly tree: SourceTree,
    private readonly analyser: ContractAnalyser,
    private readonly pause: () => Promise<void>,
    private readonly index?: () => NameIndex | undefined,
  ) {
    this.headers = new HeaderTypes(tree);
  }

  /** What the lock or field at an offset is; undefined when it is neither, or nothing is known of its type. */
  async at(file: string, offset: number, text?: string): Promise<LockHover | FieldHover | undefined> {
    const analysis = await this.analyser.analysis(file, text);
    const own = await this.of(file, text);
    const around = analysis.functions().find(d => d.start <= offset && offset < d.end);
    if (!around) return this.declared(file, analysis.root.text, offset, own);
    const { text: source } = analysis.root;
    const end = wordEnd(source, offset);
    const call = lockCallAround(source, offset, end);
    // By its effect: a lock that only a local names is known too.
    const taken = call && own.lockCalls.get(call.at);
    const globals = new Set(globalsOf(source));
    for (const evidence of this.done.values()) for (const { lockClass } of evidence.takings) globals.add(lockClass);
    // A function too large to be analysed whole: what stands in the call is the lock all the same.
    const word = /\w+$/.exec(source.slice(0, end))?.[0];
    if (call && word) globals.add(word);
    const mentioned = accessesIn(around, this.headers.types, globals).find(a => a.at <= offset && offset <= a.end);
    const name =
      taken ?? (mentioned && { lock: mentioned.field, lockClass: this.headers.types.canonical(mentioned.field) });
    if (!name) return undefined;
    return this.told(file, name, own, call !== undefined);
  }

  private async told(
    file: string,
    { lock, lockClass }: { readonly lock: string; readonly lockClass: string },
    own: FileEvidence,
    isLock: boolean,
  ): Promise<LockHover | FieldHover | undefined> {
    const all = this.all(own);
    const scope = this.scope(all, await this.others(file, wordsOf(lockClass)));
    if (isLock || isLockClass(lockClass, all)) return lockHover(lock, lockClass, all, scope);
    return fieldHover(lockClass, all, scope);
  }

  /** On a global or a field of a struct, where it is declared. */
  private async declared(
    file: string,
    text: string,
    offset: number,
    own: FileEvidence,
  ): Promise<LockHover | FieldHover | undefined> {
    const name = /\w+$/.exec(text.slice(0, wordEnd(text, offset)))?.[0];
    if (!name) return undefined;
    const before = text.slice(0, offset);
    const struct = [...before.matchAll(/^(?:typedef[ \t]+)?(?:struct|union)[ \t]+(\w+)[^;{}()=]*\{/gm)].at(-1);
    const inside = struct && !before.slice(struct.index).includes('\n}');
    const lockClass = inside ? `${struct[1]}.${name}` : globalsOf(text).has(name) ? name : undefined;
    return lockClass === undefined ? undefined : this.told(file, { lock: lockClass, lockClass }, own, false);
  }

  /** Who calls a function of a file, holding what. */
  async callers(file: string, name: string, text?: string): Promise<CallersHover | undefined> {
    const own = await this.of(file, text);
    const all = this.all(own);
    return callersHolding(name, all, this.scope(all, await this.others(file, [name])));
  }

  /**
   * Reads other files that mention all of `words`, with an index those that call the first, then those of the same
   * folder. Rejects once `signal` says stop; files that were finished by then are kept. True when there was anything to read.
   */
  async widen(file: string, words: readonly string[], signal?: AbortSignal): Promise<boolean> {
    let any = false;
    for (const other of await this.others(file, words)) {
      signal?.throwIfAborted();
      if (this.done.has(other)) continue;
      await this.of(other, undefined, signal);
      any = true;
    }
    return any;
  }

  /** A file has changed on disk. */
  forget(file: string): void {
    this.kept.delete(file);
    this.done.delete(file);
    this.texts.delete(file);
  }

  private all(own: FileEvidence): FileEvidence[] {
    return [own, ...[...this.done.values()].filter(e => e.file !== own.file)];
  }

  private scope(all: readonly FileEvidence[], others: readonly string[]): EvidenceScope {
    return {
      files: all.length,
      functions: all.reduce((sum, e) => sum + e.functions, 0),
      more: others.filter(file => !this.done.has(file)).length,
    };
  }

  private async of(file: string, text?: string, signal?: AbortSignal): Promise<FileEvidence> {
    const analysis = await this.analyser.analysis(file, text);
    const known = this.kept.get(file);
    if (known?.root === analysis.root) {
      const found = await known.gathered.catch(() => undefined);
      // What was stopped in between, or failed, is begun again.
      if (found) return found.evidence;
    }
    const gathered = this.gather(analysis, known?.gathered, signal);
    this.kept.set(file, { root: analysis.root, gathered });
    try {
      const { evidence } = await gathered;
      if (this.kept.get(file)?.gathered === gathered) this.done.set(file, evidence);
      for (const oldest of this.kept.keys()) {
        if (this.kept.size <= MOST_KEPT) break;
        this.kept.delete(oldest);
        this.done.delete(oldest);
      }
      return evidence;
    } catch (error) {
      if (this.kept.get(file)?.gathered === gathered) this.kept.delete(file);
      throw error;
    }
  }

  private async gather(
    analysis: FileAnalysis,
    before: Promise<Gathered> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Gathered> {
    await this.headers.add(analysis.root);
    const pause = async () => {
      await this.pause();
      signal?.throwIfAborted();
    };
    return gather(analysis, this.headers.types, pause, await before?.catch(() => undefined));
  }

  private async text(file: string): Promise<string | undefined> {
    if (this.texts.has(file)) return this.texts.get(file);
    const bytes = await this.tree.read(file);
    const text = bytes && new TextDecoder().decode(bytes);
    if (this.texts.size >= MOST_TEXTS) this.texts.clear();
    if (file.endsWith('.c')) this.texts.set(file, text);
    return text;
  }

  /** .c files that mention a name: callers of the index, then files of the folder. */
  private async others(file: string, words: readonly string[]): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const caller of this.index?.()?.callers(words[0]!) ?? [])
      if (caller.file.endsWith('.c')) found.add(caller.file);
    const folder = folderOf(file);
    const mentions = words.map(word => new RegExp(`\\b${word}\\b`));
    for (const name of (await this.tree.list(folder)) ?? []) {
      const other = folder ? `${folder}/${name}` : name;
      if (!name.endsWith('.c') || found.size > MOST_WIDENED) continue;
      const text = await this.text(other);
      if (text && mentions.every(m => m.test(text))) found.add(other);
    }
    found.delete(file);
    return [...found].slice(0, MOST_WIDENED);
  }
}

/** What a file has to mention so that it can have to do with a class: the field, and the type where that is known. */
export function wordsOf(lockClass: string): readonly string[] {
  return [
    ...new Set(
      lockClass
        .replace(/^\(\w+\)/, '')
        .split('.')
        .filter(Boolean),
    ),
  ].reverse();
}

/** The call of a locking interface in whose lock argument the word that ends at `end` is the last one. */
function lockCallAround(text: string, offset: number, end: number): { readonly at: number } | undefined {
  // The base of a path is not the lock.
  if (/^\s*(?:->|\.)/.test(text.slice(end, end + 20))) return undefined;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const call = /(\w+)\s*\(([^()]*)$/.exec(text.slice(start, offset));
  const entry = call && vocabularyOf(call[1]!);
  if (!entry || !/^(?:acquire|release|downgrade|assert)$/.test(entry.effect)) return undefined;
  if (typeof entry.lock === 'number' && call[2]!.split(',').length - 1 !== entry.lock) return undefined;
  return { at: start + call.index };
}

function wordEnd(text: string, offset: number): number {
  let end = offset;
  while (/\w/.test(text[end] ?? '')) end++;
  return end;
}
