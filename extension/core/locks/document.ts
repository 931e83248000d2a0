import type { ExitFact, FunctionContract, LockFact } from '../report/documents.ts';
import type { Effect } from './effects.ts';
import { isAtomic, returnedBy, waysOf } from './exitWays.ts';
import { isAccessor, lockKey } from './expr.ts';
import { LineStarts } from './lines.ts';
import { render } from './render.ts';
import type { Definition } from './scan.ts';
import type { Summary } from './summary.ts';

/** The contract of a function as every document has it. Facts stand at the line of this function that causes them. */
export function documentOf(summary: Summary): FunctionContract {
  const known = documents.get(summary);
  if (known?.moves === LineStarts.moves) return known.document;
  const document = make(summary);
  documents.set(summary, { document, moves: LineStarts.moves });
  return document;
}

const documents = new WeakMap<Summary, { readonly document: FunctionContract; readonly moves: number }>();

function make(summary: Summary): FunctionContract {
  const { definition } = summary;
  const { file } = definition.source;
  const lines = LineStarts.of(definition.source);
  const place = (at: number) => ({ file, ...lines.position(at) });
  const fact = (e: Effect) => factOf(definition, e);
  const facts = (effects: Iterable<Effect>) => distinct([...effects].map(fact));
  const returned = returnedBy(definition);
  const exits: ExitFact[] = summary.exits.map(exit => {
    const held = everywhere(exit.ways.map(way => way.held));
    const released = everywhere(exit.ways.map(way => way.released));
    const ways = waysOf(exit, returned, fact);
    return { ...place(exit.at), kind: exit.kind, held: held.map(fact), released: released.map(fact), ways };
  });
  const acquires = facts(
    summary.exits.flatMap(exit => (exit.kind === 'noreturn' ? [] : exit.ways.flatMap(way => way.held))),
  );
  const releases = facts(
    summary.exits.flatMap(exit => (exit.kind === 'noreturn' ? [] : exit.ways.flatMap(way => way.released))),
  );
  const kept = new Set(acquires.map(a => `${a.lock}:${a.mode}@${a.line}`));
  const sleep = summary.sleeps.find(s => !s.gfp) ?? summary.sleeps[0];
  return {
    ...place(definition.nameStart),
    name: definition.name,
    requires: facts(summary.requires),
    acquires,
    releases,
    takes: facts(summary.takes).filter(t => !kept.has(`${t.lock}:${t.mode}@${t.line}`)),
    needs: summary.needs.map(e => ({ ...fact(e), context: e.entry.context! })),
    atomic: isAtomic(summary),
    maySleep: summary.sleeps.length > 0,
    ...(sleep ? { sleepsAt: { ...fact(sleep.effect), ...(sleep.gfp ? { maybe: true } : {}) } } : {}),
    exits,
    primitives: summary.primitives,
    unknown: summary.unknown,
  };
}

function factOf(definition: Definition, e: Effect): LockFact {
  return {
    file: definition.source.file,
    ...LineStarts.of(definition.source).position(e.at),
    lock: e.expr.k === 'op' && !isAccessor(e.expr) ? '' : render(e.expr),
    mode: e.mode,
    primitive: e.primitive,
    via: e.via,
    ...(e.maybe ? { maybe: true } : {}),
    ...(e.via.length
      ? { origin: { file: e.origin.source.file, ...LineStarts.of(e.origin.source).position(e.origin.at) } }
      : {}),
  };
}

/** The locks of several ways of being at a point, as facts of the function; `maybe` for those not on all ways. */
export function factsOf(definition: Definition, ways: readonly (readonly Effect[])[]): LockFact[] {
  return everywhere(ways).map(e => factOf(definition, e));
}

/** What is held on any of the ways to an exit; `maybe` when not on all. */
function everywhere(ways: readonly (readonly Effect[])[]): Effect[] {
  const out = new Map<string, { effect: Effect; count: number }>();
  for (const way of ways) {
    for (const effect of way) {
      const key = `${lockKey(effect.expr).id}:${effect.mode}`;
      const known = out.get(key);
      if (known) known.count++;
      else out.set(key, { effect, count: 1 });
    }
  }
  return [...out.values()].map(({ effect, count }) => (count < ways.length ? { ...effect, maybe: true } : effect));
}

function distinct(facts: readonly LockFact[]): LockFact[] {
  const seen = new Map<string, LockFact>();
  for (const fact of facts) {
    const key = `${fact.lock}:${fact.mode}@${fact.line}:${fact.column}`;
    if (!seen.has(key)) seen.set(key, fact);
  }
  return [...seen.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
