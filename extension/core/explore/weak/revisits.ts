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
    // Who waits for a lock takes note of what it becomes anyway (GraphMemory.wake).
    if (read.admits && !read.admits(graph.from.get(read)!.value)) return;
    const gone = added.slice(at).filter(e => !isCause(e));
    if (gone.every(e => isMaximal(graph, e, places, isCause)))
      found.push({ read, rest: graph.without(new Set(gone.slice(1))) });
  });
  return found;
}

function isMaximal(
  graph: Graph,
  e: Event,
  places: ReadonlyMap<Event, number>,
  isCause: (e: Event) => boolean,
): boolean {
  if (e.kind === 'fence') return true;
  const place = places.get(e)!;
  const isPrevious = (other: Event): boolean => isCause(other) || places.get(other)! <= place;
  if (e.kind === 'write') for (const [read, from] of graph.from) if (from === e && isPrevious(read)) return false;
  const source = e.kind === 'read' ? graph.from.get(e)! : e;
  if (!isPrevious(source)) return false;
  const writes = graph.writes(e.location);
  for (let i = writes.indexOf(source) + 1; i < writes.length; i++) if (isPrevious(writes[i]!)) return false;
  return true;
}
