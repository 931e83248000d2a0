import type { Event, Graph } from './graph.ts';

/**
 * The graphs in which a new write is read by a read that was there before it: what was added after the read and is no cause of the
 * write is taken away, so that the read's thread goes on from there with another value.
 *
 * Only such are given in which everything that goes was added as if nothing else could have been (co-maximally). This makes each
 * graph be reached in one way (Kokologiannakis, Marmanis, Gladstein, Vafeiadis: "Truly stateless, optimal dynamic partial order
 * reduction", POPL 2022, algorithm 2).
 */
export function revisits(graph: Graph, write: Event): { readonly read: Event; readonly rest: Graph }[] {
  const found: { read: Event; rest: Graph }[] = [];
  const { added } = graph;
  if (!added.some(e => e.kind === 'read' && e.location === write.location && e.thread !== write.thread)) return found;
  const causes = graph.causes(write);
  const isCause = (e: Event): boolean => e.thread < 0 || e.index < causes[e.thread]!;
  const places = new Map(added.map((e, i) => [e, i]));
  added.forEach((read, at) => {
    if (read.kind !== 'read' || read.location !== write.location || isCause(read)) return;
    // Who waits for a lock looks at it again anyway (GraphMemory.lock).
    if (graph.isInVain(read)) return;
    const gone = added.slice(at).filter(e => !isCause(e));
    const all = new Set(gone);
    if (!gone.every(e => isMaximal(graph, e, places, isCause, all))) return;
    all.delete(read);
    found.push({ read, rest: graph.without(all) });
  });
  return found;
}

function isMaximal(
  graph: Graph,
  e: Event,
  places: ReadonlyMap<Event, number>,
  isCause: (e: Event) => boolean,
  gone: ReadonlySet<Event>,
): boolean {
  if (e.kind === 'fence') return true;
  // What looks at a lock until it is free is one: the first time that goes decides.
  if (e.attempt && gone.has(e.attempt)) return true;
  const place = places.get(e)!;
  const isPrevious = (other: Event): boolean => isCause(other) || places.get(other)! <= place;
  if (e.kind === 'write')
    for (const sources of [graph.from, graph.inVain])
      for (const [read, from] of sources) if (from === e && isPrevious(read)) return false;
  const writes = graph.writes(e.location);
  let source = e;
  if (e.kind === 'read') {
    const seen = (graph.inVain.has(e) ? looksFrom(graph, e) : [graph.from.get(e)!]).filter(isPrevious);
    if (seen.length === 0) return false;
    source = seen.at(-1)!;
  } else if (!isPrevious(source)) return false;
  for (let i = writes.indexOf(source) + 1; i < writes.length; i++) if (isPrevious(writes[i]!)) return false;
  return true;
}

/** What a thread has read of a lock from an attempt on, in this order. */
function looksFrom(graph: Graph, attempt: Event): Event[] {
  const seen: Event[] = [];
  let e: Event | undefined = graph.threads[attempt.thread]![attempt.index];
  for (; e; e = e.attempt) {
    seen.unshift(graph.inVain.get(e) ?? graph.from.get(e)!);
    if (e === attempt) return seen;
  }
  return seen;
}
