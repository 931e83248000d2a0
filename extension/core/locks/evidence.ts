import type { LockMode } from '../report/documents.ts';
import type { FileAnalysis } from './contracts.ts';
import type { FieldTypes } from './fieldTypes.ts';
import { type FunctionEvidence, functionEvidence, textOf } from './functionEvidence.ts';
import { LineStarts } from './lines.ts';
import type { Definition } from './scan.ts';

/** A lock held somewhere, by class: which lock of the class it is, is not told. */
export interface HeldClass {
  readonly lockClass: string;
  readonly mode: LockMode;
}

/** Accesses of one function to one field or global under the same locks. */
export interface AccessGroup {
  /** `mm_struct.map_count`, or a global's name. */
  readonly field: string;
  readonly function: string;
  readonly held: readonly HeldClass[];
  /** Classes of the caller's locks that have been let go there. */
  readonly released: readonly string[];
  readonly reads: number;
  readonly writes: number;
  /** 1-based line of the first. */
  readonly line: number;
}

export interface CallUnder {
  readonly callee: string;
  readonly function: string;
  readonly line: number;
  readonly column: number;
  readonly held: readonly HeldClass[];
  readonly released: readonly string[];
}

export interface Taking extends HeldClass {
  readonly function: string;
  readonly line: number;
  readonly primitive: string;
  /** As the function writes it. */
  readonly lock: string;
  /** Taken by a callee. */
  readonly via: readonly string[];
}

export interface OrderPair {
  readonly first: string;
  readonly second: string;
  readonly function: string;
  readonly line: number;
}

export interface LockCall {
  readonly lock: string;
  readonly lockClass: string;
}

/** What the functions of one file do under which locks. */
export interface FileEvidence {
  readonly file: string;
  readonly functions: number;
  readonly accesses: readonly AccessGroup[];
  readonly calls: readonly CallUnder[];
  readonly takings: readonly Taking[];
  readonly orders: readonly OrderPair[];
  /** Calls that take, let go or assert a lock of known class, by offset. */
  readonly lockCalls: ReadonlyMap<number, LockCall>;
  /** Classes that callers hold when they call, as far as the file says: asserted, or held at every call of a static. */
  readonly entry: ReadonlyMap<string, readonly HeldClass[]>;
}

/** A file's evidence, and what it is made of: an edited text takes over what has not changed. */
export interface Gathered {
  readonly evidence: FileEvidence;
  readonly functions: readonly FunctionEvidence[];
  /** The text outside of functions. */
  readonly outside: string;
}

/**
 * Gathers the evidence of a file: every access to a field or global, every call, with the classes of the locks held there.
 * Held is what is held on every path. Each function is analysed once more; `pause` is called between functions, so that
 * the thread stays free for others.
 *
 * Of `before`, functions with the same text are taken over, unless something outside of functions has changed, or a
 * function that did change now does something else to its callers' locks.
 */
export async function gather(
  analysis: FileAnalysis,
  types: FieldTypes,
  pause: () => Promise<void> = async () => undefined,
  before?: Gathered,
): Promise<Gathered> {
  const { root } = analysis;
  const lines = LineStarts.of(root);
  const definitions = analysis.functions();
  const globals = globalsOf(root.text);
  const outside = outsideOf(definitions, root.text);
  const fresh = async (definition: Definition) => {
    await pause();
    return functionEvidence(
      definition,
      await analysis.summary(definition),
      await analysis.flow(definition),
      types,
      globals,
    );
  };
  const known = new Map<string, FunctionEvidence>();
  const changed = new Map<Definition, FunctionEvidence>();
  if (before?.outside === outside && before.functions.length === definitions.length) {
    for (const f of before.functions) known.set(f.text, f);
    for (const [i, definition] of definitions.entries()) {
      if (known.has(textOf(definition))) continue;
      const next = await fresh(definition);
      changed.set(definition, next);
      if (before.functions[i]!.interface === next.interface) continue;
      known.clear();
      break;
    }
  }
  const functions: FunctionEvidence[] = [];
  for (const definition of definitions)
    functions.push(known.get(textOf(definition)) ?? changed.get(definition) ?? (await fresh(definition)));
  const accesses: AccessGroup[] = [];
  const calls: CallUnder[] = [];
  const takings: Taking[] = [];
  const orders: OrderPair[] = [];
  const lockCalls = new Map<number, LockCall>();
  const required = new Map<string, readonly HeldClass[]>();
  for (const [i, f] of functions.entries()) {
    const { start } = definitions[i]!;
    const { line } = lines.position(start);
    for (const one of f.accesses) accesses.push({ ...one, line: line + one.line });
    for (const one of f.calls) calls.push({ ...one, line: line + one.line });
    for (const one of f.takings) takings.push({ ...one, line: line + one.line });
    for (const one of f.orders) orders.push({ ...one, line: line + one.line });
    for (const one of f.lockCalls) lockCalls.set(start + one.at, one);
    required.set(f.name, f.requires);
  }
  const entry = entrySets(definitions, calls, required, root.text);
  const evidence = { file: root.file, functions: functions.length, accesses, calls, takings, orders, lockCalls, entry };
  return { evidence, functions, outside };
}

