import { State } from './graph.ts';
import { type Fault, type FileFacts, removal, source, type Target } from './mutant.ts';

/**
 * One unlock of one exit path is gone.
 *
 * A fault by construction: in the function as it is, the lock is not held at entry nor at any exit, and at every point it
 * is either held on all paths or on none. Without the statement it is held at an exit, while another path that takes it
 * still lets it go; or it is acquired again while held. So the function is no wrapper that locks by design.
 */
export function unlockRemoved(facts: FileFacts, target: Target): Fault[] {
  const { graph } = target;
  const out: Fault[] = [];
  for (const l of graph.locking) {
    if (l.operation.effect !== 'release' || !graph.heldBefore(l.lock, l.statement)) continue;
    const others = graph.locking.filter(o => o !== l && o.lock === l.lock && o.operation.effect === 'release');
    if (others.length === 0) continue;
    const { atExit, doubled } = graph.without(l.lock, l.statement);
    const leaks = (atExit & State.held) !== 0 && (atExit & State.released) !== 0;
    if (!leaks && !doubled) continue;
    out.push({
      kind: 'unlock-removed',
      edits: [removal(facts, target, l.statement)],
      at: source(facts, target, l.statement).start,
      lock: l.lock,
      description: `${l.call.text}(${l.lock}) removed; ${leaks ? 'another path still lets it go' : 'it is acquired again while held'}`,
    });
  }
  return out;
}
