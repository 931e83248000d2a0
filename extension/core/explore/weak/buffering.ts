import type { Event, Graph } from './graph.ts';
import { Steps } from './steps.ts';

/**
 * Whether a read of an execution could read what comes of it, as far as its own thread goes: a later write of the thread, to another
 * location that another thread reads, is kept after it by nothing. Such executions are not explored.
 */
export function couldBuffer(graph: Graph): boolean {
  const steps = new Steps(graph);
  return graph.threads.some(events =>
    events.some(read => {
      if (read.kind !== 'read' || read.lock || graph.writes(read.location).length < 2) return false;
      const after = ordered(steps, read);
      return events.some(
        write =>
          write.kind === 'write' &&
          write.index > read.index &&
          write.half !== read &&
          write.lock === undefined &&
          isReadElsewhere(graph, write) &&
          !after.has(write),
      );
    }),
  );
}

const isReadElsewhere = (graph: Graph, write: Event): boolean =>
  graph.threads.some(
    (events, t) => t !== write.thread && events.some(e => e.kind === 'read' && e.location === write.location),
  );

/** What the processor keeps after an event in its own thread. */
function ordered(steps: Steps, from: Event): Set<Event> {
  const reached = new Set<Event>();
  const work = [from];
  for (let e = work.pop(); e; e = work.pop())
    steps.preserved(e, later => {
      if (later.thread !== from.thread || reached.has(later)) return;
      reached.add(later);
      work.push(later);
    });
  return reached;
}