function outsideOf(definitions: readonly Definition[], text: string): string {
  let out = '';
  let from = 0;
  for (const { start, end } of definitions) {
    out += text.slice(from, Math.max(from, start));
    from = Math.max(from, end);
  }
  return out + text.slice(from);
}

/**
 * What is held when a function is entered: what it requires, and for a static function whose every use in the file is a
 * call, what is held at all of these calls (what their own callers hold included).
 */
function entrySets(
  functions: readonly Definition[],
  calls: readonly CallUnder[],
  required: ReadonlyMap<string, readonly HeldClass[]>,
  text: string,
): ReadonlyMap<string, readonly HeldClass[]> {
  const sets = new Map<string, readonly HeldClass[] | 'all'>();
  const callsOf = new Map<string, CallUnder[]>();
  for (const call of calls) {
    const list = callsOf.get(call.callee);
    if (list) list.push(call);
    else callsOf.set(call.callee, [call]);
  }
  const inferred: string[] = [];
  for (const { name, static: isStatic } of functions) {
    const uses = callsOf.get(name)?.length ?? 0;
    if (isStatic && uses > 0 && !isAddressTaken(name, text)) {
      inferred.push(name);
      // Everything, until a call says otherwise: circles of calls come out right.
      sets.set(name, 'all');
    } else sets.set(name, required.get(name) ?? []);
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const name of inferred) {
      let next: readonly HeldClass[] | 'all' = 'all';
      for (const call of callsOf.get(name)!) {
        const outer = sets.get(call.function) ?? [];
        if (outer === 'all') continue;
        const here = joined(call.held, outer, call.released);
        next = next === 'all' ? here : common(next, here);
      }
      const before = sets.get(name)!;
      if (next !== 'all' && (before === 'all' || before.length !== next.length)) {
        sets.set(name, next);
        changed = true;
      }
    }
  }
  const out = new Map<string, readonly HeldClass[]>();
  for (const [name, set] of sets) {
    const all = joined(set === 'all' ? [] : set, required.get(name) ?? [], []);
    if (all.length) out.set(name, all);
  }
  return out;
}

/** What is held at a place: there, and by the callers unless let go. */
export function heldAtPlace(
  place: { readonly function: string; readonly held: readonly HeldClass[]; readonly released: readonly string[] },
  evidence: FileEvidence,
): readonly HeldClass[] {
  const outer = evidence.entry.get(place.function);
  return outer ? joined(place.held, outer, place.released) : place.held;
}

function joined(
  held: readonly HeldClass[],
  outer: readonly HeldClass[],
  released: readonly string[],
): readonly HeldClass[] {
  const more = outer.filter(o => !released.includes(o.lockClass) && !held.some(h => h.lockClass === o.lockClass));
  return more.length ? [...held, ...more] : held;
}

function common(a: readonly HeldClass[], b: readonly HeldClass[]): readonly HeldClass[] {
  return a.flatMap(x => {
    const same = b.find(y => y.lockClass === x.lockClass);
    if (!same) return [];
    return same.mode === x.mode ? [x] : [{ lockClass: x.lockClass, mode: 'read' as const }];
  });
}

/** Names of the variables that a file defines at file level. */
export function globalsOf(text: string): ReadonlySet<string> {
  const out = new Set<string>();
  const declared =
    /^(?!extern\b|typedef\b|return\b|goto\b|#)(?:[A-Za-z_]\w*[ \t]+)+\**(\w+)(?:\[[^\]\n]*\])*[ \t]*(?:__\w+[ \t]*)*(?:=|;)/gm;
  for (const match of text.matchAll(declared)) out.add(match[1]!);
  for (const match of text.matchAll(/^(?:static[ \t]+)?DEFINE_\w+\((\w+)/gm)) out.add(match[1]!);
  return out;
}

/** Whether a function's name stands anywhere without a bracket after it: then it is called from who knows where. */
function isAddressTaken(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (/\w/.test(text[at - 1] ?? '') || /\w/.test(text[at + name.length] ?? '')) continue;
    if (/^\s*\(/.test(text.slice(at + name.length, at + name.length + 20))) continue;
    // In a comment: a word among others.
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
    if (!/^\s*\*|\/\*|\/\//.test(line)) return true;
  }
  return false;
}
