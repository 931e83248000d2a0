import { accessesIn } from './accesses.ts';
import { callsIn } from './callSites.ts';
import { distance, type Effect } from './effects.ts';
import type { AccessGroup, CallUnder, HeldClass, LockCall, OrderPair, Taking } from './evidence.ts';
import type { FieldTypes } from './fieldTypes.ts';
import type { Flow } from './flow.ts';
import { HeldSteps } from './heldSteps.ts';
import { LineStarts } from './lines.ts';
import { render } from './render.ts';
import type { Definition } from './scan.ts';
import type { Summary } from './summary.ts';

/** The evidence of one function. Lines and offsets count from where it begins, so that it can move in its file. */
export interface FunctionEvidence {
  readonly name: string;
  readonly text: string;
  /** What it does to its callers' locks: as long as that is the same, callers need not be looked at again. */
  readonly interface: string;
  readonly accesses: readonly AccessGroup[];
  readonly calls: readonly CallUnder[];
  readonly takings: readonly Taking[];
  readonly orders: readonly OrderPair[];
  readonly lockCalls: readonly (LockCall & { readonly at: number })[];
  readonly requires: readonly HeldClass[];
}

export const textOf = (definition: Definition): string =>
  definition.source.text.slice(definition.start, definition.end);

export function functionEvidence(
  definition: Definition,
  summary: Summary,
  flow: Flow,
  types: FieldTypes,
  globals: ReadonlySet<string>,
): FunctionEvidence {
  const { name, start } = definition;
  const lines = LineStarts.of(definition.source);
  const first = lines.position(start).line;
  const lineOf = (offset: number) => lines.position(offset).line - first;
  const steps = new HeldSteps(flow, types);
  return {
    name,
    text: textOf(definition),
    interface: interfaceOf(summary),
    accesses: accesses(definition, types, globals, steps, lineOf),
    calls: callsIn(definition).map(({ name: callee, at }) => {
      const { held, released } = steps.at(at);
      return { callee, function: name, line: lineOf(at), column: lines.position(at).column, held, released };
    }),
    takings: steps.takings.map(e => ({
      lockClass: steps.classOf(e)!,
      mode: e.mode,
      function: name,
      line: lineOf(e.at),
      primitive: e.primitive,
      lock: render(e.expr),
      via: e.via,
    })),
    orders: summary.orders.map(({ first: held, second: taken }) => ({
      first: types.canonical(held.lockClass!),
      second: types.canonical(taken.lockClass!),
      function: name,
      line: lineOf(taken.at),
    })),
    lockCalls: steps.touched.flatMap(e => {
      const lockClass = e.via.length === 0 ? steps.classOf(e) : undefined;
      return lockClass ? [{ at: e.at - start, lock: render(e.expr), lockClass }] : [];
    }),
    requires: required(summary, steps),
  };
}

/** What the function itself needs its callers to hold, once each: what is needed further down may depend on the caller. */
function required({ requires }: Summary, steps: HeldSteps): HeldClass[] {
  const out = new Map<string, HeldClass>();
  for (const e of requires) {
    const lockClass = distance(e) <= 1 ? steps.classOf(e) : undefined;
    if (lockClass && out.get(lockClass)?.mode !== 'write') out.set(lockClass, { lockClass, mode: e.mode });
  }
  return [...out.values()];
}

function accesses(
  definition: Definition,
  types: FieldTypes,
  globals: ReadonlySet<string>,
  steps: HeldSteps,
  lineOf: (offset: number) => number,
): AccessGroup[] {
  const groups = new Map<string, AccessGroup & { reads: number; writes: number }>();
  for (const access of accessesIn(definition, types, globals)) {
    const { held, released, key: under } = steps.at(access.at, access.statement);
    const key = `${access.field} ${under}`;
    let group = groups.get(key);
    if (!group) {
      const line = lineOf(access.at);
      group = { field: access.field, function: definition.name, held, released, reads: 0, writes: 0, line };
      groups.set(key, group);
    }
    if (access.write) group.writes++;
    else group.reads++;
  }
  return [...groups.values()];
}

function interfaceOf({ outcomes, requires, takes, orders }: Summary): string {
  const one = (e: Effect) => `${render(e.expr)}/${e.mode}${e.maybe ? '?' : ''}`;
  const all = (effects: readonly Effect[]) => effects.map(one).sort().join();
  return [
    outcomes.map(o => `${all(o.held)}|${all(o.released)}|${o.ret}`).sort(),
    all(requires),
    all(takes),
    orders.map(o => `${o.first.lockClass}<${o.second.lockClass}`).sort(),
  ].join(';');
}
