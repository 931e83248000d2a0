import type { LockMode } from '../report/documents.ts';
import { type Access, accessesIn } from './accesses.ts';
import { callsIn } from './callSites.ts';
import type { FileAnalysis } from './contracts.ts';
import type { FieldTypes } from './fieldTypes.ts';
import { type HeldStep, HeldSteps } from './heldSteps.ts';
import { LineStarts } from './lines.ts';
import { render } from './render.ts';
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

/** What the functions of one file do under which locks. */
export interface FileEvidence {
  readonly file: string;
  readonly functions: number;
  readonly accesses: readonly AccessGroup[];
  readonly calls: readonly CallUnder[];
  readonly takings: readonly Taking[];
  readonly orders: readonly OrderPair[];
  /** Classes that callers hold when they call, as far as the file says: asserted, or held at every call of a static. */
  readonly entry: ReadonlyMap<string, readonly HeldClass[]>;
}

/**
 * Gathers the evidence of a file: every access to a field or global, every call, with the classes of the locks held there.
 * Held is what is held on every path. Each function is analysed once more; `pause` is called between functions, so that
 * the thread stays free for others.
 */
export async function gather(
  analysis: FileAnalysis,
  types: FieldTypes,
  pause: () => Promise<void> = async () => undefined,
): Promise<FileEvidence> {
  const { root } = analysis;
  const lines = LineStarts.of(root);
  const accesses: AccessGroup[] = [];
  const calls: CallUnder[] = [];
  const takings: Taking[] = [];
  const orders: OrderPair[] = [];
  const required = new Map<string, HeldClass[]>();
  const functions = analysis.functions();
  const globals = globalsOf(root.text);
  for (const definition of functions) {
    await pause();
    const summary = await analysis.summary(definition);
    const flow = await analysis.flow(definition);
    const name = definition.name;
    const steps = new HeldSteps(flow, types);
    for (const taking of steps.takings) {
      takings.push({
        lockClass: types.canonical(taking.lockClass!),
        mode: taking.mode,
        function: name,
        line: lines.position(taking.at).line,
        primitive: taking.primitive,
        lock: render(taking.expr),
        via: taking.via,
      });
    }
    for (const { first, second } of summary.orders) {
      orders.push({
        first: types.canonical(first.lockClass!),
        second: types.canonical(second.lockClass!),
        function: name,
        line: lines.position(second.at).line,
      });
    }
    required.set(
      name,
      summary.requires.flatMap(e => (e.lockClass ? [{ lockClass: types.canonical(e.lockClass), mode: e.mode }] : [])),
    );
    const found = accessesIn(definition, types, globals);
    accesses.push(...grouped(definition, found, steps, offset => lines.position(offset).line));
    for (const call of callsIn(definition)) {
      const step = steps.at(call.at);
      calls.push({
        callee: call.name,
        function: name,
        ...lines.position(call.at),
        held: step.held,
        released: step.released,
      });
    }
  }
  const entry = entrySets(functions, calls, required, root.text);
  return { file: root.file, functions: functions.length, accesses, calls, takings, orders, entry };
}

function grouped(
  definition: Definition,
  found: readonly Access[],
  steps: { at(offset: number, statement?: number): HeldStep },
  lineOf: (offset: number) => number,
): AccessGroup[] {
  const groups = new Map<string, AccessGroup & { reads: number; writes: number }>();
  for (const access of found) {
    const step = steps.at(access.at, access.statement);
    const key = `${access.field} ${step.key}`;
    let group = groups.get(key);
    if (!group) {
      const { held, released } = step;
      const line = lineOf(access.at);
      group = { field: access.field, function: definition.name, held, released, reads: 0, writes: 0, line };
      groups.set(key, group);
    }
    if (access.write) group.writes++;
    else group.reads++;
  }
  return [...groups.values()];
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
